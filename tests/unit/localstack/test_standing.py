"""The LocalStack that `scaleproof up` starts: one at a time, found again, and ended alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import background, environment
from scaleproof.localstack.pinned import Environment
from scaleproof.localstack.start import free_port


@pytest.fixture(autouse=True)
def cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, localstack_environment: Environment
) -> Iterator[Path]:
    """A cache of its own, with the environment that is built already."""
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))
    monkeypatch.setattr(environment, "ensure", lambda: localstack_environment)
    yield tmp_path
    background.down()


def test_up_and_down(cache: Path) -> None:
    assert background.find() is None
    port = free_port()
    first = background.up(port)
    assert first.pid
    assert first.endpoint_url == f"http://127.0.0.1:{port}"
    assert (first.standing, first.external) == (True, False)
    first.stop()  # what stays is not ended by the handle

    again = background.up()
    assert (again.pid, again.endpoint_url) == (first.pid, first.endpoint_url)
    assert background.check(again).connection().client("sts").get_caller_identity()
    with pytest.raises(ScaleproofError, match=r"stands at .* already"):
        background.up(free_port())

    ended = background.down()
    assert ended
    assert ended.pid == first.pid
    assert ended.data
    assert not ended.data.exists()
    assert background.find() is None
    assert background.down() is None


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
        "another process under its number",
        "in every command",
        "not a directory of ours",
        "a link",
        "not a LocalStack",
    ],
)
def test_a_record_is_not_trusted_to_name_what_to_end_and_to_remove(
    cache: Path, data: str, arguments: list[str]
) -> None:
    """A process id is given again once its process has ended."""
    (cache / "precious").mkdir()
    (cache / "scaleproof-link").symlink_to("precious")
    (cache / "scaleproof-own").mkdir()
    command = [sys.executable, "-c", "input()", *(word.format(cache=cache) for word in arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        record = {"endpoint_url": "http://127.0.0.1:4566", "version": "", "log": "log", "pid": other.pid}
        (cache / "standing.json").write_text(json.dumps(record | {"data": data.format(cache=cache)}))
        assert background.find() is None
        assert background.down() is None
        assert other.poll() is None
        other.communicate(b"\n")
    assert not (cache / "standing.json").exists()
    assert {"precious", "scaleproof-link", "scaleproof-own"} <= {path.name for path in cache.iterdir()}


def test_a_record_that_is_a_link_is_nobodys(cache: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text("{}")
    (cache / "standing.json").symlink_to(elsewhere)
    assert background.find() is None
    assert elsewhere.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}', "[" * 10_000])
def test_a_damaged_record_is_forgotten(cache: Path, text: str) -> None:
    (cache / "standing.json").write_text(text)
    assert background.find() is None
    assert not (cache / "standing.json").exists()
