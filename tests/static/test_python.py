"""The Python of the project, as ruff and mypy see it."""

import ast
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


ROOMS = ("scaleproof", "tools", "benchmarks")
SAY_NOTHING = {"asked", "each", "found", "given", "item", "kept", "like", "of", "one", "told", "two", "wanted", "what"}


def test_names_say_what_they_hold_or_do(root):
    """Of the package, the tools, the benchmarks and what tests share."""
    shared = [path for path in root.glob("tests/**/*.py") if not path.name.startswith("test_")]
    nameless = [
        f"{path.relative_to(root)}:{node.lineno}: {name}"
        for path in sorted([*(path for room in ROOMS for path in root.glob(f"{room}/**/*.py")), *shared])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (getattr(node, attribute, None) for attribute in ("name", "arg", "id", "attr"))
        if isinstance(name, str) and name.strip("_") in SAY_NOTHING
    ]
    assert nameless == []
