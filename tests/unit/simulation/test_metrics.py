"""Metrics as SageMaker emits them and statistics as CloudWatch makes them."""

import random

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import Alarm
from scaleproof.scaling.assumptions import DEFAULT, Assumptions, AutoscalingAssumptions
from scaleproof.scaling.driver import WindowedAlarm
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.parsing import TRACKING, parse_alarm, parse_policy
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.simulation import Behaviour, Traffic
from scaleproof.simulation.metrics import STATISTICS, Metric, find, probes
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.readings import PointwiseAlarm, Reading
from scaleproof.simulation.realtime import RealTime
from scaleproof.simulation.workload import Instance

from ..scaling.alarm_helpers import settings
from ..scaling.vectors import Row, rows
from .endpoints import G6, G6E, asynchronous, at_once, pools, realtime, run, tracking, weighted

WHOLE = (("EndpointName", "speech"), ("VariantName", "AllTraffic"))
MIXED = realtime(fleet=pools(g6=4, g6e=4))


def typed(instance_type):
    return (("EndpointName", "speech"), ("InstanceType", instance_type), ("VariantName", "AllTraffic"))


def stat(statistic, dimensions=WHOLE, name="ConcurrentRequestsPerModel"):
    return MetricStat("AWS/SageMaker", name, dimensions, statistic, 10)


def loaded(loads):
    """Instances by type with so many requests each, all of which take 100 s."""
    workload = RealTime(Traffic.from_arrivals(at_once(sum(n for _, n in loads), 100.0)), Behaviour(), random.Random(0))
    for number, (kind, load) in enumerate(loads):
        workload.open(Instance(number, kind, (G6, G6E).index(kind), 50, 0.0))
        workload.loads[-1] = load
    return workload


def emitted(endpoint, workload, metric):
    return Metric(metric, find(metric, probes(endpoint, workload, DEFAULT.autoscaling))).newest(10)


@pytest.mark.parametrize(
    ("statistic", "whole", "g6", "g6e"),
    [
        ("Maximum", 9, 5, 9),
        ("Minimum", 2, 2, 9),
        ("Sum", 16, 7, 9),
        ("SampleCount", 3, 2, 1),
        ("Average", 16 / 3, 3.5, 9),
    ],
)
def test_concurrency_is_sampled_by_instance(statistic, whole, g6, g6e):
    """Three instances with 2, 5 and 9 requests, the last of another type."""
    workload = loaded([(G6, 2), (G6, 5), (G6E, 9)])
    assert emitted(MIXED, workload, stat(statistic)) == whole
    assert emitted(MIXED, workload, stat(statistic, typed(G6))) == g6
    assert emitted(MIXED, workload, stat(statistic, typed(G6E))) == g6e


def test_a_type_without_instances_emits_nothing():
    workload = loaded([(G6, 2)])
    assert emitted(MIXED, workload, stat("SampleCount", typed(G6E))) is None


def test_an_instance_that_is_drained_still_emits():
    workload = loaded([(G6, 2), (G6, 7)])
    workload.close(workload.instances[1], 5.0)
    assert emitted(MIXED, workload, stat("Maximum")) == 7
    assert emitted(MIXED, workload, stat("SampleCount", typed(G6))) == 2


