"""A LocalStack that this process starts: on its port, with the emulator, and gone afterwards."""

import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control, environment
from scaleproof.localstack import start as localstack
from scaleproof.localstack.health import ask
from scaleproof.localstack.start import (
    ADDRESS,
    FILESYSTEM,
    LOGS_KEPT,
    OWN,
    LocalStack,
    PortInUseError,
    find_or_start,
    free_port,
    start,
)
from scaleproof.processes import scratch
from tests.unit.waiting import alive

_HOLDER = """
import time
from scaleproof.localstack.start import find_or_start
stack = find_or_start()
print(stack.pid, stack.data, flush=True)
time.sleep(60)
"""


@pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
def test_it_serves_sagemaker_and_leaves_nothing(tmp_path, monkeypatch):
    """In a directory whose name has a space."""
    spaced = tmp_path / "with space"
    spaced.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spaced))
    port = free_port()
    with find_or_start(port=port) as stack:
        assert stack.endpoint_url == f"http://{ADDRESS}:{port}"
        assert stack.pid
        health = ask(stack.endpoint_url)
        assert not health.missing
        assert health.version == stack.version
        assert listeners(port) == {ADDRESS}
        # Streams get any free port, and the system hands out none below 1024.
        assert urlsplit(control.streams(stack.connection()).endpoint_url).port >= 1024
        assert list(spaced.iterdir()) == [stack.data]
        # LocalStack uses the index of operations of its environment, and has made none itself.
        stack.connection().client("sts").get_caller_identity()
        assert stack.data
        assert list((stack.data / FILESYSTEM).rglob("service-catalog-*")) == []
        (linked,) = (stack.data / FILESYSTEM / "usr/lib/localstack").iterdir()
        assert linked.name.startswith(f"service-catalog-{stack.version.replace('.', '_')}")
        # Its data is below the directory too.
        stack.connection().client("s3").create_bucket(Bucket="kept")
        assert [path for path in stack.data.rglob("kept") if path.is_dir()]
    assert not alive(stack.pid)
    assert list(spaced.iterdir()) == []
    stack.stop()  # a second call does nothing


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_process_that_started_it(end):
    with subprocess.Popen([sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        pid, data = holder.stdout.readline().split()
        assert alive(int(pid))
        holder.send_signal(end)
        assert holder.wait(20) == -end
    deadline = time.monotonic() + 20
    # The directory is removed after the last process that writes there.
    while alive(int(pid)) or Path(data).exists():
        assert time.monotonic() < deadline, f"LocalStack {pid} or {data} outlived the parent"
        time.sleep(0.1)


@pytest.mark.parametrize(("deaf", "code"), [(False, 3), (True, -signal.SIGKILL)])
def test_it_is_asked_to_end_and_then_made_to(deaf, code, monkeypatch):
    if deaf:
        monkeypatch.setattr(localstack, "GRACE", 0.2)
    pauses, sleep = [], time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: [pauses.append(seconds), sleep(seconds)])
    answer = "signal.SIG_IGN" if deaf else "lambda *_: sys.exit(3)"
    program = f"import signal, sys, time; signal.signal(signal.SIGTERM, {answer}); print('ready', flush=True)"
    program += "\nwhile True: time.sleep(0.05)"
    command = [sys.executable, "-c", program]
    data = scratch.make()
    lock = [scratch.lock_of(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True, pass_fds=lock) as process:
        assert process.stdout
        process.stdout.readline()
        scratch.release(data)
        LocalStack("http://127.0.0.1", "1.0", OWN, pid=process.pid, data=data).end()
        try:
            assert process.wait(20) == code
        finally:
            process.kill()
    assert not data.exists()
    assert max(pauses, default=0) < 0.2  # a start and an end take a second


def test_a_port_in_use():
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"Port {port} of {ADDRESS} cannot be used.*Omit the port"):
            find_or_start(port=port)


def test_a_port_whose_last_connection_has_just_ended_is_free():
    """The system keeps it for a minute: `scaleproof up` after `scaleproof down` asks for it again."""
    with socket.create_server((ADDRESS, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((ADDRESS, port)) as client:
            server.accept()[0].close()
            assert client.recv(1) == b""
    localstack._check_port(port)


@pytest.mark.parametrize("text", ["soon", "-1"])
def test_an_invalid_delay_is_refused_before_anything_starts(text, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", text)
    monkeypatch.setattr(environment, "ensure", lambda: pytest.fail("nothing may be built"))
    with pytest.raises(ScaleproofError, match=f"must be a number of seconds, 0 or more, not '{text}'") as raised:
        start()
    assert raised.value.advice == "Correct SCALEPROOF_ENDPOINT_SECONDS, or unset it."


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Makes LocalStack end at once after a line, in the directory of the test."""
    made = tmp_path / "environment"
    (made / "bin").mkdir(parents=True)
    (made / "pins.txt").touch()
    named = replace(environment.describe(), directory=made, pins="localstack-core==1.0\n")
    monkeypatch.setattr(environment, "ensure", lambda: named)
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def write(line):
        (made / "bin" / "python").write_text(f"#!/bin/sh\necho {line} >&2\nexit 3\n")
        (made / "bin" / "python").chmod(0o755)

    return write


def test_a_start_that_fails_names_the_log(broken, tmp_path):
    broken("no such library")
    with pytest.raises(ScaleproofError, match=r"LocalStack 1.0 ended with code 3") as raised:
        start()
    advice, _, log = raised.value.advice.removesuffix(".").rpartition(" Its log is ")
    assert advice == f"If it lacks a module, remove {environment.describe().directory}."
    log = Path(log)
    assert log.read_text() == "no such library\n"
    assert not list(tmp_path.glob("scaleproof-*"))


def test_a_start_that_takes_too_long_is_ended(broken, tmp_path, monkeypatch):
    broken("this takes long; exec sleep 60")
    monkeypatch.setattr(localstack, "START_TIMEOUT", 0.2)
    with pytest.raises(ScaleproofError, match=r"LocalStack 1.0 was not ready after 0 s\. Its log is "):
        start()
    assert not list(tmp_path.glob("scaleproof-*"))


def test_a_port_that_another_process_takes_meanwhile(broken, monkeypatch):
    """One that was asked for is in use; else another free one is looked for."""
    broken("Address already in use")
    checks = iter([lambda _port: None, localstack._check_port] * 3)
    monkeypatch.setattr(localstack, "_check_port", lambda port: next(checks)(port))
    with socket.socket() as other:
        other.bind((ADDRESS, 0))
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError):
            start(port=port)
        ports = iter([port, free_port()])
        monkeypatch.setattr(localstack, "free_port", lambda: next(ports))
        with pytest.raises(ScaleproofError, match="ended with code 3"):
            start()
    assert list(ports) == []


def test_the_last_logs_of_a_kind_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))
    (tmp_path / "logs").mkdir()
    for number in range(12):
        (tmp_path / "logs" / f"it-{number:02}.log").touch()
    (tmp_path / "logs" / "other-00.log").touch()
    unlink = Path.unlink
    # Another process removes them at the same moment.
    monkeypatch.setattr(Path, "unlink", lambda path, **options: [unlink(path), unlink(path, **options)])
    localstack._log_file("it").touch()
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert (len(kept), kept[0], kept[-1]) == (LOGS_KEPT + 1, "it-03.log", "other-00.log")


def listeners(port):
    """The addresses of this machine on which something accepts connections to the port.

    The machine's name may only mean the loopback address. On Linux, 127.0.0.2 also reaches a server that
    listens on every interface.
    """
    others = {item[4][0] for item in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    found = set()
    for address in {ADDRESS, "127.0.0.2", *others}:
        with socket.socket() as probe:
            if probe.connect_ex((str(address), port)) == 0:
                found.add(str(address))
    return found
