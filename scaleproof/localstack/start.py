"""Finds or starts a LocalStack.

If AWS_ENDPOINT_URL or LOCALSTACK_HOST names one, that is used. Otherwise LocalStack starts from its own
environment in host mode (no Docker, no token), with the emulator, on a free port of 127.0.0.1.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import scaleproof
from scaleproof.emulator import ENDPOINT_SECONDS, ENTRY_POINTS, KEEP, STREAMS_PORT, endpoint_seconds
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import environment, health
from scaleproof.localstack.connection import Connection, check_endpoint, named_endpoint
from scaleproof.localstack.pinned import Environment
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory, private_file
from scaleproof.progress import step

ADDRESS = "127.0.0.1"
ACCOUNT = "000000000000"
"""LocalStack's default account."""
START_TIMEOUT = 120.0
"""Seconds that LocalStack may take to become ready. One to three are usual."""
GRACE = 10.0
"""Seconds between SIGTERM to LocalStack and SIGKILL to its process group."""
NAMED, BACKGROUND, OWN = "named in the environment", "started by scaleproof up", "started for this run"
"""Where a LocalStack comes from."""
LOGS_KEPT = 10
FILESYSTEM = "localstack"
"""LocalStack's FILESYSTEM_ROOT, below its data directory."""

# LocalStack reads many variables. Some would open its port to other machines, so only these are passed on.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "DEBUG", "LS_LOG", ENDPOINT_SECONDS)


_OTHERWISE = (
    "Start it, with the services of SageMaker, or correct the address. "
    "Unset AWS_ENDPOINT_URL and LOCALSTACK_HOST to let scaleproof start its own."
)


class PortInUseError(FailedError):
    """The requested port is taken."""


@dataclass
class LocalStack(AbstractContextManager["LocalStack"]):
    """A running LocalStack. As a context manager it stops one that was started for this process.

    `origin`: `NAMED`, `BACKGROUND` or `OWN`. `data`: the directory for everything that it writes, removed
    after it ends.
    """

    endpoint_url: str
    version: str
    origin: str
    log: Path | None = None
    pid: int | None = None
    data: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _owner: int = field(default_factory=os.getpid, repr=False)

    def __str__(self) -> str:
        """Its version, address and origin, for people."""
        return f"LocalStack {self.version} at {self.endpoint_url} ({self.origin})"

    @property
    def external(self) -> bool:
        """Whether it outlives this run."""
        return self.origin != OWN

    def connection(self, account: str = ACCOUNT, region: str = "us-east-1") -> Connection:
        """A connection to one of its accounts."""
        return Connection(self.endpoint_url, account, region)

    def stop(self) -> None:
        """Ends it if it was started for this process, but not in a fork of that. Safe to call again."""
        if self._process is None or os.getpid() != self._owner:
            return
        process, self._process = self._process, None
        self.end()
        process.communicate()  # otherwise Python would warn of the pipe and the process

    @property
    def running(self) -> bool:
        """Whether scaleproof started it, and it has not ended.

        LocalStack holds the lock of its directory. So a process id that the system has given to another
        process since, or a record that anybody has changed, leads to no other process or directory.
        """
        return self.data is not None and scratch.is_in_use(self.data)

    def end(self) -> None:
        """Ends one that scaleproof started: SIGTERM, then SIGKILL to its process group after a grace."""
        with step("Stopping LocalStack"):
            if self.running and self.pid:
                os.kill(self.pid, signal.SIGTERM)
                if not _wait(GRACE, lambda: not self.running):
                    os.killpg(self.pid, signal.SIGKILL)
                    _wait(GRACE, lambda: not self.running)
            if self.data:
                _wait(GRACE, partial(_removed, self.data))

    def keep(self) -> None:
        """Moves it to the background: it outlives this process, and `stop` no longer stops it."""
        if self._process is None:
            return
        process, self._process, self.origin = self._process, None, BACKGROUND
        assert process.stdin
        with process.stdin:
            process.stdin.write(KEEP)
        # Otherwise Popen would warn that the process still runs.
        process.returncode = 0

    def __exit__(self, *_: object) -> None:
        self.stop()


def find_or_start(*, port: int | None = None) -> LocalStack:
    """The LocalStack that the user names, or a new one that ends with this process.

    `port`: the port of a new one, by default a free one. Raises `ScaleproofError` if the named one does not
    answer or lacks a service, if the environment cannot be built, or if LocalStack does not start. The
    message names the log.
    """
    if endpoint_url := named_endpoint():
        check_endpoint(endpoint_url)  # before any request
        return LocalStack(endpoint_url, health.require(endpoint_url, _OTHERWISE).version, NAMED)
    return start(port=port)


