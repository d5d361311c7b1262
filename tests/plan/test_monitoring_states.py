"""The planned alarms over hours of data: idle endpoints are quiet, and every alarm can be raised.

Evaluated by scaleproof.scaling.alarms, which holds to what CloudWatch documents.
"""

from collections.abc import Callable
from statistics import fmean

import pytest

from scaleproof.scaling.alarms import NEW, Alarm, State
from scaleproof.scaling.metrics import MetricStat
from tests.plan.monitored import ENDPOINTS, alarms, inputs_of, settings, watching
from tests.plan.planner import MONITORING

MINUTE = 60
Data = Callable[[MetricStat, int], float | None]
"""The value of a metric in a minute, None where it has none."""
HALVES = {"requests-arrive", "signal-missing"}
SILENT = "silent-signal"


def raised(planned, data, minutes):
    """The minutes at whose end each alarm is in alarm, for those that ever are; composite ones too."""
    found = {
        name: _in_alarm(Alarm(settings(alarm), phase=30), data, minutes)
        for name, alarm in planned.items()
        if name != SILENT
    }
    if SILENT in planned:
        found[SILENT] = sorted(set.intersection(*(set(found[half]) for half in HALVES)))
    return {name: times for name, times in found.items() if times}


def _in_alarm(alarm, data, minutes):
    def read(metric, window):
        points = {}
        for time in window.times:
            span = range(max(time, 0) // MINUTE, min(time + window.period, now) // MINUTE)
            values = [value for minute in span if (value := data(metric, minute)) is not None]
            if values:
                points[time] = _STATISTICS.get(metric.statistic, max)(values)
        return points

    status, times = NEW, []
    for minute in range(1, minutes + 1):
        now = minute * MINUTE
        at = now + 30.0
        status = alarm.evaluate(status, at, alarm.points(alarm.window(at), read)).status
        if status.state is State.ALARM:
            times.append(minute)
    return times


_STATISTICS = {
    "Average": fmean,
    "Minimum": min,
    "SampleCount": sum,  # of what came in each minute
    "Sum": sum,
}


def nothing(metric, minute):
    """An endpoint without requests, at its quietest: no data at all."""


def zeros(metric, minute):
    """An endpoint without requests that publishes it."""
    return 0


def too_much(metric, minute):
    """More of everything than anybody allows, on more instances than allowed."""
    return 1e9


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("data", [nothing, zeros])
@pytest.mark.inputs(MONITORING, inputs_of, alarms={"silent_signal": {"enabled": True}})
def test_an_idle_endpoint_is_quiet(it, endpoint, data):
    assert set(raised(alarms(it), data, 120)) <= {"signal-missing"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(
    MONITORING,
    lambda endpoint: {
        **inputs_of(endpoint),
        "signal": {**inputs_of(endpoint).get("signal", {}), "target": 0.9},
    },
)
def test_every_alarm_can_be_raised(it, endpoint):
    made = alarms(it)
    assert set(raised(made, too_much, 70)) == set(made) - {"signal-missing", SILENT}


@pytest.mark.parametrize("frequency", [60, 300])
@pytest.mark.inputs(
    MONITORING,
    lambda frequency: {
        "metric_publish_frequency_in_seconds": frequency,
        "signal": {
            "target": 70,
            "metrics": [
                {
                    "id": "signal",
                    "metric_stat": {
                        "metric": {
                            "metric_name": "GPUUtilization",
                            "namespace": "/aws/sagemaker/Endpoints",
                            "dimensions": {"EndpointName": "speech", "VariantName": "AllTraffic"},
                        },
                        "stat": "Average",
                    },
                }
            ],
        },
    },
)
def test_a_load_that_lasts_is_told_however_rarely_it_is_published(it, frequency):
    def busy(metric, minute):
        return 90 if metric.name == "GPUUtilization" and minute * MINUTE % frequency == 0 else None

    assert raised(alarms(it), busy, 70).keys() == {"scale-out-stalled"}


@pytest.mark.inputs(MONITORING, metric_publish_frequency_in_seconds=300)
def test_a_peak_in_every_five_minutes_is_no_load_that_lasts(it):
    """Requests are published by the minute, whatever the frequency (API_MetricsConfig)."""

    def peaks(metric, minute):
        return 10 * (minute % 5 == 0) if metric.name == "ConcurrentRequestsPerModel" else None

    assert raised(alarms(it), peaks, 70) == {}


def fleet(requests, load, instances=4, pause=range(0)):
    """A real-time endpoint: requests a minute, in flight on the first type, instances; no data in `pause`."""

    def data(metric, minute):
        if minute in pause:
            return None
        if metric.name == "Invocations":
            return requests
        if metric.name == "CPUUtilization":
            return instances
        if metric.name == "ConcurrentRequestsPerModel":
            return None if dict(metric.dimensions).get("InstanceType") == "ml.g6e.2xlarge" else load
        return None

    return data


@pytest.mark.parametrize(
    ("requests", "load", "silent"),
    [
        (4, 5, False),
        (4, 0, False),
        (None, None, False),
        (None, 5, False),
        (0.1, None, False),
        (4, None, True),
    ],
    ids=["served", "short requests", "idle", "long streams", "hardly any", "silent"],
)
@watching("realtime on unequal types")
def test_silence_is_told_while_requests_arrive(it, requests, load, silent):
    found = raised(alarms(it), fleet(requests, load), 60)
    assert (SILENT in found) == silent
    if silent:
        assert found[SILENT][0] <= 15


@watching("realtime on unequal types")
def test_the_first_requests_after_a_quiet_night_are_no_silence(it):
    morning = fleet(40, 5, pause=range(120))
    found = raised(alarms(it), morning, 180)
    assert SILENT not in found
    assert found["signal-missing"][-1] <= 123
    assert found["requests-arrive"][-1] == 180


@pytest.mark.parametrize("endpoint", ["realtime", "realtime on unequal types"])
@pytest.mark.inputs(MONITORING, inputs_of)
def test_stuck_at_the_maximum_and_no_way_out(it, endpoint):
    made = alarms(it)
    full = raised(made, fleet(10, 11.9, instances=4), 40)
    assert full["stuck-at-max"][0] in range(12, 17)
    assert full["scale-out-stalled"][0] in range(30, 33)
    # Below the maximum the cause is another: capacity, quota or a suspended policy.
    assert set(raised(made, fleet(10, 9.5, instances=3), 40)) & {"stuck-at-max", "scale-out-stalled"} == {
        "scale-out-stalled"
    }
    assert raised(made, fleet(10, 8, instances=4), 40).keys() <= HALVES


@pytest.mark.parametrize("endpoint", ["realtime", "realtime on unequal types"])
@pytest.mark.inputs(MONITORING, inputs_of)
def test_a_fleet_full_of_long_streams_is_seen_at_its_maximum(it, endpoint):
    """No request comes for forty minutes, and the instances are counted all the same."""
    full = raised(alarms(it), fleet(None, 11.9, instances=4), 40)
    assert full["stuck-at-max"][0] in range(12, 17)


def streams(begun, broken, until=60):
    """Streams that begin and break off in a minute, and none after `until`."""
    counts = {"FirstChunkLatency": begun, "MidStreamErrors": broken}

    def data(metric, minute):
        counted = metric.statistic in ("SampleCount", "Sum") and minute < until
        return counts.get(metric.name) if counted else None

    return data


@pytest.mark.parametrize(
    ("begun", "broken", "told"),
    [(200, 2, False), (200, 60, False), (200, 120, True), (10, None, False), (0.6, 0.6, False)],
    ids=["one in a hundred", "a third", "more than half", "clean", "a handful"],
)
@watching("realtime")
def test_streams_that_break_off_are_told_by_their_share(it, begun, broken, told):
    assert ("mid-stream-errors" in raised(alarms(it), streams(begun, broken), 30)) == told


@watching("realtime")
def test_where_a_clean_close_counts_as_an_error_the_alarm_is_always_on(it):
    """The README says so, and to turn it off there: no threshold would tell good streams from broken ones."""
    assert raised(alarms(it), streams(20, 20), 60)["mid-stream-errors"][-1] == 60


@pytest.mark.parametrize(
    ("silent", "other"), [("FirstChunkLatency", "ModelLatency"), ("ModelLatency", "FirstChunkLatency")]
)
@watching("realtime")
def test_each_latency_is_told_while_the_other_is_silent(it, silent, other):
    """Plain requests have no first chunk, and streams no time in the model."""

    def data(metric, minute):
        return 60e6 if metric.name == other and metric.statistic == "p99" else None

    told = {"FirstChunkLatency": "first-chunk-latency", "ModelLatency": "model-latency"}
    assert raised(alarms(it), data, 10).keys() == {told[other]}


@watching("realtime")
def test_scaling_out_in_time_is_no_reason_to_wake_anybody(it):
    """Over the target for ten minutes, then with another instance under it."""

    def data(metric, minute):
        return fleet(10, 10.5, instances=3)(metric, minute) if minute < 10 else fleet(10, 8)(metric, minute)

    assert raised(alarms(it), data, 60) == {}


@watching("queue")
def test_a_wake_up_in_time_is_no_reason_either(it):
    """Twenty minutes from the first request to the first instance are within what a wake-up takes."""

    def data(metric, minute):
        awake = minute >= 20
        values = {"ApproximateAgeOfOldestRequest": 60.0 * minute, "ApproximateBacklogSize": 3.0}
        values |= {"HasBacklogWithoutCapacity": 0.0 if awake else 1.0}
        if awake:
            values["ApproximateBacklogSizePerInstance"] = 3.0
        return values.get(metric.name)

    made = alarms(it)
    assert raised(made, data, 29) == {}
    asleep = raised(made, lambda metric, minute: 1.0 if metric.name == "HasBacklogWithoutCapacity" else None, 40)
    assert asleep["wake-up-overdue"][0] in range(30, 33)
