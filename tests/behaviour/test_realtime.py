"""What real-time endpoints do under the policies that the examples plan."""

from dataclasses import replace
from datetime import UTC, datetime
from math import ceil

import pytest

from scaleproof.scaling.metric_math import Query
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking
from scaleproof.simulation import Shortage, Traffic

from .traffic import (
    EXACT,
    HOUR,
    START_UP,
    changes,
    enough_from,
    simulated,
    steady,
    streams,
    swings,
    with_policies,
)

G6, G6E, G5 = "ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge"
DETECTION = 50.2
"""Three periods of 10 s, 10 s that the alarm does not look at, up to 10 s until it is evaluated, 0.2 s until
its action: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html has the
ten seconds."""


@pytest.mark.parametrize(("example", "number"), [("realtime", 28), ("mixed-fleet", 60), ("complete", 60)])
@pytest.mark.parametrize("seed", range(5))
def test_a_spike_of_streams_is_met_within_detection_and_start_up(planned, example, number, seed):
    spike = Traffic.from_arrivals(streams(number, 30, at=HOUR), duration=2 * HOUR)
    result = simulated(planned(example), spike, seed=seed)
    first = next(one for one in changes(result) if one.time >= HOUR)
    assert first.time - HOUR <= DETECTION + 1.0
    met = enough_from(result, HOUR)
    assert met is not None
    # To the next sample.
    assert met - HOUR <= DETECTION + 1.0 + START_UP + 10.0


def test_without_its_guard_a_mixed_fleet_takes_minutes_to_see_a_spike(planned):
    """Metric math is evaluated by the minute, and there are three of them."""
    endpoint = planned("mixed-fleet")
    assert endpoint.target is not None
    (weighted,) = [one for one in endpoint.target.policies if one.name.endswith("concurrency")]
    alone = replace(endpoint, target=replace(endpoint.target, policies=(weighted,)))
    result = simulated(alone, Traffic.from_arrivals(streams(60, 30, at=HOUR), duration=2 * HOUR))
    assert next(one.time for one in changes(result) if one.time >= HOUR) - HOUR > 180.0


def test_a_preferred_type_out_of_stock_falls_back_and_returns(planned):
    """Three waves of streams: one before, one while ml.g6.2xlarge is not to be had, one after."""
    behaviour = replace(EXACT, shortages=(Shortage(G6, 1.5 * HOUR, 4.5 * HOUR),))
    waves = [streams(60, 25, at=hour * HOUR, over=600.0) for hour in (1.0, 3.0, 6.0)]
    traffic = Traffic.from_arrivals([stream for wave in waves for stream in wave], duration=8 * HOUR)
    line = simulated(planned("mixed-fleet"), traffic, behaviour).timeline

    def most(instance_type, start, end):
        rows = (row for row in range(len(line)) if start <= line.time[row] < end)
        return max(line.in_service[instance_type][row] for row in rows)

    before, short, after = (1 * HOUR, 1.5 * HOUR), (3 * HOUR, 4 * HOUR), (6 * HOUR, 7 * HOUR)
    assert most(G6, *before) > 3
    assert most(G6E, *before) == most(G5, *before) == 0
    assert most(G6E, *short) > 0
    assert most(G6, *short) < most(G6, *before)
    assert most(G6, *after) > 3
    assert most(G6E, *after) == 0


def test_the_last_type_in_the_order_is_released_first(planned):
    behaviour = replace(EXACT, shortages=(Shortage(G6, 0.5 * HOUR, 9 * HOUR),))
    traffic = Traffic.from_arrivals(streams(90, 25, at=HOUR), duration=4 * HOUR)
    line = simulated(planned("mixed-fleet"), traffic, behaviour).timeline
    assert max(line.in_service[G6E]) > 0
    assert line.in_service[G6E][-1] == 0
    assert min(line.in_service[G6]) == 2


SAMPLE = "(c1/12 + c2/16 + c3/10) / 3"
"""As AWS's sample for capacity-aware pools has it, for these pools, with the target 0.7:
https://aws.amazon.com/blogs/machine-learning/capacity-aware-inference-automatic-instance-fallback-for-sagemaker-ai-endpoints"""


def published(endpoint, expression, target):
    """The endpoint under a weighted expression of averages in place of its own policies."""
    assert endpoint.target is not None
    metrics = []
    for place, pool in enumerate(endpoint.pools, 1):
        dimensions = {**endpoint.dimensions, "InstanceType": pool.instance_type}
        pairs = tuple(sorted(dimensions.items()))
        metric = MetricStat("AWS/SageMaker", "ConcurrentRequestsPerModel", pairs, "Average", 60)
        metrics.append(Query(f"c{place}", metric, returned=False))
    math = MetricMath((*metrics, Query("signal", expression=expression)))
    policy = TargetTracking("sample", math, target, 60, 300)
    return replace(endpoint, target=replace(endpoint.target, policies=(policy,)))