def test_invocations_count_a_share_for_each_request_and_report_none_as_zero():
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScalingPolicyMetric.html"""
    workload = RealTime(Traffic.from_arrivals(at_once(6, 1.0, 5.0)), Behaviour(), random.Random(0))
    for number in range(4):
        workload.open(Instance(number, G6, 0, 50, 0.0))
    workload.advance(10.0)
    metric = stat("Sum", name="InvocationsPerInstance")
    assert emitted(MIXED, workload, metric) == 6 / 4
    workload.sampled = workload.arrived
    assert emitted(MIXED, workload, metric) == 0.0


@pytest.mark.parametrize("row", rows("async_metrics.csv"), ids=Row.name)
def test_the_metrics_of_a_queue(row):
    endpoint = asynchronous()
    queue = Queue(Traffic.from_arrivals(at_once(int(row["queued_or_processing"]), 1e6), duration=99.0), Behaviour())
    for number in range(int(row["instances"])):
        queue.open(Instance(number, G6, 0, 1, 0.0))
    queue.advance(10.0)
    dimensions = (("EndpointName", "speech"),)
    for name in ("ApproximateBacklogSize", "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity"):
        expected = None if row[name] == "NOT FOUND" else float(row[name])
        assert emitted(endpoint, queue, stat("Average", dimensions, name)) == expected


def test_a_queue_has_one_sample_of_the_age_of_its_oldest_request():
    queue = Queue(Traffic.from_arrivals(at_once(5, 1e6, 3.0)), Behaviour())
    queue.advance(10.0)
    metric = stat("Sum", (("EndpointName", "speech"),), "ApproximateAgeOfOldestRequest")
    assert emitted(asynchronous(), queue, metric) == 7.0


def test_the_backlog_per_instance_at_zero_is_an_assumption():
    queue = Queue(Traffic.from_arrivals(at_once(5, 1e6)), Behaviour())
    queue.advance(10.0)
    available = probes(asynchronous(), queue, AutoscalingAssumptions(backlog_per_instance_at_zero="backlog"))
    assert available["ApproximateBacklogSizePerInstance", (("EndpointName", "speech"),)]() == ((5.0,), 1)


@pytest.mark.parametrize(("answer", "typed_samples"), [("published", [7, 4]), ("missing", [])])
def test_the_concurrency_by_type_is_an_assumption(answer, typed_samples):
    assumptions = AutoscalingAssumptions(concurrency_by_type=answer)
    available = probes(MIXED, loaded([(G6, 7), (G6, 4), (G6E, 9)]), assumptions)
    assert list(available["ConcurrentRequestsPerModel", typed(G6)]()[0]) == typed_samples
    assert list(available["ConcurrentRequestsPerModel", WHOLE]()[0]) == [7, 4, 9]


@pytest.mark.parametrize("guarded", [True, False])
def test_without_the_concurrency_by_type_only_a_guard_scales_out(guarded):
    guard = tracking(9, disable_scale_in=True, name="guard")
    fleet = realtime(weighted("MAX([c1/12, c2/16])", 0.75), *([guard] if guarded else []), fleet=pools(g6=12, g6e=16))
    missing = Assumptions(autoscaling=AutoscalingAssumptions(concurrency_by_type="missing"))
    traffic = Traffic.from_arrivals(at_once(40, 3_000.0), duration=3_600.0)
    told, untold = (run(fleet, traffic, assumptions=one) for one in (DEFAULT, missing))
    assert "weighted" in {one.policy for one in told.activities if one.desired}
    outs = {one.policy for one in untold.activities if one.desired}
    assert outs == ({"guard"} if guarded else set())
    assert (untold.totals.peak_instances > 1) is guarded
    assert not any(value is not None for value in untold.timeline.signals["weighted"])


def test_the_age_of_the_oldest_request():
    queue = Queue(Traffic.from_arrivals([(3.0, 1.0), (4.0, 1.0)]), Behaviour())
    queue.advance(10.0)
    dimensions = (("EndpointName", "speech"),)
    assert emitted(asynchronous(), queue, stat("Maximum", dimensions, "ApproximateAgeOfOldestRequest")) == 7.0


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"MetricName": "GPUUtilization"}, "GPUUtilization of EndpointName=speech"),
        ({"Namespace": "/aws/sagemaker/Endpoints"}, "/aws/sagemaker/Endpoints ConcurrentRequestsPerModel"),
        ({"MetricName": "ConcurrentRequestsPerModel", "Statistic": "p90"}, "p90"),
        ({"Dimensions": [{"Name": "EndpointName", "Value": "other"}]}, "EndpointName=other"),
        ({"Dimensions": []}, "no dimensions"),
    ],
)
def test_what_is_not_simulated_is_named(metric, message):
    plain = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ConcurrentRequestsPerModel",
        "Statistic": "Average",
        "Dimensions": [{"Name": name, "Value": value} for name, value in WHOLE],
    }
    policy = parse_policy("own", TRACKING, {"TargetValue": 5.0, "CustomizedMetricSpecification": {**plain, **metric}})
    with pytest.raises(ScaleproofError, match="not simulated") as error:
        run(realtime(policy), Traffic.from_arrivals([(1.0, 1.0)]))
    assert message in str(error.value)


@pytest.mark.parametrize(("statistic", "expected"), [("Average", 4.5), ("Maximum", 9.0), ("SampleCount", 8.0)])
def test_a_minute_has_the_samples_of_six_intervals(statistic, expected):
    """Two instances for two intervals, one for four: 3 and 9, 3 and 9, then 3, 3, 3, 3."""
    samples = [[3.0, 9.0], [3.0, 9.0], [3.0], [3.0], [3.0], [3.0]]
    metric = Metric(MetricStat("AWS/SageMaker", "x", (), statistic, 60), lambda: (samples.pop(0), 1))
    for end in range(70, 130, 10):
        metric.sample(end)
    assert metric.newest(120) == expected
    assert metric.value(0) is None


def test_a_period_without_samples_has_no_value():
    metric = Metric(MetricStat("AWS/SageMaker", "x", (), "Average", 60), lambda: ((), 1))
    metric.sample(10)
    assert metric.newest(60) is None


@pytest.mark.parametrize("period", [10, 60])
@pytest.mark.parametrize("seed", range(5))
def test_pointwise_and_windowed_alarms_see_the_same(period, seed):
    """Of sparse data as well."""
    chance = random.Random(seed)
    alarm = Alarm(settings(period=period), phase=chance.random() * 10)
    current = [[]]
    metric = Metric(alarm.settings.source, lambda: (current[0], 1))
    metric.length = alarm.length + 200
    reading = Reading(metric.stat, {metric.stat: metric}, 5.0, DEFAULT.math)
    pointwise = PointwiseAlarm(alarm, reading)
    windowed = WindowedAlarm(alarm, lambda _stat, window, at: metric.within(window, at, 5.0), DEFAULT.math)
    end, level = 0, 50.0
    at = alarm.next_evaluation(0.0)
    for _ in range(600):
        end += 10
        level = max(0.0, level + chance.uniform(-20, 20))
        current[0] = [level] * chance.choice([0, 1, 1, 3])
        while at < end:
            one, other = pointwise.evaluate(at), windowed.evaluate(at)
            assert one == other
            at = alarm.next_evaluation(at)
        metric.sample(end)
        if end % period == 0:
            reading.close(end)


def test_an_alarm_of_five_minutes_slides_by_the_minute():
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"""
    alarm = parse_alarm(
        {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ConcurrentRequestsPerModel",
            "Statistic": "Average",
            "Dimensions": [{"Name": name, "Value": value} for name, value in WHOLE],
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 4.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
    )
    policy = StepScaling("step", "ChangeInCapacity", (Step(2, lower=0),), {"high": alarm})
    # 9 requests from minute 61 on: the average over five minutes is 9 x 3/5 = 5.4 after three of them.
    result = run(realtime(policy), Traffic.from_arrivals(at_once(9, 7_200.0, 3_660.0), duration=5_400.0), seed=1)
    changed = next(one for one in result.transitions if one.new == "ALARM")
    assert 3_660.0 + 180.0 + 10.0 <= changed.time <= 3_660.0 + 180.0 + 70.0
    assert next(one for one in result.activities if one.desired).desired == 3


def test_both_alarms_of_a_policy_have_phases_of_their_own():
    result = run(realtime(tracking()), Traffic.from_arrivals([(1.0, 1.0)], duration=1_200.0), seed=11)
    first = {one.alarm: one.time % 10 for one in reversed(result.transitions)}
    assert len(set(first.values())) == len(first) == 2


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize(("period", "seed"), [(10, 1), (60, 2), (60, 3), (300, 4), (300, 5)])
def test_statistics_are_those_of_all_samples_of_a_period(period, seed, statistic):
    """Whether they are taken one by one or for several equal intervals, and as long as they are needed."""
    chance, piece, samples, end = random.Random(seed), min(period, 60), {}, 0
    probed = [(), 1]
    metric = Metric(MetricStat("AWS/SageMaker", "x", (), statistic, period), lambda: tuple(probed))
    metric.length = kept = chance.choice((period, 900))

    def expected(start):
        values = [value for time in range(start, start + period, 10) for value in samples.get(time, ())]
        results = {"Sum": sum(values), "SampleCount": len(values), "Average": sum(values) / max(len(values), 1)}
        results |= {"Maximum": max(values, default=0), "Minimum": min(values, default=0)}
        return pytest.approx(results[statistic]) if values else None

    while end < 6_000:
        number = chance.randint(1, piece // 10 - end % piece // 10)
        probed[:] = [float(chance.randrange(9)) for _ in range(chance.choice((0, 0, 1, 3)))], chance.randint(1, 3)
        for time in range(end, end + 10 * number, 10):
            samples[time] = probed[0] * probed[1]
        end += 10 * number
        metric.sample(end, number)
        assert len(metric._pieces) <= kept // piece + 1
        if end % period == 0:
            assert metric.newest(end) == expected(end - period)
        oldest = max(-(-(end - kept) // piece) * piece, 0)
        window = Window(oldest, oldest + ((end - oldest) // period + 1) * period, period)
        for delay in (0.0, 5.0, 70.0):
            readable = [time for time in window.times if time + period + delay <= end and expected(time) is not None]
            assert metric.within(window, end, delay) == {time: expected(time) for time in readable}
