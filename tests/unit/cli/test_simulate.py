"""`scaleproof simulate` on plans of the examples."""

import re

import pytest

from .conftest import ENDPOINT, IMAGE, LIMITS

PRICES = ["--price", "ml.g6.2xlarge=1", "--price", "ml.g6e.2xlarge=2"]
CALLS = ["--traffic", "diurnal:peak=60,days=0.5"]
FILES = ["--traffic", "batches:files=30,days=0.5"]


def test_a_directory_is_planned_first(run):
    shown = run("simulate", ENDPOINT, *IMAGE, *LIMITS, "--traffic", "constant:level=1,days=0.1")
    assert "no cloud" in shown.err
    assert "speech\nreal-time endpoint, 2 h 24 min of constant:level=1,days=0.1 from Mon 5 Jan " in shown.out
    assert "It holds. " in shown.out
    assert "instance-hours, ml.g6.2xlarge" in shown.out


def test_each_endpoint_meets_the_work_it_takes(planned, run):
    shown = run("simulate", planned, *LIMITS, *CALLS, *FILES, "--no-advice", "--json").document
    found = {one["endpoint"]: one["result"]["traffic"] for one in shown["outcomes"]}
    assert found == {"speech-async": FILES[1], "speech-realtime": CALLS[1]}
    for one in shown["outcomes"]:
        totals = one["result"]["totals"]
        ended = sum(totals[name] for name in ("served", "refused", "expired", "cut", "unfinished"))
        assert totals["arrivals"] == ended > 0


def test_an_endpoint_without_traffic_is_left_out_and_told_of(planned, run):
    shown = run("simulate", planned, *LIMITS, *CALLS, "--no-advice")
    assert "speech-async is not simulated, because it has no traffic." in shown.err
    assert "speech-async" not in shown.out


def test_traffic_can_be_sent_to_an_endpoint_by_name(planned, run):
    spec = "speech-async=constant:level=2,days=0.1,work=sync"
    shown = run("simulate", planned, *LIMITS, "--traffic", spec, "--json").document
    assert [one["endpoint"] for one in shown["outcomes"]] == ["speech-async"]


def test_a_report_is_written(planned, run, tmp_path):
    page = tmp_path / "a report.html"
    short = ["--traffic", "step:top=60,days=0.2", "--traffic", "batches:files=30,days=0.1"]
    shown = run("simulate", planned, *LIMITS, *short, "--no-advice", "--uncertainty", "--report", page)
    assert f"Report: {page}" in shown.out
    text = page.read_text()
    assert "speech-realtime" in text
    assert "speech-realtime with one assumption changed" in text
    assert "scaleproof simulate " in text
    assert "speech-realtime with one assumption changed" in shown.out