def test_a_fleet_saturated_on_its_first_pool_scales_out(planned):
    """Two instances that sustain 12 streams each have 24, and no other type has an instance."""
    result = simulated(planned("mixed-fleet"), steady(24, 900.0, hours=2))
    assert max(result.timeline.desired) > 2
    assert result.timeline.capacity[-1] >= 24 / 0.75


def test_it_does_not_under_the_published_expression(planned):
    """Types without instances count as idle ones: a full fleet reads a third of its load."""
    endpoint = published(planned("mixed-fleet"), SAMPLE, 0.7)
    result = simulated(endpoint, steady(24, 900.0, hours=2))
    assert max(result.timeline.desired) == 2
    assert result.timeline.signals["sample"][-1] == pytest.approx(1 / 3, abs=0.005)
    overloaded = simulated(endpoint, steady(48, 900.0, hours=2))
    assert max(overloaded.timeline.desired) == 2
    assert overloaded.totals.overload_seconds > 1.5 * HOUR


@pytest.mark.parametrize(("day", "zone"), [((2026, 11, 2), 1), ((2026, 7, 6), 2)], ids=["winter", "summer"])
def test_a_scheduled_floor_is_up_before_the_morning(planned, day, zone):
    """Nine instances at 8 o'clock in Berlin, whatever the clocks there are set to; one at night."""
    start = datetime(*day, tzinfo=UTC)
    result = simulated(planned("scheduled"), Traffic.from_arrivals([(0.0, 1.0)], duration=24 * HOUR), start=start)

    def instances(hour):
        row = int((hour - zone) * HOUR / result.timeline.step)
        return result.timeline.in_service[G6][row]

    assert instances(7.4) == 1
    assert instances(8.0) == 9
    assert instances(21.9) == 9
    assert instances(23.0) == 1


def test_a_scheduled_floor_spares_the_first_callers_the_start_up(planned):
    endpoint = planned("scheduled")
    assert endpoint.target is not None
    opening = Traffic.from_arrivals(streams(55, 30, at=7 * HOUR, over=300.0), duration=8 * HOUR)
    without = replace(endpoint, target=replace(endpoint.target, schedules=()))
    assert simulated(endpoint, opening).totals.overload_seconds == 0
    assert simulated(without, opening).totals.overload_seconds > 300.0


def without_rest(level, limit, target, most):
    """Whether no count of equal instances suits a load: one too few is over the target, and with one more the
    policy takes it away again (ceil(n x metric / target), below 0.9 x target)."""
    for few in range(1, most):
        crowded, roomy = ceil(level / few) / limit, ceil(level / (few + 1)) / limit
        wanted = ceil(round((few + 1) * roomy / target, 9))
        if crowded > target and roomy < 0.9 * target and wanted <= few:
            return True
    return False


@pytest.mark.parametrize(
    ("example", "limit", "target", "levels"),
    [
        ("realtime", 10, 0.75, range(1, 31)),
        ("mixed-fleet", 12, 0.75, range(1, 101, 3)),
        ("complete", 12, 0.7, range(1, 101, 3)),
    ],
)
def test_a_steady_load_of_calls_is_left_alone(planned, example, limit, target, levels):
    """Of calls shorter than the cooldown. Loads that fit no whole number of instances are told beforehand."""
    endpoint = planned(example)
    assert endpoint.target is not None
    restless = {
        level for level in levels if swings(simulated(endpoint, steady(level, 120.0, hours=3)), after=1.5 * HOUR)
    }
    assert restless == {level for level in levels if without_rest(level, limit, target, endpoint.target.max)}
    assert len(restless) <= 1


@pytest.mark.parametrize("example", ["realtime", "mixed-fleet", "complete"])
def test_long_streams_are_left_alone_with_a_cooldown_as_long_as_they_are(planned, example):
    """Where streams end by themselves, an instance that goes still carries its own. Others look idle until
    those have ended: with streams longer than the cooldown more and more instances go, and come back."""
    endpoint = planned(example)
    drained = replace(EXACT, stop_grace_seconds=1_800.0)
    levels = (12, 16) if example == "realtime" else (28, 55, 73, 82)
    patient = with_policies(endpoint, scale_in_cooldown=1_800)
    long = 1_500.0
    traffic = [steady(level, long, hours=8) for level in levels]
    hasty = [swings(simulated(endpoint, one, drained), 3 * HOUR) for one in traffic]
    assert sum(hasty) >= 6, hasty
    assert not any(swings(simulated(patient, one, drained), 3 * HOUR) for one in traffic)


def test_both_policies_of_a_mixed_fleet_do_not_work_against_each_other(planned):
    """The guard only adds what the weighted policy would keep: nothing that it adds is taken back."""
    growing = [(HOUR + place * 60.0, 7 * HOUR) for place in range(120)]
    result = simulated(planned("mixed-fleet"), Traffic.from_arrivals(growing, duration=6 * HOUR))
    assert {one.policy for one in changes(result)} >= {"mixed-fleet-realtime-guard"}
    assert swings(result, after=HOUR) == 0
    assert result.totals.overload_seconds < 0.01 * 5 * HOUR
