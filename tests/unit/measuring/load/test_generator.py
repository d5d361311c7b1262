"""The generator against endpoints whose containers have a capacity that is known."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import SECRET_KEY, Connection
from scaleproof.measuring.load.generator import STREAMS_PYTHON, Generator
from scaleproof.measuring.load.job import Credentials, Job, Kind
from tests.unit.emulator.clients.environments import environment

MakeEndpoint = Callable[..., str]
RATE = 32_000.0


@pytest.fixture
def generator(connection: Connection, tmp_path: Path) -> Callable[..., Generator]:
    """Makes a generator for the endpoint speech: generator(kind, body, processes, **members of the job)."""
    file = tmp_path / "body"

    def make(kind: Kind, body: bytes = b"{}", processes: int = 2, **members: Any) -> Generator:
        file.write_bytes(body)
        where: dict[str, Any] = {"url": connection.endpoint_url}
        if kind is Kind.STREAMS:
            served = control.streams(connection)
            where = {"url": served.endpoint_url, "ca": served.ca_bundle, "rate": RATE}
        job = Job(
            **{
                "kind": kind,
                "endpoint": "speech",
                "region": "us-east-1",
                "bodies": (str(file),),
                "local": True,
            }
            | where
            | members
        )
        return Generator(job, lambda: Credentials(connection.account, SECRET_KEY), processes)

    return make


@pytest.fixture
def streams_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python with AWS's client."""
    monkeypatch.setenv(STREAMS_PYTHON, str(environment("aws").python))


def test_so_many_requests_are_in_flight(endpoint: MakeEndpoint, generator: Callable[..., Generator]) -> None:
    endpoint({"answer": 0.2})
    with generator(Kind.REQUESTS) as load:
        level = load.hold(5, 3.0)
    assert (level.concurrency, level.seconds) == (5, 3.0)
    assert {reply.error for reply in level.replies} == {None}
    assert {reply.first_chunk for reply in level.replies} == {reply.lag for reply in level.replies} == {None}
    # Little's law: what is in flight is how many end in a second by how long each takes.
    inside = [min(reply.seconds, level.seconds - reply.started) for reply in level.replies]
    assert 3.8 <= sum(inside) / level.seconds <= 5.0
    assert min(reply.seconds for reply in level.replies) >= 0.2
    ends = [reply.started + reply.seconds for reply in level.replies]
    assert ends == sorted(ends)
    assert max(reply.started for reply in level.replies) < 3.0 < ends[-1]  # what is in flight is waited for
    assert 0 < level.generator_lag < 1


def test_a_container_that_is_full_shows(endpoint: MakeEndpoint, generator: Callable[..., Generator]) -> None:
    endpoint({"answer": 0.1, "sharing": 2})
    with generator(Kind.REQUESTS) as load:
        within, above = load.hold(2, 2.0), load.hold(6, 3.0)
    middle = [statistics.median(reply.seconds for reply in level.replies) for level in (within, above)]
    assert 0.1 <= middle[0] < 0.25
    # While one of the six turns round, five share the container.
    assert middle[1] >= 0.25


def test_refusals_are_told_by_their_code(endpoint: MakeEndpoint, generator: Callable[..., Generator]) -> None:
    endpoint({"answer": 0.2, "slots": 1})
    with generator(Kind.REQUESTS, processes=1) as load:
        level = load.hold(2, 1.5)
    errors = [reply.error for reply in level.replies]
    assert set(errors) == {None, "ModelError"}
    # One that is refused does not ask again at once.
    assert errors.count("ModelError") <= 15


def test_response_streams(endpoint: MakeEndpoint, generator: Callable[..., Generator]) -> None:
    endpoint({"answer": 0.1})
    with generator(Kind.RESPONSE_STREAMS, bytes(3000), processes=1) as load:
        level = load.hold(2, 2.0)
    assert level.replies
    assert {reply.error for reply in level.replies} == {None}
    assert 0.1 <= statistics.median(reply.first_chunk or 0.0 for reply in level.replies) < 0.3
    assert min(reply.seconds for reply in level.replies) >= 0.3  # three parts


def test_a_response_stream_that_is_cut_at_the_end_is_no_reply(
    endpoint: MakeEndpoint, generator: Callable[..., Generator]
) -> None:
    """Nobody knows how long it would have taken."""
    endpoint({"answer": 0.5})
    with generator(Kind.RESPONSE_STREAMS, bytes(20_000), processes=1) as load:
        assert load.hold(2, 1.0).replies == ()


AUDIO = bytes(48_000)
"""1.5 s at RATE."""


