"""Contenders: what the rivals are, and what a comparison says of them."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, MetricMath, TargetTracking
from scaleproof.simulation import Behaviour, Delay, Elasticity, Shortage, Traffic
from scaleproof.simulation.demand import offered
from scaleproof.studies.assumptions import DEFAULT
from scaleproof.studies.assumptions import parse as assume
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry, changed, compare, speedup
from scaleproof.studies.outcome import Cost, Outcome
from scaleproof.studies.rivals import NAMES, NO_SCALING, Contender, rivals, utilization
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import MONDAY, parse
from tests.unit.report.made import day

STREAMS = parse("diurnal:peak=90,days=0.6,seed=1")
FILES = parse("batches:files=40,days=0.5,seed=2")


def tracking(value, **more):
    return TargetTracking("concurrency", CONCURRENCY, value, 60, 300, **more)


MIXED = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12), Pool("ml.g6e.2xlarge", 2, 16)),
    2,
    ScalableTarget(2, 20, (tracking(9.0),)),
)
EQUAL = replace(MIXED, pools=(Pool("ml.g6.2xlarge", 1, 10),), target=ScalableTarget(2, 20, (tracking(7.5),)))
QUEUED = replace(MIXED, kind=Kind.ASYNC, initial=1, target=ScalableTarget(0, 5), max_concurrent_invocations=4)


def found(endpoint=MIXED, traffic=STREAMS.traffic, **changes):
    return {
        one.name: one.endpoint
        for one in rivals(endpoint, traffic, changes.pop("behaviour", Behaviour()), MONDAY, **changes)
    }


def policy(endpoint):
    assert endpoint.target
    (only,) = endpoint.target.policies
    assert isinstance(only, TargetTracking)
    return only


def test_offered_demand():
    arrivals = [(0.0, 25.0), (5.0, 10.0), (12.0, 3.0), (31.0, 100.0), (53.0, 1.0), (53.0, 0.0)]
    assert list(offered(Traffic.from_arrivals(arrivals, duration=57.0))) == [2, 3, 1, 1, 1, 2]


def test_constant_fleet_holds_the_highest_demand():
    static = found()["constant fleet"]
    assert static.target is None
    assert (static.initial - 1) * 12 < max(offered(STREAMS.traffic)) <= static.initial * 12


def test_the_predefined_metric_is_that_of_the_preferred_type():
    assert policy(found()["predefined metric"]) == TargetTracking("predefined-metric", CONCURRENCY, 9.0, 60, 300)


def test_its_target_has_six_digits():
    thirds = replace(EQUAL, target=ScalableTarget(2, 20, (tracking(10 / 3),)))
    assert policy(found(thirds)["predefined metric"]).target == 3.333333


def test_the_predefined_metric_has_the_cooldowns_of_the_first_target_that_is_tracked():
    slow = replace(tracking(9.0), scale_out_cooldown=30, scale_in_cooldown=900)
    steps = StepScaling("steps", "ChangeInCapacity", (Step(1),), {})
    several = replace(MIXED, target=ScalableTarget(2, 20, (steps, slow, tracking(9.0))))
    rival = policy(found(several)["predefined metric"])
    assert (rival.scale_out_cooldown, rival.scale_in_cooldown) == (30, 900)


def test_what_rivals_are_is_said():
    """Of sixty streams at a time; 9 of 12 are three quarters."""
    steady = Traffic.from_arrivals([(0.0, 600.0)] * 60, duration=600.0)
    assert {one.name: one.about for one in rivals(MIXED, steady, Behaviour(), MONDAY)} == {
        "no scaling": "2 instances all the time",
        "constant fleet": "as many instances as the highest demand needs, all the time: 5",
        "predefined metric": "the predefined concurrency at 9: 75 % of what the first type sustains",
        "clairvoyant": "knows the demand 4 minutes ahead and keeps the same headroom",
    }


def test_a_queue_has_no_predefined_metric():
    assert set(found()) == {"no scaling", "constant fleet", "predefined metric", "clairvoyant"}
    assert set(found(QUEUED, FILES.traffic)) == {"no scaling", "constant fleet", "clairvoyant"}


def test_rivals_of_an_endpoint_that_nothing_scales_have_room():
    free = found(replace(MIXED, target=None))
    bounds, planned = free["predefined metric"].target, free["clairvoyant"].target
    assert bounds
    assert (bounds.min, bounds.max) == (1, 2 * free["constant fleet"].initial)
    assert planned
    assert max(action.max or 0 for action in planned.schedules) > 5


@pytest.mark.parametrize(("kind", "initial", "bounds"), [(Kind.REALTIME, 3, (1, 6)), (Kind.ASYNC, 1, (0, 2))])
def test_rivals_without_any_traffic_have_an_instance(kind, initial, bounds):
    still = replace(MIXED, kind=kind, target=None, initial=initial)
    rival = found(still, Traffic.from_arrivals([], duration=600.0))
    assert (rival["constant fleet"].initial, rival["no scaling"].initial) == (1, initial)
    clairvoyant = rival["clairvoyant"]
    assert clairvoyant.target == ScalableTarget(bounds[0], bounds[0], ())
    assert clairvoyant.initial == bounds[0]


def test_a_fleet_that_tracks_nothing_has_the_usual_cooldowns_as_a_rival():
    rival = policy(found(replace(MIXED, target=ScalableTarget(2, 20)))["predefined metric"])
    assert (rival.scale_out_cooldown, rival.scale_in_cooldown) == (60, 300)


def test_rivals_can_be_chosen():
    assert list(found(names=["clairvoyant"])) == ["clairvoyant"]
    with pytest.raises(ScaleproofError, match=r"There is no rival 'oracle'\. There are no-scaling"):
        found(names=["oracle"])


def test_the_clairvoyant_is_never_above_capacity_and_not_far_above_demand():
    setting = Setting()
    clairvoyant = found(names=["clairvoyant"])["clairvoyant"]
    result = setting.outcome(clairvoyant, STREAMS).result
    assert result.totals.overload_seconds == 0
    needed = sum(offered(STREAMS.traffic)) * 10 / 12 / 0.75
    assert needed < sum(result.totals.instance_seconds.values()) < 1.5 * needed + 2 * result.duration


def test_the_clairvoyant_is_on_time_after_clocks_change():
    """Clocks in Berlin go forward at two on this Sunday; the rise comes eight hours after midnight."""
    steps = Traffic.from_arrivals([(8 * 3_600.0, 3_600.0)] * 60, duration=12 * 3_600.0)
    midnight = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin"))
    for start in (midnight, midnight.astimezone(UTC)):
        (one,) = rivals(MIXED, steps, Behaviour(), start, ["clairvoyant"])
        assert one.endpoint.target
        first = one.endpoint.target.schedules[0]
        assert first.schedule == "at(2026-03-29T06:54:00)", start


@pytest.mark.parametrize(("start_up", "every"), [(1_200.0, 1_440), (252.0, 360), (40.0, 60)])
def test_the_clairvoyant_plans_once_in_a_slow_start_up(start_up, every):
    """Once in so many minutes that a fifth more than the start-up fits in."""
    slow = Behaviour(provisioning=Delay(0.75 * start_up), start_up=Delay(0.25 * start_up))
    planned = found(names=["clairvoyant"], behaviour=slow)["clairvoyant"].target
    assert planned
    times = [datetime.strptime(f"{action.schedule}Z", "at(%Y-%m-%dT%H:%M:%S)%z") for action in planned.schedules]
    assert len(times) > 5
    assert math.gcd(*(int((time - MONDAY).total_seconds()) for time in times)) == every


def test_the_clairvoyant_says_how_far_it_sees():
    slow = Behaviour(provisioning=Delay(7_200.0), start_up=Delay(1_800.0))
    (only,) = rivals(MIXED, STREAMS.traffic, slow, MONDAY, ["clairvoyant"])
    assert only.about == "knows the demand 150 minutes ahead and keeps the same headroom"


def test_the_clairvoyant_keeps_the_headroom_of_the_policy():
    """90 streams at three quarters of 12 each; a queue needs none."""
    steady = Traffic.from_arrivals([(0.0, 3_600.0)] * 90, duration=3_600.0)
    assert found(traffic=steady)["clairvoyant"].initial == 10
    queue = replace(QUEUED, target=ScalableTarget(0, 50))
    assert found(queue, steady)["clairvoyant"].initial == 23


def test_the_clairvoyant_reckons_with_the_smallest_type_where_types_run_short():
    short = Behaviour(shortages=(Shortage("ml.g6.2xlarge", 0, 10),))
    pools = (*MIXED.pools, Pool("ml.g5.2xlarge", 3, 6))
    unequal = replace(MIXED, pools=pools, target=ScalableTarget(2, 90, (tracking(9.0),)))
    plain, careful = (found(unequal, names=["clairvoyant"], behaviour=one) for one in (Behaviour(), short))
    highest = [max(action.min or 0 for action in one["clairvoyant"].target.schedules) for one in (plain, careful)]
    assert highest[1] >= 1.8 * highest[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0.75),
        ({"target": ScalableTarget(1, 2)}, 0.75),
        ({"target": ScalableTarget(1, 2, (tracking(6.0),))}, 0.5),
        ({"target": ScalableTarget(1, 2, (tracking(12.0, disable_scale_in=True), tracking(6.0)))}, 0.5),
    ],
)
def test_headroom(changes, expected):
    assert utilization(replace(MIXED, **changes)) == expected


def test_headroom_of_weighted_metrics():
    def weighted(value):
        return replace(MIXED, target=ScalableTarget(1, 2, (TargetTracking("w", MetricMath(()), value),)))

    assert utilization(weighted(0.6)) == 0.6
    assert utilization(weighted(7.0)) == 0.5
    assert utilization(weighted(1.5)) == 1.5, "a share, however high"
    assert utilization(weighted(2.1)) == pytest.approx(0.15), "of 14 on the mean"


# The table of a published evaluation, rounded: https://link.springer.com/article/10.1007/s00521-019-04507-z
BASE = (3.29, 3.06, 57.95, 57.05)


@pytest.mark.parametrize(
    ("measures", "eta"),
    [
        (BASE, 1.0),
        ((0.94, 3.51, 26.5, 73.2), 1.5),
        ((0.48, 4.28, 15.85, 89.1), 1.84),
        ((5.07, 1.42, 76.5, 32.55), 1.17),
        ((1.88, 2.62, 42.55, 57.25), 1.29),
    ],
)
def test_elastic_speedup(measures, eta):
    def elasticity(values):
        return Elasticity(*values, reversals=0)

    assert speedup(elasticity(BASE), elasticity(measures)) == pytest.approx(eta, abs=0.02)


def test_no_speedup_where_a_measure_is_zero():
    none = Elasticity(0.0, 3.0, 0.0, 90.0, 0)
    some = Elasticity(*BASE, reversals=0)
    assert speedup(some, none) is speedup(none, some) is None


def test_an_endpoint_that_is_not_created_has_no_rivals():
    short = tuple(Shortage(pool.instance_type, 0.0, 3_600.0) for pool in MIXED.pools)
    setting = Setting(replace(DEFAULT, behaviour=Behaviour(shortages=short)))
    with pytest.raises(ScaleproofError, match="At the start no instance of speech can be had"):
        compare(MIXED, STREAMS, [], setting)


def test_speedups_are_those_over_no_scaling():
    """Another endpoint comes first, which is three times as large."""
    large = replace(MIXED, initial=3, target=None)
    others = [Contender(name, "", replace(large, initial=size)) for name, size in ((NO_SCALING, 1), ("two", 2))]
    done = compare(large, parse("spike:top=50,base=20,days=0.1", seed=1), others, Setting())
    first, none, two = done.contenders
    base = none.outcome.result.totals.elasticity
    assert none.elastic_speedup == 1.0
    assert two.elastic_speedup == speedup(base, two.outcome.result.totals.elasticity) != 1.0
    assert first.elastic_speedup == speedup(base, first.outcome.result.totals.elasticity)


def test_a_comparison_has_the_endpoint_first_and_the_same_traffic_for_all():
    setting = Setting()
    done = compare(MIXED, STREAMS, [changed(MIXED, "target=4.5,max=40")], setting)
    assert [entry.name for entry in done.contenders] == [CONFIGURED, "target=4.5,max=40"]
    arrivals = {entry.outcome.result.totals.arrivals for entry in done.contenders}
    assert len(arrivals) == 1
    one, other = (entry.outcome.cost.total_hours for entry in done.contenders)
    assert other > one
    assert done.summary[0].startswith("As configured: above capacity for ")
    assert "more instance-hours" in done.summary[1]


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("max=9", 100.0, 100.4, "max=9: above capacity for * with as many instance-hours."),
        ("clairvoyant", 100.0, 100.6, "Clairvoyant: above capacity for * with 1 % more instance-hours."),
        ("clairvoyant", 100.0, 99.4, "Clairvoyant: above capacity for * with 1 % fewer instance-hours."),
        ("clairvoyant", 100.0, 300.0, "Clairvoyant: above capacity for * with 200 % more instance-hours."),
        ("clairvoyant", 0.0, 2.0, "Clairvoyant: above capacity for * with 2.0 instance-hours."),
    ],
)
def test_instance_hours_are_told_beside_those_as_configured(name, before, after, said):
    outcome = Outcome.from_result(MIXED, day(), {})
    entries = [
        Entry(contender, "", replace(outcome, cost=Cost({"ml.g6.2xlarge": hours}, None)))
        for contender, hours in ((CONFIGURED, before), (name, after))
    ]
    _, sentence = Comparison.from_contenders(MIXED, "", entries).summary
    assert fnmatchcase(sentence, said)


def test_a_target_in_another_unit_is_doubted_in_the_summary():
    outcome, name = Outcome.from_result(EQUAL, day(), {}), "target=0.6"
    entries = [Entry(CONFIGURED, "", outcome), Entry(name, changed(EQUAL, name).about, outcome)]
    _, sentence = Comparison.from_contenders(EQUAL, "", entries).summary
    doubt = "a target of 0.6 instead of 7.5 requests per instance, which is far from it: is the unit right?"
    assert sentence.startswith(f"{name} ({doubt}): above capacity for ")


def test_every_rival_can_be_simulated():
    for endpoint, traffic in ((MIXED, STREAMS), (QUEUED, FILES)):
        contenders = list(rivals(endpoint, traffic.traffic, Behaviour(), MONDAY, NAMES))
        shares = []
        done = compare(endpoint, traffic, contenders, Setting(), shares.append)
        assert shares == sorted(shares)
        assert 0.8 < shares[-1] <= 1.0
        assert len(done.contenders) == len(contenders) + 1
        assert done.contenders[0].name == CONFIGURED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour=2", "'colour' cannot be changed. Change one of target, target_utilization,"),
        ("target", "'target' is not of the form target=NUMBER"),
        ("target=x", "is not of the form target=NUMBER"),
        ("target=0", "Set the target to more than 0"),
        ("max=2.5", "is not of the form max=NUMBER"),
        ("max=1", "speech cannot have bounds of 2 to 1 instances"),
        ("max=30,max=40", "'max=30,max=40' sets max twice. Leave one out."),
        ("target=5,target_utilization=0.5", "sets the target twice"),
        ("min=0", "speech cannot have bounds of 0 to 20 instances"),
        ("initial_instance_count=21", "speech cannot start with 21 instances: it has 2 to 20"),
    ],
)
def test_changes_that_cannot_be(text, reason):
    with pytest.raises(ScaleproofError) as raised:
        changed(MIXED, text)
    assert reason in str(raised.value)


DOUBTED = "instead of 7.5 requests per instance, which is far from it: is the unit right?"


@pytest.mark.parametrize(
    ("endpoint", "text", "target", "about"),
    [
        (EQUAL, "target_utilization=0.6", 6.0, "a target of 6 instead of 7.5 requests per instance"),
        (EQUAL, "target=6", 6.0, "a target of 6 instead of 7.5 requests per instance"),
        (EQUAL, "target=0.6", 0.6, f"a target of 0.6 {DOUBTED}"),
        (EQUAL, "target=0.76", 0.76, "a target of 0.76 instead of 7.5 requests per instance"),
        (EQUAL, "target=74", 74.0, "a target of 74 instead of 7.5 requests per instance"),
        (EQUAL, "target=75", 75.0, f"a target of 75 {DOUBTED}"),
        (EQUAL, "max=30", 7.5, ""),
    ],
)
def test_a_target_is_changed_in_the_unit_that_is_named(endpoint, text, target, about):
    found = changed(endpoint, text)
    assert found.endpoint.target
    (policy,) = found.endpoint.target.policies
    assert isinstance(policy, TargetTracking)
    assert policy.target == target
    assert found.about == about


def test_a_target_that_an_endpoint_does_not_have_is_refused():
    with pytest.raises(ScaleproofError, match=r"has no backlog_per_instance\. It has target_utilization\."):
        changed(EQUAL, "backlog_per_instance=4")
    with pytest.raises(ScaleproofError, match=r"has no target_utilization\. It has target\."):
        changed(replace(EQUAL, pools=(Pool("ml.g6.2xlarge", 1, None),)), "target_utilization=0.4")


def test_nothing_to_change():
    with pytest.raises(ScaleproofError, match="Nothing scales speech"):
        changed(replace(MIXED, target=None), "max=3")
    with pytest.raises(ScaleproofError, match="No policy tracks a target"):
        changed(replace(MIXED, target=ScalableTarget(1, 3)), "target=3")


def test_assumptions_count_for_all():
    slow = Setting(model=assume(["provisioning=1200"], DEFAULT))
    one = compare(MIXED, STREAMS, [], Setting()).contenders[0].outcome.result.totals.overload_seconds
    other = compare(MIXED, STREAMS, [], slow).contenders[0].outcome.result.totals.overload_seconds
    assert other > one
