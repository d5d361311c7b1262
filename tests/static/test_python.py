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


def test_an_error_of_awss_client_is_shown_by_one_function(root):
    """Its own text may quote credentials. LocalStack's are none."""
    shown = [
        f"{path.relative_to(root)}:{part.lineno}: {ast.unparse(part)}"
        for path in sorted(root.glob("scaleproof/**/*.py"))
        if not path.is_relative_to(root / "scaleproof/emulator")
        for handler in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(handler, ast.ExceptHandler)
        and handler.type
        and {"BotoCoreError", "ClientError"} & {getattr(name, "id", "") for name in ast.walk(handler.type)}
        for part in ast.walk(handler)
        if ast.unparse(part) in (f"f'{{{handler.name}}}'", f"str({handler.name})", f"repr({handler.name})")
        or (isinstance(part, ast.FormattedValue) and ast.unparse(part.value) == handler.name)
    ]
    assert shown == []
