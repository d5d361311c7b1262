"""`scaleproof choose --all`: every endpoint of a source that has traffic."""

import os
import re
import signal
import threading
import time
from unittest.mock import Mock

import pytest

from scaleproof.cli.choose_proposal import Chooser
from scaleproof.cli.sources import Source
from scaleproof.errors import ScaleproofError
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
from scaleproof.workers import processes
from tests.unit.report.parsed import Page

from .conftest import ENDPOINT, IMAGE, LIMITS, URI

QUICK = ["--most", "2", "--workers", "1"]
PRICES = ["--price", "ml.g6.2xlarge=1.5", "--price", "ml.g6e.2xlarge=3"]
CALLS = "time,duration\n" + "".join(f"{60 * number},200\n" for number in range(8))


@pytest.fixture
def recorded(tmp_path):
    """A directory with the traffic of both endpoints of the plan, and of one that it does not have."""
    place = tmp_path / "recorded"
    place.mkdir()
    (place / "speech-realtime.csv").write_text(CALLS)
    (place / "speech-async.csv").write_text("# work: file\ntime,duration\n60,90\n70,90\n300,30\n")
    (place / "other.csv").write_text("not traffic")
    return place


@pytest.fixture
def all_of(planned, recorded):
    return ["choose", "--all", planned, *LIMITS, "--traffic", recorded]


PROPOSE, PROPOSED = Chooser.propose, {}


@pytest.fixture
def remembered(monkeypatch):
    """What was chosen for an endpoint in one test is chosen at once in the others."""

    def at_once(chooser, name, *given):
        if name not in PROPOSED:
            PROPOSED[name] = PROPOSE(chooser, name, *given)
        return PROPOSED[name]

    monkeypatch.setattr(Chooser, "propose", at_once)


def forbid(monkeypatch):
    monkeypatch.setattr(Chooser, "propose", lambda *_given: pytest.fail("something was chosen"))


def test_each_endpoint_gets_a_proposal_and_a_new_file(run, all_of, recorded, remembered, tmp_path, monkeypatch):
    blocks, page, summary = tmp_path / "made" / "proposals", tmp_path / "page.html", tmp_path / "summary.md"
    written = ["--output", blocks, "--report", page, "--markdown", summary]
    document = run(*all_of, *QUICK, *written, "--json").document
    found = {one["endpoint"]: one for one in document["endpoints"]}
    assert found.keys() == {"speech-async", "speech-realtime"}
    assert [document[name] for name in ("output", "report", "markdown")] == [str(blocks), str(page), str(summary)]
    for name, one in found.items():
        assert (one["reason"], one["meets_what_was_asked"]) == (None, True)
        assert one["saved"] == pytest.approx(1 - one["proposed"]["price"] / one["today"]["price"])
        assert (blocks / f"{name}.tf").read_text() == one["block"]
        assert f'  name = "{name}"\n' in one["block"]
        assert re.search(r'"ml.g6.2xlarge", max_concurrency = \d+ },\n +{ instance_type = "ml.g6e', one["block"])
        for text in (Page(page.read_text()).text, summary.read_text()):
            assert one["today"]["settings"] in text
            assert one["proposed"]["settings"] in text
    assert found["speech-realtime"]["proposed"]["settings"].startswith("realtime, ")
    assert found["speech-async"]["proposed"]["settings"].startswith("async, ")
    assert found["speech-realtime"]["traffic"].endswith("recorded/speech-realtime.csv")
    assert sorted(one.name for one in blocks.iterdir()) == ["speech-async.tf", "speech-realtime.tf"]
    # What is there is not written over, and that is said before any work.
    forbid(monkeypatch)
    (blocks / "speech-realtime.tf").unlink()
    says = "speech-async.tf exists already. Name a new file, or remove it."
    ran = run(*all_of, *QUICK, "--output", blocks, code=2, says=says)
    assert f"Not read, because there is no such endpoint: {recorded / 'other.csv'}.\n" in ran.err


@pytest.mark.nightly  # the report's tests have the table
def test_a_table_shows_them(run, all_of, tmp_path):
    shown = run(*all_of, *QUICK, *PRICES, "--output", tmp_path / "proposals")
    said = " ".join(shown.out.split())
    assert "Cost today" in said
    assert re.search(r"Proposed for 2 endpoints: \$\S+ instead of \$\S+", said)
    assert "Assumed: an instance serves 4 min 20 s" in said
    assert f"Blocks: {tmp_path / 'proposals'}" in said
    assert "2 of 2: speech-" in shown.err


@pytest.fixture
def two_jobs(monkeypatch):
    monkeypatch.setattr(processes, "WORTH", 0.0)
    return ["--most", "2", "--workers", "2"]


def test_endpoints_side_by_side_give_the_same_in_the_same_order(run, all_of, remembered, two_jobs, monkeypatch):
    alone = run(*all_of, *QUICK, "--json")
    meeting = threading.Barrier(2, timeout=60)

    def met(*given):
        meeting.wait()  # both are chosen for at the same time
        found = PROPOSE(*given)
        meeting.wait()
        return found

    monkeypatch.setattr(Chooser, "propose", met)
    together = run(*all_of, *two_jobs, "--json")
    alone, together = (ran.document["endpoints"] for ran in (alone, together))
    # The way from a block to the module is that of the test which chose it first.
    assert [{**one, "block": None} for one in together] == [{**one, "block": None} for one in alone]


