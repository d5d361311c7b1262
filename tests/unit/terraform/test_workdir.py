"""The tree of links for Terraform's working directory."""

from __future__ import annotations

from pathlib import Path

from scaleproof.processes import scratch
from scaleproof.terraform.workdir import WorkingDirectory


def test_directories_of_other_runs_are_not_linked(tmp_path: Path) -> None:
    """With many runs in one directory, the links would take long."""
    for name in ("root", "scaleproof-mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text("")
    other = scratch.make(base=tmp_path)
    working = WorkingDirectory(tmp_path / "root")
    try:
        assert (working.path / "../scaleproof-mine/main.tf").exists()
        assert not (working.path.parent / other.name).exists()
    finally:
        working.close()
        scratch.remove(other)
