"""The processes of the generator, against endpoints in LocalStack."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import SECRET_KEY
from scaleproof.measuring.load import generator as module
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from tests.unit.emulator.clients.environments import environment

ROOT = Path(__file__).resolve().parents[4]
MakeEndpoint = Callable[..., str]
MakeGenerator = Callable[..., Generator]


@pytest.fixture
def generator(connection, tmp_path):
    """Makes a generator for the endpoint speech: generator(kind, body, processes, bodies)."""
    file = tmp_path / "body"

    def make(kind=CallKind.REQUESTS, body=b"{}", processes=2, bodies=""):
        file.write_bytes(body)
        calls = Calls(kind, "speech", (bodies or str(file),))
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
    with generator(CallKind.RESPONSE_STREAMS, bytes(3000)) as load:
        level = load.hold(2, 1.5)
    errors = [reply.error for reply in level.replies]
    assert set(errors) == {None, "ModelError"}
    # One that is refused does not ask again at once.
    assert errors.count("ModelError") <= 15
    good = [reply for reply in level.replies if reply.error is None]
    assert statistics.median(reply.first_chunk or 0.0 for reply in good) >= 0.1
    assert min(reply.latency for reply in good) >= 0.3  # three parts


def test_a_function_that_raises_ends_the_level(endpoint, generator, tmp_path, capfd):
    endpoint()
    (tmp_path / "b.py").write_text(
        "def body(number):\n    print('noise', flush=True)\n    if number > 3:\n"
        "        raise ValueError('no')\n    return b''\n"
    )
    with (
        generator(bodies=f"{tmp_path}/b.py:body") as load,
        pytest.raises(ScaleproofError, match=r"body failed: ValueError: no \(line 4\)"),
    ):
        load.hold(3, 30.0)
    printed = capfd.readouterr()
    assert (printed.out, "noise" in printed.err) == ("", True)  # stdout is for the answer


def test_each_process_sends_numbers_of_its_own(endpoint, generator, tmp_path):
    endpoint({"answer": 0.1})
    seen = tmp_path / "seen"
    seen.mkdir()
    (tmp_path / "b.py").write_text(
        "import os, pathlib\n\ndef body(number):\n"
        f"    pathlib.Path({str(seen)!r}, str(number)).touch(exist_ok=False)\n"
        f"    pathlib.Path({str(seen)!r}, f'process-{{os.getpid()}}').touch()\n    return b''\n"
    )
    with generator(bodies=f"{tmp_path}/b.py:body") as load:
        sent = [load.hold(3, 0.5), load.hold(1, 0.5)]
    assert len(list(seen.glob("process-*"))) == 2
    numbers = sorted(int(one.name) for one in seen.iterdir() if not one.name.startswith("process-"))
    assert len(numbers) >= sum(len(level.replies) for level in sent) > 4
    assert numbers[:2] == [0, 1]


def test_what_is_wrong_is_told_when_it_starts(generator, monkeypatch):
    with pytest.raises(ScaleproofError, match="there is no file"), generator(bodies="/none.py:body"):
        pass
    monkeypatch.setitem(sys.modules, "aws_sdk_sagemaker_runtime_http2", None)
    monkeypatch.delitem(sys.modules, "scaleproof.measuring.load.streams", raising=False)
    calls = Calls(CallKind.STREAMS, "speech", (__file__,), rate=1.0)
    said = r"need AWS's client, and aws_sdk_sagemaker_runtime_http2.* is missing\..*'scaleproof\[measure\]'"
    with pytest.raises(ScaleproofError, match=said):
        module._sender(calls, Service("us-east-1", "http://127.0.0.1:1"))


def test_a_process_that_ends_is_told(generator, tmp_path):
    (tmp_path / "b.py").write_text("import os\n\ndef body(number):\n    os._exit(3)\n")
    with (
        generator(bodies=f"{tmp_path}/b.py:body") as load,
        pytest.raises(FailedError, match="A process of the load generator ended"),
    ):
        load.hold(1, 30.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_its_processes_end_with_it(endpoint, connection, tmp_path, number):
    endpoint({"answer": 30})
    (tmp_path / "b.py").write_text(
        "import os, pathlib\n\ndef body(number):\n"
        f"    pathlib.Path({str(tmp_path)!r}, f'process-{{os.getpid()}}').touch()\n    return b''\n"
    )
    program = tmp_path / "program.py"
    program.write_text(
        "from scaleproof.measuring.load.generator import Generator\n"
        "from scaleproof.measuring.load.job import *\n"
        "if __name__ == '__main__':\n"
        f"    calls = Calls(CallKind.REQUESTS, 'speech', ('{tmp_path}/b.py:body',))\n"
        f"    service = Service('us-east-1', {connection.endpoint_url!r}, True)\n"
        f"    credentials = Credentials({connection.account!r}, 'test')\n"
        "    with Generator(calls, service, lambda: credentials, 2) as load:\n"
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


RATE = 32_000.0
AUDIO = bytes(16_000)
"""Half a second at RATE."""


def streams(connection, audio, *levels):
    """What a generator in a Python with AWS's client gives for levels of (concurrency, seconds)."""
    served = control.streams(connection)
    calls = Calls(CallKind.STREAMS, "speech", (str(audio),), rate=RATE, last_part='{"type": "CloseStream"}')
    service = Service("us-east-1", served.endpoint_url, local=True, ca=served.ca_bundle)
    asked = {
        "calls": asdict(calls),
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
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_streams_are_spoken_at_the_pace_of_their_audio(endpoint, connection, tmp_path):
    endpoint({"answer": 0.02, "slots": 4})
    (tmp_path / "audio").write_bytes(AUDIO)
    within, above = streams(connection, tmp_path / "audio", (4, 2.0), (5, 1.0))
    assert len(within["replies"]) > 4  # they opened the next one
    for reply in within["replies"]:
        assert reply["error"] is None
        assert reply["first_chunk"] < 0.4 <= reply["latency"]  # before all was spoken
        assert 0 < reply["lag"] < reply["latency"]
    assert within["generator_lag"] > 0
    assert any(reply["error"] for reply in above["replies"])  # the fifth is refused
