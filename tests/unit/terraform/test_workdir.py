"""Terraform's working directory: a tree of links, with copies of what Terraform reads by its name."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from scaleproof.processes import scratch
from scaleproof.terraform.workdir import WorkingDirectory


def test_directories_of_other_runs_are_not_linked(tmp_path: Path) -> None:
    """With many runs in one directory, the links would take long."""
    for name in ("root", "scaleproof-mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text("")
    other = scratch.make(base=tmp_path)
    with closing(WorkingDirectory(tmp_path / "root")) as working:
        assert (working.path / "../scaleproof-mine/main.tf").exists()
        assert not (working.path.parent / other.name).exists()
    scratch.remove(other)


COPIED = ("main.tf", "more.tf.json", "terraform.tfvars", "x.auto.tfvars.json")
LINKED = ("data.json", "template.tftpl", "policy.hcl", "modules", "terraform", "main.tf~", "#main.tf#")
ABSENT = (
    *("terraform.d", "tests", ".terraform", ".terraform.lock.hcl", ".terraformrc"),
    *("x.tftest.hcl", "x.tftest.json", "x.tofutest.hcl", "x.tofutest.json", "x.tfquery.hcl", "x.tfmock.hcl"),
    *("x.tfcomponent.hcl", "x.tfdeploy.hcl", "x.tfstack.hcl", "x.tfplan"),
    *("terraform.tfstate", "terraform.tfstate.backup", "terraform.tfstate.1.backup", "errored.tfstate"),
    *("terraform-provider-x_v1.0.0", "terraform-provisioner-x_v1.0.0"),
    *(".main.tf", "pipe"),
)
OPENTOFU = ("main.tofu", "more.tofu.json")


@pytest.mark.parametrize("opentofu", [False, True])
def test_only_names_without_a_meaning_are_linked(tmp_path: Path, opentofu: bool) -> None:
    for name in (*COPIED, *LINKED, *ABSENT, *OPENTOFU):
        if name == "pipe":
            os.mkfifo(tmp_path / name)
        elif "." in name.removesuffix(".d").lstrip(".") or name.startswith("terraform-"):
            (tmp_path / name).write_text(f"# {name}")
        else:
            (tmp_path / name).mkdir()
    with closing(WorkingDirectory(tmp_path, opentofu=opentofu)) as working:
        made = {path.name: path for path in working.path.iterdir()}
        copies = (*COPIED, *(OPENTOFU if opentofu else ()))
        assert {name for name, path in made.items() if path.is_symlink()} == {*LINKED}
        assert made.keys() == {*copies, *LINKED, "~scaleproof_override.tf.json"}
        for name in copies:
            assert made[name].read_text() == f"# {name}"
            assert made[name].stat().st_mode & 0o777 == 0o600
