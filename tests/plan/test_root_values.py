"""Where each input of the root module ends, with values of which no two are alike.

The root's two kinds take inputs of the same names: what belongs to one must not reach the other.
"""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan, PlannedResource
from tests.plan.planner import IMAGE, ROOT, SMALLEST

TOPICS = {
    name: f"arn:aws:sns:us-east-1:123456789012:{name}" for name in ("success", "error", "alarm", "over")
}
STEP = {
    "step": {
        "alarm": {"metric_name": "CPUUtilization", "namespace": "/aws/sagemaker/Endpoints", "threshold": 90},
        "steps": [{"adjustment": 1, "lower_bound": 0}],
    }
}
REALTIME = {
    "capacity": {"min": 2, "max": 20, "initial": 3},
    "scale_out_cooldown": 61,
    "scale_in_cooldown": 302,
    "schedules": {
        "morning": {"schedule": "cron(30 7 * * ? *)", "timezone": "Europe/Berlin", "min": 4, "max": 30}
    },
    "suspended": {"in": True},
    "target_utilization": 0.5,
    "deployment": {"rollback_alarm_names": ["live-errors"], "termination_wait": 90},
    "policies": {"cpu": STEP},
}
ASYNC = {
    "backlog_per_instance": 9,
    "capacity": {"min": 1, "max": 7, "initial": 4},
    "error_topic_arn": TOPICS["error"],
    "include_inference_response_in": ["ERROR_NOTIFICATION_TOPIC"],
    "max_concurrent_invocations": 6,
    "s3_failure_path": "s3://acme-failures/",
    "s3_output_path": "s3://acme-transcripts/out/",
    "scale_out_cooldown": 63,
    "scale_in_cooldown": 304,
    "schedules": {"night": {"schedule": "rate(12 hours)", "min": 0, "max": 9}},
    "success_topic_arn": TOPICS["success"],
    "suspended": {"out": True, "scheduled": True},
    "wake_up": {"cooldown": 77, "evaluation_periods": 5, "instances": 2},
    "deployment": {"rollback_alarm_names": ["file-errors"], "termination_wait": 95},
    "policies": {"gpu": STEP},
}
SHARED: dict[str, Any] = {
    "name": "speech",
    "model": {"image": IMAGE},
    "instance_pools": [
        {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
        {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 12},
    ],
    "container_startup_timeout": 601,
    "data_capture": {"s3_uri": "s3://acme-captured/", "modes": ["Output"], "sampling_percentage": 11},
    "inference_ami_version": "al2023-ami-sagemaker-inference-gpu-4-1",
    "metrics": {"detailed_observability": False, "enhanced": True, "publish_frequency": 30},
    "model_download_timeout": 702,
    "monitoring": {
        "alarm_topic_arns": [TOPICS["alarm"]],
        "alarms": {
            "errors_5xx": {"threshold": 8},
            "expired_requests": {"threshold": 3},
            "silent_signal": {"enabled": True},
        },
        "ok_topic_arns": [TOPICS["over"]],
        "streaming": False,
    },
    "provision_timeout": 803,
    "routing_strategy": "RANDOM",
    "tags": {"Cost": "speech-4711"},
    "variant_name": "blue",
}
KINDS = ("realtime", "async")

pytestmark = pytest.mark.inputs(ROOT, **SHARED, realtime=REALTIME, **{"async": ASYNC})


def own_signals(statistic: str, dimensions: dict[str, str] | None) -> dict[str, Any]:
    """Inputs of which each kind scales on a metric of the user's own."""
    metric = {"namespace": "Acme", "statistic": statistic, "dimensions": dimensions}
    return {
        **SMALLEST[ROOT],
        "monitoring": {"dashboard": False},
        **{
            kind: {
                **SMALLEST[ROOT][kind],
                "signal": {"custom_metric": {**metric, "metric_name": kind}, "target_value": 5},
            }
            for kind in KINDS
        },
    }


def of(it: Plan, kind: str, type_: str) -> list[PlannedResource]:
    """The resources of a type for one kind of endpoint, those that watch it included."""
    found = [one for one in it.of_type(type_) if f".module.{kind}[0]." in one.address]
    watching = [one for one in it.of_type(type_) if f".module.{kind}_monitoring[0]." in one.address]
    return [*found, *watching]


def the(it: Plan, kind: str, type_: str) -> dict[str, Any]:
    (found,) = of(it, kind, type_)
    return found.values


def named(it: Plan, kind: str, type_: str, name: str) -> dict[str, Any]:
    member = {"aws_appautoscaling_policy": "name", "aws_cloudwatch_metric_alarm": "alarm_name"}[type_]
    (found,) = [one.values for one in of(it, kind, type_) if one.values[member] == f"speech-{kind}-{name}"]
    return found


def policy(it: Plan, kind: str, name: str) -> dict[str, Any]:
    return named(it, kind, "aws_appautoscaling_policy", name)


def alarm(it: Plan, kind: str, name: str) -> dict[str, Any]:
    return named(it, kind, "aws_cloudwatch_metric_alarm", name)


@pytest.mark.parametrize(
    ("kind", "name", "out", "in_", "target"),
    [("realtime", "concurrency", 61, 302, 6), ("async", "backlog", 63, 304, 9)],
)
def test_target_and_cooldowns(it: Plan, kind: str, name: str, out: int, in_: int, target: float) -> None:
    (tracking,) = policy(it, kind, name)["target_tracking_scaling_policy_configuration"]
    assert (tracking["scale_out_cooldown"], tracking["scale_in_cooldown"]) == (out, in_)
    assert tracking["target_value"] == target


def test_the_wake_up(it: Plan) -> None:
    (step,) = policy(it, "async", "wake-up")["step_scaling_policy_configuration"]
    (adjustment,) = step["step_adjustment"]
    assert (step["cooldown"], adjustment["scaling_adjustment"]) == (77, 2)
    assert alarm(it, "async", "has-backlog-without-capacity")["evaluation_periods"] == 5


@pytest.mark.parametrize(("kind", "bounds"), [("realtime", (2, 20)), ("async", (1, 7))])
def test_bounds(it: Plan, kind: str, bounds: tuple[int, int]) -> None:
    target = the(it, kind, "aws_appautoscaling_target")
    assert (target["min_capacity"], target["max_capacity"]) == bounds
    assert target["resource_id"] == f"endpoint/speech-{kind}/variant/blue"


@pytest.mark.parametrize(
    ("kind", "in_", "out", "scheduled"), [("realtime", True, False, False), ("async", False, True, True)]
)
def test_what_is_suspended(it: Plan, kind: str, in_: bool, out: bool, scheduled: bool) -> None:
    (state,) = the(it, kind, "aws_appautoscaling_target")["suspended_state"]
    assert state["dynamic_scaling_in_suspended"] is in_
    assert state["dynamic_scaling_out_suspended"] is out
    assert state["scheduled_scaling_suspended"] is scheduled


@pytest.mark.parametrize(
    ("kind", "name", "schedule", "timezone", "bounds"),
    [
        ("realtime", "morning", "cron(30 7 * * ? *)", "Europe/Berlin", (4, 30)),
        ("async", "night", "rate(12 hours)", "UTC", (0, 9)),
    ],
)
def test_schedules(
    it: Plan, kind: str, name: str, schedule: str, timezone: str, bounds: tuple[int, int]
) -> None:
    action = the(it, kind, "aws_appautoscaling_scheduled_action")
    assert (action["name"], action["schedule"], action["timezone"]) == (
        f"speech-{kind}-{name}",
        schedule,
        timezone,
    )
    (moved,) = action["scalable_target_action"]
    # An amount is a string in hashicorp/aws, where null and 0 differ.
    assert (int(moved["min_capacity"]), int(moved["max_capacity"])) == bounds


@pytest.mark.parametrize(("kind", "own"), [("realtime", "cpu"), ("async", "gpu")])
def test_policies_of_ones_own(it: Plan, kind: str, own: str) -> None:
    names = {one.values["name"] for one in of(it, kind, "aws_appautoscaling_policy")}
    made = {"realtime": {"concurrency"}, "async": {"backlog", "wake-up"}}
    assert names == {f"speech-{kind}-{name}" for name in {own, *made[kind]}}


@pytest.mark.parametrize(("kind", "initial"), [("realtime", 3), ("async", 4)])
def test_the_configuration(it: Plan, kind: str, initial: int) -> None:
    config = the(it, kind, "awscc_sagemaker_endpoint_config")
    (variant,) = config["production_variants"]
    assert variant["initial_instance_count"] == initial
    assert variant["variant_name"] == "blue"
    assert variant["container_startup_health_check_timeout_in_seconds"] == 601
    assert variant["model_data_download_timeout_in_seconds"] == 702
    assert variant["variant_instance_provision_timeout_in_seconds"] == 803
    assert variant["inference_ami_version"] == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert config["metrics_config"] == {
        "enable_detailed_observability": False,
        "enable_enhanced_metrics": True,
        "metric_publish_frequency_in_seconds": 30,
    }
    capture = config["data_capture_config"]
    assert (capture["destination_s3_uri"], capture["initial_sampling_percentage"]) == (
        "s3://acme-captured/",
        11,
    )
    assert [option["capture_mode"] for option in capture["capture_options"]] == ["Output"]


def test_only_the_real_time_endpoint_is_routed(it: Plan) -> None:
    routing = {
        kind: the(it, kind, "awscc_sagemaker_endpoint_config")["production_variants"][0].get("routing_config")
        for kind in KINDS
    }
    assert routing == {"realtime": {"routing_strategy": "RANDOM"}, "async": None}


def test_what_makes_the_asynchronous_endpoint(it: Plan) -> None:
    assert the(it, "realtime", "awscc_sagemaker_endpoint_config").get("async_inference_config") is None
    given = the(it, "async", "awscc_sagemaker_endpoint_config")["async_inference_config"]
    assert given["client_config"] == {"max_concurrent_invocations_per_instance": 6}
    output = given["output_config"]
    assert (output["s3_output_path"], output["s3_failure_path"]) == (
        "s3://acme-transcripts/out/",
        "s3://acme-failures/",
    )
    assert output["notification_config"] == {
        "success_topic": TOPICS["success"],
        "error_topic": TOPICS["error"],
        "include_inference_response_in": ["ERROR_NOTIFICATION_TOPIC"],
    }


@pytest.mark.parametrize(
    ("kind", "name", "wait"), [("realtime", "live-errors", 90), ("async", "file-errors", 95)]
)
def test_deployments(it: Plan, kind: str, name: str, wait: int) -> None:
    deployment = the(it, kind, "awscc_sagemaker_endpoint")["deployment_config"]
    assert deployment["auto_rollback_configuration"]["alarms"] == [{"alarm_name": name}]
    assert deployment["blue_green_update_policy"]["termination_wait_in_seconds"] == wait


def test_everything_carries_the_tags(it: Plan) -> None:
    """All of it: whoever pays looks for what has no tag."""
    untagged = {
        address
        for address, one in it.resources.items()
        if not address.startswith("data.") and ".data." not in address and "tags" in one.values
        if "speech-4711" not in str(one.values["tags"])
    }
    assert untagged == set()
    assert len([one for one in it.resources.values() if "speech-4711" in str(one.values.get("tags"))]) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_alarms_tell_their_topics(it: Plan, kind: str) -> None:
    """All but those that drive a policy, and the halves of a composite alarm."""
    silent = {"has-backlog-without-capacity", "requests-arrive", "signal-missing", "cpu", "gpu"}
    told = {
        name: (one.values["alarm_actions"], one.values["ok_actions"])
        for type_ in ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
        for one in of(it, kind, type_)
        if (name := one.values["alarm_name"].removeprefix(f"speech-{kind}-")) not in silent
    }
    assert told == dict.fromkeys(told, ([TOPICS["alarm"]], [TOPICS["over"]]))
    assert {"stuck-at-max", "silent-signal"} <= told.keys()
    assert {"realtime": "errors-5xx", "async": "expired-requests"}[kind] in told


def test_alarms_have_their_thresholds(it: Plan) -> None:
    assert alarm(it, "realtime", "errors-5xx")["threshold"] == 8
    assert alarm(it, "async", "expired-requests")["threshold"] == 3
    # Requests, as streaming is off.
    assert alarm(it, "realtime", "model-latency")["metric_name"] == "ModelLatency"


@pytest.mark.parametrize(("kind", "most"), [("realtime", 30), ("async", 9)])
def test_monitoring_knows_the_most_that_a_schedule_allows(it: Plan, kind: str, most: int) -> None:
    stuck = alarm(it, kind, "stuck-at-max")
    assert stuck["alarm_description"].startswith(f"speech-{kind}: All {most} instances run")
    (expression,) = [query["expression"] for query in stuck["metric_query"] if query["id"] == "at_max"]
    assert f"> {most - 0.5}," in expression


def test_monitoring_knows_that_a_schedule_empties_the_fleet(it: Plan) -> None:
    assert alarm(it, "async", "wake-up-overdue")


@pytest.mark.parametrize(("kind", "target"), [("realtime", 6), ("async", 9)])
def test_monitoring_knows_the_target(it: Plan, kind: str, target: float) -> None:
    assert alarm(it, kind, "scale-out-stalled")["threshold"] == target


@pytest.mark.parametrize("kind", KINDS)
def test_the_dashboard_is_given_the_alarms_of_the_policies(it: Plan, kind: str) -> None:
    """Which ones they are is known after the apply."""
    calls = it.raw["configuration"]["root_module"]["module_calls"]["it"]["module"]["module_calls"]
    given = calls[f"{kind}_monitoring"]["expressions"]["policy_alarm_arns"]
    assert f"module.{kind}[0].policy_alarm_arns" in given["references"]


@pytest.mark.parametrize(
    ("statistic", "dimensions"),
    [
        ("Average", {"Site": "Berlin"}),
        ("Maximum", None),
        ("Minimum", None),
        ("SampleCount", {"Site": "Bonn"}),
        ("Sum", None),
    ],
)
@pytest.mark.inputs(ROOT, own_signals)
def test_monitoring_reads_what_scaling_follows(
    it: Plan, statistic: str, dimensions: dict[str, str] | None
) -> None:
    for kind, name in (("realtime", "concurrency"), ("async", "backlog")):
        (tracking,) = policy(it, kind, name)["target_tracking_scaling_policy_configuration"]
        (followed,) = tracking["customized_metric_specification"]
        (query,) = alarm(it, kind, "scale-out-stalled")["metric_query"]
        (read,) = query["metric"]
        assert followed["statistic"] == read["stat"] == statistic
        assert read["dimensions"] == {one["name"]: one["value"] for one in followed["dimensions"]}
        assert dimensions in (None, read["dimensions"])
        for attribute in ("namespace", "metric_name"):
            assert read[attribute] == followed[attribute]
