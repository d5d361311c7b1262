"""Every bad input stops at plan, with a message that says what to change."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scaleproof.terraform.diagnostics import PlanFailed
from tests.plan.planner import ASYNC, ENDPOINT, MODEL, REALTIME, REPOSITORY, ROOT, SMALLEST, Planner

POOL = {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12}
TYPES = [
    "ml.g6.2xlarge",
    "ml.g6e.2xlarge",
    "ml.g5.2xlarge",
    "ml.g7.2xlarge",
    "ml.g7e.2xlarge",
    "ml.g4dn.2xlarge",
]
HALF = {"type": "CAPACITY_PERCENT", "value": 50}
CPU = {"target_tracking": {"custom_metric": {"metric_name": "CPUUtilization"}, "target_value": 50}}
HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OWN = sorted(
    name
    for kind in ("realtime", "async")
    for name in re.findall(
        r'"\$\{module\.endpoint\.name\}-([\w-]+)"', (REPOSITORY / "modules" / kind / "main.tf").read_text()
    )
)
"""How the modules call their own policies and the alarms that drive them."""


def pools(*types: str, **attributes: Any) -> dict[str, Any]:
    """An `instance_pools` input of these types."""
    return {
        "instance_pools": [{"instance_type": kind, "max_concurrency": 12, **attributes} for kind in types]
    }


def capacity(**bounds: Any) -> dict[str, Any]:
    """A `capacity` input."""
    return {"capacity": {"min": 1, "max": 4, **bounds}}


def schedule(expression: str = "rate(1 day)", **attributes: Any) -> dict[str, Any]:
    """A `schedules` input with one entry."""
    return {"schedules": {"it": {"schedule": expression, "min": 1, **attributes}}}


def step(**attributes: Any) -> dict[str, Any]:
    """A `policies` input with one step policy."""
    alarm = {"metric_name": "Invocation5XXErrors", "threshold": 5, **attributes.pop("alarm", {})}
    return {
        "policies": {
            "it": {"step": {"steps": [{"lower_bound": 0, "adjustment": 1}], "alarm": alarm, **attributes}}
        }
    }


PACKAGED = {"package_arn": "arn:aws:sagemaker:us-east-1:865070037744:model-package/speech-1-4"}
GUARDED = {"rollback_alarm_names": ["errors"]}
CASES = {
    REALTIME: [
        (
            "minutes without the signal",
            {"metrics": {"enhanced": True, "publish_frequency": 120}},
            "Lower metrics.publish_frequency to at most 60 seconds",
        ),
        ("min over max", capacity(min=5), "Raise capacity.max to at least capacity.min"),
        ("min 0", capacity(min=0), "a real-time endpoint never scales to zero"),
        ("negative min", capacity(min=-1), "a real-time endpoint never scales to zero"),
        ("fractional max", capacity(max=2.5), "whole numbers of instances"),
        ("missing min", capacity(min=None), "whole numbers of instances"),
        ("initial under min", capacity(min=2, initial=1), "Set capacity.initial between"),
        ("initial over max", capacity(initial=5), "Set capacity.initial between"),
        ("no pool", {"instance_pools": []}, "an endpoint needs one to five"),
        ("six pools", pools(*TYPES), "at most five instance types"),
        ("same type twice", pools(TYPES[0], TYPES[0]), "Name each instance_type once"),
        ("type without ml.", pools("g6.2xlarge"), "ml.FAMILY.SIZE"),
        ("burstable type", pools("ml.t2.medium"), "does not scale burstable instances"),
        ("no max_concurrency", pools(TYPES[0], max_concurrency=None), "Set max_concurrency for every entry"),
        ("max_concurrency 0", pools(TYPES[0], max_concurrency=0), "to more than 0 requests in flight"),
        ("malformed pool model", pools(TYPES[0], model_name="-x"), "Give model_name of an instance pool"),
        ("target_utilization 0", {"target_utilization": 0}, "Set target_utilization over 0 and at most 1"),
        (
            "target_utilization over 1",
            {"target_utilization": 75},
            "Set target_utilization over 0 and at most 1",
        ),
        ("negative target", {"target_utilization": -0.5}, "Set target_utilization over 0 and at most 1"),
        ("negative scale-in cooldown", {"scale_in_cooldown": -1}, "Set scale_in_cooldown to a whole number"),
        (
            "negative scale-out cooldown",
            {"scale_out_cooldown": -1},
            "Set scale_out_cooldown to a whole number",
        ),
        ("fractional cooldown", {"scale_out_cooldown": 0.5}, "Set scale_out_cooldown to a whole number"),
        ("unknown weighting", {"signal": {"weighting": "average"}}, "hottest_pool or present_capacity"),
        (
            "two signals",
            {
                "signal": {
                    "predefined_metric_type": HIGH_RESOLUTION,
                    "custom_metric": {"metric_name": "m"},
                    "target_value": 1,
                }
            },
            "Set only one of signal.custom_metric",
        ),
        (
            "unknown predefined metric",
            {"signal": {"predefined_metric_type": "CPU"}},
            "Set signal.predefined_metric_type to",
        ),
        (
            "custom metric without target",
            {"signal": {"custom_metric": {"metric_name": "m"}}},
            "Set signal.target_value",
        ),
        (
            "invocations without target",
            {"signal": {"predefined_metric_type": INVOCATIONS}},
            "Set signal.target_value",
        ),
        ("negative target value", {"signal": {"target_value": -1}}, "Set signal.target_value to more than 0"),
        (
            "unknown statistic",
            {"signal": {"custom_metric": {"metric_name": "m", "statistic": "p99"}, "target_value": 1}},
            "Set signal.custom_metric.statistic",
        ),
        ("schedule to zero", schedule(min=0), "a real-time endpoint never scales to zero"),
        (
            "two policies on the module's metric",
            {
                "policies": {
                    "mine": {
                        "target_tracking": {"predefined_metric_type": HIGH_RESOLUTION, "target_value": 5}
                    }
                }
            },
            "tracks the metric the module tracks already",
        ),
        ("unknown routing", {"routing_strategy": "ROUND_ROBIN"}, "LEAST_OUTSTANDING_REQUESTS or RANDOM"),
    ],
    ASYNC: [
        ("min over max", capacity(min=5), "Raise capacity.max to at least capacity.min"),
        ("negative min", capacity(min=-1), "Set capacity.min to 0 or more"),
        ("initial over max", capacity(min=0, initial=9), "Set capacity.initial between"),
        ("initial 0", capacity(min=0, initial=0), "creates no endpoint without an instance"),
        ("negative backlog target", {"backlog_per_instance": -5}, "Set backlog_per_instance to more than 0"),
        ("negative cooldown", {"scale_in_cooldown": -300}, "Set scale_in_cooldown to a whole number"),
        ("https output", {"s3_output_path": "https://bucket/out/"}, "as S3 URIs, such as s3://bucket/out/"),
        ("output without bucket", {"s3_output_path": "s3:///out/"}, "as S3 URIs, such as s3://bucket/out/"),
        (
            "malformed failure path",
            {"s3_failure_path": "bucket/failed"},
            "as S3 URIs, such as s3://bucket/out/",
        ),
        ("long output", {"s3_output_path": f"s3://bucket/{'x' * 512}"}, "at most 512 characters"),
        ("malformed topic", {"success_topic_arn": "topic"}, "as ARNs of standard SNS topics"),
        (
            "topic of sqs",
            {"error_topic_arn": "arn:aws:sqs:us-east-1:123456789012:q"},
            "as ARNs of standard SNS topics",
        ),
        (
            "unknown response topic",
            {"include_inference_response_in": ["BOTH"]},
            "Use only SUCCESS_NOTIFICATION_TOPIC",
        ),
        (
            "response without topic",
            {"include_inference_response_in": ["SUCCESS_NOTIFICATION_TOPIC"]},
            "Set success_topic_arn or error_topic_arn for each topic",
        ),
        (
            "invocations as signal",
            {"signal": {"custom_metric": {"metric_name": "Invocations"}, "target_value": 1}},
            "Set signal to the backlog or a metric of your own",
        ),
        (
            "latency as a step's alarm",
            step(alarm={"metric_name": "OverheadLatency"}),
            "Use the backlog or a metric of your own in policies",
        ),
        ("0 invocations", {"max_concurrent_invocations": 0}, "whole number from 1 to 1000"),
        ("1001 invocations", {"max_concurrent_invocations": 1001}, "whole number from 1 to 1000"),
        ("malformed key", {"output_kms_key_id": "my key"}, "Give output_kms_key_id as"),
        ("wakes nothing", {**capacity(min=0), "wake_up": {"instances": 0}}, "fewer wakes nothing"),
        ("wakes over max", {**capacity(min=0), "wake_up": {"instances": 9}}, "Lower wake_up.instances"),
        ("negative wake-up cooldown", {"wake_up": {"cooldown": -1}}, "Set wake_up.cooldown"),
        ("no evaluation period", {"wake_up": {"evaluation_periods": 0}}, "Set wake_up.evaluation_periods"),
    ],
    ENDPOINT: [
        ("long name", {"name": "x" * 55}, "Shorten name to at most 54 characters"),
        ("malformed name", {"name": "speech_1"}, "Use only letters, digits and hyphens in name"),
        ("name ends in hyphen", {"name": "speech-"}, "Use only letters, digits and hyphens in name"),
        ("malformed variant", {"variant_name": "All Traffic"}, "hyphens in variant_name"),
        ("malformed model", {"model_name": "model_1"}, "Give model_name as the name of a SageMaker model"),
        ("short provision timeout", {"provision_timeout": 299}, "from 300 to 3600"),
        ("long provision timeout", {"provision_timeout": 3601}, "from 300 to 3600"),
        ("short startup timeout", {"container_startup_timeout": 59}, "from 60 to 3600"),
        ("long download timeout", {"model_download_timeout": 3601}, "from 60 to 3600"),
        (
            "malformed AMI",
            {"inference_ami_version": "latest"},
            "Give inference_ami_version as SageMaker names it",
        ),
        ("volume size 0", {"volume_size_gb": 0}, "whole number from 1 to 512"),
        ("volume size 513", {"volume_size_gb": 513}, "whole number from 1 to 512"),
        (
            "odd frequency",
            {"metrics": {"publish_frequency": 45}},
            "metrics.publish_frequency to 10, 30",
        ),
        ("volume key on NVMe", {"volume_kms_key_id": KEY}, "Remove volume_kms_key_id"),
        (
            "malformed volume key",
            {**pools("ml.m5.large"), "volume_kms_key_id": "my key"},
            "Give volume_kms_key_id as",
        ),
        ("reserved tag", {"tags": {"aws:x": "y"}}, "do not start with aws:"),
        ("51 tags", {"tags": {f"k{n}": "v" for n in range(51)}}, "AWS takes at most 50"),
        ("schedule of nothing", schedule(min=None), "Set min, max or both"),
        ("malformed at", schedule("at(2026-13-01T00:00:00)"), "Write each schedule of schedules as"),
        ("malformed rate", schedule("rate(1 hours)"), "Write each schedule of schedules as"),
        ("five cron fields", schedule("cron(30 7 * * MON)"), "Write each schedule of schedules as"),
        ("cron with both days", schedule("cron(30 7 1 * MON *)"), "Put a question mark into exactly one"),
        ("bare time", schedule("07:30"), "Write each schedule of schedules as"),
        ("malformed time zone", schedule("cron(30 7 ? * * *)", timezone="CET+1 hour"), "as an IANA name"),
        (
            "rate with time zone",
            schedule(timezone="Europe/Berlin"),
            "Remove timezone from the rate schedules",
        ),
        ("negative schedule", schedule(min=-1), "whole numbers of instances, 0 or more, for min and max"),
        ("schedule min over max", schedule(min=5, max=3), "Set both min and max in the entry"),
        ("schedule min over the bound", schedule(min=9), "Set both min and max in the entry"),
        ("malformed start", schedule(start_time="tomorrow"), "as RFC 3339"),
        (
            "end before start",
            schedule(start_time="2027-01-01T00:00:00Z", end_time="2026-01-01T00:00:00Z"),
            "Move end_time of each entry of schedules behind",
        ),
        (
            "malformed schedule name",
            {"schedules": {"a:b": {"schedule": "rate(1 day)", "min": 1}}},
            "Name schedules with",
        ),
        ("unknown strategy", {"deployment": {"strategy": "BIG_BANG"}}, "Set deployment.strategy to"),
        ("canary without step", {"deployment": {"strategy": "CANARY"}}, "Set deployment.step for CANARY"),
        ("step of all at once", {"deployment": {"step": HALF}}, "leave it out for ALL_AT_ONCE"),
        (
            "large canary",
            {"deployment": {"strategy": "CANARY", "step": {"type": "CAPACITY_PERCENT", "value": 60}}},
            "Set deployment.step to a share that the strategy takes",
        ),
        (
            "malformed step",
            {"deployment": {"strategy": "LINEAR", "step": {"type": "PERCENT", "value": 10}}},
            "Give deployment.step and rollback_step as",
        ),
        (
            "rolling with termination wait",
            {"deployment": {"strategy": "ROLLING", "step": HALF, "termination_wait": 60}},
            "Leave deployment.termination_wait out for ROLLING",
        ),
        (
            "rollback step of a canary",
            {"deployment": {"strategy": "CANARY", "step": HALF, "rollback_step": HALF}},
            "Leave deployment.rollback_step out unless",
        ),
        ("long wait", {"deployment": {"termination_wait": 3601}}, "from 0 to 3600"),
        ("short execution", {"deployment": {"maximum_execution_timeout": 60}}, "600 to 28800 seconds"),
        (
            "eleven rollback alarms",
            {"deployment": {"rollback_alarm_names": [f"a{n}" for n in range(11)]}},
            "Name one to ten different alarms",
        ),
        (
            "guardrails for a package",
            {"marketplace": True, "deployment": {"rollback_alarm_names": ["a"]}},
            "Leave deployment out for an AWS Marketplace package",
        ),
        (
            "capture elsewhere",
            {"data_capture": {"s3_uri": "bucket"}},
            "Write data_capture.s3_uri as an S3 URI",
        ),
        (
            "unknown capture mode",
            {"data_capture": {"s3_uri": "s3://acme", "modes": ["All"]}},
            "Use Input, Output or both",
        ),
        (
            "capture over 100 percent",
            {"data_capture": {"s3_uri": "s3://acme", "sampling_percentage": 101}},
            "whole number from 0 to 100",
        ),
        ("policy of nothing", {"policies": {"it": {}}}, "Set exactly one of step and target_tracking"),
        *((f"policy called {name}", {"policies": {name: CPU}}, "Rename the entries") for name in OWN),
        (
            "two policies on one metric",
            {"policies": {"a": CPU, "b": CPU}},
            "Track each metric in one entry of policies only",
        ),
        (
            "tracking nothing",
            {"policies": {"it": {"target_tracking": {"target_value": 1}}}},
            "Set exactly one of custom_metric and predefined_metric_type",
        ),
        (
            "tracking at 0",
            {
                "policies": {
                    "it": {"target_tracking": {"custom_metric": {"metric_name": "m"}, "target_value": 0}}
                }
            },
            "Set target_value of each target_tracking",
        ),
        ("no step", step(steps=[]), "one to twenty steps"),
        ("unbounded step", step(steps=[{"adjustment": 1}]), "Set lower_bound, upper_bound or both"),
        (
            "steps with a gap",
            step(
                steps=[
                    {"lower_bound": 0, "upper_bound": 5, "adjustment": 1},
                    {"lower_bound": 6, "adjustment": 2},
                ]
            ),
            "without gap or overlap",
        ),
        ("unknown adjustment", step(adjustment_type="Double"), "Set adjustment_type of each step"),
        ("negative policy cooldown", step(cooldown=-1), "Set the cooldowns in policies"),
        ("odd alarm period", step(alarm={"period": 45}), "Set period of each alarm in policies"),
        (
            "unknown comparison",
            step(alarm={"comparison_operator": ">"}),
            "Set comparison_operator, treat_missing_data",
        ),
    ],
    MODEL: [
        ("neither image nor package", {"image": None}, "Set exactly one of image"),
        (
            "both",
            {"package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/p"},
            "Set exactly one of image",
        ),
        ("image elsewhere", {"image": "docker.io/library/busybox"}, "Give image as ACCOUNT.dkr.ecr"),
        (
            "image with a space",
            {"image": "a b", "execution_role": {"arn": "arn:aws:iam::123456789012:role/r"}},
            "without white space",
        ),
        (
            "malformed package",
            {"image": None, "package_arn": "nova-3"},
            "Give package_arn as arn:aws:sagemaker",
        ),
        ("malformed role", {"execution_role": {"arn": "role"}}, "Give execution_role.arn as a role ARN"),
        ("malformed data", {"data_url": "model.tar.gz"}, "Write data_url as an S3 URI"),
        ("bucket without key", {"data_url": "s3://bucket"}, "Write data_url as an S3 URI"),
        (
            "data beside package",
            {
                "image": None,
                "package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/p",
                "data_url": "s3://bucket/m",
            },
            "Remove data_url: a model package brings its own",
        ),
        ("malformed variable", {"environment": {"1ST": "x"}}, "Rename the keys of environment"),
        ("long value", {"environment": {"X": "x" * 1025}}, "Shorten the values of environment"),
        ("101 variables", {"environment": {f"X{n}": "x" for n in range(101)}}, "takes at most 100"),
        (
            "no security group",
            {"vpc": {"security_group_ids": [], "subnet_ids": ["subnet-1"]}},
            "one to five vpc.security_group_ids",
        ),
        (
            "no subnet",
            {"vpc": {"security_group_ids": ["sg-1"], "subnet_ids": []}},
            "one to sixteen vpc.subnet_ids",
        ),
        (
            "malformed subnet",
            {"vpc": {"security_group_ids": ["sg-1"], "subnet_ids": ["1"]}},
            "as a subnet id",
        ),
        (
            "malformed group",
            {"vpc": {"security_group_ids": ["1"], "subnet_ids": ["subnet-1"]}},
            "as a security group id",
        ),
        ("long name", {"name": "x" * 55}, "Shorten name to at most 54 characters"),
        ("malformed name", {"name": "-x"}, "Use only letters, digits and hyphens in name"),
        (
            "malformed boundary",
            {"permissions_boundary_arn": "boundary"},
            "Give permissions_boundary_arn as a policy ARN",
        ),
        ("alias as key", {"access": {"kms_key_arns": ["alias/x"]}}, "Give access.kms_key_arns as key ARNs"),
        ("key as alias", {"access": {"kms_alias_arns": [KEY]}}, "kms_alias_arns as ARNs of aliases"),
        (
            "no endpoint",
            {"access": {"endpoint_names": []}},
            "Give access.endpoint_names as names of endpoints",
        ),
        ("malformed endpoint", {"access": {"endpoint_names": ["a/b"]}}, "Leave it out for any endpoint"),
        (
            "malformed topic",
            {"access": {"sns_topic_arns": ["x"]}},
            "Give access.sns_topic_arns as topic ARNs",
        ),
        ("malformed read path", {"access": {"s3_read_uris": ["bucket"]}}, "as s3://bucket/prefix"),
    ],
    ROOT: [
        ("no endpoint", {"async": None, "realtime": None}, "Set realtime, async or both"),
        ("neither image, package nor name", {"model": {}}, "Set exactly one of model.image"),
        ("image and name", {"model": {"image": "i", "name": "n"}}, "Set exactly one of model.image"),
        (
            "existing model with environment",
            {"model": {"name": "n", "environment": {"A": "b"}}},
            "Remove every other attribute",
        ),
        ("long name", {"name": "x" * 46}, "Shorten name to at most 45 characters"),
        ("malformed name", {"name": "sp eech"}, "Use only letters, digits and hyphens in name"),
        (
            "real-time min 0",
            {"realtime": {"capacity": {"min": 0, "max": 4}}},
            "a real-time endpoint never scales to zero",
        ),
        (
            "pools without max_concurrency",
            {"instance_pools": [{"instance_type": "ml.g6.2xlarge"}]},
            "Set max_concurrency for every entry",
        ),
        (
            "malformed output path",
            {"async": {"capacity": {"min": 0, "max": 1}, "s3_output_path": "out"}},
            "as S3 URIs",
        ),
        (
            "guardrails for a package in real time",
            {"model": PACKAGED, "realtime": {**SMALLEST[ROOT]["realtime"], "deployment": GUARDED}},
            "Leave deployment out for an AWS Marketplace package",
        ),
        (
            "guardrails for a package on a queue",
            {
                "model": PACKAGED,
                "realtime": None,
                "async": {**SMALLEST[ROOT]["async"], "deployment": GUARDED},
            },
            "Leave deployment out for an AWS Marketplace package",
        ),
    ],
}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            message,
            marks=pytest.mark.inputs(module, **change),
            id=f"{module}-{name.replace(' ', '-')}",
        )
        for module, cases in CASES.items()
        for name, change, message in cases
    ],
)
def test_bad_input_stops_at_plan(refusal: str, message: str) -> None:
    assert message in refusal


@pytest.mark.parametrize(
    ("module", "change", "message"),
    [
        (ENDPOINT, *CASES[ENDPOINT][0][1:]),
        (REALTIME, *CASES[REALTIME][0][1:]),
        # Two modules refuse it, and beside others only the outer one may be heard.
        (ASYNC, capacity(min=0, max=0), "Set capacity.max to 1 or more"),
    ],
)
def test_a_plan_of_its_own_stops(planner: Planner, module: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanFailed) as failure:
        planner(module, **change)
    told = " ".join(diagnostic.detail for diagnostic in failure.value.diagnostics)
    assert message in " ".join(told.split())


@pytest.mark.parametrize("module", [REALTIME, ASYNC, ENDPOINT])
def test_no_pool_is_told_by_the_module_alone(planner: Planner, module: str) -> None:
    """And not by whatever would have been made of the pools."""
    with pytest.raises(PlanFailed) as failure:
        planner(module, instance_pools=[])
    assert {found.summary for found in failure.value.diagnostics} == {"Invalid value for variable"}
