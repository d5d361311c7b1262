"""The LocalStack that `scaleproof up` starts: one at a time, found again, and stopped alone."""

import json
import subprocess
import sys

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import background, control, environment
from scaleproof.localstack.start import PortInUseError, free_port
from scaleproof.processes import scratch


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, localstack_environment):
    """A cache for the test, with an environment that is already built."""
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))
    monkeypatch.setattr(environment, "ensure", lambda: localstack_environment)
    yield tmp_path
    background.down()


def test_up_and_down(cache, monkeypatch):
    streams_port = free_port()
    monkeypatch.setattr(background, "STREAMS_PORT", streams_port)
    assert background.find() is None
    port = free_port()
    first = background.up(port)
    assert first.pid
    assert first.endpoint_url == f"http://127.0.0.1:{port}"
    assert "(started by scaleproof up)" in str(first)
    assert control.streams(first.connection()).endpoint_url.endswith(f":{streams_port}")
    first.stop()  # does nothing in the background

    again = background.up()
    assert (again.pid, again.endpoint_url) == (first.pid, first.endpoint_url)
    assert again.external
    assert again.connection().client("sts").get_caller_identity()
    with pytest.raises(ScaleproofError, match=r"already runs at"):
        background.up(free_port())

    ended = background.down()
    assert ended
    assert ended.pid == first.pid
    assert ended.data
    assert not ended.data.exists()
    assert not (cache / "background.json").exists()
    assert background.find() is None
    assert background.down() is None


def test_the_usual_port_is_only_the_first_choice(monkeypatch):
    def start(*, port=None, **_):
        raise PortInUseError("taken") if port else ScaleproofError("any free port")

    monkeypatch.setattr(background, "start", start)
    with pytest.raises(ScaleproofError, match="any free port"):
        background.up()
    with pytest.raises(PortInUseError):
        background.up(4567)


@pytest.mark.parametrize(
    ("data", "arguments"),
    [
        ("{cache}/scaleproof-gone", []),
        ("/", []),
        ("{cache}/precious", ["-m", "scaleproof.emulator.launch", "{cache}/precious"]),
        ("{cache}/scaleproof-link", ["-m", "scaleproof.emulator.launch", "{cache}/scaleproof-link"]),
        ("{cache}/scaleproof-own", ["{cache}/scaleproof-own"]),
    ],
    ids=[
        "another process with its id",
        "in every command",
        "another directory",
        "a link",
        "not a LocalStack",
    ],
)
def test_a_record_cannot_name_another_process_or_directory(cache, data, arguments):
    """The system reuses process ids."""
    (cache / "precious").mkdir()
    (cache / "scaleproof-link").symlink_to("precious")
    (cache / "scaleproof-own").mkdir()
    command = [sys.executable, "-c", "input()", *(word.format(cache=cache) for word in arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        record = {"endpoint_url": "http://127.0.0.1:4566", "version": "", "log": "log", "pid": other.pid}
        (cache / "background.json").write_text(json.dumps(record | {"data": data.format(cache=cache)}))
        assert background.find() is None
        assert background.down() is None
        assert other.poll() is None
        other.communicate(b"\n")
    assert not (cache / "background.json").exists()
    assert {"precious", "scaleproof-link", "scaleproof-own"} <= {path.name for path in cache.iterdir()}


def test_a_record_cannot_name_another_machine(cache):
    data = scratch.make()
    record = {"endpoint_url": "http://198.51.100.7:4566", "version": "", "log": "log", "pid": 0, "data": str(data)}
    (cache / "background.json").write_text(json.dumps(record))
    assert background.find() is None
    scratch.remove(data)


def test_a_record_that_is_a_link_is_ignored(cache, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text("{}")
    (cache / "background.json").symlink_to(elsewhere)
    assert background.find() is None
    assert elsewhere.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}'])
def test_a_damaged_record_is_deleted(cache, text):
    (cache / "background.json").write_text(text)
    assert background.find() is None
    assert not (cache / "background.json").exists()
