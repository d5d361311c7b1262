"""`scaleproof choose --all`: every endpoint of a source, each on its own traffic."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scaleproof.cli import choose_all
from scaleproof.cli.proposing import Asked
from scaleproof.cli.sources import Source
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack
from scaleproof.providers.session import StandIns
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.run import Setting
from scaleproof.terraform.root import Root
from scaleproof.workers import processes
from tests.unit.measuring.endpoints import make
from tests.unit.recording.test_recording import STREAMS, waves
from tests.unit.recording.truth import happened
from tests.unit.report.parsed import Page

from .conftest import ENDPOINT, EXAMPLES, IMAGE, Ran, Run
from .test_record import Place

LIMITS = ["--max-concurrency", "ml.g6.2xlarge=12", "--max-concurrency", "ml.g6e.2xlarge=16"]
QUICK = ["--most", "2", "--jobs", "1"]
PRICES = ["--price", "ml.g6.2xlarge=1.5", "--price", "ml.g6e.2xlarge=3"]
CALLS = "time,duration\n" + "".join(f"{60 * number},200\n" for number in range(8))


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A directory with the traffic of both endpoints of the plan, and of one that it does not have."""
    place = tmp_path / "recorded"
    place.mkdir()
    (place / "speech-realtime.csv").write_text(CALLS)
    (place / "speech-async.csv").write_text("# work: file\ntime,duration\n60,90\n70,90\n300,30\n")
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
    # What scaling moves is no other question; settings and traffic are.
    found_by = Source.found
    later: dict[str, Any] = {
        "status": "Updating",
        "initial": 2,
        "instances": {"ml.g6.2xlarge": 2},
        "alarms": (),
    }

    def moved(*given: Any, **more: Any) -> list[Endpoint]:
        return [replace(one, **later) for one in found_by(*given, **more)]

    monkeypatch.setattr(Source, "found", moved)
    assert run(*given).code == 0
    later["provision_timeout"] = 77.0
    with pytest.raises(pytest.fail.Exception, match="chosen anew"):
        run(*given)
    monkeypatch.setattr(Source, "found", found_by)
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
    again = run(*given, "--jobs", "1")
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
    assert "Nothing was chosen for speech-realtime: it is not known what an instance" in unknown.out
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


class Account:
    """Endpoints of a LocalStack, of which one has metrics."""

    def __init__(self, run: Run, connection: Connection, directory: Path) -> None:
        self._run, self._connection, self.kept = run, connection, directory / "proposals"
        place = Place(run, connection, directory)
        for name in ("quiet", "speech"):
            make(connection, name=name)
        truth = happened(STREAMS, waves(1, 40, 120))
        place.publish(truth)
        self._since = place.at(truth, 0)

    def choose(self, *words: str | Path) -> Ran:
        live = ["--live", "localstack", "--account", self._connection.account, "--from", self._since]
        limit = ["--max-concurrency", "ml.m5.xlarge=60", "--most", "2"]
        return self._run("choose", "--all", *live, *limit, "--output", self.kept, *words)


