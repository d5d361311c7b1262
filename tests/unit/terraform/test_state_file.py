"""A state that Terraform could not write to its file is kept beside it."""

import json

import pytest

from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root

# Stands for a Terraform that cannot write its state: it writes this file into its working directory.
FAILING = """
resource "terraform_data" "it" {
  provisioner "local-exec" {
    command = "echo '{\\"serial\\": 7}' > errored.tfstate; exit 1"
  }
}
"""


@pytest.mark.parametrize("writable", [True, False], ids=["beside the state", "elsewhere"])
def test_it_is_kept_and_named(tmp_path, writable):
    root, place = tmp_path / "root", tmp_path / "state"
    root.mkdir()
    place.mkdir()
    (root / "main.tf").write_text(FAILING)
    if not writable:
        (place / "errored.tfstate").mkdir()
        (place / "errored.tfstate" / "errored.tfstate").mkdir()
    with Root(root, state=place / "it.tfstate") as configuration, pytest.raises(ApplyFailed) as failed:
        configuration.apply()
    said = failed.value.diagnostics[0]
    assert said.summary == f"The state could not be written to {place / 'it.tfstate'}"
    saved = said.detail.removeprefix("It is saved in ").partition(". Move")[0]
    assert json.loads(open(saved).read()) == {"serial": 7}  # noqa: SIM115, PTH123
    assert saved.startswith(str(place)) == writable
