"""Demonstrations on a LocalStack of the user's: one that is killed, and the next, which clears up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scaleproof.endpoints.live import endpoint_names
from scaleproof.localstack.start import LocalStack, free_port

from .conftest import ENDPOINT, Run


def test_the_next_one_destroys_it_and_nothing_of_anybody_elses(
    run: Run, cloud: LocalStack, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = cloud.connection(account).client("iam")
    others.create_role(RoleName="speech-execution", AssumeRolePolicyDocument="{}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "scaleproof", "demo", str(ENDPOINT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        assert any(line.startswith("Applied") for line in killed.stdout)
        killed.kill()
    kept = tmp_path / "cache of mine" / "demo"
    (state,) = kept.glob("*.tfstate")
    connection = cloud.connection(state.stem)
    assert endpoint_names(connection.client) == ["speech"]

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
    shown = run("demo", ENDPOINT, "--json", "--report", tmp_path / "report.html")
    assert shown.code == 0, shown.err
    assert shown.err.count("Destroying what an earlier demo left.") == 1
    assert endpoint_names(connection.client) == []
    assert list(kept.iterdir()) == []

    report = json.loads(shown.out)
    assert [request["kind"] for request in report["requests"]] == ["realtime"]
    (outcome,) = report["replay"]["outcomes"]
    assert outcome["result"]["totals"]["arrivals"] > 100
    assert "named in the environment" in report["parts"]["cloud"]
    assert [role["RoleName"] for role in others.list_roles()["Roles"]] == ["speech-execution"]
