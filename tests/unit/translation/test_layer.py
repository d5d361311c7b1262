"""Readers of plans need the translation of names, but no stand-in."""

import subprocess
import sys

from tests.recordings.recorded import file

PROGRAM = """
import sys
from pathlib import Path

import scaleproof.cli.app
import scaleproof.pytest_plugin.run
from scaleproof.endpoints import from_file
from scaleproof.terraform.parts import standins

with standins() as none:
    assert none is None
    found = from_file(Path(sys.argv[1]))
print(len(found), *sorted(name for name in sys.modules if name.startswith("scaleproof.providers")))
"""


def test_with_the_registrys_providers_no_stand_in_is_loaded(monkeypatch):
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", "registry")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file("complete", "plan"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, *loaded = done.stdout.split()
    assert int(count) == 2
    assert loaded == []
