"""What Terraform itself says: formatting, and that every directory is a valid configuration."""

import json
import os
import subprocess
from contextlib import closing

import pytest

from scaleproof.terraform import executable
from scaleproof.terraform.runner import CommandFailed, Runner
from scaleproof.terraform.sources import rewritten_files
from scaleproof.terraform.workdir import WorkingDirectory
from tests.static.directories import examples, modules, name, read


@pytest.fixture(scope="session")
def reattach(standins):
    """Where Terraform finds the providers; None for the registry's."""
    return standins.reattach if standins else None


def test_formatted(root):
    program = executable.find()
    run = subprocess.run(
        [*program.command, "fmt", "-check", "-diff", "-recursive", "-no-color"],
        cwd=root,
        env=program.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"run 'make fmt'\n{run.stdout}{run.stderr}"


def test_valid(reattach, sources, tmp_path):
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
    assert diagnostics(tmp_path, reattach) == []


def test_a_root_with_a_published_source_is_valid(reattach, sources):
    fetching = [path for path in examples() if rewritten_files(path, sources)]
    assert fetching
    for path in fetching:
        with closing(WorkingDirectory(path, sources=sources)) as working:
            assert diagnostics(working.path, reattach) == []


def diagnostics(directory, reattach):
    """All that `terraform validate` says of a configuration, warnings as well."""
    program = executable.find()
    process = Runner(program, directory, program.variables(reattach=reattach))
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