@pytest.mark.usefixtures("streams_python")
def test_streams_are_spoken_at_the_pace_of_their_audio(
    endpoint: MakeEndpoint, generator: Callable[..., Generator]
) -> None:
    endpoint({"answer": 0.02})
    with generator(Kind.STREAMS, AUDIO, last_part='{"type": "CloseStream"}') as load:
        level = load.hold(4, 5.0)
    assert {reply.error for reply in level.replies} == {None}
    assert len(level.replies) > 4  # they opened the next one
    for reply in level.replies:
        assert reply.first_chunk is not None
        assert reply.lag is not None
        assert reply.seconds >= 1.4
        assert reply.first_chunk < 1.4  # before all was spoken
        assert reply.lag < 1.2
    assert level.generator_lag > 0


@pytest.mark.usefixtures("streams_python")
def test_a_container_that_is_too_slow_lags_behind_the_audio(
    endpoint: MakeEndpoint, generator: Callable[..., Generator]
) -> None:
    # One part at a time in 100 ms: of parts every 200 ms, one stream is half of it, and five are too many.
    endpoint({"answer": 0.1, "sharing": 1})
    with generator(Kind.STREAMS, AUDIO, processes=1) as load:
        within, above = load.hold(1, 4.0), load.hold(5, 9.0)
    lags = [[reply.lag or 0.0 for reply in level.replies] for level in (within, above)]
    assert max(lags[0]) < 1.2 < min(lags[1])


def test_a_function_that_raises_ends_the_level(
    endpoint: MakeEndpoint, generator: Callable[..., Generator], tmp_path: Path
) -> None:
    endpoint()
    (tmp_path / "b.py").write_text(
        "def body(number):\n    print('noise')\n    if number > 3:\n        raise ValueError('no')\n"
        "    return b''\n"
    )
    with (
        generator(Kind.REQUESTS, bodies=(f"{tmp_path}/b.py:body",)) as load,
        pytest.raises(ScaleproofError, match=r"body failed: ValueError: no \(line 4\)"),
    ):
        load.hold(3, 30.0)


def test_each_process_sends_numbers_of_its_own(
    endpoint: MakeEndpoint, generator: Callable[..., Generator], tmp_path: Path
) -> None:
    endpoint({"answer": 0.1})
    seen = tmp_path / "seen"
    seen.mkdir()
    (tmp_path / "b.py").write_text(
        "import pathlib\n\ndef body(number):\n"
        f"    pathlib.Path({str(seen)!r}, str(number)).touch(exist_ok=False)\n    return b''\n"
    )
    with generator(Kind.REQUESTS, bodies=(f"{tmp_path}/b.py:body",)) as load:
        sent = [load.hold(3, 1.0), load.hold(1, 1.0)]
    assert len(list(seen.iterdir())) >= sum(len(level.replies) for level in sent) > 4


def test_without_the_client_of_streams(
    generator: Callable[..., Generator], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Path(sys.base_prefix) / "bin" / "python3"
    monkeypatch.setenv(STREAMS_PYTHON, str(bare))
    said = f"{bare} lacks aws_sdk_sagemaker_runtime_http2.*'scaleproof\\[measure\\]'.*{STREAMS_PYTHON}"
    with pytest.raises(ScaleproofError, match=said), generator(Kind.STREAMS):
        pass
    monkeypatch.setenv(STREAMS_PYTHON, "/nowhere/python")
    with pytest.raises(ScaleproofError, match="/nowhere/python does not start"), generator(Kind.STREAMS):
        pass


def test_its_processes_end_when_it_is_killed(
    endpoint: MakeEndpoint, generator: Callable[..., Generator], connection: Connection, tmp_path: Path
) -> None:
    endpoint({"answer": 30})
    code = (
        "from scaleproof.measuring.load.generator import Generator\n"
        "from scaleproof.measuring.load.job import *\n"
        f"job = Job('requests', 'speech', 'us-east-1', {connection.endpoint_url!r}, ({__file__!r},), True)\n"
        f"with Generator(job, lambda: Credentials({connection.account!r}, 'test'), 2) as load:\n"
        "    print(*(one._process.pid for one in load._processes), flush=True)\n"
        "    load.hold(4, 60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        pids = [int(word) for word in killed.stdout.readline().split()]
        deadline = time.monotonic() + 30
        while sum(one.in_flight for one in control.instances(connection)) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        killed.kill()
    deadline = time.monotonic() + 30
    while alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)
    assert len(pids) == 2


def test_nothing_is_sent_twice(
    endpoint: MakeEndpoint, generator: Callable[..., Generator], connection: Connection
) -> None:
    endpoint({"answer": 0.1})
    rule = {"fault": "throttling", "service": "sagemaker-runtime", "operation": "InvokeEndpoint", "times": 2}
    with control.injected(connection, rule), generator(Kind.REQUESTS, processes=1) as load:
        level = load.hold(1, 2.0)
    assert [reply.error for reply in level.replies[:3]] == ["ThrottlingException"] * 2 + [None]
