"""Commands that messages tell a user to run: each works as it is printed.

`scaleproof destroy` after an apply and `unset` after `down` are in test_configurations, `mkdir` in
test_choose, `pytest --scaleproof-rebuild` in unit/pytest_plugin.
"""

import ast
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

from scaleproof.cli import app, configurations
from scaleproof.cli.sources import RootOptions
from scaleproof.localstack.start import ACCOUNT
from scaleproof.terraform import executable
from scaleproof.terraform.plan import Plan

from .conftest import EXAMPLES, ON_PATH

PACKAGE = EXAMPLES.parent / "scaleproof"


def shell(line, cwd, **environment):
    """A line as a user pastes it."""
    return subprocess.run(
        line, shell=True, cwd=cwd, env=os.environ | ON_PATH | environment, capture_output=True, text=True
    )


def test_a_plan_that_terraform_saved_is_made_json(run, tmp_path):
    root = tmp_path / "my root"
    root.mkdir()
    (root / "main.tf").write_text('output "x" {\n  value = 1\n}\n')
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "terraform").write_text(f'#!/bin/sh\nexec {shlex.join(executable.find().command)} "$@"\n')
    (commands / "terraform").chmod(0o755)
    found = f"{commands}:{ON_PATH['PATH']}"
    saved = shell("terraform init && terraform plan -out=saved", root, PATH=found)
    assert saved.returncode == 0, saved.stderr
    told = run("simulate", root / "saved", "--traffic", "constant:level=1", code=2).err
    hint = told.partition("Terraform saved it: ")[2].strip()
    made = shell(hint, tmp_path, PATH=found)
    assert made.returncode == 0, made.stderr
    assert "planned_values" in json.loads((tmp_path / "plan.json").read_text())


def test_what_destroys_has_all_that_was_given_but_sensitive_variables(tmp_path):
    declared = {"configuration": {"root_module": {"variables": {"token": {"sensitive": True}, "name": {}}}}}
    plan = Plan(declared | {"variables": {"token": {"value": "hush"}}})
    copies = (("github.com/a/b", Path("../my copy")),)
    given = ("token={a = 1}", "name=it is hush", "other=a b", "token={a = 2}")
    root = RootOptions(given, ("/a.tfvars",), copies)
    assert configurations._destroy_lines(tmp_path, root, "1" * 12, plan) == [
        f"scaleproof destroy {tmp_path} --var 'name=it is hush' --var 'other=a b' "
        "--var-file /a.tfvars --source 'github.com/a/b=../my copy' --account 111111111111",
        "Add --var with your values of token, which are sensitive.",
    ]
    (line,) = configurations._destroy_lines(Path("-x"), RootOptions(sources={}), ACCOUNT, plan)
    assert line == "scaleproof destroy ./-x"


def texts(node):
    """The texts of a file that are no docstrings, f-strings with `{}` for their parts."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in child.values)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        else:
            yield from texts(child)


def hints():
    """The command lines of the package that messages name in backticks or after a colon."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for text in texts(ast.parse(path.read_text())):
            found.update(re.findall(r"`(scaleproof [^`]+)`|: (scaleproof [a-z-]+[^.\n]*)", text))
    return sorted(one or other for one, other in found)


def test_a_command_that_a_message_names_is_one():
    lines = hints()
    assert lines
    for line in lines:
        _, name, *words = line.split()
        options = {option for parameter in app.command(name).params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options, line
