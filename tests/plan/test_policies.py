"""Policies of the user's own stand beside those of the module."""

import pytest

from tests.plan.monitored import alarms, queries
from tests.plan.planner import ASYNC, COMPUTED, REALTIME, ROOT, SMALLEST

HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
LOAD = {"custom_metric": {"metric_name": "Load"}, "target_value": 50}


@pytest.mark.inputs(
    ASYNC,
    policies={
        "age": {
            "step": {
                "steps": [{"lower_bound": 0, "adjustment": 1}],
                "alarm": {"metric_name": "ApproximateAgeOfOldestRequest", "threshold": 600},
            }
        }
    },
)
def test_a_metric_of_the_queue_is_one_of_the_endpoint(it):
    alarms = {one.values["alarm_name"]: one.values for one in it.of_type("aws_cloudwatch_metric_alarm")}
    assert alarms["speech-age"]["dimensions"] == {"EndpointName": "speech"}


SIGNAL = {"custom_metric": {"metric_name": "GPUUtilization"}, "target_value": 70}
NAMESPACE = {"custom_metric": {"metric_name": "GPUUtilization", "namespace": "/aws/sagemaker/Endpoints"}}
PREDEFINED = {"predefined_metric_type": INVOCATIONS, "target_value": 50}
BACKLOG = {"custom_metric": {"metric_name": "ApproximateBacklogSizePerInstance"}, "target_value": 9}


def tracked(*targets):
    """Policies a, b and so on that track a metric each."""
    return {name: {"target_tracking": target} for name, target in zip("abc", targets, strict=False)}


@pytest.mark.parametrize(
    ("module", "inputs", "message"),
    [
        (REALTIME, {"policies": tracked(LOAD, {**LOAD, "target_value": 70})}, "same: policies/a, policies/b ("),
        (REALTIME, {"policies": tracked(SIGNAL, {**SIGNAL, **NAMESPACE})}, "same: policies/a, policies/b ("),
        (REALTIME, {"policies": tracked(PREDEFINED, PREDEFINED)}, "same: policies/a, policies/b ("),
        (REALTIME, {"signal": SIGNAL, "policies": tracked(LOAD, SIGNAL)}, "same: policies/b, signal ("),
        (ASYNC, {"policies": tracked(BACKLOG)}, "same: policies/a, signal ("),
        (
            REALTIME,
            {"policies": tracked({"predefined_metric_type": HIGH_RESOLUTION, "target_value": 5})},
            "the same metric as the module",
        ),
    ],
    ids=[
        "among one's own",
        "namespace left out",
        "predefined",
        "with the signal",
        "with the backlog",
        "with concurrency",
    ],
)
def test_pain_16_policies_compete(planner, module, inputs, message):
    """AWS refuses the second in the apply, when there is an endpoint (hashicorp/terraform-provider-aws issue 41179)."""
    (verdict,) = planner.judge(module, [{**SMALLEST[module], **inputs}])
    assert message in " ".join(refusal.text for refusal in verdict.refusals)


@pytest.mark.inputs(
    REALTIME,
    policies={
        name: {"target_tracking": {**SIGNAL, "custom_metric": {**SIGNAL["custom_metric"], "statistic": name}}}
        for name in ("Average", "Maximum")
    },
)
def test_two_statistics_of_a_metric_do_not_compete(it):
    """The error of AWS names the specification, which has the statistic."""
    names = {policy.values["name"] for policy in it.of_type("aws_appautoscaling_policy")}
    assert {"speech-Average", "speech-Maximum"} <= names


@pytest.mark.inputs(
    REALTIME,
    policies={
        "slow": {
            "step": {
                "steps": [{"lower_bound": 0, "adjustment": 1}],
                "alarm": {
                    "metric_name": "ModelLatency",
                    "extended_statistic": "p99.9",
                    "threshold": 5e6,
                },
            }
        }
    },
)
def test_steps_follow_a_percentile(it):
    (alarm,) = it.of_type("aws_cloudwatch_metric_alarm")
    assert (alarm.values["extended_statistic"], alarm.values["statistic"]) == ("p99.9", None)


@pytest.mark.inputs(
    REALTIME,
    policies={
        "busy": {
            "step": {
                "steps": [
                    {"lower_bound": 0, "upper_bound": COMPUTED, "adjustment": 1},
                    {"lower_bound": COMPUTED, "adjustment": 2},
                ],
                "alarm": {"metric_name": "Load", "threshold": 12},
            }
        }
    },
)
def test_bounds_of_steps_are_what_aws_returns(it):
    """The provider compares them as strings, and makes those of the state from floats."""
    (policy,) = [one.values for one in it.of_type("aws_appautoscaling_policy") if one.values["name"] == "speech-busy"]
    (configured,) = policy["step_scaling_policy_configuration"]
    bounds = [
        (step["metric_interval_lower_bound"], step["metric_interval_upper_bound"])
        for step in configured["step_adjustment"]
    ]
    assert sorted(bounds) == [("0", "28.8"), ("28.8", "")]