def start(*, port: int | None = None, streams_port: int = 0, kind: str = "localstack") -> LocalStack:
    """Starts a LocalStack, see `find_or_start`. `kind` begins the name of its log.

    `streams_port`: the port of bidirectional streams, if it is free; else they get any free one.
    """
    try:
        endpoint_seconds(os.environ.get(ENDPOINT_SECONDS))
    except ValueError as error:
        raise ScaleproofError(str(error), advice=f"Correct {ENDPOINT_SECONDS}, or unset it.") from error
    built = environment.ensure()
    with step(f"Starting LocalStack {built.version}"):
        while True:
            try:
                return _start(built, port or free_port(), streams_port, kind)
            except PortInUseError:
                if port:
                    raise
                # Another process took the free port before LocalStack started.


def free_port() -> int:
    """A port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(seconds: float, done: Callable[[], bool]) -> bool:
    """Waits until something is done; says whether it is."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _removed(data: Path) -> bool:
    scratch.remove(data)  # the launcher does it too, and may still write there
    return not data.exists()


def _start(built: Environment, port: int, streams_port: int, kind: str) -> LocalStack:
    _check_port(port)
    data = scratch.make()
    log = _log_file(kind)
    try:
        environment.link_index(built, data / FILESYSTEM)
        with private_file(log).open("wb") as output, built.used() as use:
            process = subprocess.Popen(
                [built.python, "-P", "-m", "scaleproof.emulator.launch", data],
                env=_variables(port, data, _write_overlay(data / "overlay")) | {STREAMS_PORT: str(streams_port)},
                cwd=data,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # LocalStack holds the locks of its directory and environment: it may outlive this process.
                pass_fds=[scratch.lock_of(data), use],
            )
    except BaseException:
        scratch.remove(data)
        raise
    url = f"http://{ADDRESS}:{port}"
    stack = LocalStack(url, built.version, OWN, log=log, pid=process.pid, data=data, _process=process)
    scratch.release(data)
    try:
        _wait_until_ready(stack, process, log, port)
    except BaseException:
        stack.stop()
        raise
    return stack


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise PortInUseError(
                f"Port {port} of {ADDRESS} cannot be used: {error.strerror}.",
                advice="Omit the port to use a free one, or stop the program that uses it.",
            ) from error


def _variables(port: int, data: Path, overlay: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        # LocalStack keeps its files, certificates and plugin index below these.
        "FILESYSTEM_ROOT": str(data / FILESYSTEM),
        # In a container, LocalStack would otherwise assume its own image and write to /var/lib and /usr/lib.
        "OVERRIDE_IN_DOCKER": "0",
        "HOME": str(data),
        "XDG_CACHE_HOME": str(data / "cache"),
        "TMPDIR": str(data),
        "PYTHONPATH": str(overlay),
        "PYTHONUNBUFFERED": "1",
        "GATEWAY_LISTEN": f"{ADDRESS}:{port}",
        "LOCALSTACK_HOST": f"localhost:{port}",
        # Host names with the name of a queue do not resolve on every machine.
        "SQS_ENDPOINT_STRATEGY": "path",
        "EAGER_SERVICE_LOADING": "0",
        # A function would run in Docker.
        "DOCKER_HOST": f"unix://{data / 'no-docker'}",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }


def _log_file(kind: str) -> Path:
    directory = private_directory(cache_directory() / "logs")
    for old in sorted(directory.glob(f"{kind}-*.log"))[: -(LOGS_KEPT - 1)]:
        old.unlink(missing_ok=True)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    return directory / f"{kind}-{stamp}.log"


def _wait_until_ready(stack: LocalStack, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
    def ready() -> bool:
        if process.poll() is None:
            return health.answers(stack.endpoint_url)
        if b"ddress already in use" in log.read_bytes():
            _check_port(port)
        raise FailedError(
            f"LocalStack {stack.version} ended with code {process.returncode} before it was ready.",
            advice=f"If it lacks a module, remove {environment.describe().directory}. Its log is {log}.",
        )

    if not _wait(START_TIMEOUT, ready):
        raise FailedError(
            f"LocalStack {stack.version} was not ready after {START_TIMEOUT:.0f} s.", advice=f"Its log is {log}."
        )
    health.require(stack.endpoint_url, f"This is a defect of scaleproof. LocalStack's log is {log}.")


def _write_overlay(directory: Path) -> Path:
    """Makes `directory` an import path with this package and the emulator's service providers. Returns it.

    It contains a symbolic link to the package, and a `.dist-info`. The package cannot be installed in
    LocalStack's environment, which lacks its dependencies.
    """
    version = scaleproof.__version__
    directory.mkdir()
    package = Path(scaleproof.__file__).resolve().parent
    (directory / package.name).symlink_to(package)
    metadata = directory / f"scaleproof_localstack-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: scaleproof-localstack\nVersion: {version}\n", encoding="utf-8"
    )
    entries = "".join(f"{name} = {target}\n" for name, target in sorted(ENTRY_POINTS.items()))
    (metadata / "entry_points.txt").write_text(f"[localstack.aws.provider]\n{entries}", encoding="utf-8")
    return directory
