"""Finds or starts a LocalStack.

If AWS_ENDPOINT_URL or LOCALSTACK_HOST names one, that is used. Otherwise LocalStack starts from its own
environment in host mode (no Docker, no token), with the emulator, on a free port of 127.0.0.1.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import scaleproof
from scaleproof.emulator import ENDPOINT_SECONDS, ENTRY_POINTS, KEEP, STREAMS_PORT, endpoint_seconds
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import environment, health
from scaleproof.localstack.connection import Connection, check_endpoint, named_endpoint, proxies_to_nowhere
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
LOGS_KEPT = 10
LAUNCHER = "scaleproof.emulator.launch"
STREAMS = {"standing": 8443}
"""By kind of log: the port that streams get if it is free, as on AWS. Any other gets one that is free."""
FILESYSTEM = "localstack"
"""LocalStack's FILESYSTEM_ROOT, below its data directory."""

# LocalStack reads many variables. Some would open its port to other machines, so only these are passed on.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "DEBUG", "LS_LOG", ENDPOINT_SECONDS)


class PortInUseError(FailedError):
    """The requested port is taken."""


@dataclass
class LocalStack(AbstractContextManager["LocalStack"]):
    """A running LocalStack. As a context manager it stops one that was started for this process.

    `external`: the user named it. `background`: `scaleproof up` started it. Otherwise it was started for this
    process. `data`: the directory for everything that it writes, removed after it stops.
    """

    endpoint_url: str
    version: str
    external: bool
    log: Path | None = None
    pid: int | None = None
    data: Path | None = None
    background: bool = False
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _owner: int = field(default_factory=os.getpid, repr=False)

    def connection(self, account: str = ACCOUNT, region: str = "us-east-1") -> Connection:
        """A connection to one of its accounts."""
        return Connection(self.endpoint_url, account, region)

    def stop(self) -> None:
        """Stops it: SIGTERM, then SIGKILL to its process group after a grace. Safe to call again.

        Does nothing if it is external or in the background, and in a fork of the process that started it.
        """
        if self._process is None or os.getpid() != self._owner:
            return
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        with step("Stopping LocalStack"):
            end_group(process)
        if process.stdin:
            process.stdin.close()
        if self.data:
            remove_data(self.data)

    def keep(self) -> None:
        """Moves it to the background: it outlives this process, and `stop` no longer stops it."""
        if self._process is None or self.data is None:
            return
        atexit.unregister(self.stop)
        process, self._process, self.background = self._process, None, True
        assert process.stdin
        process.stdin.write(KEEP)
        process.stdin.close()
        scratch.release(self.data)
        # Otherwise Popen would warn that the process still runs.
        process.returncode = 0

    def __exit__(self, *_: object) -> None:
        """Stops it."""
        self.stop()


def find_or_start(*, port: int | None = None) -> LocalStack:
    """The LocalStack that the user names, or a new one that ends with this process.

    `port`: the port of a new one, by default a free one. Raises `ScaleproofError` if the named one does not
    answer or lacks a service, if the environment cannot be built, or if LocalStack does not start. The
    message names the log.
    """
    if endpoint_url := named_endpoint():
        check_endpoint(endpoint_url)  # before any request
        return LocalStack(endpoint_url, health.require(endpoint_url).version, external=True)
    return start(port=port)


def start(*, port: int | None = None, kind: str = "localstack") -> LocalStack:
    """Starts a LocalStack, see `find_or_start`. `kind` begins the name of its log."""
    _check_endpoint_seconds()
    built = environment.ensure()
    with step(f"Starting LocalStack {built.version}"):
        for attempt in range(3):
            try:
                return _start(built, port or free_port(), kind)
            except PortInUseError:
                # Another process took the free port before LocalStack started.
                if port or attempt == 2:
                    raise
    raise AssertionError("unreachable")


def free_port() -> int:
    """A port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Sends SIGTERM to the leader of a process group, and after a grace SIGKILL to the group."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def remove_data(directory: Path) -> None:
    """Removes the data of a LocalStack that has ended, while its launcher may still write there."""
    for _ in range(100):
        scratch.remove(directory)
        if not directory.exists():
            return
        time.sleep(0.05)


def _start(built: Environment, port: int, kind: str) -> LocalStack:
    _check_port(port)
    data = scratch.make()
    log = _log_file(kind)
    command = [built.python, "-P", "-m", LAUNCHER, data]
    try:
        environment.link_index(built, data / FILESYSTEM)
        with private_file(log).open("wb") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=_variables(port, data, write_overlay(data / "overlay"))
                | {STREAMS_PORT: str(STREAMS.get(kind, 0))},
                cwd=data,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # LocalStack holds the lock of its directory, as it may outlive this process.
                pass_fds=[scratch.lock_of(data)],
            )
    except BaseException:
        scratch.remove(data)
        raise
    stack = LocalStack(
        f"http://{ADDRESS}:{port}", built.version, False, log, process.pid, data, _process=process
    )
    atexit.register(stack.stop)
    try:
        _wait_until_ready(stack, process, log, port)
    except BaseException:
        stack.stop()
        raise
    return stack


def _check_endpoint_seconds() -> None:
    try:
        endpoint_seconds(os.environ.get(ENDPOINT_SECONDS))
    except ValueError as error:
        raise ScaleproofError(str(error), advice=f"Correct {ENDPOINT_SECONDS}, or unset it.") from error


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise PortInUseError(
                f"Port {port} of {ADDRESS} cannot be used: {error.strerror}.",
                advice="Leave out the port to use a free one, or stop the program that listens there.",
            ) from error


def _variables(port: int, data: Path, overlay: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        # LocalStack keeps its files, certificates and plugin index below these.
        **environment.file_variables(data / FILESYSTEM),
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
        # LocalStack must not use the network, whatever it is asked to: a subscription of SNS may name any
        # address, and a function would run in Docker.
        **proxies_to_nowhere(".localhost.localstack.cloud"),
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
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        if process.poll() is not None:
            if b"ddress already in use" in log.read_bytes():
                _check_port(port)
            raise FailedError(
                f"LocalStack {stack.version} ended with code {process.returncode} before it was ready.",
                advice=f"Its log is {log}.",
            )
        try:
            found = health.ask(stack.endpoint_url, timeout=10)
        except (OSError, ValueError):
            if time.monotonic() > deadline:
                raise FailedError(
                    f"LocalStack {stack.version} was not ready after {START_TIMEOUT:.0f} s.",
                    advice=f"Its log is {log}.",
                ) from None
            time.sleep(0.1)
            continue
        if found.missing:
            raise FailedError(
                f"LocalStack {stack.version} runs, but does not serve {', '.join(found.missing)}.",
                advice=f"This is a defect of scaleproof. LocalStack's log is {log}.",
            )
        return


GROUP = "localstack.aws.provider"
"""The entry-point group of LocalStack's service providers."""


def write_overlay(directory: Path) -> Path:
    """Makes `directory` an import path with this package and the emulator's entry points. Returns it.

    It contains a symbolic link to the package, and a `.dist-info`. The package cannot be installed in
    LocalStack's environment, which lacks its dependencies.
    """
    version = scaleproof.__version__
    directory.mkdir(parents=True)
    package = Path(scaleproof.__file__).resolve().parent
    (directory / package.name).symlink_to(package, target_is_directory=True)
    metadata = directory / f"scaleproof_localstack-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: scaleproof-localstack\nVersion: {version}\n", encoding="utf-8"
    )
    entries = "".join(f"{name} = {target}\n" for name, target in sorted(ENTRY_POINTS.items()))
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{entries}", encoding="utf-8")
    return directory
