"""A state that Terraform could not write to its file is kept beside it."""

import json
from pathlib import Path

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


@pytest.mark.parametrize("earlier", [False, True])
def test_it_is_kept_and_named(tmp_path, earlier):
    """One of an earlier apply, and one of a Terraform without the harness, stay as they are."""
    root, place = tmp_path / "root", tmp_path / "state"
    root.mkdir()
    place.mkdir()
    (root / "main.tf").write_text(FAILING)
    others = [place / "errored.tfstate", *([place / "it.errored.tfstate"] if earlier else [])]
    for other in others:
        other.write_text("another")
    with Root(root, state=place / "it.tfstate") as configuration, pytest.raises(ApplyFailed) as failed:
        configuration.apply()
    said = failed.value.diagnostics[0]
    assert said.summary == f"The state could not be written to {place / 'it.tfstate'}"
    saved = Path(said.detail.removeprefix("It is saved in ").partition(". Move")[0])
    assert json.loads(saved.read_text()) == {"serial": 7}
    assert (saved == place / "it.errored.tfstate") == (not earlier)
    assert [other.read_text() for other in others] == ["another"] * len(others)
