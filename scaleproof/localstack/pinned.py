"""Builds virtual environments from exact pins, once, and keeps them in the cache for use without a network.

They are for programs that need other releases of libraries than this package. pip installs wheels whose
hashes are known, from where its user's settings say (docs/decisions/0027).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from scaleproof.errors import FailedError
from scaleproof.localstack.interpreter import Interpreter
from scaleproof.processes import parent_watch
from scaleproof.processes.cache import cache_directory, private_directory, private_file
from scaleproof.progress import console, step

_PIP = (sys.executable, "-P", "-m", "pip", "--no-input", "--disable-pip-version-check", "--python")
# Wheels run nothing of their own while they are installed, and a hash says which ones.
_INSTALL = ("install", "--progress-bar=off", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r")
_PINS = "pins.txt"
"""The requirements in an environment. The time of the file is that of the last use, its lock that of one."""
_TEMPORARY = "tmp"
"""The directory in an environment for temporary files of its build."""
UNUSED_DAYS = 30
"""After so many days without a use, a build of another environment removes one."""
_SETTINGS = {"PIP_CONSTRAINT": "", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}
"""Settings of pip that would otherwise come from the user's configuration."""
_UNREACHABLE = (
    "NewConnectionError|name resolution|Name or service not known|ConnectTimeout|ReadTimeout|"
    "ProxyError|Network is unreachable|SSLError|Connection refused"
)


@dataclass(frozen=True)
class Environment:
    """The environment of a program. `ensure` builds it.

    `program`: its name in messages ("LocalStack"). `package`: the distribution with the program's release.
    `pins`: the requirements, one exact release in each line, each with hashes. `check`: Python code that runs
    if all is installed.
    """

    program: str
    package: str
    directory: Path
    interpreter: Interpreter
    pins: str
    check: str

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.directory / "bin" / "python"

    @property
    def version(self) -> str:
        """The program's release."""
        return self.releases[_plain(self.package)]

    @property
    def releases(self) -> dict[str, str]:
        """The version of each pin by its name."""
        pins = re.findall(r"^([\w.-]+)==([^\s;]+)", self.pins, re.MULTILINE)
        return {_plain(name): version for name, version in pins}

    @property
    def built(self) -> bool:
        """Whether it exists and its interpreter runs. The system's Python may have been removed since."""
        try:
            return subprocess.run([self.python, "-I", "-c", ""], timeout=20).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    @contextmanager
    def used(self) -> Iterator[int]:
        """A descriptor. As long as this process or one that inherits it has it, no build removes this."""
        with (self.directory / _PINS).open() as pins:
            fcntl.flock(pins, fcntl.LOCK_SH)
            yield pins.fileno()


