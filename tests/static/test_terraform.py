"""What Terraform itself says: formatting, and that every directory is a valid configuration."""

import json
import os
import subprocess
from contextlib import closing

import pytest

from scaleproof.terraform import environment, executable
from scaleproof.terraform.runner import CommandFailed, Runner
from scaleproof.terraform.sources import rewritten_files
from scaleproof.terraform.workdir import WorkingDirectory
from tests.static.directories import ROOT, examples, modules, name, read


@pytest.fixture(scope="session")
def reattach(standins):
    """Where Terraform finds the providers; None for the registry's."""
    return standins.reattach if standins else None


def test_formatted(root):
    program = executable.find()
    run = subprocess.run(
        [*program.command, "fmt", "-check", "-diff", "-recursive", "-no-color"],
        cwd=root,
        env=environment.variables(None, None),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"run 'make fmt'\n{run.stdout}{run.stderr}"


@pytest.fixture
def said(reattach, plan_cache):
    """Gives all that `terraform validate` says of a configuration of examples and modules, warnings as well."""
    files = {file.relative_to(ROOT).as_posix(): file.read_text() for file in sorted(ROOT.glob("examples/**/*.tf*"))}

    def diagnostics(directory, what):
        key = json.dumps(["valid", what, files], sort_keys=True)
        return plan_cache.get(key, lambda: validated(directory, reattach))

    return diagnostics


def test_valid(said, sources, tmp_path):
    """All directories at once, as modules of one configuration.

    What `validate` says of a root it says of a module that gets every input, and none known yet.
    """
    directories = [path for path in (*modules(), *examples()) if not rewritten_files(path, sources)]
    assert len(directories) > 10
    calls = {
        name(path).replace("/", "-"): {
            # Relative: an absolute source would be a package of its own, copied with all that is in it.
            "source": os.path.relpath(path, tmp_path.resolve()),
            **dict.fromkeys(read(path).variables, "${var.any}"),
        }
        for path in directories
    }
    (tmp_path / "main.tf.json").write_text(json.dumps({"variable": {"any": {}}, "module": calls}))
    assert said(tmp_path, list(calls)) == []


def test_a_root_with_a_published_source_is_valid(said, sources):
    fetching = [path for path in examples() if rewritten_files(path, sources)]
    assert fetching
    for path in fetching:
        with closing(WorkingDirectory(path, sources=sources)) as working:
            assert said(working.path, name(path)) == []


def validated(directory, reattach):
    program = executable.find()
    process = Runner(program, directory, environment.variables(None, reattach))
    process.init(input=False, color=False)
    try:
        output = process.execute_command("validate", "-json", "-no-color").out
    except CommandFailed as failure:
        output = failure.output
    return [describe(diagnostic) for diagnostic in json.loads(output)["diagnostics"]]


def describe(diagnostic):
    place = diagnostic.get("range")
    where = f"{place['filename']}:{place['start']['line']}: " if isinstance(place, dict) else ""
    return f"{where}{diagnostic['summary']}: {diagnostic.get('detail', '')}"
