"""What Terraform itself says: formatting, and that every directory is a valid configuration."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.terraform import environment, executable
from scaleproof.terraform.process import CommandFailed, Process
from scaleproof.terraform.workdir import WorkingDirectory


@pytest.fixture(scope="session")
def reattach(standins: StandIns | None) -> str | None:
    """Where Terraform finds the providers; None for the registry's."""
    return standins.reattach if standins else None


def test_formatted(root: Path) -> None:
    run = subprocess.run(
        [*executable.find().command, "fmt", "-check", "-diff", "-recursive", "-no-color"],
        cwd=root,
        env=environment.variables(None, None),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"run 'make fmt'\n{run.stdout}{run.stderr}"


def test_valid(directory_path: Path, reattach: str | None, sources: dict[str, Path], tmp_path: Path) -> None:
    working = WorkingDirectory(directory_path, base=tmp_path, sources=sources)
    process = Process(executable.find(), working.path, environment.variables(None, reattach))
    process.init(input=False, color=False)
    try:
        output = process.execute_command("validate", "-json", "-no-color").out
    except CommandFailed as failure:
        output = failure.output
    found = json.loads(output)["diagnostics"]
    assert [describe(diagnostic) for diagnostic in found] == []


def describe(diagnostic: dict[str, object]) -> str:
    place = diagnostic.get("range")
    where = f"{place['filename']}:{place['start']['line']}: " if isinstance(place, dict) else ""
    return f"{where}{diagnostic['summary']}: {diagnostic.get('detail', '')}"
