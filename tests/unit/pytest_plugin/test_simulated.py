"""Sentences about a simulated day, and what they say when they are not true."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.expectations import ExpectedEndpoint
from scaleproof.pytest_plugin.fixtures import simulate
from scaleproof.pytest_plugin.simulated import ExpectedSimulation, SimulatedEndpoint
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.simulation import Traffic, Waiting
from scaleproof.studies.outcome import Cost, Outcome
from scaleproof.studies.run import StudyRequest
from scaleproof.studies.verdict import Level, Overload, Verdict

LIVE = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 10),),
    1,
    ScalableTarget(
        1,
        3,
        (TargetTracking("speech-concurrency", CONCURRENCY, 7.5),),
    ),
)
QUIET = "constant:level=1,days=0.1,seed=1"
LOUD = "constant:level=60,days=0.1,seed=1"


@pytest.fixture(scope="module")
def quiet():
    """Hours that one instance is enough for."""
    return simulate(ExpectedEndpoint(LIVE), QUIET)


@pytest.fixture(scope="module")
def loud():
    """Hours that twice the maximum would not be enough for."""
    return simulate(LIVE, LOUD)


def test_true_sentences_give_it_back(quiet):
    assert quiet.holds() is quiet
    assert quiet.loses_nothing().waits_at_most(1).waits_at_most(5, at="max") is quiet
    assert quiet.is_overloaded_at_most(0).needs_at_most(instances=2, instance_hours=5) is quiet


def test_false_sentences_say_what_is_different(loud):
    with pytest.raises(
        AssertionError,
        match=rf"^speech under {LOUD}: It fails: .* of the requests are lost.*; (.*\n)+.*maximum of 3",
    ):
        loud.holds()
    with pytest.raises(AssertionError, match=r"loses [\d,]+ of [\d,]+ requests: [\d,]+ refused\.$"):
        loud.loses_nothing()
    with pytest.raises(AssertionError, match=r"is overloaded for 2 h .*, not for at most 5 s\.\n"):
        loud.is_overloaded_at_most(5)


def judged(result, level=Level.HOLDS, hours=4.0, cut=0.0):
    """A result with a verdict and a cost of one's own."""
    verdict = Verdict(level, f"It {level.words}.", "So it is.", (), Overload(), cut)
    return SimulatedEndpoint(
        Outcome(endpoint=LIVE, result=result, cost=Cost({"ml.g6.2xlarge": hours}, None), verdict=verdict)
    )


@pytest.mark.parametrize(("level", "words"), [(Level.STRAINED, "is strained"), (Level.FAILS, "fails")])
def test_only_what_holds_holds(quiet, level, words):
    assert judged(quiet.result).holds()
    with pytest.raises(AssertionError, match=rf": It {words}\. So it is\."):
        judged(quiet.result, level).holds()


@pytest.mark.parametrize("at", ["mean", "p50", "p95", "p99", "max"])
def test_waits_are_told_by_what_is_asked_for(quiet, at):
    waiting = Waiting(mean=1, p50=2, p95=3, p99=4, max=5)
    seconds = getattr(waiting, at)
    it = judged(replace(quiet.result, totals=replace(quiet.result.totals, waiting=waiting)))
    assert it.waits_at_most(seconds, at=at) is it
    with pytest.raises(AssertionError, match=rf"waits .* \({at}\)"):
        it.waits_at_most(seconds - 0.5, at=at)


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("realtime", "refused"),
        ("realtime", "expired"),
        ("async", "expired"),
        ("async", "cut"),
        ("realtime", "cut"),
    ],
)
def test_each_way_to_lose_a_request_counts(quiet, kind, lost):
    totals = replace(quiet.result.totals, refused=0, expired=0, cut=0)
    result = replace(quiet.result, kind=kind, totals=totals)
    assert judged(result).loses_nothing()
    with pytest.raises(AssertionError, match=f"loses 1 of .*: 1 {lost}"):
        judged(replace(result, totals=replace(totals, **{lost: 1}))).loses_nothing()


def test_streams_that_scale_in_cuts_off_have_a_limit_of_their_own(quiet):
    found = judged(replace(quiet.result, totals=replace(quiet.result.totals, refused=0, cut=9)), cut=4.5)
    assert found.cuts_at_most(4.5) is found
    with pytest.raises(AssertionError, match=r"loses 9 of .*: 9 cut off"):
        found.loses_nothing()
    with pytest.raises(AssertionError, match=r"cuts off 4\.5 requests a day, not 4\.4\."):
        found.cuts_at_most(4.4)


def test_limits_are_still_within_them(quiet):
    it = judged(replace(quiet.result, totals=replace(quiet.result.totals, overload_seconds=60.0, peak_instances=3)))
    assert it.is_overloaded_at_most(60).needs_at_most(instances=3, instance_hours=4) is it
    with pytest.raises(AssertionError, match="is overloaded for"):
        it.is_overloaded_at_most(59)
    with pytest.raises(AssertionError, match="needs 3 instances, not at most 2"):
        it.needs_at_most(instances=2, instance_hours=4)
    with pytest.raises(AssertionError, match=r"uses 4\.0 instance-hours, not at most 3\.9"):
        it.needs_at_most(instances=3, instance_hours=3.9)


def test_requests_that_wait_are_told_of(quiet):
    with pytest.raises(AssertionError, match=r"waits 0 s \(mean\), not -1 s\."):
        quiet.waits_at_most(-1, at="mean")
    with pytest.raises(ScaleproofError, match="at is one of mean, p50"):
        quiet.waits_at_most(1, at="p42")