def _busy(endpoint, fleet="signal"):
    """The share of busy workers: metrics of the caller's own and of the endpoint, and two expressions."""
    own = {"metric_name": "Workers", "namespace": "Acme", "dimensions": {"Fleet": fleet}}
    return {
        "metrics": [
            {"id": "workers", "metric_stat": {"metric": own, "stat": "p90"}, "return_data": False},
            {
                "id": "load",
                "metric_stat": {
                    "metric": {"metric_name": LOADS[endpoint]},
                    "stat": "Maximum",
                    "unit": "None",
                },
                "return_data": False,
            },
            {"id": "share", "expression": "load / workers", "return_data": False},
            {"id": "busy", "expression": "FILL(share, REPEAT)", "label": "Busy workers"},
        ]
    }


LOADS = {"realtime": "ConcurrentRequestsPerModel", "async": "ApproximateBacklogSize"}
OF_THE_VARIANT = {"EndpointName", "VariantName"}
BUSY = {"realtime": {"load": OF_THE_VARIANT}, "async": {"load": {"EndpointName"}}}
"""The dimensions where none are said, by endpoint."""


def planned_queries(policy):
    """The metric math of a planned policy by its ids."""
    (configuration,) = policy.values["target_tracking_scaling_policy_configuration"]
    (metric,) = configuration["customized_metric_specification"]
    assert not any(metric[name] for name in ("metric_name", "namespace", "statistic", "unit", "dimensions"))
    return {query["id"]: query for query in metric["metrics"]}


@pytest.mark.parametrize("kind", ["realtime", "async"])
@pytest.mark.inputs(
    ROOT,
    lambda kind: {
        "monitoring": {"alarms": {"silent_signal": {"enabled": True}}},
        kind: {
            "capacity": {"min": 1, "max": 4},
            **({"s3_output_path": "s3://acme-transcripts/out/"} if kind == "async" else {}),
            "signal": {"custom_metric": _busy(kind), "target_value": 0.7},
            "policies": {"busy": {"target_tracking": {"custom_metric": _busy(kind, "policy"), "target_value": 0.6}}},
        },
    },
)
def test_policies_and_the_signal_take_metric_math(it, kind):
    """And monitoring watches what the policy follows, to the letter."""
    own = {one.values["name"].rpartition("-")[2]: one for one in it.of_type("aws_appautoscaling_policy")}
    module = {"realtime": "concurrency", "async": "backlog"}[kind]
    for policy in (own["busy"], own[module]):
        found = planned_queries(policy)
        assert [name for name, query in found.items() if query["return_data"]] == ["busy"]
        assert found["share"]["expression"] == "load / workers"
        (stat,) = found["workers"]["metric_stat"]
        assert (stat["stat"], stat["metric"][0]["namespace"]) == ("p90", "Acme")
        (stat,) = found["load"]["metric_stat"]
        assert stat["unit"] == "None"
        assert {one["name"] for one in stat["metric"][0]["dimensions"]} == BUSY[kind]["load"]
    watching = {alarm.values["alarm_name"].removeprefix(f"speech-{kind}-"): alarm for alarm in alarms(it).values()}
    for name, returned in (
        ("scale-out-stalled", "busy"),
        ("signal-missing", "busy"),
        ("stuck-at-max", "at_max"),
    ):
        watched = queries(watching[name])
        assert watched.returned == returned
        assert {"workers", "load"} <= set(watched.metrics)
        assert watched.metrics["workers"].statistic == "p90"


@pytest.mark.parametrize(
    ("other", "refused"),
    [({}, True), ({"metrics": [{"id": "busy", "expression": "FILL(m1, 0)"}]}, False)],
    ids=["the same", "another"],
)
@pytest.mark.inputs(
    REALTIME,
    lambda other, refused: {
        "policies": {
            "a": {"target_tracking": {"custom_metric": _busy("realtime"), "target_value": 0.6}},
            "b": {"target_tracking": {"custom_metric": {**_busy("realtime"), **other}, "target_value": 0.7}},
        }
    },
)
def test_the_same_metric_math_is_tracked_once(verdict, other, refused):
    said = " ".join(one.text for one in verdict.refusals)
    assert ("Track each metric in one place only" in said) == refused
