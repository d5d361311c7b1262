"""Refuses documents of an endpoint that the API would never return, before anything is computed.

Types, choices, lengths and patterns are those of AWS's service models; `_RANGES` are of numbers that the
models leave open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleproof.bounds import MOST_INSTANCES, SPAN
from scaleproof.endpoints.documents import Document, Documents, EndpointError
from scaleproof.service_models import Path, Violation, service_model, violations
from scaleproof.terraform.sensitive import TEXT, Hidden
from scaleproof.translation.values import UNKNOWN, leaves, place

VARIANT = ("sagemaker", "ProductionVariant")
TARGET = ("application-autoscaling", "RegisterScalableTargetRequest")
POLICY = ("application-autoscaling", "PutScalingPolicyRequest")
SCHEDULE = ("application-autoscaling", "PutScheduledActionRequest")
ALARM = ("cloudwatch", "PutMetricAlarmInput")
"""The service and the shape of a document; what is described has the members of what is put."""
_NAME = ("sagemaker", "CreateEndpointInput")
_CLIENT = ("sagemaker", "AsyncInferenceClientConfig")

_COUNT = (0.0, float(MOST_INSTANCES))
_COOLDOWN = (0.0, SPAN)
_RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("MinCapacity", "MaxCapacity", "InitialInstanceCount"), _COUNT),
    **dict.fromkeys(("DesiredInstanceCount", "MinAdjustmentMagnitude"), _COUNT),
    **dict.fromkeys(("ScaleOutCooldown", "ScaleInCooldown", "Cooldown"), _COOLDOWN),
    "ScalingAdjustment": (-1e6, 1e6),
    "TargetValue": (8.515920e-109, 1.174271e108),
}
"""Of TargetValue:
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html"""
_ANY = (-1e108, 1e108)
_ELSEWHERE = {"ServiceNamespace", "ResourceId", "ScalableDimension", "EndpointConfigName", "ModelName"}
"""Members that a request needs and nothing reads here."""
_TYPES = {
    "boolean": "true or false",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "string": "text",
    "list": "a list",
    "map": "an object",
    "structure": "an object",
}
_SHOWN = 60
"""Characters of a value in a message."""


def check_documents(documents: Documents) -> None:
    """Raises EndpointError for the first member of a variant's documents that the API would not have."""
    # Files are called after it. A text may stand for a part of it that is sensitive: the rest is judged.
    check(Document(documents.variant.origin, {"EndpointName": documents.name.replace(TEXT, "x")}), _NAME)
    check(documents.variant, VARIANT)
    if documents.client:
        check(documents.client, _CLIENT)
    if documents.target:
        check(documents.target, TARGET, "MinCapacity", "MaxCapacity")
    for policy in documents.policies:
        check(policy.policy, POLICY)
        for alarm in policy.alarms:
            check(alarm, ALARM)
    for schedule in documents.schedules:
        check(schedule, SCHEDULE, "Schedule")


def check(document: Document, kind: tuple[str, str], *needed: str) -> None:
    """Raises EndpointError for the first member that the API would not have.

    `kind`: the service and the shape. `needed`: members that are read though no request needs them.
    """
    shape = service_model(kind[0]).shape_for(kind[1])
    for name in needed:
        if document.content.get(name) is None:
            raise EndpointError(f"{document.origin} has no {name}.")
    for violation in violations(shape, document.content, unknown=UNKNOWN):
        if expected := _expected(violation):
            raise _refused(document, violation.path, violation.value, expected)
    for path, value in leaves(document.content):
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = _RANGES.get(str(path[-1]), _ANY)
            if not low <= value <= high:
                raise _refused(document, path, value, f"a number from {low:g} to {high:g}")
    action = document.content.get("ScalableTargetAction")
    bounds = action if isinstance(action, Mapping) else document.content
    least, most = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        raise _refused(document, ("MinCapacity",), least, f"at most MaxCapacity, {most}")


def _refused(document: Document, path: Path, value: Any, expected: str) -> EndpointError:
    if expected == "required":
        return EndpointError(f"{document.origin} has no {place(path)}.")
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return EndpointError(f"{document.origin}: {place(path) or 'it'} is {shown}; expected is {expected}.")


def _expected(violation: Violation) -> str:
    """What was expected; empty for what is no matter here."""
    name = str(violation.path[-1]) if violation.path else ""
    # Stands for what is sensitive, for another value than a text only as HIDDEN, which no file can have.
    if isinstance(violation.value, Hidden) or (
        violation.constraint != "type" and isinstance(violation.value, str) and TEXT in violation.value
    ):
        return ""
    match violation.constraint:
        case "required":
            return "" if name in _ELSEWHERE else "required"
        case "type":
            return _TYPES[violation.shape.type_name]
        case "enum":  # new instance types come before their model
            return "" if name == "InstanceType" else f"one of {', '.join(violation.limit)}"
        case "min" | "max":
            size = "" if isinstance(violation.value, int | float) else " in length"
            return f"at {'least' if violation.constraint == 'min' else 'most'} {violation.limit}{size}"
        case "pattern":
            return f"a text like {violation.limit}"
    return ""
