"""Checkov's own environment, and what runs in it."""

import os
import subprocess
from pathlib import Path

from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import find_interpreter

PINS = Path(__file__).parent / "pins" / "checkov.txt"
SETTINGS = {
    "LOG_LEVEL": "ERROR",
    # A third of its time; here, no module has more than one instance that could differ.
    "CHECKOV_ENABLE_MODULES_FOREACH_HANDLING": "False",
}


def run(directory, *arguments):
    """Runs the environment's Python in a directory; builds the environment on first use."""
    environment = pinned.ensure(
        pinned.cached("Checkov", "checkov", find_interpreter(), PINS.read_text(), check="import checkov.main")
    )
    # A caller's settings of checkov and Python are not this repository's.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("BC_", "CHECKOV_", "CKV_", "PYTHON"))}
    return subprocess.run(
        [environment.python, "-I", *arguments],
        cwd=directory,
        env=inherited | SETTINGS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