def test_an_interrupt_loses_nothing_that_is_finished(run, all_of, remembered, tmp_path, two_jobs, monkeypatch):
    blocks, propose = tmp_path / "proposals", Chooser.propose

    def interrupted(chooser, name, *given):
        if name == "speech-async":
            # Not earlier: a directory in which a block is written lasts a moment longer than the writing.
            while [one.name for one in blocks.iterdir()] != ["speech-realtime.tf"]:
                time.sleep(0.01)
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.1)
        return propose(chooser, name, *given)

    monkeypatch.setattr(Chooser, "propose", interrupted)
    run(*all_of, *two_jobs, "--output", blocks, code=130)
    assert [one.name for one in blocks.iterdir()] == ["speech-realtime.tf"]


def test_an_endpoint_with_several_variants_is_refused(run, all_of, monkeypatch):
    endpoints = Source.endpoints
    monkeypatch.setattr(
        Source, "endpoints", lambda *given, **more: [one for one in endpoints(*given, **more) for _ in range(2)]
    )
    shown = run(*all_of, *QUICK, code=1)
    assert "for speech-async: It has 2 variants; an endpoint of the module has one." in shown.out


def test_names_that_are_too_long_for_the_module_are_replaced_by_different_ones(run, planned, tmp_path, monkeypatch):
    propose = Mock(side_effect=ScaleproofError("It was enough to be asked."))
    monkeypatch.setattr(Chooser, "propose", propose)
    plan, long = tmp_path / "plan.json", "s" * 50
    plan.write_text(planned.read_text().replace("speech-", f"{long}-"))
    traffic = [f"--traffic={long}-realtime=constant:level=2", f"--traffic={long}-async=constant:level=2,work=file"]
    run("choose", "--all", plan, *LIMITS, *QUICK, *traffic, code=1)
    assert sorted(call.args[0] for call in propose.call_args_list) == ["model", "model-2"]


def test_what_cannot_be_done_is_listed_with_its_reason(run, planned, bare, recorded, tmp_path):
    refused = ["--traffic", "speech-async=constant:level=2,days=0.1"]
    shown = run("choose", "--all", planned, *LIMITS, *QUICK, *refused, "--output", tmp_path, code=1)
    assert "Not simulated, because they have no --traffic: speech-realtime." in shown.err
    assert "Nothing was chosen for speech-async: SageMaker refuses this work" in shown.out
    assert "speech-realtime" not in shown.out
    assert not (tmp_path / "speech-async.tf").exists()
    traffic = ["--traffic", f"speech-realtime={recorded / 'speech-realtime.csv'}"]
    unknown = run("choose", "--all", bare, *QUICK, *traffic, code=1)
    assert "Nothing was chosen for speech-realtime: max_concurrency of" in unknown.out
    # In a directory it is one of many: the others are chosen. A file that is named is a word of the command.
    (recorded / "speech-realtime.csv").write_text("not traffic")
    (recorded / "speech-async.csv").unlink()
    run("choose", "--all", planned, *LIMITS, *QUICK, *traffic, code=2)
    shown = run("choose", "--all", planned, *LIMITS, *QUICK, "--traffic", recorded, code=1)
    assert "Nothing was chosen for speech-realtime: " in shown.out
    assert "speech-realtime.csv" in shown.out


def test_a_directory_is_planned_with_its_variables(run, monkeypatch):
    monkeypatch.setattr(Chooser, "propose", Mock(side_effect=ScaleproofError("It was enough to be asked.")))
    shown = run("choose", "--all", ENDPOINT, *IMAGE, *LIMITS, *QUICK, "--traffic", "speech=constant:level=2", code=1)
    assert "Nothing was chosen for speech: It was enough to be asked." in shown.out


def test_what_runs_on_localstack_is_compared_with_what_is_proposed(run, cloud, connection, recorded, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint_url)
    variables = {"region": "us-east-1", "image": URI}
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
    (found,) = shown.document["endpoints"]
    assert (found["endpoint"], found["today"]["verdict"]) == ("speech", "holds")
    assert found["proposed"]["price"] <= found["today"]["price"]


def test_a_directory_without_traffic_for_any_is_refused(run, planned, tmp_path):
    os.mkfifo(tmp_path / "speech-async.csv")  # whoever reads it waits
    says = "--traffic names none of the endpoints speech-async, speech-realtime."
    run("choose", "--all", planned, *LIMITS, "--traffic", tmp_path, code=2, says=says)


def test_pools_and_what_runs_today_may_have_prices(run, all_of, monkeypatch):
    """Those that are proposed need some; those of today have a cost only with theirs."""
    priced = ["--price", "ml.g5.2xlarge=1", "--price", "ml.g6.2xlarge=2"]
    given = []

    def noted(chooser, name, pools, *_more):
        given.append((chooser.setting.price, pools))
        raise ScaleproofError("Noted.")

    monkeypatch.setattr(Chooser, "propose", noted)
    run(*all_of, *QUICK, "--pool", "ml.g5.2xlarge=4", *priced, code=1)
    assert given == [({"ml.g5.2xlarge": 1.0, "ml.g6.2xlarge": 2.0}, (("ml.g5.2xlarge", 4.0),))] * 2
