"""Plan-time checks of plain values against AWS's own service models, as botocore carries them.

AWS validates a request against its model before anything else: enums, lengths, ranges, patterns, required
members. The same model in botocore makes that verdict available at plan, without a cloud.

Instance types are checked here although CloudFormation (and so awscc) leaves them to the API: the verdict is
the same, only earlier.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any

from botocore import xform_name

from scaleproof.providers.standin import Problem
from scaleproof.service_models import Shape, Violation, service_model, violations
from scaleproof.translation.values import UNKNOWN, Path

_SHOWN_CHOICES = 12


def check_shape(
    service: str,
    shape_name: str,
    value: Any,
    path: Path = (),
    *,
    name: Callable[[str], str] = xform_name,
) -> list[Problem]:
    """Check a value against a named shape of a service model.

    `value` is plain Python with member names as keys; None and UNKNOWN are skipped, as is what they hide.
    `path` is where the value sits in the configuration; `name` turns a member into an attribute name.
    Returns one problem per broken rule. Raises botocore's NoShapeFoundError for a name the model lacks.
    """
    shape = service_model(service).shape_for(shape_name)
    return [
        as_problem(found, path + tuple(name(step) if isinstance(step, str) else step for step in found.path))
        for found in broken(shape, value)
    ]


def broken(shape: Shape, value: Any) -> Iterator[Violation]:
    """The rules of the model that a value breaks; what is UNKNOWN in it breaks none."""
    return violations(shape, value, unknown=UNKNOWN)


def as_problem(found: Violation, path: Path) -> Problem:
    """A violation as the diagnostic Terraform shows at `path`."""
    label = next((step for step in reversed(path) if isinstance(step, str)), "value")
    return Problem(f"Invalid value for {label}", _message(found), path)


def _message(found: Violation) -> str:
    shown = _shown(found.value)
    if found.constraint == "type":
        return f"{shown} is not of type {found.shape.type_name}, which AWS expects here."
    if found.constraint == "member":
        return f"{found.shape.name} has no member {found.path[-1]}."
    if found.constraint == "required":
        return f"{found.path[-1]} is required in {found.shape.name}."
    if found.constraint == "union":
        return f"Exactly one of {', '.join(found.shape.members)} must be set."
    if found.constraint == "enum":
        return f"{shown} is not among the values AWS accepts: {_choices(found.value, list(found.limit))}."
    if found.constraint == "pattern":
        return f"{shown} must match the regular expression {found.limit}"
    bound = f"at {'least' if found.constraint == 'min' else 'most'} {found.limit}"
    if isinstance(found.value, (str, list, tuple, dict)):
        what = "length" if isinstance(found.value, str) else "number of items"
        return f"{shown}: the {what} must be {bound}, not {len(found.value)}."
    return f"{shown}: the value must be {bound}."


def _choices(value: Any, choices: list[str]) -> str:
    if len(choices) <= _SHOWN_CHOICES:
        return ", ".join(choices)
    near = difflib.get_close_matches(str(value), choices, n=3, cutoff=0.5)
    return f"one of {len(choices)}" + (f", such as {', '.join(near)}" if near else "")


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
