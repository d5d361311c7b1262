"""Sentences about endpoints, and what they say when they are not true."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scaleproof.endpoints.documents import Document, Documents, PolicyDocuments
from scaleproof.endpoints.render import rows
from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.expectations import WAKE_UP_METRIC, ExpectedEndpoint, the
from scaleproof.pytest_plugin.inventories import endpoint_values
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget, ScheduledAction
from scaleproof.scaling.metric_math import Query
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, MetricMath, TargetTracking

HIGH_RESOLUTION = CONCURRENCY.type
EXPRESSION = "MAX([concurrency_1/12, concurrency_2/16])"


def stat(name, statistic="Average"):
    return MetricStat("AWS/SageMaker", name, (("EndpointName", "speech"),), statistic, 60)


WEIGHTED = TargetTracking(
    "speech-concurrency",
    MetricMath(
        (
            Query("concurrency_1", stat("ConcurrentRequestsPerModel", "Maximum"), returned=False),
            Query("utilization", expression=EXPRESSION),
        )
    ),
    0.75,
    60,
    300,
)
GUARD = TargetTracking("speech-guard", CONCURRENCY, 12, disable_scale_in=True)
SIMPLE = TargetTracking("speech-backlog", stat("ApproximateBacklogSizePerInstance"), 5)
WAKE_UP = StepScaling(
    "speech-wake-up",
    "ChangeInCapacity",
    (Step(1),),
    {"wake-up": AlarmSettings(stat(WAKE_UP_METRIC), "GreaterThanOrEqualToThreshold", 1, 1)},
    300,
)
LATER = replace(WAKE_UP, steps=(Step(0, upper=1.0), Step(1, lower=1.0)))
OPENING = ScheduledAction("speech-opening", "cron(30 7 ? * MON-FRI *)", "Europe/Berlin", 6, 20)
LIVE = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12), Pool("ml.g6e.2xlarge", 2, 16)),
    2,
    ScalableTarget(2, 20, (WEIGHTED, GUARD), (OPENING,)),
)
BATCH = Endpoint(
    "batch",
    "AllTraffic",
    Kind.ASYNC,
    (Pool("ml.g6.2xlarge", 1),),
    1,
    ScalableTarget(0, 5, (SIMPLE, WAKE_UP)),
)
FIXED = replace(LIVE, name="fixed", target=None)
NIGHT = ScheduledAction("batch-night", "cron(0 20 ? * * *)", min=0)
EMPTY_AT_NIGHT = replace(BATCH, target=ScalableTarget(1, 5, (SIMPLE, WAKE_UP), (NIGHT,)))

Sentence = Callable[[ExpectedEndpoint], ExpectedEndpoint]
TRUE = [
    (LIVE, lambda it: it.is_realtime()),
    (BATCH, lambda it: it.is_async()),
    (LIVE, lambda it: it.runs_on("ml.g6.2xlarge", "ml.g6e.2xlarge")),
    (LIVE, lambda it: it.sustains({"ml.g6e.2xlarge": 16.0})),
    (LIVE, lambda it: it.starts_with(2)),
    (LIVE, lambda it: it.scales_between(2, 20)),
    (LIVE, lambda it: it.scales_on("ConcurrentRequestsPerModel")),
    (LIVE, lambda it: it.scales_on(EXPRESSION, target=0.75, scale_out_cooldown=60, scale_in_cooldown=300)),
    (LIVE, lambda it: it.scales_on(EXPRESSION, scale_in=True)),
    (LIVE, lambda it: it.scales_on(HIGH_RESOLUTION, target=12.0, scale_in=False)),
    (BATCH, lambda it: it.scales_on("ApproximateBacklogSizePerInstance", target=5)),
    (BATCH, lambda it: it.scales_on(WAKE_UP_METRIC, scale_out_cooldown=300)),
    (LIVE, lambda it: it.never_scales_to_zero()),
    (replace(LIVE, target=ScalableTarget(1, 20)), lambda it: it.never_scales_to_zero()),
    (BATCH, lambda it: it.wakes_from_zero()),
    (replace(BATCH, target=ScalableTarget(0, 5, (LATER,))), lambda it: it.wakes_from_zero()),
    (EMPTY_AT_NIGHT, lambda it: it.wakes_from_zero()),
    (LIVE, lambda it: it.follows_schedule("opening")),
    (LIVE, lambda it: it.follows_schedule("speech-opening", minimum=6, maximum=20)),
    (LIVE, lambda it: it.follows_schedule("opening", schedule=OPENING.schedule, timezone="Europe/Berlin")),
    (FIXED, lambda it: it.runs_on("ml.g6.2xlarge", "ml.g6e.2xlarge").starts_with(2)),
]
STAYS_EMPTY = replace(BATCH, target=ScalableTarget(0, 5, (SIMPLE,)))
SHRINKS = replace(WAKE_UP, steps=(Step(-1),))
FALSE = [
    (BATCH, lambda it: it.is_realtime(), "batch is an asynchronous endpoint, not a real-time endpoint."),
    (LIVE, lambda it: it.is_async(), "speech is a real-time endpoint, not an asynchronous endpoint."),
    (
        LIVE,
        lambda it: it.runs_on("ml.g6e.2xlarge", "ml.g6.2xlarge"),
        "speech runs on ml.g6.2xlarge, ml.g6e.2xlarge, not on ml.g6e.2xlarge, ml.g6.2xlarge.",
    ),
    (
        LIVE,
        lambda it: it.sustains({"ml.g6.2xlarge": 10}),
        "speech sustains 12 requests in flight on one ml.g6.2xlarge, not 10.",
    ),
    (
        LIVE,
        lambda it: it.sustains({"ml.g5.xlarge": 10}),
        "speech runs on ml.g6.2xlarge, ml.g6e.2xlarge, not on ml.g5.xlarge.",
    ),
    (
        BATCH,
        lambda it: it.sustains({"ml.g6.2xlarge": 10}),
        "batch does not say what one ml.g6.2xlarge sustains, expected 10.",
    ),
    (BATCH, lambda it: it.starts_with(2), "batch starts with 1 instance, not with 2."),
    (
        LIVE,
        lambda it: it.scales_between(2, 10),
        "speech scales between 2 and 20 instances, not between 2 and 10.",
    ),
    (
        FIXED,
        lambda it: it.scales_between(2, 20),
        "fixed does not scale: it has no scalable target.",
    ),
    (
        LIVE,
        lambda it: it.scales_on("GPUUtilization"),
        "speech does not scale on GPUUtilization. It scales on:\n"
        f"  {EXPRESSION}, target 0.75 (policy speech-concurrency)\n"
        f"  {HIGH_RESOLUTION}, target 12 (policy speech-guard)",
    ),
    (
        LIVE,
        lambda it: it.scales_on(HIGH_RESOLUTION, target=9, scale_out_cooldown=0, scale_in=True),
        f"speech scales on {HIGH_RESOLUTION}, but:\n"
        "  its target is 12, not 9, its scale_out_cooldown is 300, not 0, its scale_in is off, not on"
        " (policy speech-guard)",
    ),
    (BATCH, lambda it: it.never_scales_to_zero(), "batch scales to zero: its minimum is 0."),
    (
        replace(LIVE, target=ScalableTarget(2, 20, (), (replace(OPENING, min=0),))),
        lambda it: it.never_scales_to_zero(),
        "speech scales to zero: the schedule speech-opening sets its minimum to 0.",
    ),
    (LIVE, lambda it: it.wakes_from_zero(), "speech is never at zero: its minimum is 2."),
    (
        replace(BATCH, target=ScalableTarget(0, 5, (replace(WAKE_UP, steps=(Step(0),)),))),
        lambda it: it.wakes_from_zero(),
        f"batch scales to zero and stays there: no step policy adds instances on {WAKE_UP_METRIC}.",
    ),
    (
        STAYS_EMPTY,
        lambda it: it.wakes_from_zero(),
        f"batch scales to zero and stays there: no step policy adds instances on {WAKE_UP_METRIC}.",
    ),
    (
        replace(BATCH, target=ScalableTarget(0, 5, (SHRINKS,))),
        lambda it: it.wakes_from_zero(),
        f"batch scales to zero and stays there: no step policy adds instances on {WAKE_UP_METRIC}.",
    ),
    (
        LIVE,
        lambda it: it.follows_schedule("closing"),
        "speech has no schedule closing; it has speech-opening.",
    ),
    (BATCH, lambda it: it.follows_schedule("closing"), "batch has no schedule closing; it has none."),
    (
        LIVE,
        lambda it: it.follows_schedule("opening", timezone="UTC", minimum=4),
        "speech follows the schedule opening, but: its timezone is Europe/Berlin, not UTC, its min is 6, not 4.",
    ),
]


@pytest.mark.parametrize(("described", "sentence"), TRUE)
def test_a_true_sentence_gives_the_endpoint_back(described, sentence):
    it = ExpectedEndpoint(described)
    assert sentence(it) is it


@pytest.mark.parametrize(("described", "sentence", "words"), FALSE)
def test_a_false_sentence_says_what_is_different(described, sentence, words):
    with pytest.raises(AssertionError) as failed:
        sentence(ExpectedEndpoint(described))
    assert str(failed.value) == words


REFUSED = [
    (lambda it: it.sustains(5), "limits is int, not a mapping from types to numbers."),
    (lambda it: it.sustains({"ml.g6.2xlarge": "12"}), "limits: ml.g6.2xlarge is str, not a number."),
    (lambda it: it.sustains({"ml.g6.2xlarge": 10**400}), "limits: ml.g6.2xlarge has too many digits."),
    (lambda it: it.starts_with("2"), "instances is str, not a number."),
    (lambda it: it.starts_with(None), "instances is NoneType, not a number."),
    (lambda it: it.starts_with(True), "instances is true, not a number."),
    (lambda it: it.scales_between("2", 20), "minimum is str, not a number."),
    (lambda it: it.scales_between(2, "20"), "maximum is str, not a number."),
    (lambda it: it.scales_on(["x"]), "metric is list, not a text."),
    (lambda it: it.scales_on(EXPRESSION, target="0.75"), "target is str, not a number."),
    (lambda it: it.scales_on(EXPRESSION, target=-(10**400)), "target has too many digits."),
    (lambda it: it.scales_on(EXPRESSION, scale_out_cooldown="60"), "scale_out_cooldown is str, not a number."),
    (lambda it: it.scales_on(EXPRESSION, scale_in_cooldown="300"), "scale_in_cooldown is str, not a number."),
    (lambda it: it.follows_schedule("opening", minimum="6"), "minimum is str, not a number."),
    (lambda it: it.follows_schedule("opening", maximum="20"), "maximum is str, not a number."),
]


def test_a_type_that_is_no_text_is_another():
    with pytest.raises(AssertionError, match=r"not on 5\.$"):
        ExpectedEndpoint(LIVE).runs_on(5)


DAY = ScheduledAction("speech-day", "cron(0 8 ? * * *)", "Europe/Berlin", 3, 9)
STEADY = replace(LIVE, target=ScalableTarget(2, 20, (WEIGHTED,), (DAY,)))
ONE_WRONG = [
    (lambda it: it.runs_on("ml.g6.2xlarge"), "runs on"),
    (lambda it: it.runs_on("ml.g6.2xlarge", "ml.g5.xlarge"), "runs on"),
    (lambda it: it.runs_on("ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.xlarge"), "runs on"),
    (lambda it: it.sustains({"ml.g6.2xlarge": 12.1}), "sustains 12"),
    (lambda it: it.sustains({"ml.g6.2xlarge": 12, "ml.g6e.2xlarge": 15}), "sustains 16"),
    (lambda it: it.starts_with(3), "starts with 2"),
    (lambda it: it.scales_between(1, 20), "scales between"),
    (lambda it: it.scales_between(2, 21), "scales between"),
    (lambda it: it.scales_on(EXPRESSION, target=0.7), "target"),
    (lambda it: it.scales_on(EXPRESSION, target=0), "target"),
    (lambda it: it.scales_on(EXPRESSION, scale_out_cooldown=300), "scale_out_cooldown is 60"),
    (lambda it: it.scales_on(EXPRESSION, scale_out_cooldown=0), "scale_out_cooldown is 60"),
    (lambda it: it.scales_on(EXPRESSION, scale_in_cooldown=60), "scale_in_cooldown is 300"),
    (lambda it: it.scales_on(EXPRESSION, scale_in_cooldown=0), "scale_in_cooldown is 300"),
    (lambda it: it.scales_on(EXPRESSION, scale_in=False), "scale_in is on"),
    (lambda it: it.follows_schedule("ay"), "has no schedule ay"),
    (lambda it: it.follows_schedule("day", schedule="cron(0 9 ? * * *)"), "schedule is cron"),
    (lambda it: it.follows_schedule("day", timezone="UTC"), "timezone is Europe/Berlin"),
    (lambda it: it.follows_schedule("day", minimum=9), "min is 3"),
    (lambda it: it.follows_schedule("day", minimum=0), "min is 3"),
    (lambda it: it.follows_schedule("day", maximum=3), "max is 9"),
]


@pytest.mark.parametrize(("sentence", "words"), ONE_WRONG)
def test_each_thing_that_is_named_has_to_be_so(sentence, words):
    with pytest.raises(AssertionError, match=f"(?s)^speech .*{words}"):
        sentence(ExpectedEndpoint(STEADY))


@pytest.mark.parametrize(
    ("schedule", "zero"),
    [({"min": 0}, True), ({"min": None, "max": 0}, False), ({"min": 1, "max": 4}, False)],
)
def test_a_schedule_empties_an_endpoint_by_its_minimum(schedule, zero):
    it = ExpectedEndpoint(replace(LIVE, target=ScalableTarget(2, 20, (), (replace(DAY, **schedule),))))
    if zero:
        with pytest.raises(AssertionError, match="sets its minimum to 0"):
            it.never_scales_to_zero()
    else:
        assert it.never_scales_to_zero() is it


def test_a_policy_on_another_metric_wakes_nothing():
    (alarm,) = WAKE_UP.alarms.values()
    source = MetricStat("AWS/SageMaker", "Invocations", (), "Sum", 60)
    other = replace(WAKE_UP, alarms={"other": replace(alarm, source=source)})
    with pytest.raises(AssertionError, match="scales to zero and stays there"):
        ExpectedEndpoint(replace(BATCH, target=ScalableTarget(0, 5, (SIMPLE, other)))).wakes_from_zero()


def test_the_cooldown_of_a_step_policy_is_for_both_directions():
    it = ExpectedEndpoint(BATCH)
    assert it.scales_on(WAKE_UP_METRIC, scale_out_cooldown=300, scale_in_cooldown=300) is it
    with pytest.raises(AssertionError, match="scale_in_cooldown is 300, not 299"):
        it.scales_on(WAKE_UP_METRIC, scale_in_cooldown=299)


def test_one_of_two_policies_on_a_metric_is_enough():
    twice = replace(
        LIVE,
        target=ScalableTarget(
            2,
            20,
            (GUARD, replace(GUARD, name="other", target=9)),
        ),
    )
    for target in (9, 12):
        ExpectedEndpoint(twice).scales_on(HIGH_RESOLUTION, target=target)
    with pytest.raises(AssertionError, match=r"target is 12, not 10.*\n.*target is 9, not 10"):
        ExpectedEndpoint(twice).scales_on(HIGH_RESOLUTION, target=10)


def test_the_only_endpoint_needs_no_name():
    assert the([LIVE], None) is LIVE
    assert the([LIVE, BATCH], "batch") is BATCH


def test_another_name_is_answered_with_those_there_are():
    with pytest.raises(ScaleproofError, match=r"no endpoint speach\. Known endpoints: batch, speech\."):
        the([LIVE, BATCH], "speach")


def test_of_several_endpoints_one_is_named():
    with pytest.raises(ScaleproofError, match=r"2 endpoints: batch, speech\. Name one of them"):
        the([LIVE, BATCH], None)


def test_an_endpoint_in_plain_values():
    """The section `endpoints` of an inventory, from the API's documents."""

    def document(**content):
        return Document("here", content)

    def policy(name, kind, configuration, *alarms):
        content = document(PolicyName=name, PolicyType=kind, **{f"{kind}PolicyConfiguration": configuration})
        return PolicyDocuments(content, alarms)

    stat = {
        "Metric": {"Namespace": "AWS/SageMaker", "MetricName": "ConcurrentRequestsPerModel"},
        "Stat": "Maximum",
    }
    queries = [{"Id": "c", "MetricStat": stat, "ReturnData": False}, {"Id": "u", "Expression": EXPRESSION}]
    weighted = {
        "CustomizedMetricSpecification": {"Metrics": queries},
        "TargetValue": 0.75,
        "ScaleOutCooldown": 60,
    }
    guard = {"PredefinedMetricSpecification": {"PredefinedMetricType": HIGH_RESOLUTION}, "TargetValue": 12}
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    pools = [
        {"InstanceType": "ml.g6e.2xlarge", "Priority": 2},
        {"InstanceType": "ml.g6.2xlarge", "Priority": 1},
    ]
    (found,) = rows(
        [
            Documents(
                "speech",
                document(VariantName="AllTraffic", InitialInstanceCount=2, InstancePools=pools),
                limits={"ml.g6.2xlarge": 12.0, "ml.g6e.2xlarge": 16.0},
                target=document(MinCapacity=2, MaxCapacity=20),
                policies=(
                    policy("speech-concurrency", "TargetTrackingScaling", weighted),
                    policy("speech-guard", "TargetTrackingScaling", {**guard, "DisableScaleIn": True}),
                    policy(
                        "speech-wake-up",
                        "StepScaling",
                        steps,
                        document(AlarmName="a", MetricName=WAKE_UP_METRIC),
                    ),
                ),
                schedules=(
                    document(
                        ScheduledActionName="speech-opening",
                        Schedule="cron(30 7 ? * MON-FRI *)",
                        Timezone="Europe/Berlin",
                        ScalableTargetAction={"MinCapacity": 6, "MaxCapacity": 20},
                    ),
                ),
            )
        ]
    )
    cooldowns = {"scale_out_cooldown": 300, "scale_in_cooldown": 300}
    assert endpoint_values(found) == {
        "kind": "realtime",
        "pools": [
            {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
            {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16},
        ],
        "initial": 2,
        "min": 2,
        "max": 20,
        "policies": {
            "speech-concurrency": {
                "scales_on": EXPRESSION,
                "target": 0.75,
                "scale_out_cooldown": 60,
                "scale_in_cooldown": 300,
                "scale_in": True,
            },
            "speech-guard": {"scales_on": HIGH_RESOLUTION, "target": 12, **cooldowns, "scale_in": False},
            "speech-wake-up": {
                "scales_on": WAKE_UP_METRIC,
                "target": None,
                **cooldowns,
                "scale_in": True,
                "steps": "ChangeInCapacity +1",
            },
        },
        "schedules": {
            "speech-opening": {
                "schedule": "cron(30 7 ? * MON-FRI *)",
                "timezone": "Europe/Berlin",
                "min": 6,
                "max": 20,
            }
        },
    }
