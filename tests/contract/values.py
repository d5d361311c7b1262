"""Values for each attribute of each input: those that are meant to be taken, and those that test the edges.

An attribute is found by the end of its dotted path, the longest that is here; `*` is an element of a list or
a map. Whether an edge value is taken or refused is not said: what is taken must suit AWS, what is refused
must be refused in the module's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:login"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/speech"
PACKAGE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"
POLICY = "arn:aws:iam::123456789012:policy/bound"
REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/acme/speech"
ROLE = "arn:aws:iam::123456789012:role/service/speech"
TOPIC = "arn:aws:sns:us-east-1:123456789012:done"
OPS_ITEM = "arn:aws:ssm:us-east-1:123456789012:opsitem:3#CATEGORY=Availability"
RESPONSE_PLAN = "arn:aws:ssm-incidents::123456789012:response-plan/speech"
ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:high"
HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
LONG = 3000
"""More characters than any of these APIs takes in any name."""


@dataclass(frozen=True)
class Values:
    """`good` are taken unless another attribute speaks against it, `edge` are for the places beside them."""

    good: Sequence[Any]
    edge: Sequence[Any] = ()


def _numbers(*good, edge=()):
    return Values(good, edge)


_FLAG = Values((True, False))
_SECONDS = _numbers(300, 0, 60, 86400, edge=(0.5, -1, 1e10))
_TIMEOUT = _numbers(300, 60, 3600, edge=(59, 3601, 0, 100.5))
_COUNT = _numbers(1, 2, 3, edge=(0, -1, 1.5, 1e10))
_TARGET = _numbers(5, 0.5, 70, 1000000, edge=(0, -1, 1e-9, 1e130))
_THRESHOLD = _numbers(5, 0.5, 100, edge=(0, -1, 1e130))
_SHARE = _numbers(0.05, 0.5, 1, edge=(0, -1, 2))
_NAME = Values(("speech", "a", "S2-x"), ("x" * 45, "x" * 54, "x" * 63, "x" * 64, "a--b", "-x", "x-", "a_b", "ä"))
_KEY = Values((KEY, "alias/speech", "1234abcd-12ab-34cd-56ef-1234567890ab"), ("my key", "k" * 2049, "k" * 2048))
_TOPIC = Values((TOPIC,), (f"{TOPIC}.fifo", "arn:aws:sqs:us-east-1:123456789012:q", "done", f"{TOPIC}{'x' * 257}"))
_ACTIONS = (
    "arn:aws:sns:eu-west-1:123456789012:done",
    "arn:aws:automate:us-east-1:ec2:stop",
    f"{FUNCTION}:{'x' * 1024}",
    OPS_ITEM.replace("3", "9"),
)
_BUCKET = Values(
    ("s3://acme-speech/out/", "s3://acme-speech"),
    (
        "s3://",
        "s3://acme/*/",
        "https://acme/out",
        "s3://a",
        "s3://acme-speech/a b",
        f"s3://acme/{'x' * 503}",
        "s3://acme\n/x",
    ),
)
_STATISTIC = Values(STATISTICS, ("p99", "average", "TM(10%:90%)"))
_METRIC_NAME = Values(("CPUUtilization", "Load"), ("x" * 255, "x" * 256, ":x", "ä"))
_NAMESPACE = Values(("AWS/SageMaker", "/aws/sagemaker/Endpoints", "Acme"), (":x", "x" * 255, "x" * 256, "a b"))
_DIMENSION = Values(("speech", "AllTraffic"), ("x" * 256, "x" * 257, "x" * 1025, "ä", ":x"))
_UNIT = Values(("Percent", "Count", "None"), ("percent", "Furlongs"))
_ENABLED = Values((False, None), (True,))
_TIME = Values(
    ("2027-01-01T00:00:00Z", "2028-06-01T12:00:00Z"),
    ("tomorrow", "2027-01-01", "2027-13-01T00:00:00Z", "2027-01-01T00:00:00+02:00", "2027-02-30T00:00:00Z"),
)

VALUES = {
    "access.kms_alias_arns.*": Values((ALIAS,), ("alias/x", KEY, f"{ALIAS}{'x' * 2048}")),
    "access.kms_key_arns.*": Values((KEY,), ("alias/x", "arn:aws:kms:us-east-1:123456789012:alias/x")),
    "ecr_repository_arns.*": Values((REPOSITORY,), ("speech", f"{REPOSITORY}:1.4", f"{REPOSITORY}/")),
    "s3_read_uris.*": _BUCKET,
    "access.s3_write_uris.*": _BUCKET,
    "access.sns_topic_arns.*": _TOPIC,
    "actions.*": Values(
        ("dynamodb:GetItem", "s3:Get*", "*"), ("GetItem", "dynamodb:", "s3:Get Object", "s3:GetObjectä")
    ),
    "adjustment": _numbers(1, 2, -1, edge=(0, 0.5, 1e10)),
    "adjustment_type": Values(("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"), ("Double",)),
    "alarm.metric_name": _METRIC_NAME,
    "alarm.namespace": _NAMESPACE,
    "alarm_actions.*": Values((TOPIC, FUNCTION, OPS_ITEM, RESPONSE_PLAN), (*_TOPIC.edge, *_ACTIONS)),
    "backlog_per_instance": _TARGET,
    "capacity.initial": _numbers(1, 2, 4, edge=(0, -1, 1.5, 100, 1e10)),
    "capacity.max": _numbers(4, 1, 10, edge=(0, -1, 1.5, 1e10)),
    "capacity.min": _numbers(1, 2, 0, edge=(-1, 0.5, 20, 1e10)),
    "capacity_reservation_preference": Values(("capacity-reservations-only",), ("open", "")),
    "channel_name": Values(("draft_model", "a.b-c"), ("a b", "ä", "x" * 64, "x" * 65)),
    "comparison_operator": Values(
        ("GreaterThanOrEqualToThreshold", "LessThanThreshold"),
        ("GreaterThanUpperThreshold", ">=", "LessThanLowerOrGreaterThanUpperThreshold"),
    ),
    "condition.*.test": Values(
        ("StringEquals", "ForAnyValue:StringLike", "ArnLikeIfExists", "Null"),
        ("Equals", "stringequals", "NullIfExists", "ForSomeValues:StringLike"),
    ),
    "condition.*.values.*": Values(("123456789012", "true", "")),
    "condition.*.variable": Values(("aws:ResourceAccount", "s3:prefix"), ("account", "aws:", "s3:a b")),
    "container_startup_timeout": _TIMEOUT,
    "cooldown": _SECONDS,
    "custom_metric.metric_name": _METRIC_NAME,
    "custom_metric.namespace": _NAMESPACE,
    "dashboard": _FLAG,
    "data_capture.modes.*": Values(("Input", "Output"), ("InputAndOutput", "input")),
    "datapoints_to_alarm": _numbers(1, edge=(0, 2, 3, 1.5, 2000)),
    "destination_s3_uri": _BUCKET,
    "dimensions.*": _DIMENSION,
    "disable_scale_in": _FLAG,
    "effect": Values(("Allow", "Deny"), ("allow",)),
    "enable_detailed_observability": _FLAG,
    "enable_enhanced_metrics": _FLAG,
    "enable_network_isolation": _FLAG,
    "enable_ssm_access": _FLAG,
    "enabled": _ENABLED,
    "end_time": _TIME,
    "endpoint_name": _NAME,
    "environment.*": Values(("on", "1", ""), ("x" * 1024, "x" * 1025, "ä\n")),
    "error_topic_arn": _TOPIC,
    "errors_5xx.threshold": _SHARE,
    "evaluation_periods": _numbers(2, 1, 10, edge=(0, 1.5, 1440, 1441, 1e10)),
    "execution_role.arn": Values(
        (ROLE,), ("role", "arn:aws:iam::1:role/x", f"{ROLE}{'x' * 2048}", ROLE.replace("role/", "user/"))
    ),
    "expression": Values(("m1 + m2 + m3", "MAX([m1])"), ("", "m9", "x" * 1024, "x" * 2047, "x" * 2048)),
    "extended_statistic": Values(("p99", "p99.9", "tm90", "IQM"), ("Average", "p101", "p", "")),
    "fast_guard": _FLAG,
    "gpus": _numbers(1, 0, 8, edge=(-1, 1.5, 1e10)),
    "image": Values(
        (IMAGE, IMAGE.replace(":1.4", "@sha256:" + "0" * 64)),
        ("busybox", "a b", "x" * 256, f"{IMAGE}{'x' * 255}"),
    ),
    "exclude_endpoint_tags.*": Values(("Commit", "cost-center", "")),
    "inference_specification_name": _NAME,
    "include_inference_response_in.*": Values(("SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"), ("BOTH",)),
    "inference_ami_version": Values(
        ("al2-ami-sagemaker-inference-gpu-2", "al2023-ami-sagemaker-inference-gpu-4-1"),
        ("latest", "al2-ami-sagemaker-inference-gpu-99", "al2-ami-sagemaker-inference-neuron-2"),
    ),
    "initial_sampling_percentage": _numbers(100, 0, 1, edge=(-1, 101, 0.5)),
    "instance_type": Values(
        (
            "ml.g6.2xlarge",
            "ml.g6e.2xlarge",
            "ml.g5.2xlarge",
            "ml.m5.xlarge",
            "ml.c5.2xlarge",
            "ml.g4dn.2xlarge",
        ),
        (
            "g6.2xlarge",
            "ml.t2.medium",
            "ml.g99.huge",
            "ml.m5.XLARGE",
            "ml.trn1.2xlarge",
            "ml.c5d.2xlarge",
            "ml.inf1.xlarge",
        ),
    ),
    "instances": _COUNT,
    "kind": Values(("realtime", "async"), ("batch", "Realtime")),
    "kms_key_arns.*": Values((KEY,), ("alias/x", "1234abcd-12ab-34cd-56ef-1234567890ab")),
    "kms_key_id": _KEY,
    "label": Values(("Load",), ("x" * 300,)),
    "log_group.create": _FLAG,
    "log_group.kms_key_id": Values((KEY,), (ALIAS, "alias/x", "1234abcd", f"{KEY}{'x' * 256}")),
    "log_group.retention_in_days": _numbers(30, 0, 1, 3653, edge=(2, -1, 30.5, 1e10)),
    "log_group.skip_destroy": _FLAG,
    "log_groups.create": _FLAG,
    "log_groups.names.*": Values(
        ("/aws/sagemaker/Endpoints/speech", "/aws/sagemaker/Endpoints/*"),
        ("speech", "/aws/sagemaker/Endpoints/"),
    ),
    "lower_bound": _numbers(0, 5, -5, edge=(0.5, 1e10, -1e130)),
    "marketplace": _FLAG,
    "max_concurrency": _numbers(12, 16, 1, 0.5, edge=(0, -1, 1e-9, 1e130)),
    "max_concurrent_invocations_per_instance": _numbers(1, 4, 1000, edge=(0, 1001, 1.5)),
    "maximum_execution_timeout": _numbers(7200, 28800, edge=(599, 600, 28801, 700.5)),
    "metric_aggregation_type": Values(("Average", "Maximum", "Minimum"), ("Sum", "average", "")),
    "metric_publish_frequency_in_seconds": _numbers(60, 10, 300, edge=(0, 20, 61)),
    "metrics.*.id": Values(("m1", "m2", "m3"), ("M", "1", "load", "signal", "x" * 256, "a-b", "ä")),
    "metrics.*.label": Values(("Load",), ("x" * 300,)),
    "metric.metric_name": _METRIC_NAME,
    "metric.namespace": _NAMESPACE,
    "metric_stat.stat": Values(("Average", "Maximum", "Sum", "p99", "TM(10%:90%)"), ("average", "p101", "mean")),
    "metrics_config.metric_publish_frequency_in_seconds": _numbers(60, 10, 30, edge=(0, 20, 61, 120, 300)),
    "mid_stream_errors.threshold": _SHARE,
    "min_adjustment_magnitude": _COUNT,
    "minutes": _numbers(15, 1, 1440, edge=(0, 1441, 1.5, -1)),
    "mode": Values(("SingleModel", "MultiModel"), ("Multi", "singlemodel")),
    "model.name": _NAME,
    "ml_reservation_arn": Values(
        ("arn:aws:sagemaker:us-east-1:123456789012:ml-reservation/speech",), ("speech", KEY, "")
    ),
    "model_cache_setting": Values(("Enabled", "Disabled"), ("enabled", "Off")),
    "model_data_download_timeout": _TIMEOUT,
    "s3_data_source.compression_type": Values(("None",), ("Gzip", "none")),
    "s3_data_source.s3_data_type": Values(("S3Prefix",), ("S3Object", "Manifest")),
    "s3_data_source.s3_uri": Values(
        ("s3://acme-models/nova/",), ("s3://acme-models/", "s3://acme/nova", f"s3://acme/{'x' * 1020}/")
    ),
    "accept_eula": _FLAG,
    "model_data_url": Values(
        ("s3://acme-models/m.tar.gz",), ("s3://acme-models", f"s3://acme/{'x' * 1020}", "s3://acme/a b")
    ),
    "model_name": _NAME,
    "model_name_override": _NAME,
    "model_package_arn": Values(
        (PACKAGE, f"{PACKAGE}/1"), ("nova-3", PACKAGE.replace("package", "group"), f"{PACKAGE}/0123456789")
    ),
    "name": _NAME,
    "ok_actions.*": Values((TOPIC, FUNCTION), (*_TOPIC.edge, *_ACTIONS, OPS_ITEM)),
    "output_kms_key_id": _KEY,
    "period": _numbers(60, 10, 20, 30, 300, edge=(0, 5, 45, 90, 86400, 172800, 60.5)),
    "permissions_boundary": Values(
        (POLICY, "arn:aws:iam::aws:policy/PowerUserAccess"), ("boundary", ROLE, f"{POLICY}{'x' * 2048}")
    ),
    "policy_alarm_arns.*": Values((ALARM,), (TOPIC, "high", f"{ALARM}{'x' * 256}")),
    "predefined_metric_type": Values(
        (HIGH_RESOLUTION, INVOCATIONS), ("SageMakerVariantProvisionedConcurrencyUtilization", "CPU")
    ),
    "prerequisites.*": Values(("speech-20261129",)),
    "provision_timeout": _numbers(600, 300, 3600, edge=(299, 3601, 60, 400.5)),
    "quota_check": Values((False,)),  # true reads quotas, which takes a cloud
    "return_data": _FLAG,
    "repository_access_mode": Values(("Platform", "Vpc"), ("vpc", "Public")),
    "repository_credentials_provider_arn": Values(
        (FUNCTION, f"{FUNCTION}:live", f"{FUNCTION}:$LATEST"),
        ("login", TOPIC, f"{FUNCTION}:a:b", f"{FUNCTION}*", f"{FUNCTION}{'x' * 2048}"),
    ),
    "resources.*": Values(("*", TOPIC, "arn:aws:s3:::acme/*"), ("acme", "arn:aws:s3", "arn:aws:s3:::")),
    "role_name": Values(("speech", "speech_eu@acme.com"), ("a b", "/speech", "speech*", "x" * 64, "x" * 65, "ä")),
    "role_path": Values(
        ("/", "/speech/", "/a/b-c/"),
        ("speech", "/speech", "//", "/a b/", "/*/", "/?/", "/ä/", f"/{'x' * 510}/", f"/{'x' * 511}/"),
    ),
    "role_policy_arns.*": Values(
        (POLICY, "arn:aws:iam::aws:policy/PowerUserAccess"),
        ("boundary", ROLE, f"{POLICY}*", f"{POLICY}{'x' * 2048}"),
    ),
    "rollback_alarm_names.*": Values(("errors", "high latency"), ("", " ", "x" * 255, "x" * 256, ALARM)),
    "rollback_on.*": Values(("scale_out_stalled", "stuck_at_max"), ("silent_signal", "errors", "")),
    "rollback_step.type": Values(("CAPACITY_PERCENT", "INSTANCE_COUNT"), ("PERCENT",)),
    "rollback_step.value": _numbers(1, 50, 100, edge=(0, 101, 1.5, 1e10)),
    "routing_strategy": Values(("LEAST_OUTSTANDING_REQUESTS", "RANDOM"), ("ROUND_ROBIN", "random")),
    "s3_failure_path": _BUCKET,
    "s3_input_paths.*": _BUCKET,
    "s3_output_path": _BUCKET,
    "scale_in_cooldown": _SECONDS,
    "scale_out_cooldown": _SECONDS,
    "scheduled": _FLAG,
    "schedules.*.max": _numbers(4, 1, 10, edge=(0, -1, 1.5, 1e10)),
    "schedules.*.min": _numbers(1, 2, edge=(0, -1, 0.5, 20)),
    "schedules.*.schedule": Values(
        (
            "rate(1 day)",
            "rate(5 minutes)",
            "at(2027-12-24T18:00:00)",
            "cron(30 7 ? * MON-FRI *)",
            "cron(0/15 9-17 1,15 1-6 ? 2027-2030)",
            "cron(0 0 L * ? *)",
            "cron(0 12 15W * ? *)",
            "cron(0 18 ? DEC 6#3 *)",
        ),
        (
            "",
            "rate(0 days)",
            "rate(2 day)",
            "rate(1 week)",
            "at(2027-02-30T00:00:00)",
            "at(2027-12-24 18:00)",
            "cron(60 7 ? * MON *)",
            "cron(0 24 ? * MON *)",
            "cron(0 7 32 * ? *)",
            "cron(0 7 ? 13 MON *)",
            "cron(0 7 ? * 8 *)",
            "cron(0 7 ? * MOO *)",
            "cron(0 7 ? FOO MON *)",
            "cron(0 7 ? * MON#6 *)",
            "cron(0 7 ? * MON 1969)",
            "cron(0 7 ? * MON 2200)",
            "cron(0/0 7 ? * MON *)",
            "cron(, 7 ? * MON *)",
            "cron(- 7 ? * MON *)",
            "cron(5- 7 ? * MON *)",
            "cron(*/ 7 ? * MON *)",
            "cron(0 7 * * * *)",
            "cron(0 7 ? * ? *)",
            "cron(? 7 1 * MON *)",
            "cron(0 7 ?? * MON *)",
            "cron(0 7 1? * MON *)",
            "cron(0 7 ?,1 * MON *)",
            "cron(0 7 L-3 * ? *)",
            "cron(0 7 1W,2 * ? *)",
            "cron(0 7 ? * MON#1,TUE *)",
            "cron(0 7 ? * L,MON *)",
            "cron(30 7 ? * mon *)",
            "cron(30  7 ? * MON *)",
            "Rate(1 day)",
        ),
    ),
    "security_group_ids.*": Values(("sg-1", "sg-0a"), ("1", "sg-A", f"sg-{'1' * 40}")),
    "sid": Values(("ReadTables", "1"), ("read tables", "a-b", "PullImage", "ä")),
    "signal.custom_metric.statistic": _STATISTIC,
    "signal.target": _TARGET,
    "start_time": _TIME,
    "statistic": _STATISTIC,
    "step.type": Values(("CAPACITY_PERCENT", "INSTANCE_COUNT"), ("PERCENT", "")),
    "step.value": _numbers(1, 10, 50, edge=(0, 4, 51, 1.5, 1e10)),
    "strategy": Values(("ALL_AT_ONCE", "CANARY", "LINEAR", "ROLLING"), ("BIG_BANG", "canary")),
    "vpc.id": Values(("vpc-1", "vpc-0b"), ("1", "vpc-", f"vpc-{'1' * 40}")),
    "subnets.*": Values(("subnet-1", "subnet-0b"), ("1", "subnet-", f"subnet-{'1' * 40}")),
    "success_topic_arn": _TOPIC,
    "suspended.in": _FLAG,
    "suspended.out": _FLAG,
    "tags.*": Values(("speech", ""), ("x" * 256, "x" * 257, "ä", "a|b", "a\nb")),
    "target_utilization": _numbers(0.75, 1, 0.1, edge=(0, 1.01, -1, 75, 1e-200)),
    "target_value": _TARGET,
    "termination_wait": _numbers(0, 60, 3600, edge=(-1, 3601, 0.5)),
    "threshold": _THRESHOLD,
    "timezone": Values(
        ("UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"),
        ("CET+1 hour", "", "Mars/Olympus", "berlin"),
    ),
    "treat_missing_data": Values(("missing", "notBreaching", "breaching", "ignore"), ("none",)),
    "unit": _UNIT,
    "upper_bound": _numbers(10, 5, 0, edge=(0.5, 1e10, 1e130)),
    "variant_name": _NAME,
    "volume_kms_key_id": _KEY,
    "volume_size_in_gb": _numbers(1, 100, 512, edge=(0, 513, 1.5)),
    "wait_interval": _numbers(0, 300, 3600, edge=(-1, 3601, 0.5)),
    "wake_up_alarm_arn": Values((ALARM,), (TOPIC, "high")),
    "weighting": Values(("hottest_pool", "present_capacity"), ("average",)),
}

KEYS = {
    "dimensions": Values(("EndpointName", "Queue"), ("", ":x", "x" * 255, "x" * 256, "ä", "a b")),
    "environment": Values(("DEEPGRAM_API_01", "a"), ("1ST", "a-b", "", "x" * 1024, "x" * 1025)),
    "policies": Values(
        ("cpu", "queue.depth", "a"),
        (
            "concurrency",
            "wake-up",
            "errors-5xx",
            "silent-signal",
            "a:b",
            "",
            "x" * 190,
            "x" * 191,
            "a b",
            "-a",
        ),
    ),
    "role_policy_arns": Values(("reads", "a b", "ä"), ("x" * 300, "a/b")),
    "schedules": Values(("morning", "end of day", "a"), ("a:b", "", " a", "x" * 200, "x" * 201, "a/b")),
    "tags": Values(("Team", "cost-center", "a:b"), ("aws:x", "AWS:x", "", "x" * 128, "x" * 129, "a|b", "ä b")),
}
"""The keys of maps, by the end of the path of the map."""

_HALF = {"type": "CAPACITY_PERCENT", "value": 50}
_CANARY, _ROLLING = ({"deployment": {"strategy": name, "step": _HALF}} for name in ("CANARY", "ROLLING"))
_METRIC = {"metric_stat": {"metric": {"metric_name": "Load", "dimensions": {"Queue": "a"}}, "stat": "Sum"}}
_SUM = [
    {"id": "total", "expression": "m1 + m2 + m3"},
    *({"id": f"m{place}", **_METRIC, "return_data": False} for place in (1, 2, 3)),
]
_STEP = {
    "alarm": {"metric_name": "Load", "threshold": 5},
    "steps": [
        {"lower_bound": 0, "upper_bound": 10, "adjustment": 1},
        {"lower_bound": 10, "adjustment": 2},
    ],
}
_TRACKING = {"custom_metric": {"metric_name": "Queued"}, "target_value": 5}
_SIGNAL = {"signal": {"custom_metric": {"metric_name": "Load"}, "target_value": 5}}
_VPC = {"security_group_ids": ["sg-1"], "subnets": ["subnet-1"]}
COMPANIONS = {
    "capacity_reservation_config": {"instance_pools": [{"instance_type": "ml.g6.2xlarge", "max_concurrency": 12}]},
    "custom_metric": {"predefined_metric_type": None, "custom_metric": {"metric_name": "Queued"}},
    "custom_metric.metrics": {"custom_metric": {"metric_name": None, "metrics": [{"id": "m1", **_METRIC}]}},
    "custom_metric.metrics.*.expression": {"custom_metric": {"metrics": _SUM}},
    "deployment.maximum_execution_timeout": _CANARY,
    "deployment.rollback_step": _ROLLING,
    "deployment.step": _CANARY,
    "deployment.termination_wait": _CANARY,
    "deployment.wait_interval": _CANARY,
    "extended_statistic": {"statistic": None},
    "image_config": {"image_config": {"repository_access_mode": "Vpc"}, "vpc_config": _VPC},
    "include_inference_response_in": {"success_topic_arn": TOPIC, "error_topic_arn": TOPIC},
    "inference_specification_name": {"model_package_arn": PACKAGE, "image": None},
    "marketplace": {"model_package_arn": PACKAGE, "image": None},
    "min_adjustment_magnitude": {"adjustment_type": "PercentChangeInCapacity"},
    "multi_model_config": {"mode": "MultiModel", "model_data_url": "s3://acme-models/speech/"},
    "policies": {"policies": {"cpu": {"target_tracking": _TRACKING}}},
    "policies.*.step": {"policies": {"cpu": {"step": _STEP, "target_tracking": None}}},
    "policies.*.target_tracking.predefined_metric_type": _SIGNAL,
    "schedules": {"schedules": {"morning": {"schedule": "cron(30 7 ? * MON-FRI *)", "min": 1, "max": 4}}},
    "signal": _SIGNAL,
    "signal.metrics": {"signal": {"metrics": [{"id": "m1", **_METRIC}]}},
    "volume_kms_key_id": {"instance_pools": [{"instance_type": "ml.m5.2xlarge", "max_concurrency": 4}]},
}
"""What a place and all below it need beside them, by the end of its path: inputs for where that end begins.

None takes an input away.
"""

WRONG = {
    "string": (None, "", " ", "x" * LONG, [], {"a": 1}),
    "number": (None, 0, -1, 0.5, 1e300, "many", []),
    "bool": (None, "maybe", []),
    "list": (None, [], [None], "x", {}),
    "map": (None, {}, {"x": None}, []),
    "object": (None, {}, "x", []),
}
"""What is tried for every attribute of a kind, beside its own edge values."""


def at(path):
    """The values for the attribute at a path. Raises LookupError for one that none are known for."""
    return _longest(VALUES, path)


def keys_of(path):
    """The keys for the map at a path. Raises LookupError for one that none are known for."""
    return _longest(KEYS, path)


def wrong(path, kind):
    """Values for the edges of an attribute: its own, and those that are tried for all of its kind."""
    own = list(at(path).edge) if not kind.attributes and kind.element is None else []
    return own + list(WRONG[kind.kind])


def _longest(table, path):
    for start in range(len(path)):
        entry = table.get(".".join(path[start:]))
        if entry is not None:
            return entry
    raise LookupError(f"{'.'.join(path)} has no values: add them to tests/contract/values.py")