def test_the_same_seed_gives_the_same_day(quiet):
    assert simulate(LIVE, QUIET).result == quiet.result
    assert simulate(LIVE, QUIET, assume={"provisioning": 900}).result.totals.arrivals > 0


def test_traffic_can_be_made_in_python():
    traffic = Traffic.from_arrivals([(0.0, 60.0), (10.0, 60.0)], name="two calls", duration=600)
    result = simulate(LIVE, traffic).holds().result
    assert (result.traffic, result.totals.arrivals) == ("two calls", 2)


@pytest.mark.parametrize(
    ("traffic", "assume", "words"),
    [
        ("diurn:peak=4", {}, "no traffic 'diurn'"),
        ("constant", {}, "constant needs level"),
        ("constant:level=-1", {}, "level=-1 of constant is not a number"),
        (QUIET, {"provisionning": 1}, "provisionning"),
        (QUIET, {"provisioning": "soon"}, "soon"),
        ("batches:files=8,per_day=2", {}, "SageMaker refuses this work at speech"),
        ("diurnal:peak=1,work=file", {}, "SageMaker refuses this work at speech"),
        (Traffic.from_arrivals([(0.0, 7_200.0)]), {}, "SageMaker refuses this work at speech"),
        (f"other={QUIET}", {}, "There is no endpoint 'other'"),
    ],
)
def test_what_cannot_be_simulated_is_refused(traffic, assume, words, tmp_path):
    with pytest.raises(ScaleproofError, match=words):
        simulate(LIVE, traffic, assume=assume)
    if isinstance(traffic, str):
        with pytest.raises(ScaleproofError, match=words):
            expected(traffic=traffic, assume=assume, holds=True).differences([LIVE], tmp_path)


def expected(**given):
    """The simulation of a case in YAML."""
    return ExpectedSimulation.from_mapping("speech", {"traffic": QUIET, **given})


def test_a_case_in_yaml_says_the_same(tmp_path):
    price = {"ml.g6.2xlarge": 1.0}
    true = {"holds": True, "loses_nothing": True, "waits_at_most": 1, "is_overloaded_at_most": 0}
    needs = {"instances": 2, "instance_hours": 5, "usd": 5}
    assert expected(**true, cuts_at_most=200, needs_at_most=needs, price=price).differences([LIVE], tmp_path) == []
    (cut,) = expected(traffic="constant:level=6,days=0.1,seed=1", cuts_at_most=0).differences([LIVE], tmp_path)
    assert "requests a day, not 0." in cut
    found = expected(traffic=LOUD, **true, needs_at_most=needs, price=price).differences([LIVE], tmp_path)
    words = ["fails", "loses", "waits", "is overloaded for", "needs 3 instances"]
    assert [word for word, text in zip(words, found, strict=True) if word not in text] == []
    found = expected(needs_at_most={"usd": 1.5}, price=price).differences([LIVE], tmp_path)
    assert found == [f"speech under {QUIET} costs $2.40, not at most $1.50."]


@pytest.mark.parametrize(("words", "seed"), [("", 0), ("", 3), (",seed=3", 0)])
def test_a_test_has_the_numbers_of_the_command(words, seed):
    """Of the same words; a seed in them is that of the instances too."""
    traffic = f"constant:level=6,days=0.1{words}"
    request = StudyRequest((traffic,), seed)
    (spec,) = request.named([LIVE])
    outcome = request.setting(["ml.g6.2xlarge"]).outcome(LIVE, spec)
    assert simulate(LIVE, traffic, seed=seed).outcome == outcome
    assert (outcome.result.seed, spec.traffic.seed) == ((3, 3) if words or seed else (0, 0))


def test_more_may_be_cut_off(tmp_path):
    case = {"traffic": "constant:level=4,days=0.1,seed=1", "holds": True}
    (cut,) = expected(**case).differences([LIVE], tmp_path)
    assert "It fails: scale-in cuts off" in cut
    assert expected(**case, max_cut="20%").differences([LIVE], tmp_path) == []
    assert simulate(LIVE, case["traffic"], max_cut=200).holds()
    with pytest.raises(AssertionError, match="It fails: scale-in cuts off"):
        simulate(LIVE, case["traffic"]).holds()


def test_a_case_in_yaml_takes_what_the_command_takes(tmp_path):
    (tmp_path / "calls.csv").write_text("time,duration\n2026-03-02T08:00:00Z,60\n2026-03-02T08:01:00Z,60\n")
    for words in ("calls.csv", "speech=calls.csv"):
        assert expected(traffic=words, holds=True).differences([LIVE], tmp_path) == []
    assert simulate(LIVE, tmp_path / "calls.csv").holds().result.totals.arrivals == 2
    given = {"start": "2026-03-02T08:00+01:00", "assume": {"provisioning": 900}, "seed": 4}
    request = expected(holds=True, **given).request.setting(["ml.g6.2xlarge"])
    assert request.start == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert request.model.behaviour.provisioning.median == 900
    for wrong, words in [
        ({"start": "soon"}, "start"),
        ({"assume": {"x": 1}}, "'x'"),
        ({"traffic": "x"}, "x"),
    ]:
        with pytest.raises(ScaleproofError, match=words):
            expected(holds=True, **wrong).differences([LIVE], tmp_path)
    with pytest.raises(ScaleproofError, match="A cost in USD needs prices"):
        expected(needs_at_most={"usd": 1}).differences([LIVE], tmp_path)
    with pytest.raises(ScaleproofError, match="There is no endpoint speech"):
        expected(holds=True).differences([replace(LIVE, name="other")], tmp_path)
