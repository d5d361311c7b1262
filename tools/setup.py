"""Make .venv from constraints.txt, unless it is there already. Nothing else is installed but this project.

Standard library only: it runs before anything is installed. A second run does nothing and needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".made-from"
PINS = "constraints.txt"
SOURCES = "tools/pins/sources.txt"
INSTALL = ("install", "--quiet", "--disable-pip-version-check", "--no-deps")
OLDEST = (3, 11)


def main() -> int:
    """Build the environment; the exit code is 0, or 1 after one line of advice."""
    if sys.version_info < OLDEST:
        return _advise(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old: install Python 3.11 or newer "
            "and run again, as in: make PYTHON=python3.11"
        )
    fingerprint = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == fingerprint and PYTHON.exists():
        return 0
    print("setting up .venv (about a minute, once) ...", file=sys.stderr, flush=True)
    pip = [PYTHON, "-m", "pip"]
    if not PYTHON.exists() or not _runs(*pip, "--version"):
        shutil.rmtree(VENV, ignore_errors=True)
        # Debian ships Python without ensurepip: there another pip has to put the first packages in.
        if not _runs(sys.executable, "-m", "venv", VENV):
            _runs(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
            pip = [sys.executable, "-m", "pip", "--python", PYTHON]
        if not _runs(*pip, "--version"):
            shutil.rmtree(VENV, ignore_errors=True)
            return _advise("this Python can make no virtual environment: install python3-venv or pip for it")
    # Wheels with these hashes and no others; then what has no wheel, and this project: built by what is among
    # them.
    wheels = ["--require-hashes", "--only-binary=:all:", "--requirement", PINS]
    sources = ["--require-hashes", "--no-build-isolation", "--requirement", SOURCES]
    project = ["--no-build-isolation", "--editable", "."]
    own_pip = [PYTHON, "-m", "pip"]
    for installer, requirements in ((pip, wheels), (own_pip, sources), (own_pip, project)):
        command = [*installer, *INSTALL, *requirements]
        # setuptools warns of a directory that has the name of the package, as every checkout has.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        words = [str(word) for word in command]
        if subprocess.run(words, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL).returncode:
            return _advise(
                "the packages could not be installed (see above): check the network or the index of pip, and run again"
            )
    STAMP.write_text(fingerprint)
    return 0


def _fingerprint() -> str:
    """What the environment depends on: the declared packages, the interpreter and the place."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", PINS, SOURCES):
        digest.update((ROOT / name).read_bytes())
    digest.update(f"{sys.version}{ROOT}".encode())
    return digest.hexdigest()


def _runs(*command: str | Path) -> bool:
    finished = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return finished.returncode == 0


def _advise(line: str) -> int:
    print(f"setup: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
