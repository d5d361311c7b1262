"""Policies and the signal read SageMaker's metrics as it publishes them, and none that it does not publish."""

import pytest

from tests.plan.monitored import series
from tests.plan.planner import ASYNC, REALTIME, SMALLEST
from tests.plan.published_metrics import INSTANCES, STATISTICS, Seen, problem

MODULES = {"realtime": REALTIME, "async": ASYNC}
OWN = {"realtime": "concurrency", "async": "backlog"}
NAMES = {kind: sorted({**names, **INSTANCES}) for kind, names in STATISTICS.items()}
OTHERS = {
    kind: sorted(names.keys() - STATISTICS[kind].keys())
    for kind, names in [("realtime", STATISTICS["async"]), ("async", STATISTICS["realtime"])]
}
"""What only the other kind publishes."""
HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"


def tracking(name, **more):
    return {"target_tracking": {"custom_metric": {"metric_name": name, **more}, "target_value": 5}}


def step(name, **more):
    return {
        "step": {
            "alarm": {"metric_name": name, "threshold": 5, **more},
            "steps": [{"lower_bound": 0, "adjustment": 1}],
        }
    }


def math(name, statistic="Maximum"):
    """Metric math over a metric and the CPUs."""
    ids = {"other": name, "cpu": "CPUUtilization"}
    stats = [
        {"id": id, "metric_stat": {"metric": {"metric_name": metric}, "stat": statistic}, "return_data": False}
        for id, metric in ids.items()
    ]
    return {"metrics": [*stats, {"id": "ratio", "expression": "other / cpu"}]}


def tracked(**metric):
    """One policy that tracks a metric."""
    return {"it": {"target_tracking": {**metric, "target_value": 6}}}


def alarmed(name):
    """A step policy and one with target tracking on a metric, of which nothing but the name is said."""
    return {f"step-{name}": step(name), f"track-{name}": tracking(name)}


def read(plan):
    """The series that policies and the alarms of step policies read, by the name without the endpoint's."""
    found = {}
    for policy in plan.of_type("aws_appautoscaling_policy"):
        for configuration in policy.values["target_tracking_scaling_policy_configuration"]:
            for custom in configuration["customized_metric_specification"]:
                stats = [stat for query in custom["metrics"] for stat in query["metric_stat"]]
                metrics = [(stat["metric"][0], stat["stat"]) for stat in stats] or [(custom, custom["statistic"])]
                found[policy.values["name"].removeprefix("speech-")] = [
                    Seen(metric["namespace"], metric["metric_name"], pairs(metric["dimensions"]), statistic)
                    for metric, statistic in metrics
                ]
    for alarm in plan.of_type("aws_cloudwatch_metric_alarm"):
        found[alarm.values["alarm_name"].removeprefix("speech-")] = list(series(alarm))
    return found


def pairs(dimensions):
    return {one["name"]: one["value"] for one in dimensions}


@pytest.mark.parametrize("kind", MODULES)
def test_a_metric_is_read_as_it_is_published(planner, kind):
    """Namespace, dimensions and statistic follow from the name."""
    policies = {key: policy for name in NAMES[kind] for key, policy in alarmed(name).items()}
    # Of its own, so that no policy is on the same metric.
    signal = {"custom_metric": {"metric_name": "Load"}, "target_value": 5}
    found = read(planner(MODULES[kind], policies=policies, signal=signal))
    for key in policies:
        (seen,) = found[key]
        assert problem(seen, kind, pooled=False) is None, key


@pytest.mark.parametrize("kind", MODULES)
def test_so_are_the_signal_and_metric_math(planner, kind):
    published = {"realtime": "ConcurrentRequestsPerModel", "async": "ApproximateBacklogSize"}[kind]
    alone = planner(MODULES[kind], signal={"custom_metric": {"metric_name": "CPUUtilization"}, "target_value": 50})
    both = planner(
        MODULES[kind],
        signal={"custom_metric": math(published), "target_value": 5},
        policies=tracked(custom_metric=math(published, "Minimum")),
    )
    found = [*read(alone)[OWN[kind]], *read(both)[OWN[kind]], *read(both)["it"]]
    assert sorted(seen.name for seen in found) == sorted(["CPUUtilization"] * 3 + [published] * 2)
    assert [problem(seen, kind, pooled=False) for seen in found] == [None] * 5


