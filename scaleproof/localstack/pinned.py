"""Builds virtual environments from exact pins, once, and keeps them in the cache for use without a network.

They are for programs that need other releases of libraries than this package.
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
    """The environment of a program. `ensure` builds it.

    `program`: its name in messages ("LocalStack"). `package`: the distribution with the program's release.
    `pins`: the requirements, one exact release in each line. `check`: Python code that runs if all is
    installed.
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
        found = re.search(rf"^{re.escape(self.package)}==(\S+)$", self.pins, re.MULTILINE)
        return found[1] if found else "unknown"

    @property
    def built(self) -> bool:
        """Whether it exists and its interpreter runs. The system's Python may have been removed since."""
        if not self.python.exists():
            return False
        try:
            return subprocess.run([self.python, "-I", "-c", ""], timeout=20).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False


def cached(program: str, package: str, interpreter: Interpreter, text: str, *, check: str) -> Environment:
    """The environment for the requirements in `text`, without comments. Does not build it.

    The name of the directory has a hash of pins, Python version, interpreter and machine.
    """
    pins = "".join(f"{line}\n" for line in text.splitlines() if line and not line.startswith("#"))
    key = hashlib.sha256(
        "\n".join([pins, interpreter.name, str(interpreter.path), platform.machine()]).encode()
    ).hexdigest()[:12]
    directory = cache_directory() / f"{program.lower()}-py{interpreter.name}-{key}"
    return Environment(program, package, directory, interpreter, pins, check)


def damage(environment: Environment, *, files: bool = True) -> str | None:
    """What is wrong with a built environment, as a text, or None.

    Compares the packages with the pins. With `files` it also compares the size of each file with its
    package's RECORD, in a tenth of a second. Source: packaging.python.org, Recording installed projects.
    """
    site = next(environment.directory.glob("lib/python*/site-packages"), environment.directory)
    found = {_plain(one.name.partition("-")[0]): one for one in site.glob("*.dist-info")}
    for line in environment.pins.splitlines():
        requirement, _, condition = line.partition(";")
        name, _, version = requirement.partition("==")
        if (plain := _plain(name)) not in found:
            if condition:  # which is false here
                continue
            return f"{name} is missing"
        if (other := found[plain].stem.partition("-")[2]) != version:
            return f"{name} is {other} and not {version}"
    for name, package in found.items():
        if _size(f"{package}/RECORD") <= 0:
            return f"{name} is incomplete"
        if files and (file := _changed_file(site, package / "RECORD")):
            return f"{file} is missing or changed"
    return None


def _changed_file(site: Path, record: Path) -> str | None:
    try:
        with record.open(encoding="utf-8", newline="") as lines:
            for file, _, size in csv.reader(lines):
                if size and _size(f"{site}/{file}") != int(size):
                    return file
    except (ValueError, csv.Error):  # RECORD itself is truncated
        return str(record.relative_to(site))
    return None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size  # noqa: PTH116 - thousands of Path objects would double the time
    except OSError:
        return -1


def ensure(environment: Environment, *, check_files: bool = False) -> Environment:
    """The environment. Builds it if it is missing or has a `damage`, of files too with `check_files`.

    A build has another name until it is complete, so an interrupted build never looks finished. What pip has
    fetched stays in pip's cache. Parallel builds wait for each other. Raises `ScaleproofError` if pip fails;
    the message names the log.
    """
    if environment.built and damage(environment, files=check_files) is None:
        return environment
    lock = FileLock(_beside(environment, "lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with step(f"Waiting for another process that builds {environment.program}'s environment"):
            lock.acquire()
    try:
        found = damage(environment, files=check_files) if environment.built else None
        if found:
            console.print(f"The environment of {environment.program} is damaged: {found}.")
        if found or not environment.built:
            _build(environment)
    finally:
        lock.release()
    return environment


def _beside(environment: Environment, kind: str) -> Path:
    # Not with_suffix: the directory's name contains a dot.
    return environment.directory.with_name(f"{environment.directory.name}.{kind}")


def _build(environment: Environment) -> None:
    partial, log = _beside(environment, "partial"), _beside(environment, "log")
    shutil.rmtree(partial, ignore_errors=True)
    total = environment.pins.count("==")
    console.print(
        f"Building the environment of {environment.program} {environment.version} for Python "
        f"{environment.interpreter.name}, once ({total} packages), in {environment.directory}"
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
    # The old environment is damaged, or its interpreter no longer runs.
    shutil.rmtree(environment.directory, ignore_errors=True)
    partial.rename(environment.directory)


def _venv_command(interpreter: Interpreter, directory: Path) -> list[str | Path]:
    # Debian's venv lacks ensurepip. virtualenv has its own pip.
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
