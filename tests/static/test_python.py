"""The Python of the project, as ruff and mypy see it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],  # strict, on what pyproject.toml names
    ],
    ids=lambda command: " ".join(command),
)
def test_clean(root, command):
    run = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"\n{run.stdout}{run.stderr}"


def test_the_package_is_typed(root):
    """Without the marker a caller's mypy ignores every annotation."""
    assert (root / "scaleproof" / "py.typed").is_file()
