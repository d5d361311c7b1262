"""The tree of links in which Terraform works."""

from __future__ import annotations

from pathlib import Path

from scaleproof.processes import scratch
from scaleproof.terraform.workdir import WorkingDirectory


def test_a_module_that_is_called_as_the_tree_is_there(tmp_path: Path) -> None:
    """The tree is left out of itself by its place, not by its name."""
    project = tmp_path / "project"
    for name in ("root", "tree"):
        (project / name).mkdir(parents=True)
        (project / name / "main.tf").write_text("")
    base = tmp_path / "scratch" / "tree"
    base.mkdir(parents=True)
    working = WorkingDirectory(project / "root", base=base)
    assert (working.path / "../tree/main.tf").exists()


def test_a_tree_within_the_project_is_not_linked_into_itself(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "root").mkdir(parents=True)
    (project / "root" / "main.tf").write_text("")
    base = project / "tree"
    base.mkdir()
    working = WorkingDirectory(project / "root", base=base)
    assert not (working.path.parent / "tree").exists()


def test_what_other_runs_work_in_is_not_linked(tmp_path: Path) -> None:
    """A link each for all working directories below the same one would cost more, the more there are."""
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
