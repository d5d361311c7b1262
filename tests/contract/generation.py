"""Inputs of a module: its smallest ones, in which some places have another value.

A place is an attribute of an input, by the declared types. It gets a good value, or one from the edges of
tests/contract/values.py. What it needs beside it comes along (COMPANIONS), so that a good value alone plans.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate
from operator import add
from typing import Any

from tests.contract import values
from tests.contract.types import ELEMENT, Type, inputs
from tests.plan.planner import REPOSITORY, SMALLEST

RIVALS = {
    "custom_metric": "predefined_metric_type",
    "execution_role": "role_name",
    "expression": "metric_stat",
    "extended_statistic": "statistic",
    "metric_name": "metrics",
    "metric_stat": "expression",
    "metrics": "metric_name",
    "model_data_source": "model_data_url",
    "model_package_arn": "image",
    "predefined_metric_type": "custom_metric",
    "step": "target_tracking",
    "target_tracking": "step",
}
"""Attributes of which one excludes the other; `step` of a deployment has none."""


@dataclass(frozen=True)
class Change:
    """A value for a place; `good` is one that is meant to be taken."""

    path: tuple[str, ...]
    value: Any
    good: bool = False

    def __str__(self):
        return ".".join(self.path)


def changes(module):
    """Every change of one place: the first good value, then those from the edges."""
    for name, kind in sorted(inputs(REPOSITORY / module).items()):
        for path, inner in kind.paths((name,)):
            yield Change(path, good(inner, path), good=True)
            yield from (Change(path, value) for value in values.wrong(path, inner))


def case(module, *made):
    """The smallest inputs of a module with changes, one after the other."""
    changed = deepcopy(SMALLEST[module])
    whole = Type("object", attributes=inputs(REPOSITORY / module))
    for change in made:
        for prefix in accumulate(((step,) for step in change.path), add):
            for end, companions in values.COMPANIONS.items():
                place = prefix[: len(prefix) - end.count(".") - 1]
                if ".".join(prefix[len(place) :]) == end:
                    _merge(_holder(changed, whole, place), companions)
        holder = _holder(changed, whole, change.path[:-1])
        key = _key(holder, change.path)
        if isinstance(holder, dict):
            holder.pop(RIVALS.get(key), None)
        if not (change.good and isinstance(change.value, dict | list) and _has(holder, key)):
            holder[key] = deepcopy(change.value)
    return changed


def _has(holder, key):
    """Whether companions have put something there."""
    return bool(holder[key] if isinstance(holder, list) else holder.get(key))


def good(kind, path):
    """The first good value of a type, with required attributes only, and one element in a collection."""
    if kind.kind == "object":
        return {name: good(inner, (*path, name)) for name, inner in kind.attributes.items() if not inner.optional}
    if kind.element is not None:
        element = good(kind.element, (*path, ELEMENT))
        return {values.keys_of(path).good[0]: element} if kind.kind == "map" else [element]
    return values.at(path).good[0]


def _holder(inputs, kind, path):
    """What is at a path of objects and collections. What is missing on the way there is made."""
    holder = inputs
    for place, step in enumerate(path):
        kind = kind.element if step == ELEMENT else kind.attributes[step]
        key = _key(holder, path[: place + 1])
        expected = dict if kind.kind in ("object", "map") else list
        present = holder[key] if key in holder or isinstance(holder, list) else None
        if not isinstance(present, expected):
            holder[key] = good(kind, path[: place + 1])
        holder = holder[key]
    return holder


def _key(holder, path):
    """The key of the last step of a path in its holder: of a collection, its first element."""
    if path[-1] != ELEMENT:
        return path[-1]
    if isinstance(holder, list):
        holder.append(None) if not holder else None
        return 0
    return next(iter(holder), values.keys_of(path[:-1]).good[0])


def _merge(inputs, others):
    for name, value in others.items():
        if isinstance(value, Mapping) and isinstance(inputs.get(name), dict):
            _merge(inputs[name], value)
        elif value is None:
            inputs.pop(name, None)
        else:
            inputs[name] = deepcopy(value)
