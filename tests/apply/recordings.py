"""What the stand-ins plan and keep, beside what the real providers do (tests/recordings/real).

A value that is not known yet is UNKNOWN, in the plans of both. Members of sets are compared in the order in
which Terraform writes them: it follows from their values, so that it differs only where they do. Of the texts
of IAM's policies their form is compared: what they allow, the examples have changed since they were recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from scaleproof.terraform.plan import resource_items
from tests.plan.planner import REPOSITORY

REAL = REPOSITORY / "tests" / "recordings" / "real"
RECORDED = sorted(path.name.removesuffix(".plan.json") for path in REAL.glob("*.plan.json"))
UNKNOWN = "(known after apply)"
ABSENT = "(absent)"
# What differs from run to run, account to account and image to image.
_PASSING = (
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\bA[A-Z]{3}[0-9A-Z]{16,17}\b|(?<=scalable-target/)[0-9a-f]{32}", "ID"),
    (r"\b\d{18}[0-9a-f]{8}\b", "SUFFIX"),
    (r"\b\d{12}\b", "ACCOUNT"),
    (r"(amazonaws\.com/|:repository/)[\w.:-]+", r"\1IMAGE"),
    (
        r"(?<!: )\b[0-9a-f]{8}\b",
        "DIGEST",
    ),  # no number, but that of a configuration: part of a name, or what replaces
    # Kept by the instance types since the recordings, which have no key.
    (r"(\.awscc_sagemaker_endpoint_config\.this|\.endpoint\.terraform_data\.revision)\[.*?\]", r"\1"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
)

NEW = "hashicorp/aws has it since 5.32"
KNOWN = {
    NEW: {
        "aws_*": ["region"],
        "aws_appautoscaling_policy": ["predictive_scaling_policy_configuration"],
        "aws_appautoscaling_target": ["suspended_state"],
        "aws_cloudwatch_metric_alarm": [
            "evaluation_criteria",
            "evaluation_interval",
            "evaluation_window",
            "warm_up_configuration",
        ],
        "aws_iam_policy_document": ["minified_json", "override_json", "source_json"],
        "aws_kms_key": ["rotation_period_in_days", "xks_key_id"],
        "aws_s3_bucket": ["bucket_namespace", "bucket_region"],
        "aws_s3_bucket_lifecycle_configuration": ["transition_default_minimum_object_size"],
        "aws_s3_bucket_public_access_block": ["skip_destroy"],
        "aws_s3_bucket_server_side_encryption_configuration": ["rule.*.blocked_encryption_types"],
        "aws_sagemaker_model": [
            "primary_container.*.additional_model_data_source",
            "primary_container.*.inference_specification_name",
            "primary_container.*.multi_model_config",
        ],
        "aws_sns_topic": ["fifo_throughput_scope", "maximum_message_size"],
    },
    "rewritten since 5.32: what is left out is computed, and sizes are numbers": {
        "aws_s3_bucket_lifecycle_configuration": [
            "expected_bucket_owner",
            "rule.*.filter.*.object_size_greater_than",
            "rule.*.filter.*.object_size_less_than",
            "rule.*.filter.*.prefix",
            "rule.*.prefix",
        ],
        "aws_s3_bucket_server_side_encryption_configuration": [
            "rule.*.apply_server_side_encryption_by_default.*.kms_master_key_id",
            "rule.*.bucket_key_enabled",
        ],
    },
    "a checksum of the text, which names the account": {"aws_iam_policy_document": ["id"]},
    "the module allows something else since the recording": {
        "aws_iam_policy_document": [
            "statement",
            "statement.*.condition",
            "statement.*.resources",
        ],
    },
    "the module calls it otherwise since the recording": {
        "terraform_data": [
            f"{at}.*.{name}" for at in ("input", "output") for name in ("model_name", "model_name_override")
        ],
    },
    "the module takes the role for new as well since the recording": {"terraform_data": ["triggers_replace"]},
    "monitoring counts instances otherwise since the recording": {
        "aws_cloudwatch_dashboard": ["dashboard_body"]
    },
    "examples/mixed-fleet rolls back on errors since the recording": {
        "awscc_sagemaker_endpoint": [
            "deployment_config.auto_rollback_configuration",
            "deployment_config.rolling_update_policy.wait_interval_in_seconds",
        ],
    },
    "the account of the recording had kept the policies of earlier topics of these names": {
        "aws_sns_topic": ["policy"]
    },
    "a table of the provider's that nothing here reads": {"aws_s3_bucket": ["hosted_zone_id"]},
}
"""The differences that stay: by reason, type (a pattern as for file names) and path, with * for an index."""
LATER = (".aws_cloudwatch_log_group.this[0]", ".terraform_data.made", ".data.awscc_sagemaker_endpoint.before")
"""What the addresses of resources end in that the module has since the recording."""
_OTHERWISE = re.compile(r'_monitoring\[0\]\..*\["(mid_stream_errors|stuck_at_max)"\]$')
"""The alarms that read something else since the recording."""


@dataclass(frozen=True)
class Difference:
    """One value of a resource: what the stand-ins make of it (`here`), and what the real provider does."""

    address: str
    type: str
    path: str
    here: Any
    real: Any

    def known(self) -> set[tuple[str, str]]:
        """The entries of KNOWN, as `entries` has them, that it is among."""
        place = re.sub(r"\.\d+\b", ".*", self.path)
        return {(kind, path) for kind, path in entries() if path == place and fnmatchcase(self.type, kind)}


def entries() -> set[tuple[str, str]]:
    """KNOWN without the reasons: types and paths."""
    return {(kind, path) for kinds in KNOWN.values() for kind, paths in kinds.items() for path in paths}


def recorded(example: str, step: str) -> Any:
    """The recorded "plan", "state" or "second" plan of an example."""
    return json.loads((REAL / f"{example}.{step}.json").read_text())


def differences(here: Any, real: Any) -> list[Difference]:
    """Where two plans, or two states, are not the same."""
    ours, theirs = _resources(here), _resources(real)
    alike = {key for key in ours.keys() | theirs.keys() if not _OTHERWISE.search(key[0])}
    # What monitoring makes since the recording, by an alarm more or in an example that had none.
    alike -= {key for key in ours.keys() - theirs.keys() if "_monitoring[0]." in key[0]}
    return [
        Difference(address, kind, path, one, other)
        for address, kind in sorted(alike)
        if not address.endswith(LATER)
        for path, one, other in _differing(ours.get((address, kind)), theirs.get((address, kind)))
    ]


def _resources(raw: Any) -> dict[tuple[str, str], Any]:
    """The resources of a plan or a state, by address and type."""
    raw = _formed(json.loads(_steady(json.dumps(raw)), object_hook=_without_store))
    if "resource_changes" in raw:
        changes = {(item["address"], item["type"]): item["change"] for item in raw["resource_changes"]}
        return {
            key: {"actions": change["actions"]} | _known(change["after"], change.get("after_unknown"))
            for key, change in changes.items()
        }
    root = raw["values"]["root_module"]
    return {(item["address"], item["type"]): item["values"] for item in resource_items(root)}


def _without_store(item: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a terraform_data without `store`, which Terraform has from 1.16 on: null if unset."""
    if "triggers_replace" in item and item.get("store", ABSENT) is None:
        del item["store"]
    return item


def _steady(text: str) -> str:
    for pattern, name in _PASSING:
        text = re.sub(pattern, name, text)
    return text


def _formed(value: Any) -> Any:
    """The value with each policy, as a text, replaced by what its form is."""
    if isinstance(value, dict):
        return {name: _formed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_formed(item) for item in value]
    if not isinstance(value, str) or not re.match(r'\{\s*"(Version|Statement)"', value):
        return value
    policy = json.loads(value)
    compact = value == json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    orders = {list(one) == sorted(one) for one in policy["Statement"]}
    return f"a policy: {list(policy)}, compact: {compact}, members in order: {orders}"


def _known(value: Any, unknown: Any) -> Any:
    """The value with UNKNOWN where it is not known yet."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and unknown:
        value = value or {}
        return {name: _known(value.get(name), unknown.get(name)) for name in value.keys() | unknown.keys()}
    if isinstance(unknown, list) and unknown:
        return [_known(*pair) for pair in zip(value, unknown, strict=True)]
    return value


def _differing(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from _differing(one.get(name, ABSENT), other.get(name, ABSENT), f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _differing(*pair, f"{path}.{index}")
    elif one != other:
        yield path.removeprefix("."), one, other
