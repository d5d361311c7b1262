"""`scaleproof choose` from the work to a block that plans."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from scaleproof.cli import choose_proposal
from scaleproof.cli.choose_proposal import Chooser
from scaleproof.errors import ScaleproofError
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import MONDAY, TrafficSpec, parse
from scaleproof.studies.verdict import CUT_LIMIT, CutLimit

from .conftest import PRICES_SAID, copy_module

WORK = [
    "--traffic",
    "step:top=16,base=4,after=0.5,days=0.06,seconds=60",
    "--pool",
    "ml.g6.2xlarge=12",
    "--pool",
    "ml.g5.2xlarge=10",
]
FILES = ["--traffic", "batches:files=2,per_day=20,days=0.03", "--pool", "ml.g6.2xlarge=4"]
"""Where any traffic will do: it takes a third of the time."""
PROVIDERS = """
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws" }
    awscc = { source = "hashicorp/awscc" }
  }
}

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}
"""


@pytest.mark.parametrize(("words", "first"), [("", 0), (",seed=4", 4)])
def test_each_seed_of_a_choice_has_traffic_of_its_own(words, first):
    chooser = Chooser(None, None, {}, None)
    specs = list(islice(chooser.seeds(f"diurnal:peak=3,days=0.1{words}"), 3))
    assert [spec.seed for spec in specs] == [spec.traffic.seed for spec in specs] == [first, first + 1, first + 2]


def test_other_days_of_recorded_traffic_are_drawn_after_the_seeds_of_a_choice(tmp_path, monkeypatch):
    monkeypatch.setattr(choose_proposal.spelled, "resampled", lambda _spec, *drawn: drawn)
    (tmp_path / "calls.csv").write_text("time,duration\n0,30\n")
    (tmp_path / "dated.csv").write_text("time,duration\n2026-03-02T00:00+01:00,30\n")
    monday, berlin = datetime(2026, 1, 5, tzinfo=ZoneInfo("Europe/Berlin")), Mock(timezone="Europe/Berlin")
    for words, start, began in (
        (str(tmp_path / "calls.csv"), None, monday),
        (str(tmp_path / "dated.csv"), None, datetime(2026, 3, 1, 23, tzinfo=UTC)),
        (str(tmp_path / "dated.csv"), MONDAY, MONDAY),
        ("diurnal:peak=3,days=0.1", None, None),
    ):
        chooser = Chooser(berlin, Setting(start=start), {}, None)
        *first, last = islice(chooser.seeds(words), choose_proposal.SEEDS + 1)
        assert {type(spec) for spec in first} == {TrafficSpec}
        assert last == (choose_proposal.SEEDS, began, "Europe/Berlin") if began else last.described


def test_weeks_without_dates_begin_on_a_monday_in_the_time_zone_unless_somebody_says(tmp_path):
    (tmp_path / "calls.csv").write_text("time,duration\n2026-03-02T08:00Z,30\n")
    recorded, week = parse(str(tmp_path / "calls.csv")), parse("diurnal:peak=3,days=0.1")
    began = MONDAY.replace(month=6)
    for start, traffic, expected in (
        (None, week, MONDAY.replace(tzinfo=ZoneInfo("Asia/Tokyo"))),
        (None, replace(recorded, start=None), MONDAY.replace(tzinfo=ZoneInfo("Asia/Tokyo"))),
        (None, recorded, None),
        (began, week, began),
    ):
        chooser = Chooser(Mock(timezone="Asia/Tokyo"), Setting(start=start), {}, None)
        assert chooser.dated(traffic).start == expected


@pytest.mark.parametrize(
    ("text", "work", "within"),
    [
        (None, "file", None),
        (None, "sync", 0.0),
        ("now", "file", 0.0),
        ("0", "file", 0.0),
        ("2.5", "sync", 2.5),
        ("whenever", "sync", None),
    ],
)
def test_when_an_answer_is_needed(text, work, within):
    options = Mock(within=choose_proposal._within(None, None, text), longest=None, largest=None)
    traffic = parse(f"constant:level=1,days=0.01,seconds=5,work={work}")
    assert Chooser(options, None, {}, None).shape([traffic]).within == within


def test_the_block_that_is_written_plans(run, tmp_path):
    target, page = tmp_path / "speech.tf", tmp_path / "choice.html"
    shown = run(*("choose", *WORK, "--output", target), *("--report", page, "--markdown", tmp_path / "choice.md"))
    assert shown.out.startswith("Real-time. An asynchronous endpoint does not stream.\n")
    assert "a stream lasts up to 30 min" in shown.out
    assert target.read_text() in shown.out
    assert "Proposal and runners-up" in shown.out
    assert "No schedules: they need 14 complete days of traffic, and this has 0. Set days=14." in shown.out
    kept = "Of 10 further seeds, 10 met what was asked."
    assert kept in shown.out
    assert kept in page.read_text()
    assert "The module block" in page.read_text()
    summary = (tmp_path / "choice.md").read_text()
    assert f"```hcl\n{target.read_text()}```\n" in summary
    assert "\n### Real-time. An asynchronous endpoint does not stream.\n" in summary
    assumed = "n instance serves 4 min 20 s after it is requested"
    assert f"Assumed: a{assumed}" in shown.out
    assert f"Assumed: a{assumed}" in page.read_text()
    (tmp_path / "providers.tf").write_text(PROVIDERS)
    (endpoint,) = run("plan", tmp_path, "--json").document["endpoints"]
    assert endpoint["name"] == "speech-realtime"
    assert [pool["instance_type"] for pool in endpoint["pools"]] == ["ml.g6.2xlarge", "ml.g5.2xlarge"]
    # What is there is not written over.
    run("choose", *WORK, "--output", target, code=2, says="exists already")


def test_the_limit_of_cut_streams_is_that_of_the_search(run, monkeypatch):
    """tests/unit/studies/test_search.py holds what it changes."""
    given = []

    def noted(chooser, name, *_more):
        given.append((name, chooser.setting.max_cut))
        raise ScaleproofError("that will do")

    monkeypatch.setattr(Chooser, "propose", noted)
    for limit in ([], ["--max-cut-streams", "7"]):
        run("choose", *WORK, *limit, code=2)
    assert given == [("model", CUT_LIMIT), ("model", CutLimit.parse("7"))]


@pytest.fixture
def module(monkeypatch, tmp_path):
    """A copy of the module, in which the command runs."""
    directory = tmp_path / "sagemaker module"
    copy_module(directory)
    monkeypatch.chdir(directory)
    return directory


@pytest.mark.parametrize("place", [".", "modules/realtime"])
def test_a_block_is_not_written_into_the_module(place, run, module):
    """It would call itself, and no command would plan it any more."""
    ended = run("choose", *FILES, "--module", ".", "--output", f"{place}/speech.tf", code=2)
    assert "would be part of the module" in ended.err
    assert "for example a new one: mkdir -p ../speech, then --output ../speech/speech.tf" in ended.err
    assert "Trying" not in ended.err
    assert not (module / place / "speech.tf").exists()


def test_the_largest_request_decides_and_json_says_why(run, module, prices):
    root, page, summary = module.parent / "speech", module.parent / "choice.html", module.parent / "choice.md"
    root.mkdir()
    options = ["--largest", "40", "--module", ".", "--output", "../speech/speech.tf", "--json"]
    files = ["--price", prices, "--report", page, "--markdown", summary]
    found = run("choose", *FILES, *options, *files).document
    for text in (page.read_text(), summary.read_text()):
        assert PRICES_SAID in text
    best = found["choice"]["best"]
    assert best["outcomes"][0]["start_up"]["options"] == "--assume provisioning=SECONDS --assume start_up=SECONDS"
    assert {len(one["result"]["timeline"]["time"]) for one in best["outcomes"]} == {0}
    assert found["headline"].startswith("Asynchronous. ")
    assert "A real-time request has up to 25 MB, not 40 MB." in found["headline"]
    assert best["outcomes"][0]["cost"]["prices"] == {"source": "prices.csv", "date": "2026-11-01"}
    assert best["proposal"]["kind"] == "async"
    assert found["block"].startswith('module "speech" {')
    reasons = found["choice"]["feasible"]["reasons"]
    assert any("25 MB" in reason["limit"] and reason["rules_out"] == "realtime" for reason in reasons)
    assert reasons[0]["rules_out"] == "realtime"
    assert "Set s3_output_path to your bucket." in found["notes"]
    (root / "providers.tf").write_text(PROVIDERS)
    run("plan", root)


def test_a_block_that_is_printed_in_the_module_has_a_source_for_any_root(run, module, monkeypatch):
    sources = []

    def noted(*_given, source, **_more):
        sources.append(source)
        raise ScaleproofError("that will do")

    monkeypatch.setattr(choose_proposal, "block", noted)
    monkeypatch.setattr(choose_proposal.search, "choose", Mock())
    run("choose", *FILES, "--module", ".", code=2)
    monkeypatch.chdir(module.parent)
    run("choose", *FILES, "--module", module, code=2)
    assert sources == [str(module.resolve()), f"./{module.name}"]
