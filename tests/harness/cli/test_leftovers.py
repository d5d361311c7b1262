"""A demonstration that is killed on a LocalStack that stays: the next one destroys what it left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scaleproof.cloud import inventory
from scaleproof.cloud.localstack import LocalStack, free_port

from .conftest import EXAMPLES, Run


def test_the_next_one_destroys_it(
    run: Run, cloud: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "scaleproof", "demo", str(EXAMPLES / "realtime")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        assert any(line.startswith("Applied") for line in killed.stdout)
        killed.kill()
    kept = tmp_path / "cache of mine" / "demo"
    (state,) = kept.glob("*.tfstate")
    connection = cloud.connection(state.stem)
    assert [endpoint.name for endpoint in inventory.read(connection)] == ["speech-realtime"]

    # That of a LocalStack that has ended meanwhile, and one that had not got so far.
    gone = {
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "directory": "",
        "variables": {},
        "arguments": [],
    }
    (kept / "911111111111.json").write_text(json.dumps(gone))
    (kept / "911111111111.tfstate").write_text("{}")
    (kept / "922222222222.json").write_text("")
    shown = run("demo", EXAMPLES / "realtime")
    assert shown.code == 0, shown.err
    assert shown.err.count("Destroying what an earlier demo left.") == 1
    assert inventory.read(connection) == []
    assert list(kept.iterdir()) == []
