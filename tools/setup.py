"""Make .venv from pyproject.toml and constraints.txt, unless it is there already.

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
EXTRAS = "offline,test,dev,bench"
OLDEST = (3, 11)


def main() -> int:
    """Build the environment; the exit code is 0, or 1 after one line of advice."""
    if sys.version_info < OLDEST:
        return _advise(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old: install Python 3.11 or newer "
            "and run again, as in: make PYTHON=python3.11"
        )
    wanted = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted and PYTHON.exists():
        return 0
    print("setting up .venv (about a minute, once) ...", file=sys.stderr, flush=True)
    if not PYTHON.exists() or not _runs(PYTHON, "-m", "pip", "--version"):
        shutil.rmtree(VENV, ignore_errors=True)
        if not (_runs(sys.executable, "-m", "venv", str(VENV)) or _virtualenv()):
            shutil.rmtree(VENV, ignore_errors=True)
            return _advise("this Python can make no virtual environment: install python3-venv or pip for it")
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--constraint", "constraints.txt", "--editable", f".[{EXTRAS}]"]  # fmt: skip
    if subprocess.run(install, cwd=ROOT, stdin=subprocess.DEVNULL).returncode:
        return _advise(
            "the packages could not be installed (see above): check the network or pip's index, and run again"
        )
    STAMP.write_text(wanted)
    return 0


def _fingerprint() -> str:
    """What the environment depends on: the declared packages, the interpreter and the place."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
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


def _virtualenv() -> bool:
    """Debian ships Python without ensurepip: virtualenv brings a pip of its own."""
    bootstrap = ROOT / ".venv.tmp"
    try:
        if not _runs(sys.executable, "-m", "pip", "install", "--target", bootstrap, "virtualenv"):
            return False
        environment = {**os.environ, "PYTHONPATH": str(bootstrap)}
        command = [sys.executable, "-m", "virtualenv", str(VENV)]
        return (
            subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True).returncode
            == 0
        )
    finally:
        shutil.rmtree(bootstrap, ignore_errors=True)


def _advise(line: str) -> int:
    print(f"setup: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
