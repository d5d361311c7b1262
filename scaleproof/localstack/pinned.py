"""Virtual environments built once from exact pins, kept in the cache, offline afterwards.

For programs that need other releases of libraries than this package and cannot share an environment with it.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.interpreter import Interpreter
from scaleproof.processes import parent_watch
from scaleproof.processes.cache import cache_directory, private_file
from scaleproof.progress import console, step


@dataclass(frozen=True)
class Environment:
    """Where a program's environment is, or will be once `ensure` has run."""

    program: str
    """What messages call it: "LocalStack"."""
    package: str
    """The distribution among the pins whose release is the program's."""
    directory: Path
    interpreter: Interpreter
    pins: str
    """The requirements it is installed from, one exact release a line."""
    check: str
    """Python that runs in it if it is whole."""

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.directory / "bin" / "python"

    @property
    def version(self) -> str:
        """The program's release in it."""
        found = re.search(rf"^{re.escape(self.package)}==(\S+)$", self.pins, re.MULTILINE)
        return found[1] if found else "unknown"

    @property
    def built(self) -> bool:
        """True if it is there and its interpreter still runs (the system's Python may have been removed)."""
        if not self.python.exists():
            return False
        try:
            return subprocess.run([self.python, "-I", "-c", ""], timeout=20).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False


def cached(program: str, package: str, interpreter: Interpreter, text: str, *, check: str) -> Environment:
    """The environment for the requirements in `text` (comments are left out), without building it.

    Its directory is keyed by pins, Python version, interpreter and machine, so that a change of any of them
    gives a new one.
    """
    pins = "".join(f"{line}\n" for line in text.splitlines() if line and not line.startswith("#"))
    key = hashlib.sha256(
        "\n".join([pins, interpreter.name, str(interpreter.path), platform.machine()]).encode()
    ).hexdigest()[:12]
    directory = cache_directory() / f"{program.lower()}-py{interpreter.name}-{key}"
    return Environment(program, package, directory, interpreter, pins, check)


def flaw(environment: Environment, *, files: bool = True) -> str | None:
    """What is wrong with an environment that is built, in words, None where it is whole.

    Compares packages with the pins, and with `files` the size of each file with its package's RECORD
    (a tenth of a second). Source: packaging.python.org, Recording installed projects.
    """
    site = next(environment.directory.glob("lib/python*/site-packages"), environment.directory)
    found = {_plain(one.name.partition("-")[0]): one for one in site.glob("*.dist-info")}
    for line in environment.pins.splitlines():
        requirement, _, condition = line.partition(";")
        name, _, version = requirement.partition("==")
        if (plain := _plain(name)) not in found:
            if condition:  # that does not hold here
                continue
            return f"{name} is missing"
        if (other := found[plain].stem.partition("-")[2]) != version:
            return f"{name} is {other} and not {version}"
    for name, package in found.items():
        if _size(f"{package}/RECORD") <= 0:
            return f"{name} is there in part"
        if files and (file := _not_as_recorded(site, package / "RECORD")):
            return f"{file} is missing or not as it was"
    return None


def _not_as_recorded(site: Path, record: Path) -> str | None:
    try:
        with record.open(encoding="utf-8", newline="") as lines:
            for file, _, size in csv.reader(lines):
                if size and _size(f"{site}/{file}") != int(size):
                    return file
    except (ValueError, csv.Error):  # it is cut short itself
        return str(record.relative_to(site))
    return None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size  # noqa: PTH116 - a path for each of thousands takes as long as the look
    except OSError:
        return -1


