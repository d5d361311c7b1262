"""`scaleproof choose --all`: every endpoint of a source, each on its own traffic."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from scaleproof.cli.proposing import Asked
from scaleproof.cli.sources import Source
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
from scaleproof.workers import processes
from tests.unit.report.parsed import Page

from .conftest import ENDPOINT, EXAMPLES, IMAGE, Run

LIMITS = ["--max-concurrency", "ml.g6.2xlarge=12", "--max-concurrency", "ml.g6e.2xlarge=16"]
QUICK = ["--most", "2", "--jobs", "1"]
PRICES = ["--price", "ml.g6.2xlarge=1.5", "--price", "ml.g6e.2xlarge=3"]
CALLS = "time,duration\n" + "".join(f"{60 * number},200\n" for number in range(30))


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A directory with the traffic of both endpoints of the plan, and of one that it does not have."""
    place = tmp_path / "recorded"
    place.mkdir()
    (place / "speech-realtime.csv").write_text(CALLS)
    (place / "speech-async.csv").write_text("# work: file\ntime,duration\n60,90\n70,90\n900,30\n")
    (place / "other.csv").write_text("not traffic")
    return place


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asked, "propose", lambda *_given: pytest.fail("chosen anew"))


def test_each_endpoint_gets_a_proposal_that_a_rerun_takes_from_its_directory(
    run: Run, planned: Path, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "proposals"
    given = ["choose", "--all", planned, *LIMITS, *QUICK, "--traffic", recorded, "--output", kept]
    shown = run(*given, "--json")
    assert shown.code == 0, shown.err
    found = {one["endpoint"]: one for one in json.loads(shown.out)["endpoints"]}
    assert found.keys() == {"speech-async", "speech-realtime"}
    for name, one in found.items():
        today, proposed = one["today"], one["proposed"]
        assert one["reason"] is None
        assert proposed["meets_what_was_asked"]
        assert proposed["saved"] == pytest.approx(1 - proposed["price"] / today["price"])
        assert (kept / f"{name}.tf").read_text() == proposed["block"]
        assert f'  name = "{name}"\n' in proposed["block"]
        assert re.search(
            r'"ml.g6.2xlarge", max_concurrency = \d+ },\n +{ instance_type = "ml.g6e', proposed["block"]
        )
    assert found["speech-realtime"]["proposed"]["settings"].startswith("realtime, ")
    assert found["speech-async"]["proposed"]["settings"].startswith("async, ")

    forbid(monkeypatch)
    (kept / "speech-async.tf").write_text("# mine\n")
    assert json.loads(run(*given, "--json").out) == json.loads(shown.out)
    assert (kept / "speech-async.tf").read_text() == "# mine\n", "what the user made of a block stays"
    page, summary = tmp_path / "page.html", tmp_path / "summary.md"
    table = run(*given, "--report", page, "--markdown", summary)
    assert table.code == 0
    for text in (Page(page.read_text()).text, summary.read_text(), " ".join(table.out.split())):
        assert "Proposed for 2 endpoints: " in text
        assert "Assumed: an instance serves 4 min 20 s" in text
        for one in found.values():
            assert one["today"]["settings"] in text or text.startswith("Endpoints")
            assert one["proposed"]["settings"] in text or text.startswith("Endpoints")
    assert "Today's instance-hours" in table.out
    assert found["speech-async"]["proposed"]["settings"] in table.out
    # Other traffic is another question.
    (recorded / "speech-realtime.csv").write_text(CALLS + "1800,300\n")
    with pytest.raises(pytest.fail.Exception, match="chosen anew"):
        run(*given)
    # What was found before stays where nothing is found now.
    (recorded / "speech-realtime.csv").write_text("not traffic")
    assert run(*given).code == 1
    assert json.loads((kept / "speech-realtime.json").read_text()) == found["speech-realtime"]


@pytest.fixture
def two_jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(processes, "WORTH", -1.0)
    return ["--most", "2", "--jobs", "2"]


def test_endpoints_side_by_side_give_the_same_in_the_same_order(
    run: Run, planned: Path, recorded: Path, two_jobs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["choose", "--all", planned, *LIMITS, "--traffic", recorded, "--json"]
    alone = run(*given, *QUICK)
    meeting, propose = threading.Barrier(2, timeout=60), Asked.propose

    def met(*given: Any) -> Any:
        meeting.wait()  # both are chosen for at the same time
        found = propose(*given)
        meeting.wait()
        return found

    monkeypatch.setattr(Asked, "propose", met)
    together = run(*given, *two_jobs)
    assert together.code == 0, together.err
    assert together.out == alone.out
    assert "2 of 2: speech-" in together.err


def test_an_endpoint_that_fails_stops_no_other_one(
    run: Run, planned: Path, recorded: Path, two_jobs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    propose = Asked.propose

    def failing(asked: Asked, name: str, *given: Any) -> Any:
        if name == "speech-async":
            raise KeyError(name)
        return propose(asked, name, *given)

    monkeypatch.setattr(Asked, "propose", failing)
    shown = run("choose", "--all", planned, *LIMITS, "--traffic", recorded, *two_jobs, "--json")
    assert shown.code == 1
    wrong, right = json.loads(shown.out)["endpoints"]
    assert wrong["reason"] == "unexpected KeyError: 'speech-async' (a defect; SCALEPROOF_DEBUG=1 shows where)"
    assert right["proposed"]["meets_what_was_asked"]


def test_an_interrupt_loses_nothing_that_is_finished(
    run: Run,
    planned: Path,
    recorded: Path,
    tmp_path: Path,
    two_jobs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = tmp_path / "proposals"
    given = ["choose", "--all", planned, *LIMITS, "--traffic", recorded, *two_jobs, "--output", kept]
    propose = Asked.propose

    def interrupted(asked: Asked, name: str, *given: Any) -> Any:
        if name == "speech-async":
            while not (kept / "speech-realtime.json").exists():
                time.sleep(0.01)
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.1)
        return propose(asked, name, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Asked, "propose", interrupted)
        shown = run(*given)
    assert shown.code == 130, shown.err
    assert sorted(one.name for one in kept.iterdir()) == ["speech-realtime.json", "speech-realtime.tf"]
    chosen: list[str] = []

    def noted(asked: Asked, name: str, *given: Any) -> Any:
        chosen.append(name)
        return propose(asked, name, *given)

    monkeypatch.setattr(Asked, "propose", noted)
    again = run(*given)
    assert again.code == 0, again.err
    assert chosen == ["speech-async"]


def test_an_endpoint_with_several_variants_is_refused(
    run: Run, planned: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Source.found
    monkeypatch.setattr(
        Source, "found", lambda *given, **more: [one for one in found(*given, **more) for _ in range(2)]
    )
    shown = run("choose", "--all", planned, *LIMITS, *QUICK, "--traffic", recorded)
    assert shown.code == 1
    assert "for speech-async: It has 2 variants; an endpoint of the module has one." in shown.out


def test_a_directory_that_cannot_be_written_is_refused_before_any_work(
    run: Run, planned: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch)
    taken = recorded / "other.csv"
    shown = run("choose", "--all", planned, *LIMITS, "--traffic", recorded, "--output", taken / "proposals")
    assert (shown.code, shown.out) == (2, "")
    assert f"{taken / 'proposals'} cannot be made: Not a directory." in shown.err


def test_what_cannot_be_done_is_listed_with_its_reason(
    run: Run, planned: Path, recorded: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "proposals"
    traffic = ["--traffic", f"speech-realtime={recorded / 'speech-realtime.csv'}"]
    shown = run("choose", "--all", planned, *LIMITS, *QUICK, *traffic, "--output", kept)
    assert shown.code == 1
    assert (
        "Nothing was chosen for speech-async: No traffic is for it. Add --traffic speech-async=FILE."
        in shown.out
    )
    assert (kept / "speech-realtime.tf").exists()
    assert not (kept / "speech-async.tf").exists()
    assert json.loads((kept / "speech-async.json").read_text())["today"] is None
    refused = ["--traffic", "speech-async=constant:level=2,days=0.1", "--endpoint", "speech-async"]
    shown = run("choose", "--all", planned, *LIMITS, *QUICK, *refused)
    assert shown.code == 1
    assert "An asynchronous endpoint does not stream." in shown.out
    plan = json.loads(planned.read_text())
    plan["resource_changes"] = [one for one in plan["resource_changes"] if one["type"] != "terraform_data"]
    (bare := tmp_path / "bare.json").write_text(json.dumps(plan))
    unknown = run("choose", "--all", bare, *QUICK, *traffic, "--endpoint", "speech-realtime")
    assert unknown.code == 1
    assert "speech-realtime: it is not known what an instance of ml.g6.2xlarge" in unknown.out
    (recorded / "speech-realtime.csv").write_text("time\nnever\n")
    shown = run("choose", "--all", planned, *LIMITS, *QUICK, *traffic, "--endpoint", "speech-realtime")
    assert shown.code == 1
    assert "has no column with a duration" in shown.out


def test_what_runs_on_localstack_is_compared_with_what_is_proposed(
    run: Run, cloud: LocalStack, connection: Connection, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint_url)
    variables = {"region": "us-east-1", "image": IMAGE[-1].partition("=")[2]}
    with (
        StandIns() as providers,
        Root(ENDPOINT, standins=providers, connection=connection, variables=variables) as root,
    ):
        root.apply()
        live = ["--live", "localstack", "--account", connection.account, *LIMITS]
        traffic = ["--traffic", f"speech={recorded / 'speech-realtime.csv'}"]
        shown = run("choose", "--all", *live, *QUICK, *traffic, *PRICES, "--json")
        if cloud.external:
            root.destroy()
    assert shown.code == 0, shown.err
    (found,) = json.loads(shown.out)["endpoints"]
    assert (found["endpoint"], found["today"]["verdict"]) == ("speech", "holds")
    assert found["proposed"]["price"] <= found["today"]["price"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--all", "--write", "x.tf"], "--write is for one endpoint; --all has --output DIRECTORY."),
        (["--output", "x", "--pool", "ml.g6.2xlarge=4"], "SOURCE, --live and --output need --all."),
        ([".", "--pool", "ml.g6.2xlarge=4"], "SOURCE, --live and --output need --all."),
        ([], "Give one to five instance types with --pool"),
        (["--all", "--output", "modules"], "would be part of the module"),
    ],
)
def test_options_that_do_not_go_together(
    run: Run, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    shown = run("choose", *given, "--traffic", "constant:level=5")
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