def test_what_the_user_names_stays(planner):
    """Another namespace is another metric, whatever its name."""
    dimensions = {"Fleet": "a"}
    policies = {
        "namespace": tracking("GPUUtilization", namespace="AWS/SageMaker"),
        "other": step("ApproximateBacklogSize", namespace="Acme"),
        "dimensions": step("InvocationsPerInstance", dimensions=dimensions),
        "statistic": tracking("Invocations", statistic="SampleCount"),
        "unknown": tracking("Load"),
    }
    variant = {"EndpointName": "speech", "VariantName": "AllTraffic"}
    found = read(planner(REALTIME, policies=policies))
    assert {key: found[key] for key in policies} == {
        "namespace": [Seen("AWS/SageMaker", "GPUUtilization", variant, "Average")],
        "other": [Seen("Acme", "ApproximateBacklogSize", variant, "Average")],
        "dimensions": [Seen("AWS/SageMaker", "InvocationsPerInstance", dimensions, "Sum")],
        "statistic": [Seen("AWS/SageMaker", "Invocations", variant, "SampleCount")],
        "unknown": [Seen("AWS/SageMaker", "Load", variant, "Average")],
    }


MISPLACED = {
    "realtime": step("CPUUtilization", namespace="AWS/SageMaker"),
    "async": step("ApproximateBacklogSize", dimensions={"EndpointName": "speech", "VariantName": "AllTraffic"}),
}
PLACED = {
    "realtime": step("Invocations", namespace="Acme"),
    "async": step("ApproximateBacklogSize", dimensions={"EndpointName": "other"}),
}


@pytest.mark.parametrize("kind", MODULES)
def test_a_metric_that_is_read_where_it_is_not_published_warns(planner, kind):
    (warning,) = planner(MODULES[kind], policies={"it": MISPLACED[kind], "other": PLACED[kind]}).warnings
    name = MISPLACED[kind]["step"]["alarm"]["metric_name"]
    assert warning.detail.startswith(f"Omit namespace and dimensions of {name} in signal and policies of the endpoint")
    assert planner(MODULES[kind], policies={"other": PLACED[kind]}).warnings == ()


@pytest.mark.parametrize("kind", MODULES)
def test_metrics_of_the_other_kind_are_refused(planner, kind):
    """docs/traps.md, "A policy on a metric that the endpoint does not publish"."""
    names = OTHERS[kind]
    said = refused(planner, kind, policies={f"it-{name}": step(name) for name in names})
    assert f"instead of {', '.join(names)} in signal and policies" in said
    assert {"realtime": "real-time", "async": "asynchronous"}[kind] in said


@pytest.mark.parametrize("kind", MODULES)
def test_another_endpoint_may_be_of_the_other_kind(planner, kind):
    dimensions = {"EndpointName": "other"}
    policies = {name: step(name, dimensions=dimensions) for name in OTHERS[kind]}
    found = read(planner(MODULES[kind], policies=policies))
    assert [seen.dimensions for name in OTHERS[kind] for seen in found[name]] == [dimensions] * len(OTHERS[kind])


def refused(planner, kind, **changes):
    """What the refusal of the smallest inputs with changes says."""
    (verdict,) = planner.judge(MODULES[kind], [{**SMALLEST[MODULES[kind]], **changes}])
    return " ".join(refusal.text for refusal in verdict.refusals)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("realtime", {"signal": {"custom_metric": {"metric_name": "ApproximateBacklogSize"}, "target_value": 5}}),
        ("realtime", {"policies": {"it": tracking("ApproximateBacklogSizePerInstance")}}),
        ("realtime", {"policies": tracked(custom_metric=math("TimeInBacklog"))}),
        ("async", {"policies": {"it": tracking("FirstChunkLatency", dimensions={"EndpointName": "speech"})}}),
        ("async", {"policies": {"it": tracking("LoadedModelCount")}}),
        ("async", {"policies": tracked(predefined_metric_type=HIGH_RESOLUTION)}),
        ("async", {"policies": tracked(predefined_metric_type=INVOCATIONS)}),
        ("async", {"signal": {"custom_metric": math("Invocations"), "target_value": 5}}),
    ],
    ids=["signal", "policy", "math", "latency", "several models", "concurrency", "invocations", "math of the signal"],
)
def test_they_are_refused_wherever_they_are_read(planner, kind, changes):
    assert "a policy on them would do nothing" in refused(planner, kind, **changes)