def ensure(environment: Environment, *, whole: bool = False) -> Environment:
    """The environment, built if it is not there yet, and again where it has a `flaw`.

    `whole`: looks at each file as well.

    It is built under another name and renamed when it is complete, so a build that is cut short leaves
    nothing that looks finished; what pip had fetched stays in pip's own cache. Builds in parallel wait for
    one another. Raises `ScaleproofError` when pip fails; the message names its log.
    """
    if environment.built and flaw(environment, files=whole) is None:
        return environment
    lock = FileLock(_beside(environment, "lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with step(f"Another process is building {environment.program}'s environment; waiting for it"):
            lock.acquire()
    try:
        found = flaw(environment, files=whole) if environment.built else None
        if found:
            console.print(
                f"The environment of {environment.program} is damaged: {found}.", markup=False, soft_wrap=True
            )
        if found or not environment.built:
            _build(environment)
    finally:
        lock.release()
    return environment


def _beside(environment: Environment, kind: str) -> Path:
    # Not with_suffix: the directory's name has a dot in it.
    return environment.directory.with_name(f"{environment.directory.name}.{kind}")


def _build(environment: Environment) -> None:
    partial, log = _beside(environment, "partial"), _beside(environment, "log")
    shutil.rmtree(partial, ignore_errors=True)
    total = environment.pins.count("==")
    console.print(
        f"Building the environment of {environment.program} {environment.version} for Python "
        f"{environment.interpreter.name}, once ({total} packages), in {environment.directory}",
        markup=False,
        soft_wrap=True,
    )
    private_file(log)
    with step("Creating the environment"):
        _run(environment, _venv_command(environment.interpreter, partial), log)
    requirements = partial / "pins.txt"
    requirements.write_text(environment.pins, encoding="utf-8")
    python = partial / "bin" / "python"
    pip: list[str | Path] = [python, "-I", "-m", "pip", "--no-input", "--disable-pip-version-check"]
    collected = 0
    with step(f"Fetching {environment.program}") as update:

        def show(line: str) -> None:
            nonlocal collected
            if line.startswith("Collecting "):
                collected += 1
                update(f"Fetching {environment.program}: {collected} of {total} packages")
            elif line.startswith("Installing "):
                update(f"Installing {total} packages")

        command = [*pip, "install", "--progress-bar=off", "--no-deps", "-r", requirements]
        _run(environment, command, log, show)
    with step(f"Checking that {environment.program} loads"):
        _run(environment, [python, "-I", "-c", environment.check], log)
    # What stands in the way is an environment whose interpreter no longer runs.
    shutil.rmtree(environment.directory, ignore_errors=True)
    partial.rename(environment.directory)


def _venv_command(interpreter: Interpreter, directory: Path) -> list[str | Path]:
    # Debian ships venv without ensurepip; virtualenv brings its own pip.
    if importlib.util.find_spec("virtualenv"):
        return [
            *(sys.executable, "-m", "virtualenv", "--quiet", "--no-download", "--no-periodic-update"),
            *("--python", interpreter.path, directory),
        ]
    return [interpreter.path, "-I", "-m", "venv", directory]


def _run(
    environment: Environment,
    command: Sequence[str | Path],
    log: Path,
    each_line: Callable[[str], None] = lambda _: None,
) -> None:
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUALENV_"))}
    lines: list[str] = []
    with (
        log.open("a", encoding="utf-8") as record,
        subprocess.Popen(
            parent_watch.tied(command),
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
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
        raise _failure(environment.program, lines, log)


def _failure(program: str, lines: list[str], log: Path) -> ScaleproofError:
    text = "\n".join(lines)
    message = f"{program}'s environment could not be built"
    if re.search(r"No module named '?(ensurepip|venv|pip)|ensurepip is not available", text):
        return FailedError(
            f"{message}: this Python has no ensurepip.",
            advice="Install scaleproof with its extra: pip install 'scaleproof[offline]'.",
        )
    if re.search(r"No space left on device|Errno 28", text):
        return FailedError(
            f"{message}: the disk is full.", advice="Free 1 GB, or set SCALEPROOF_CACHE to another disk."
        )
    if re.search(
        r"NewConnectionError|name resolution|Name or service not known|ConnectTimeout|ReadTimeout|"
        r"ProxyError|Network is unreachable|SSLError|Connection refused",
        text,
    ):
        return FailedError(
            f"{message}: pip cannot reach its package index.",
            advice=f"Check the network or the index in `pip config list`, then run this again. Log: {log}",
        )
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:] or ["no output"]
    return FailedError(f"{message}: {errors[0].removeprefix('ERROR: ')}.", advice=f"The log is {log}.")
