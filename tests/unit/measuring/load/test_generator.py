"""The processes of the generator, against endpoints in LocalStack."""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import SECRET_KEY
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import Body, CallKind, Calls, Credentials, Service
from tests.unit.emulator.clients.environments import environment

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def generator(connection):
    """Makes a generator for the endpoint speech: generator(kind, processes, body)."""

    def make(kind=CallKind.REQUESTS, processes=2, body=b"{}"):
        calls = Calls(kind, "speech", (Body(body),))
        service = Service("us-east-1", connection.endpoint_url, local=True)
        return Generator(calls, service, lambda: Credentials(connection.account, SECRET_KEY), processes)

    return make


def test_so_many_requests_are_in_flight(endpoint, generator):
    endpoint({"answer": 0.2})
    with generator() as load:
        level = load.hold(5, 2.0)
    assert level.seconds == 2.0
    assert {(reply.error, reply.first_chunk, reply.lag) for reply in level.replies} == {(None, None, None)}
    # Little's law: what is in flight is how many end in a second by how long each takes.
    inside = [min(reply.latency, level.seconds - reply.started) for reply in level.replies]
    assert 3.5 <= sum(inside) / level.seconds <= 5.0
    assert min(reply.latency for reply in level.replies) >= 0.2
    ends = [reply.ended for reply in level.replies]
    assert ends == sorted(ends)
    assert max(reply.started for reply in level.replies) < 2.0 < ends[-1]  # what is in flight is waited for
    assert 0 < level.generator_lag < 1


def test_refusals_are_told_and_a_stream_of_answers_has_chunks(endpoint, generator):
    endpoint({"answer": 0.1, "slots": 1})
    with generator(CallKind.RESPONSE_STREAMS, body=bytes(3000)) as load:
        level = load.hold(2, 1.5)
    errors = [reply.error for reply in level.replies]
    assert set(errors) == {None, "ModelError"}
    # One that is refused does not ask again at once.
    assert errors.count("ModelError") <= 15
    good = [reply for reply in level.replies if reply.error is None]
    assert statistics.median(reply.first_chunk or 0.0 for reply in good) >= 0.1
    assert min(reply.latency for reply in good) >= 0.3  # three parts


def test_without_awss_client_streams_are_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "aws_sdk_sagemaker_runtime_http2", None)
    monkeypatch.delitem(sys.modules, "scaleproof.measuring.load.streams", raising=False)
    calls = Calls(CallKind.STREAMS, "speech", (Body(b"", rate=1.0),))
    said = r"need AWS's client, and aws_sdk_sagemaker_runtime_http2.* is missing\..*\[measure\]'"
    with pytest.raises(ScaleproofError, match=said):
        Generator(calls, Service("us-east-1", "http://127.0.0.1:1"), lambda: None, 1)


def test_a_process_that_ends_is_told(endpoint, generator):
    endpoint({"answer": 30})
    with generator() as load:
        one, other = load._pool._processes.values()
        threading.Timer(1.0, one.kill).start()
        with pytest.raises(FailedError, match="A process of the load generator ended"):
            load.hold(2, 30.0)
    # Not by `is_alive`: it takes a process for alive that the pool's thread has just waited for.
    deadline = time.monotonic() + 10
    while Path(f"/proc/{other.pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_levels_share_their_requests_among_processes(endpoint, generator, monkeypatch):
    """Whatever number of processes there is, each of them sends all bodies in turn, and begins with another one."""
    asked = []
    with generator() as load:
        submit = load._pool.submit

        def noted(function, credentials, users, seconds, first):
            asked.append((users, first))
            return submit(function, credentials, users, seconds, first)

        monkeypatch.setattr(load._pool, "submit", noted)
        endpoint({"answer": 0.1})
        sent = [len(load.hold(users, 0.5).replies) for users in (3, 1, 0)]
    assert [users for users, _ in asked] == [2, 1, 1, 0, 0, 0]
    begins = [first for _, first in asked]
    assert begins[1::2] == [first + 1 for first in begins[::2]]
    assert begins[2] >= begins[0] + sent[0] / 2
    assert begins[4] >= begins[2] + sent[1]
    assert min(sent[:2]) > 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_its_processes_end_with_it(endpoint, connection, tmp_path, number):
    endpoint({"answer": 30})
    program = tmp_path / "program.py"
    program.write_text(
        "from pathlib import Path\n"
        "from scaleproof.measuring.load.generator import Generator\n"
        "from scaleproof.measuring.load.job import *\n"
        "if __name__ == '__main__':\n"
        f"    calls = Calls(CallKind.REQUESTS, 'speech', (Body(b''),))\n"
        f"    service = Service('us-east-1', {connection.endpoint_url!r}, True)\n"
        f"    credentials = Credentials({connection.account!r}, 'test')\n"
        "    with Generator(calls, service, lambda: credentials, 2) as load:\n"
        "        for pid in load._pool._processes:\n"
        f"            Path({str(tmp_path)!r}, f'process-{{pid}}').touch()\n"
        "        load.hold(4, 60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program], env=environment, stderr=subprocess.PIPE) as command:
        deadline = time.monotonic() + 60
        while len(found := list(tmp_path.glob("process-*"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        command.send_signal(number)
        command.communicate(timeout=60)  # until all have closed stderr
    pids = [int(one.name.removeprefix("process-")) for one in found]
    while alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)


def test_nothing_is_sent_twice(endpoint, generator, connection):
    endpoint({"answer": 0.1})
    rule = {"fault": "throttling", "service": "sagemaker-runtime", "operation": "InvokeEndpoint", "times": 2}
    with control.injected(connection, rule), generator(processes=1) as load:
        level = load.hold(1, 1.0)
    assert [reply.error for reply in level.replies[:3]] == ["ThrottlingException"] * 2 + [None]


HALF = (16_000, 32_000.0)
"""Half a second of audio: its bytes, and how many of them are a second."""


def streams(connection, *levels, bodies=(HALF,)):
    """What a generator in a Python with AWS's client gives for levels of (concurrency, seconds).

    It prints nothing else: no traceback of the streams that a level's end cuts.
    """
    served = control.streams(connection)
    service = Service("us-east-1", served.endpoint_url, local=True, ca=served.ca_bundle)
    asked = {
        "bodies": bodies,
        "service": asdict(service),
        "credentials": [connection.account, SECRET_KEY],
        "levels": levels,
    }
    done = subprocess.run(
        [environment("aws").python, Path(__file__).parent / "streams_script.py"],
        input=json.dumps(asked),
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_streams_are_spoken_at_the_pace_of_their_audio(endpoint, connection):
    endpoint({"answer": 0.02, "slots": 4})
    within, above, _ = streams(connection, (4, 3.0), (5, 1.0), (4, 0.05))  # the last one ends while streams open
    assert len(within["replies"]) > 4  # they opened the next one
    for reply in within["replies"]:
        assert reply["error"] is None
        assert reply["first_chunk"] < reply["latency"] >= 0.4  # before all was spoken, which takes half a second
        assert 0 < reply["lag"] < reply["latency"]
    assert within["generator_lag"] > 0
    assert any(reply["error"] for reply in above["replies"])  # the fifth is refused


def test_each_file_is_spoken_at_its_own_rate(endpoint, connection):
    endpoint({"answer": 0.02})
    studio = (192_000, 384_000.0)  # half a second, too; at the first one's rate it would take 6 s
    (level,) = streams(connection, (1, 2.5), bodies=(HALF, studio))
    first, second = level["replies"][:2]
    assert min(first["latency"], second["latency"]) >= 0.4