def cached(program: str, package: str, interpreter: Interpreter, text: str, *, check: str) -> Environment:
    """The environment for the requirements in `text`, without comments. Does not build it.

    The name of the directory has a hash of pins, Python version, interpreter and machine.
    """
    pins = "".join(f"{line}\n" for line in text.splitlines() if line and not line.startswith("#"))
    origin = "\n".join([pins, interpreter.name, str(interpreter.path), platform.machine()])
    key = hashlib.sha256(origin.encode()).hexdigest()[:12]
    directory = cache_directory() / f"{program.lower()}-py{interpreter.name}-{key}"
    return Environment(program, package, directory, interpreter, pins, check)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def ensure(environment: Environment) -> Environment:
    """The environment. Builds it if it is missing, or if its interpreter does not run.

    A build has another name until it is complete, so an interrupted build never looks finished. What pip has
    fetched stays in pip's cache. Parallel builds wait for each other. A build removes what nothing has used
    for a month, as the environments of former releases. Raises `ScaleproofError` if pip fails; the message
    names the log.
    """
    with suppress(OSError):
        (environment.directory / _PINS).touch()
    if environment.built:
        return environment
    lock = FileLock(_beside(environment.directory, "lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with step(f"Waiting for another process that builds {environment.program}'s environment"):
            lock.acquire()
    try:
        if not environment.built:
            _build(environment)
            _remove_unused(environment.directory.parent)
    finally:
        lock.release()
    return environment


def _remove_unused(cache: Path) -> None:
    for pins in cache.glob(f"*/{_PINS}"):
        with suppress(OSError), pins.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - pins.stat().st_mtime > UNUSED_DAYS * 86_400:
                console.print(f"Removing {pins.parent}, which nothing has used for {UNUSED_DAYS} days")
                shutil.rmtree(pins.parent)
                for kind in ("lock", "log"):
                    _beside(pins.parent, kind).unlink(missing_ok=True)


def _beside(directory: Path, kind: str) -> Path:
    # Not with_suffix: the directory's name contains a dot.
    return directory.with_name(f"{directory.name}.{kind}")


def _partial(environment: Environment) -> Path:
    return _beside(environment.directory, "partial")


def _build(environment: Environment) -> None:
    partial = _partial(environment)
    log = private_file(_beside(environment.directory, "log"))
    shutil.rmtree(partial, ignore_errors=True)
    temporary = private_directory(partial / _TEMPORARY)
    total = len(environment.releases)
    console.print(
        f"Building the environment of {environment.program} {environment.version} for Python "
        f"{environment.interpreter.name}, once ({total} packages), in {environment.directory}"
    )
    with step("Creating the environment"):
        # Without pip, so that Debian's Python will do, which lacks ensurepip.
        venv: list[str | Path] = [environment.interpreter.path, "-I", "-m", "venv", "--without-pip", partial]
        _run(environment, venv, log)
    requirements, python = partial / _PINS, partial / "bin" / "python"
    requirements.write_text(environment.pins, encoding="utf-8")
    collected = 0
    with step(f"Fetching {environment.program}") as update:

        def show(line: str) -> None:
            nonlocal collected
            if line.startswith(("Collecting ", "Processing ")):  # the latter of a wheel on this machine
                collected += 1
                update(f"Fetching {environment.program}: {collected} of {total} packages")
            elif line.startswith("Installing "):
                update(f"Installing {total} packages")

        _run(environment, [*_PIP, python, *_INSTALL, requirements], log, show)
    with step(f"Checking that {environment.program} loads"):
        _run(environment, [python, "-I", "-c", environment.check], log)
    shutil.rmtree(temporary)
    # The interpreter of the old environment no longer runs.
    shutil.rmtree(environment.directory, ignore_errors=True)
    partial.rename(environment.directory)


def _run(
    environment: Environment,
    command: Sequence[str | Path],
    log: Path,
    each_line: Callable[[str], None] = lambda _: None,
) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    lines: list[str] = []
    with (
        log.open("a", encoding="utf-8") as record,
        subprocess.Popen(
            parent_watch.tied(command),
            cwd=log.parent,  # no repository, in which the shim of a version manager would start another Python
            # What a killed pip leaves goes with the next build.
            env=variables | _SETTINGS | {"PWD": str(log.parent), "TMPDIR": str(_partial(environment) / _TEMPORARY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",  # and so a text
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout
        try:
            for line in process.stdout:
                record.write(line)
                lines.append(line.rstrip())
                each_line(line)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        reason, advice = _failure(lines, log)
        raise FailedError(f"{environment.program}'s environment could not be built: {reason}.", advice=advice)


def _failure(lines: list[str], log: Path) -> tuple[str, str]:
    """The reason why a command failed, from what it has written, and what to do."""
    text = "\n".join(lines)
    if re.search(r"No space left on device|Errno 28", text):
        return "the disk is full", "Free 1 GB, or set SCALEPROOF_CACHE to another disk."
    if re.search(_UNREACHABLE, text):
        return (
            "pip cannot reach its package index",
            f"Check the network or the index in `pip config list`, then run this again. Log: {log}",
        )
    # Behind "ERROR: Exception:" is a traceback, whose last line says what it was.
    errors = [line for line in lines if re.match("ERROR: (?!Exception:)", line)] or lines[-1:] or ["no output"]
    return errors[0].removeprefix("ERROR: ").rstrip("."), f"The log is {log}."
