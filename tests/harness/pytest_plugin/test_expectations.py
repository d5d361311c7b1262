"""Sentences about endpoints, and what they say when they are not true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.description import summary
from scaleproof.pytest_plugin.expectations import WAKE_UP_METRIC, ExpectedEndpoint, the
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Policy, ScalableTarget, ScheduledAction
from scaleproof.scaling.fleet import Pool
from scaleproof.scaling.metric import MetricStat

HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
EXPRESSION = "MAX([concurrency_1/12, concurrency_2/16])"


def stat(name: str) -> dict[str, Any]:
    """A query of a metric in the API's form."""
    return {"Metric": {"Namespace": "AWS/SageMaker", "MetricName": name}, "Stat": "Maximum"}


WEIGHTED = Policy(
    "speech-concurrency",
    "TargetTrackingScaling",
    {
        "TargetValue": 0.75,
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 300,
        "CustomizedMetricSpecification": {
            "Metrics": [
                {
                    "Id": "concurrency_1",
                    "MetricStat": stat("ConcurrentRequestsPerModel"),
                    "ReturnData": False,
                },
                {"Id": "utilization", "Expression": EXPRESSION},
            ]
        },
    },
    {},
)
GUARD = Policy(
    "speech-guard",
    "TargetTrackingScaling",
    {
        "TargetValue": 12,
        "DisableScaleIn": True,
        "PredefinedMetricSpecification": {"PredefinedMetricType": HIGH_RESOLUTION},
    },
    {},
)
SIMPLE = Policy(
    "speech-backlog",
    "TargetTrackingScaling",
    {"TargetValue": 5, "CustomizedMetricSpecification": {"MetricName": "ApproximateBacklogSizePerInstance"}},
    {},
)
WAKE_UP = Policy(
    "speech-wake-up",
    "StepScaling",
    {"AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "StepAdjustments": [{"ScalingAdjustment": 1}]},
    {
        "wake-up": AlarmSettings(
            MetricStat("AWS/SageMaker", WAKE_UP_METRIC, (("EndpointName", "speech"),), "Average", 60),
            "GreaterThanOrEqualToThreshold",
            1,
            1,
        )
    },
)
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
TRUE: list[tuple[Endpoint, Sentence]] = [
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
    (BATCH, lambda it: it.wakes_from_zero()),
    (EMPTY_AT_NIGHT, lambda it: it.wakes_from_zero()),
    (LIVE, lambda it: it.follows_schedule("opening")),
    (LIVE, lambda it: it.follows_schedule("speech-opening", minimum=6, maximum=20)),
    (LIVE, lambda it: it.follows_schedule("opening", schedule=OPENING.schedule, timezone="Europe/Berlin")),
    (FIXED, lambda it: it.runs_on("ml.g6.2xlarge", "ml.g6e.2xlarge").starts_with(2)),
]
STAYS_EMPTY = replace(BATCH, target=ScalableTarget(0, 5, (SIMPLE,)))
SHRINKS = replace(WAKE_UP, configuration={"StepAdjustments": [{"ScalingAdjustment": -1}]})
FALSE: list[tuple[Endpoint, Sentence, str]] = [
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
        "  its target is 12, not 9, its scale-out cooldown is not set, not 0, its scaling in is off, not on"
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
        "speech follows the schedule opening, but: its time zone is Europe/Berlin, not UTC, "
        "its minimum is 6, not 4.",
    ),
]


@pytest.mark.parametrize(("described", "sentence"), TRUE)
def test_a_true_sentence_gives_the_endpoint_back(described: Endpoint, sentence: Sentence) -> None:
    it = ExpectedEndpoint(described)
    assert sentence(it) is it


@pytest.mark.parametrize(("described", "sentence", "words"), FALSE)
def test_a_false_sentence_says_what_is_different(described: Endpoint, sentence: Sentence, words: str) -> None:
    with pytest.raises(AssertionError) as failed:
        sentence(ExpectedEndpoint(described))
    assert str(failed.value) == words


def test_one_of_two_policies_on_a_metric_is_enough() -> None:
    twice = replace(LIVE, target=ScalableTarget(2, 20, (GUARD, replace(GUARD, name="other"))))
    ExpectedEndpoint(twice).scales_on(HIGH_RESOLUTION, target=12)


def test_the_only_endpoint_needs_no_name() -> None:
    assert the([LIVE], None) is LIVE
    assert the([LIVE, BATCH], "batch") is BATCH


def test_another_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ScaleproofError, match=r"no endpoint speach\. There is batch, speech\."):
        the([LIVE, BATCH], "speach")


def test_of_several_endpoints_one_is_named() -> None:
    with pytest.raises(ScaleproofError, match=r"2 endpoints: batch, speech\. Name the one that is meant"):
        the([LIVE, BATCH], None)


def test_an_endpoint_in_plain_values() -> None:
    assert summary(LIVE) == {
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
            "speech-guard": {
                "scales_on": HIGH_RESOLUTION,
                "target": 12,
                "scale_out_cooldown": None,
                "scale_in_cooldown": None,
                "scale_in": False,
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
    assert summary(BATCH)["policies"]["speech-wake-up"] == {"scales_on": WAKE_UP_METRIC}
