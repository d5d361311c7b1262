"""What the stand-ins plan and keep, beside what the real providers do (tests/recordings/real).

A value that is not known yet is UNKNOWN, in the plans of both. Members of sets are compared in the order in
which Terraform writes them: it follows from their values, so that it differs only where they do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from scaleproof.terraform.state import resource_items

UNKNOWN = "(known after apply)"
ABSENT = "(absent)"
# What differs from run to run and account to account.
_PASSING = (
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\bA[A-Z]{3}[0-9A-Z]{16,17}\b|(?<=scalable-target/)[0-9a-f]{32}", "ID"),
    (r'(?<="user_id": ")\d{12}', "ID"),  # the root user's is the account
    (r"\b\d{18}[0-9a-f]{8}\b", "SUFFIX"),
    (r"\b\d{12}\b", "ACCOUNT"),
    # No number, but that of a configuration: part of a name, or what replaces.
    (r"(?<!: )\b[0-9a-f]{8}\b", "DIGEST"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
)

KNOWN = {
    "hashicorp/aws has it since 5.46": {
        "aws_*": ["region"],
        "aws_appautoscaling_policy": ["predictive_scaling_policy_configuration"],
        "aws_cloudwatch_log_group": ["deletion_protection_enabled"],
        "aws_cloudwatch_metric_alarm": [
            "evaluation_criteria",
            "evaluation_interval",
            "evaluation_window",
            "warm_up_configuration",
        ],
        "aws_iam_policy_document": ["minified_json"],
        "aws_kms_key": ["rotation_period_in_days"],
        "aws_s3_bucket": ["bucket_namespace", "bucket_region"],
        "aws_s3_bucket_lifecycle_configuration": ["transition_default_minimum_object_size"],
        "aws_s3_bucket_public_access_block": ["skip_destroy"],
        "aws_s3_bucket_server_side_encryption_configuration": ["rule.*.blocked_encryption_types"],
        "aws_sagemaker_model": [
            "primary_container.*.additional_model_data_source",
            "primary_container.*.inference_specification_name",
        ],
        "aws_sns_topic": ["fifo_throughput_scope", "maximum_message_size"],
    },
    "rewritten since 5.46: what is left out is computed, and sizes are numbers": {
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
    "deprecated, as each has a resource type of its own": {
        "aws_s3_bucket": [
            "acceleration_status",
            "grant",
            "lifecycle_rule",
            "policy",
            "request_payer",
            "server_side_encryption_configuration",
            "versioning",
        ]
    },
    "a table of the provider's that nothing here reads": {"aws_s3_bucket": ["hosted_zone_id"]},
}
"""The differences that stay: by reason, type (a pattern as for file names) and path, with * for an index."""


@dataclass(frozen=True)
class Difference:
    """One value of a resource: what the stand-ins make of it (`here`), and what the real provider does."""

    address: str
    type: str
    path: str
    here: Any
    real: Any

    def known(self):
        """The entries of KNOWN, as `entries` has them, that it is among."""
        place = re.sub(r"\.\d+\b", ".*", self.path)
        return {(kind, path) for kind, path in entries() if path == place and fnmatchcase(self.type, kind)}


def entries():
    """KNOWN without the reasons: types and paths."""
    return {(kind, path) for kinds in KNOWN.values() for kind, paths in kinds.items() for path in paths}


def differences(here, real):
    """Where two plans, or two states, are not the same."""
    ours, theirs = _resources(here), _resources(real)
    return [
        Difference(address, kind, path, mine, other)
        for address, kind in sorted(ours.keys() | theirs.keys())
        for path, mine, other in _differing(ours.get((address, kind)), theirs.get((address, kind)))
    ]


def _resources(raw):
    """The resources of a plan or a state, by address and type."""
    raw = json.loads(_steady(json.dumps(raw)), object_hook=_without_store)
    if "resource_changes" in raw:
        changes = {(resource["address"], resource["type"]): resource["change"] for resource in raw["resource_changes"]}
        return {
            key: {"actions": change["actions"]} | _known(change["after"], change.get("after_unknown"))
            for key, change in changes.items()
        }
    root = raw["values"]["root_module"]
    return {(resource["address"], resource["type"]): resource["values"] for resource in resource_items(root)}


def _without_store(values):
    """The attributes of a terraform_data without `store`, which Terraform has from 1.16 on: null if unset."""
    if "triggers_replace" in values and values.get("store", ABSENT) is None:
        del values["store"]
    return values


def _steady(text):
    for pattern, name in _PASSING:
        text = re.sub(pattern, name, text)
    return text


def _known(value, unknown):
    """The value with UNKNOWN where it is not known yet."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and unknown:
        value = value or {}
        return {name: _known(value.get(name), unknown.get(name)) for name in value.keys() | unknown.keys()}
    if isinstance(unknown, list) and unknown:
        return [_known(*pair) for pair in zip(value, unknown, strict=True)]
    return value


def _differing(mine, other, path=""):
    if isinstance(mine, dict) and isinstance(other, dict):
        for name in sorted(mine.keys() | other.keys()):
            yield from _differing(mine.get(name, ABSENT), other.get(name, ABSENT), f"{path}.{name}")
    elif isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other):
        for index, pair in enumerate(zip(mine, other, strict=True)):
            yield from _differing(*pair, f"{path}.{index}")
    elif mine != other:
        yield path.removeprefix("."), mine, other