@pytest.fixture
def live(
    run: Run, cloud: LocalStack, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Account:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    return Account(run, connection, tmp_path)


def test_the_traffic_of_live_endpoints_is_recorded_first(
    live: Account, two_jobs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = live.kept
    shown = live.choose(*two_jobs, "--json")
    assert shown.code == 0, shown.err
    quiet, speech = json.loads(shown.out)["endpoints"]
    assert (quiet["endpoint"], quiet["skipped"], quiet["proposed"]) == ("quiet", True, None)
    assert quiet["reason"].startswith("CloudWatch has no data of quiet from ")
    assert (speech["traffic"], speech["skipped"]) == (str(kept / "speech.csv"), False)
    assert "Reading the metrics of speech, variant AllTraffic, from " in shown.err
    assert (
        "speech: Simulated on these instances, the file differs from the recorded requests in flight (2"
        in shown.err
    )
    assert json.loads((kept / "speech.record.json").read_text())["traffic"] == f"speech={kept / 'speech.csv'}"
    assert sorted(one.name for one in kept.iterdir()) == [
        *("quiet.json", "speech.csv", "speech.json", "speech.record.json", "speech.tf")
    ]
    forbid(monkeypatch)
    again = live.choose(*QUICK)
    assert again.code == 0, again.err
    assert "Traffic of speech: " in again.err
    assert "Skipped quiet: CloudWatch has no data of quiet from " in again.out
    assert "Proposed for 1 endpoint: " in again.out


def test_what_was_fitted_to_a_recording_is_assumed_unless_the_user_says_otherwise(live: Account) -> None:
    assert live.choose(*QUICK).code == 0
    file = live.kept / "speech.record.json"
    recording = json.loads(file.read_text())
    recording["delays"] = {
        "assume": ["provisioning=77/0.1", "start_up=33"],
        "scale_outs": 1,
        "resolution": 10.0,
    }
    file.write_text(json.dumps(recording))

    def start_up(*words: str) -> tuple[float, float]:
        shown = live.choose(*QUICK, *words, "--json", "--endpoint", "speech")
        assert shown.code == 0, shown.err
        (found,) = json.loads(shown.out)["endpoints"]
        assumed = found["proposed"]["choice"]["start_up"]
        return assumed["provisioning"], assumed["start_up"]

    assert start_up() == (77, 33)
    assert start_up("--assume", "provisioning=50")[0] == 50


def test_nothing_is_chosen_where_nothing_was_recorded(live: Account) -> None:
    shown = live.choose(*QUICK, "--endpoint", "quiet")
    assert shown.code == 1
    assert "Skipped quiet: " in shown.out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--all"], "Give --traffic; only that of live endpoints (--live) is recorded."),
        (["--all", "--live", "localstack"], "needs --output DIRECTORY to keep it"),
        (
            ["--all", "--live", "localstack", "--traffic", "x.csv", "--from", "2026-03-02"],
            "--from and --to are for what is recorded: leave out --traffic.",
        ),
        (["--pool", "ml.g6.2xlarge=4"], "Give exactly one --traffic."),
    ],
)
def test_traffic_that_is_not_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.setattr(Source, "found", lambda *_given, **_more: pytest.fail("something was read"))
    shown = run("choose", *given)
    assert (shown.code, shown.out) == (2, "")
    assert said in " ".join(shown.err.split())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--all", "--write", "x.tf"], "--write is for one endpoint; --all has --output DIRECTORY."),
        (
            ["--output", "x", "--pool", "ml.g6.2xlarge=4"],
            "SOURCE and its options, --live, --output, --from and --to need --all.",
        ),
        (["--endpoint", "x", "--pool", "ml.g6.2xlarge=4"], "SOURCE and its options, --live, --output"),
        (["--var", "a=b", "--pool", "ml.g6.2xlarge=4"], "SOURCE and its options, --live, --output"),
        (["--utilization", "0.5", "--pool", "ml.g6.2xlarge=4"], "SOURCE and its options, --live, --output"),
        (["--all", "--name", "model"], "--name is for one endpoint; with --all each keeps its own."),
        (
            [".", "--pool", "ml.g6.2xlarge=4"],
            "SOURCE and its options, --live, --output, --from and --to need --all.",
        ),
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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["--max-concurrency", "ml.p5.48xlarge=9"],
            "No endpoint has instances of ml.p5.48xlarge: the max-concurrency would do nothing. There are "
            "ml.g6.2xlarge, ml.g6e.2xlarge. Correct the type, or leave it out.",
        ),
        (["--max-concurrency", "ml.g6.2xlarge=9"], "ml.g6.2xlarge is given twice."),
        (["--price", "ml.p5.48xlarge=9"], "No endpoint has instances of ml.p5.48xlarge: the price would do"),
        (["--traffic", "speech=constant:level=1"], "There is no endpoint 'speech' for constant:level=1."),
        (["--traffic", "constant:level=1"], "No endpoint takes the traffic constant:level=1: all have"),
        (["--traffic", "speech-async=x.csv"], "speech-async has traffic twice: "),
    ],
)
def test_what_would_be_ignored_is_refused_before_any_work(
    run: Run, planned: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    forbid(monkeypatch)
    shown = run("choose", "--all", planned, *LIMITS, "--traffic", recorded, *given)
    assert (shown.code, shown.out) == (2, "")
    assert said in " ".join(shown.err.split())


def test_pools_and_what_runs_today_may_have_prices(
    run: Run, planned: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are proposed need some; those of today have a cost only with theirs."""
    asked: list[Setting] = []
    monkeypatch.setattr(choose_all, "run", lambda *given: asked.append(given[4].setting))
    shown = run(
        *("choose", "--all", planned, *LIMITS, "--traffic", recorded, "--pool", "ml.g5.2xlarge=4"),
        *("--price", "ml.g5.2xlarge=1", "--price", "ml.g6.2xlarge=2"),
    )
    assert shown.code == 0, shown.err
    assert asked[0].price == {"ml.g5.2xlarge": 1.0, "ml.g6.2xlarge": 2.0}