def test_each_option_is_followed(planned, run):
    def outcome(*options, traffic="step:top=60,days=0.25"):
        given = [*LIMITS, "--traffic", traffic, *options, "--no-advice", "--json"]
        (found,) = run("simulate", planned, *given).document["outcomes"]
        return found

    one, same, other = (outcome("--seed", seed) for seed in "556")
    assert one == same
    assert one["result"]["totals"]["arrivals"] != other["result"]["totals"]["arrivals"]
    words, other = (outcome("--seed", seed, traffic="step:top=60,days=0.25,seed=5") for seed in "56")
    assert words == other
    assert words["result"]["totals"] == one["result"]["totals"], "one seed for traffic and instances"
    start = "2026-03-02T08:00:00+01:00"
    assert outcome("--start", "2026-03-02T08:00+01:00")["result"]["start"] == start
    slow, fast = (outcome("--assume", f"provisioning={seconds}") for seconds in (900, 10))
    over = [one["result"]["totals"]["overload_seconds"] for one in (slow, fast)]
    assert over[0] > over[1]
    short = outcome("--shortage", "ml.g6.2xlarge=0-24", *PRICES)["cost"]
    hours = short["instance_hours"]
    assert hours["ml.g6e.2xlarge"] > 1, "of the next pool"
    assert short["usd"] == pytest.approx(hours["ml.g6.2xlarge"] + 2 * hours["ml.g6e.2xlarge"])


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_a_limit_of_cut_streams_can_be_required(planned, run, command):
    more = {"simulate": ["--no-advice"], "compare": ["--rival", "none"]}
    given = [command, planned, *LIMITS, *CALLS, *more[command]]
    generous = run(*given, "--max-cut-streams", "100000")
    assert "ut a day" in generous.out or "cut by scale-in" in generous.out
    strict = run(*given, "--max-cut-streams", "0", code=1)
    assert re.search(r"Scale-in at speech-realtime cuts off [\d.,]+ requests a day; the limit is 0 a day\.", strict.err)
    run(*given, "--assume", "stop_grace_seconds=1800", "--max-cut-streams", "0")


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_the_start_up_that_is_assumed_is_told(planned, run, tmp_path, command):
    page = tmp_path / "page.html"
    given = [command, planned, *LIMITS, "--traffic", "constant:level=4,days=0.05", "--assume", "start_up=20"]
    shown = run(*given, "--report", page)
    assumed = "n instance serves 3 min 20 s after it is requested"
    assert f"Assumed: a{assumed}" in shown.out
    assert f"Assumed: a{assumed}" in page.read_text()
    found = run(*given, "--json").document
    one = found["outcomes"][0] if command == "simulate" else found["comparisons"][0]["contenders"][0]["outcome"]
    assert (one["start_up"]["provisioning"], one["start_up"]["start_up"]) == (180.0, 20.0)


def test_a_verdict_can_be_required(planned, run):
    quiet = [*LIMITS, "--traffic", "constant:level=4,days=0.1"]
    run("simulate", planned, *quiet, "--require", "holds")
    flooded = [*LIMITS, "--traffic", "constant:level=900,days=0.1"]
    ended = run("simulate", planned, *flooded, "--require", "strained", "--no-advice", code=1)
    assert "It fails: " in ended.out


def test_advice_is_in_every_output_unless_it_is_left_out(run, small, tmp_path):
    page = tmp_path / "page.html"
    given = ["simulate", small, *LIMITS, "--traffic", "constant:level=70,days=0.1"]
    shown, (one,) = run(*given, "--report", page), run(*given, "--json").document["outcomes"]
    said = " ".join(one["advice"]["sentences"])
    assert said.startswith("It holds with capacity.max = ")
    assert one["advice"]["enough"]["changes"][0]["name"] == "capacity.max"
    assert f"Advice: {said}" in shown.out
    assert said in page.read_text()
    without = [run(*given, "--no-advice", *words).out for words in ([], ["--report", page], ["--json"])]
    assert not any("It holds with" in text for text in (*without, page.read_text()))


def test_an_endpoint_that_holds_gets_no_advice(run, small):
    given = ["simulate", small, *LIMITS, "--traffic", "constant:level=1,days=0.1"]
    assert "Advice" not in run(*given).out
    assert run(*given, "--json").document["outcomes"][0]["advice"] is None


def test_advice_keeps_to_the_limit_of_what_scale_in_cuts_off(run, small):
    given = ["simulate", small, *LIMITS, "--traffic", "diurnal:peak=18,days=0.6"]
    free, kept = (
        run(*given, "--max-cut-streams", limit, "--json", code=code).document["outcomes"][0]["advice"]
        for limit, code in (("any", 0), ("0", 1))
    )
    assert free != kept
    assert kept["enough"]["outcome"]["verdict"]["cut_per_day"] == 0


def test_what_an_instance_sustains_has_to_be_known(bare, run):
    unknown = "max_concurrency of ml.g6.2xlarge, ml.g6e.2xlarge is not known"
    ended = run("simulate", bare, *CALLS, code=2, says=f"speech-realtime: {unknown}")
    assert "Add --max-concurrency ml.g6.2xlarge=N --max-concurrency ml.g6e.2xlarge=N." in " ".join(ended.err.split())
