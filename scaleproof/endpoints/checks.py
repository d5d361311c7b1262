"""Refuses documents of an endpoint that the API would never return, before anything is computed.

Types, choices, lengths and patterns are those of AWS's service models; `_RANGES` are of numbers that the
models leave open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleproof.bounds import MOST_INSTANCES, SPAN
from scaleproof.errors import ScaleproofError
from scaleproof.service_models import Path, service_model, violations
from scaleproof.terraform.sensitive import TEXT, Hidden
from scaleproof.translation.values import UNKNOWN, leaves, place

VARIANT, LIVE = ("sagemaker", "ProductionVariant"), ("sagemaker", "ProductionVariantSummary")
TARGET = ("application-autoscaling", "RegisterScalableTargetRequest")
POLICY = ("application-autoscaling", "PutScalingPolicyRequest")
SCHEDULE = ("application-autoscaling", "PutScheduledActionRequest")
ALARM = ("cloudwatch", "PutMetricAlarmInput")
NAME, CLIENT = ("sagemaker", "CreateEndpointInput"), ("sagemaker", "AsyncInferenceClientConfig")
"""The service and the shape of a document; what is described has the members of what is put."""

_COUNT = (0.0, float(MOST_INSTANCES))
_COOLDOWN = (0.0, SPAN)
_RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("MinCapacity", "MaxCapacity", "InitialInstanceCount"), _COUNT),
    **dict.fromkeys(("CurrentInstanceCount", "DesiredInstanceCount", "MinAdjustmentMagnitude"), _COUNT),
    **dict.fromkeys(("ScaleOutCooldown", "ScaleInCooldown", "Cooldown"), _COOLDOWN),
    "ScalingAdjustment": (-1e6, 1e6),
    "TargetValue": (8.515920e-109, 1.174271e108),
}
"""Of TargetValue:
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html"""
_ANY = (-1e108, 1e108)
_ELSEWHERE = {"ServiceNamespace", "ResourceId", "ScalableDimension", "EndpointConfigName", "ModelName"}
"""Members that a request needs and nothing reads here."""
_JUDGED = ("required", "type", "enum", "min", "max", "pattern")
"""What is judged of the models' constraints: documents of newer releases have members that these do not know."""
_SHOWN = 60
"""Characters of a value in a message."""


class EndpointError(ScaleproofError):
    """An endpoint that cannot be read, or that has what is not modelled; names it and the value."""


def check(origin: str, content: Mapping[str, Any], kind: tuple[str, str], *needed: str, masked: bool = True) -> None:
    """Raises EndpointError for the first member that the API would not have.

    `kind`: the service and the shape. `needed`: members that are read though no request needs them.
    `masked`: the content may be of a plan or a state, where sensitive texts are hidden.
    """
    for name in needed:
        if content.get(name) is None:
            raise EndpointError(f"{origin} has no {name}.")
    for violation in violations(service_model(kind[0]).shape_for(kind[1]), content, unknown=UNKNOWN):
        constraint, name = violation.constraint, str(violation.path[-1]) if violation.path else ""
        if constraint not in _JUDGED or (masked and _hides(violation.value, constraint)):
            continue
        if constraint == "required":
            if name not in _ELSEWHERE:
                raise EndpointError(f"{origin} has no {place(violation.path)}.")
        elif constraint == "type":
            raise _refused(origin, violation.path, violation.value, f"a value of type {violation.shape.type_name}")
        elif (constraint, name) != ("enum", "InstanceType"):  # new instance types come before their model
            raise _refused(origin, violation.path, violation.value, f"{constraint} {violation.limit}")
    for path, value in leaves(content):
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = _RANGES.get(str(path[-1]), _ANY)
            if not low <= value <= high:
                raise _refused(origin, path, value, f"a number from {low:g} to {high:g}")
    action = content.get("ScalableTargetAction")
    bounds = action if isinstance(action, Mapping) else content
    least, most = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        raise _refused(origin, ("MinCapacity",), least, f"at most MaxCapacity, {most}")


def _hides(value: Any, constraint: str) -> bool:
    """Whether a value is sensitive, or a text that is so in part. No file can have HIDDEN, but any has texts."""
    return isinstance(value, Hidden) or (constraint != "type" and isinstance(value, str) and TEXT in value)


def _refused(origin: str, path: Path, value: Any, expected: str) -> EndpointError:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return EndpointError(f"{origin}: {place(path) or 'it'} is {shown}; expected is {expected}.")
