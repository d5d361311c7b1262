"""What there is, metrics and alarms, settles assumptions by itself."""

from dataclasses import replace

import pytest

from scaleproof.auditing.audit import audited
from scaleproof.auditing.lines import EventKind
from scaleproof.auditing.published import published
from scaleproof.scaling import target_tracking
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.assumptions import DEFAULT, alternatives

from .made import PHASE, START, A, World, above, change, steady, step, world

TYPED = MetricStat(
    "AWS/SageMaker",
    "ConcurrentRequestsPerModel",
    (("EndpointName", "e"), ("InstanceType", "ml.g6.2xlarge"), ("VariantName", "v")),
    "Maximum",
    60,
)
BACKLOG = MetricStat("AWS/SageMaker", "ApproximateBacklogSizePerInstance", (("EndpointName", "e"),), "Average", 60)
WHOLE = replace(TYPED, dimensions=(("EndpointName", "e"), ("VariantName", "v")))


def typed(there):
    data = steady(TYPED, 10.0 if there else None, 600, 900) | steady(WHOLE, 10.0, 600, 900)
    return world(step("s", 1, above(TYPED)), data=data)


def asleep(there):
    data = steady(BACKLOG, 10.0 if there else None, 600, 900)
    return world(step("s", 1, above(BACKLOG)), data=data, count=0)


METRICS = {"concurrency_by_type": typed, "backlog_per_instance_at_zero": asleep}


def answers(*names):
    return [(name, answer) for name, answer in alternatives() if name in names]


@pytest.mark.parametrize(("name", "answer"), answers(*METRICS))
def test_whether_a_metric_has_data_settles_an_assumption(name, answer):
    # A metric by type that is there is as assumed, one of a queue without instances is not.
    usual = name == "concurrency_by_type"
    assert audited(METRICS[name](usual).case()).agrees
    found = audited(METRICS[name](not usual).case())
    (wrong,) = found.differences
    assert (wrong.kind, wrong.explained) == (EventKind.METRIC, f"{name}={answer}")
    assert wrong.description.endswith("has no data" if usual else "has data")


@pytest.mark.parametrize(
    ("changes", "until", "lines"),
    [
        ([change(START + 70, 0, START + 100)], 180, 0),
        ([change(START + 70, 0, START + 100)], 240, 1),
        # A change to zero that failed left it there, and one to three comes to none that are gone.
        ([change(START + 70, 0, START + 100, Status.FAILED)], 900, 0),
        ([change(START + 10, 3, START + 40), change(START + 70, 0, START + 100)], 180, 0),
        ([change(START + 70, 0, START + 100), change(START + 400, 2, START + 420)], 180, 0),
    ],
)
def test_data_while_the_last_instance_goes_settles_nothing(changes, until, lines):
    data = steady(BACKLOG, 10.0, 600, until)
    case = replace(asleep(True).case(), count=1, activities=tuple(changes), data=data)
    assert len(list(published(case, DEFAULT.autoscaling))) == lines


@pytest.mark.parametrize("answer", ["published", "missing"])
@pytest.mark.parametrize("data", [steady(WHOLE, 10.0, 600, 900), {TYPED: {}}, {TYPED: {}, WHOLE: {}}])
def test_without_concurrency_beside_it_a_metric_settles_nothing(data, answer):
    """The concurrency of all types says nothing of one, and an endpoint may not have published anything yet."""
    watched, *_ = data
    case = world(step("s", 1, above(watched)), data=data).case()
    assert audited(case, DEFAULT.set("concurrency_by_type", answer)).agrees


def test_a_queue_that_published_nothing_yet_settles_nothing():
    def contradicted(waiting):
        history = asleep(False)
        queue = replace(BACKLOG, name="HasBacklogWithoutCapacity")
        # That of a moment without instances suffices.
        case = replace(history, data=history.data | steady(queue, waiting, 600, 240)).case()
        return [one.assumption for one in audited(case).contradicted]

    assert contradicted(None) == []
    assert contradicted(0.0) == ["backlog_per_instance_at_zero"]


@pytest.mark.parametrize(("before", "settled"), [(120, True), (60, False)])
def test_what_a_queue_publishes_in_the_last_minute_without_instances_settles_nothing(before, settled):
    """The first instance may be there for a part of it."""
    case = asleep(False).case()
    case = replace(case, data={**case.data, BACKLOG: {int(case.end) - before: 0.0}})
    assumed = replace(DEFAULT.autoscaling, backlog_per_instance_at_zero="missing")
    assert bool(list(published(case, assumed))) is settled


@pytest.mark.parametrize(("name", "periods"), answers("high_resolution_low_periods"))
def test_how_target_tracking_made_its_alarms_settles_an_assumption(name, periods):
    policy = TargetTracking("t", CONCURRENCY, 9.0)
    (source, *_) = [alarm.source for alarm in target_tracking.alarms(policy, {})]

    def case(low, without=""):
        assumed = AutoscalingAssumptions(high_resolution_low_periods=low)
        made = {alarm.name: alarm.settings for alarm in target_tracking.alarms(policy, {}, assumed)}
        made.pop(without, None)
        tracked = replace(policy, alarms=made)
        data = steady(source, 8.5, 1_200, 600) | steady(A, 10.0, 600, 300)
        phases = {"AlarmHigh": 2.0, "AlarmLow": 3.0, "s": PHASE}
        return World(ScalableTarget(1, 4, (step("s", 1, above(A)), tracked)), 1, data, phases, 300).case()

    assert audited(case(90)).agrees
    (wrong,) = audited(case(periods)).differences
    assert wrong.kind is EventKind.SETTINGS
    assert wrong.description.startswith(f"AlarmLow is < 8.1, {periods} of {periods} periods of 10 s, missing data ")
    assert wrong.explained == f"{name}={periods}"
    (wrong,) = audited(case(90, "AlarmLow")).differences
    assert wrong.description.startswith("t has no AlarmLow; expected is < 8.1, 90 of 90 periods of 10 s")
