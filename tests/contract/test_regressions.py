"""Inputs that once broke the contract, shrunk: crashes, errors of a provider, and calls that AWS refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import values
from tests.contract.generation import Case
from tests.contract.judging import broken
from tests.plan.batches import Batches, Verdict
from tests.plan.planner import ASYNC, ENDPOINT, MODEL, MONITORING, REALTIME, ROOT, SMALLEST

LONG_KEY = "k" * 2049
POOL = {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12}
CAPTURE = {"s3_uri": "s3://acme-capture/"}
TRACKING = {"custom_metric": {"metric_name": "Load"}, "target_value": 5}
ALARM = {"metric_name": "Load", "threshold": 5}
METRIC = {"metric_name": "Load", "namespace": "Acme", "statistic": "Average", "dimensions": {}}
UP = [{"lower_bound": 0, "adjustment": 1}]
HALF = {"type": "CAPACITY_PERCENT", "value": 50}


def step(**attributes: Any) -> dict[str, Any]:
    """A `policies` input with one step policy."""
    alarm = {**ALARM, **attributes.pop("alarm", {})}
    return {"policies": {"it": {"step": {"alarm": alarm, "steps": UP, **attributes}}}}


def tracking(**attributes: Any) -> dict[str, Any]:
    """A `policies` input with one target tracking policy."""
    metric = {**TRACKING["custom_metric"], **attributes.pop("custom_metric", {})}  # type: ignore[dict-item]
    return {"policies": {"it": {"target_tracking": {**TRACKING, "custom_metric": metric, **attributes}}}}


def cron(expression: str, **attributes: Any) -> dict[str, Any]:
    """A `schedules` input with one entry."""
    return {"schedules": {"it": {"schedule": expression, "min": 1, "max": 2, **attributes}}}


REFUSED: dict[str, list[tuple[str, dict[str, Any], str]]] = {
    ROOT: [
        (
            "two endpoints of one name",
            {
                "realtime": {"capacity": {"min": 1, "max": 2}, "name": "speech"},
                "async": {"capacity": {"min": 0, "max": 2}, "s3_output_path": "s3://acme", "name": "speech"},
            },
            "Give async.name and realtime.name different names",
        ),
        (
            "policy called as an alarm",
            {
                "monitoring": {},
                "realtime": {
                    "capacity": {"min": 1, "max": 2},
                    "policies": {"errors-5xx": {"step": {"alarm": ALARM, "steps": UP}}},
                },
            },
            "Rename the entries of policies that are called as an alarm of monitoring",
        ),
        (
            "no bound beside monitoring",
            {
                "monitoring": {},
                "realtime": {"capacity": {"min": None, "max": 2}},
            },
            "Use whole numbers of instances for capacity.min",
        ),
    ],
    MODEL: [
        ("no value of a variable", {"environment": {"A": None}}, "Shorten the values of environment"),
        (
            "no list of subnets",
            {"vpc": {"security_group_ids": ["sg-1"], "subnet_ids": None}},
            "Give one to sixteen",
        ),
        (
            "no list of groups",
            {"vpc": {"security_group_ids": None, "subnet_ids": ["subnet-1"]}},
            "Give one to five",
        ),
        (
            "long subnet id",
            {"vpc": {"security_group_ids": ["sg-1"], "subnet_ids": [f"subnet-{'1' * 40}"]}},
            "Write every entry of vpc.subnet_ids",
        ),
        ("long tag", {"tags": {"Team": "x" * 257}}, "Use keys of 1 to 128 characters"),
        ("tag with a bar", {"tags": {"a|b": "c"}}, "Use keys of 1 to 128 characters"),
        ("tag of AWS in capitals", {"tags": {"AWS:x": "y"}}, "Use keys of 1 to 128 characters"),
        ("tag without value", {"tags": {"Team": None}}, "Use keys of 1 to 128 characters"),
        ("long role", {"execution_role": {"arn": values.ROLE + "x" * 2048}}, "Give execution_role.arn"),
        (
            "long boundary",
            {"permissions_boundary_arn": values.POLICY + "x" * 2048},
            "Give permissions_boundary_arn",
        ),
    ],
    ENDPOINT: [
        (
            "real-time at zero",
            {"capacity": {"min": 0, "max": 1}},
            "Set capacity.min to 1 or more, or set async_inference",
        ),
        (
            "real-time schedule to zero",
            cron("rate(1 day)", min=0),
            "Set min and max of schedules to 1 or more",
        ),
        ("pool that is null", {"instance_pools": [None]}, "Write each instance_type of instance_pools"),
        (
            "capture key with a space",
            {"data_capture": {**CAPTURE, "kms_key_id": "my key"}},
            "Give data_capture.kms_key_id",
        ),
        (
            "long capture key",
            {"data_capture": {**CAPTURE, "kms_key_id": LONG_KEY}},
            "Give data_capture.kms_key_id",
        ),
        (
            "empty capture key",
            {"data_capture": {**CAPTURE, "kms_key_id": ""}},
            "Give data_capture.kms_key_id",
        ),
        ("empty routing strategy", {"routing_strategy": ""}, "Set routing_strategy"),
        ("empty image version", {"inference_ami_version": ""}, "inference_ami_version"),
        (
            "empty volume key",
            {"instance_pools": [{"instance_type": "ml.m5.xlarge"}], "volume_kms_key_id": ""},
            "Give volume_kms_key_id",
        ),
        ("capture nowhere", {"data_capture": {"s3_uri": None}}, "Write data_capture.s3_uri"),
        (
            "capture mode that is null",
            {"data_capture": {**CAPTURE, "modes": [None]}},
            "Use Input, Output or both",
        ),
        (
            "long volume key",
            {"instance_pools": [{"instance_type": "ml.m5.xlarge"}], "volume_kms_key_id": LONG_KEY},
            "Give volume_kms_key_id",
        ),
        (
            "step that is empty",
            {"deployment": {"strategy": "CANARY", "step": {"type": None, "value": None}}},
            "Give deployment.step and rollback_step",
        ),
        (
            "rollback over the fleet",
            {"deployment": {"strategy": "ROLLING", "step": HALF, "rollback_step": {**HALF, "value": 101}}},
            "Lower deployment.rollback_step",
        ),
        (
            "half a second",
            {"deployment": {"maximum_execution_timeout": 700.5}},
            "Set deployment.maximum_execution_timeout to a whole number",
        ),
        (
            "more than half of the fleet",
            {"deployment": {"strategy": "ROLLING", "step": {"type": "INSTANCE_COUNT", "value": 3}}},
            "Lower deployment.step to at most half of capacity.max",
        ),
        (
            "less time than the waits",
            {"deployment": {"maximum_execution_timeout": 600, "termination_wait": 3600}},
            "Raise deployment.maximum_execution_timeout",
        ),
        (
            "blank alarm name",
            {"deployment": {"rollback_alarm_names": [" "]}},
            "Name one to ten different alarms",
        ),
        (
            "alarm name that is null",
            {"deployment": {"rollback_alarm_names": [None]}},
            "Name one to ten different alarms",
        ),
        (
            "alarm by its ARN",
            {"deployment": {"rollback_alarm_names": [values.ALARM]}},
            "as their names, not their ARNs",
        ),
        ("policy that is null", {"policies": {"it": None}}, "Set exactly one of step and target_tracking"),
        ("no steps", step(steps=None), "one to twenty steps"),
        (
            "steps that end above the threshold",
            step(steps=[{"lower_bound": 0, "upper_bound": 5, "adjustment": 1}]),
            "Leave lower_bound out of the first",
        ),
        (
            "steps that end below the threshold",
            step(steps=[{"lower_bound": -5, "adjustment": -1}]),
            "Leave lower_bound out of the first",
        ),
        ("half an instance", step(steps=[{"lower_bound": 0, "adjustment": 0.5}]), "Set adjustment of each"),
        (
            "fewer than no instances",
            step(adjustment_type="ExactCapacity", steps=[{"lower_bound": 0, "adjustment": -1}]),
            "0 or more with ExactCapacity",
        ),
        (
            "magnitude of a count",
            step(min_adjustment_magnitude=1),
            "Set min_adjustment_magnitude in policies",
        ),
        ("sum of a step", step(metric_aggregation_type="Sum"), "Set metric_aggregation_type"),
        ("cooldown for ever", step(cooldown=1e10), "Set the cooldowns in policies"),
        ("no threshold", step(alarm={"threshold": None}), "Set threshold of each alarm"),
        (
            "one and a half periods",
            step(alarm={"evaluation_periods": 1.5}),
            "evaluation_periods to a whole number",
        ),
        (
            "metric named with a colon",
            step(alarm={"metric_name": ":x"}),
            "Give metric_name and namespace in policies",
        ),
        (
            "metric without a name",
            tracking(custom_metric={"metric_name": None}),
            "Give metric_name and namespace",
        ),
        (
            "long namespace",
            tracking(custom_metric={"namespace": "x" * 256}),
            "Give metric_name and namespace",
        ),
        (
            "dimension without value",
            step(alarm={"dimensions": {"Queue": None}}),
            "Give dimensions in policies",
        ),
        (
            "umlaut in a dimension",
            tracking(custom_metric={"dimensions": {"Queue": "ä"}}),
            "Give dimensions in policies",
        ),
        (
            "percentile of a policy",
            tracking(custom_metric={"statistic": "p99"}),
            "Set statistic of each custom_metric",
        ),
        ("unit that is none", tracking(custom_metric={"unit": "Furlongs"}), "Set unit of each custom_metric"),
        ("no target", tracking(target_value=None), "Set target_value of each target_tracking"),
        ("schedule that is null", {"schedules": {"it": None}}, "Set min, max or both in each entry"),
        ("schedule without times", cron(None), "Write each schedule of schedules"),  # type: ignore[arg-type]
        ("hour 24", cron("cron(0 24 ? * MON *)"), "Write each schedule of schedules"),
        ("month 13", cron("cron(0 7 ? 13 MON *)"), "Write each schedule of schedules"),
        ("unknown weekday", cron("cron(0 7 ? * MOO *)"), "Write each schedule of schedules"),
        ("sixth Monday", cron("cron(0 7 ? * MON#6 *)"), "Write each schedule of schedules"),
        ("step of nothing", cron("cron(0/0 7 ? * MON *)"), "Write each schedule of schedules"),
        ("comma for a minute", cron("cron(, 7 ? * MON *)"), "Write each schedule of schedules"),
        ("thirtieth of February", cron("at(2027-02-30T00:00:00)"), "Write each schedule of schedules"),
        (
            "town without area",
            cron("at(2027-03-01T00:00:00)", timezone="berlin"),
            "Give each timezone of schedules",
        ),
        (
            "instances beyond count",
            {"capacity": {"min": 1, "max": 1e10}},
            "Use whole numbers of instances for capacity",
        ),
    ],
    REALTIME: [
        ("pool that is null", {"instance_pools": [None]}, "Set max_concurrency for every entry"),
        (
            "signal without a name",
            {"signal": {"custom_metric": {"metric_name": ""}, "target_value": 1}},
            "Give metric_name and namespace of signal.custom_metric",
        ),
        (
            "signal with a long dimension",
            {
                "signal": {
                    "custom_metric": {"metric_name": "m", "dimensions": {"x" * 256: "y"}},
                    "target_value": 1,
                }
            },
            "Give signal.custom_metric.dimensions",
        ),
        (
            "signal with an empty statistic",
            {"signal": {"custom_metric": {"metric_name": "m", "statistic": ""}, "target_value": 1}},
            "Set signal.custom_metric.statistic",
        ),
        (
            "signal in furlongs",
            {"signal": {"custom_metric": {"metric_name": "m", "unit": "Furlongs"}, "target_value": 1}},
            "Set signal.custom_metric.unit",
        ),
    ],
    ASYNC: [
        (
            "signal that is no metric",
            {"signal": {"custom_metric": None, "target_value": 5}},
            "Set signal.custom_metric to the metric",
        ),
        (
            "policy on a metric without a name",
            tracking(custom_metric={"metric_name": None}),
            "Give metric_name",
        ),
        (
            "response in a topic that is null",
            {"include_inference_response_in": [None]},
            "Use only SUCCESS_NOTIFICATION",
        ),
        (
            "long topic",
            {"error_topic_arn": f"{values.TOPIC}{'x' * 257}"},
            "Give success_topic_arn and error_topic_arn",
        ),
        ("long output key", {"output_kms_key_id": LONG_KEY}, "Give output_kms_key_id"),
        ("empty output key", {"output_kms_key_id": ""}, "Give output_kms_key_id"),
        (
            "signal with an empty statistic",
            {"signal": {"custom_metric": {"metric_name": "m", "statistic": ""}, "target_value": 1}},
            "Set signal.custom_metric.statistic",
        ),
        (
            "signal without a target",
            {"signal": {"custom_metric": ALARM, "target_value": None}},
            "Set signal.target_value",
        ),
    ],
    MONITORING: [
        (
            "expression that is empty",
            {"signal": {"expression": "", "target": 5, "metrics": [{**METRIC, "id": "m1"}]}},
            "Set signal.expression together with its signal.metrics",
        ),
        ("long tag", {"tags": {"Team": "x" * 257}}, "Use keys of 1 to 128 characters"),
        ("pool that is null", {"instance_pools": [None]}, "Write each instance_type of instance_pools"),
        ("topic that is null", {"alarm_topic_arns": [None]}, "Give alarm_topic_arns as ARNs"),
    ],
}

ACCEPTED: dict[str, list[tuple[str, dict[str, Any]]]] = {
    MODEL: [
        (
            "one place to read and to write",
            {"access": {"s3_read_uris": ["s3://acme/"], "s3_write_uris": ["s3://acme/"]}},
        ),
    ],
    ENDPOINT: [
        ("all at once", {"deployment": {"rollback_alarm_names": ["errors"]}}),
        (
            "metric of one's own beside steps",
            {"policies": {**step()["policies"], "other": {"target_tracking": TRACKING}}},
        ),
        ("every wildcard of cron", cron("cron(0/15 9-17 1,15 JAN-JUN ? 2027-2030)")),
        ("third Friday of December", cron("cron(0 18 ? DEC 6#3 *)")),
        ("last working day", cron("cron(0 12 LW * ? *)")),
    ],
}


@pytest.fixture(scope="module")
def verdict(batches: Callable[[str], Batches]) -> Callable[[str, dict[str, Any]], Verdict]:
    """The verdict on one of the cases; all of a module are planned at once."""
    found: dict[str, list[tuple[dict[str, Any], Verdict]]] = {}

    def of(module: str, change: dict[str, Any]) -> Verdict:
        if module not in found:
            changes = [case[1] for case in (*REFUSED.get(module, ()), *ACCEPTED.get(module, ()))]
            judged = batches(module).judge([{**SMALLEST[module], **each} for each in changes])
            found[module] = list(zip(changes, judged, strict=True))
        return next(one for each, one in found[module] if each is change)

    return of


@pytest.mark.parametrize(
    ("module", "change", "message"),
    [
        pytest.param(module, change, message, id=f"{module}-{name.replace(' ', '-')}")
        for module, cases in REFUSED.items()
        for name, change, message in cases
    ],
)
def test_is_refused_in_the_module_s_words(
    module: str, change: dict[str, Any], message: str, verdict: Callable[..., Verdict]
) -> None:
    found = verdict(module, change)
    assert message in "\n".join(refusal.text for refusal in found.refusals)
    assert not list(broken(Case(change, ("it",)), found))


@pytest.mark.parametrize(
    ("module", "change"),
    [
        pytest.param(module, change, id=f"{module}-{name.replace(' ', '-')}")
        for module, cases in ACCEPTED.items()
        for name, change in cases
    ],
)
def test_plans_and_suits_aws(module: str, change: dict[str, Any], verdict: Callable[..., Verdict]) -> None:
    assert not list(broken(Case(change), verdict(module, change)))
