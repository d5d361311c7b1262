"""Hypothesis strategies for the inputs of a module, derived from their declared types.

A case is drawn whole and consistent, and then up to two of its places are given a value from the edges:
wholly random inputs would all be refused for a dozen reasons at once, and say nothing of any one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.contract import values
from tests.contract.consistency import consistent
from tests.contract.types import ELEMENT, Type, inputs

Draw = Callable[[st.SearchStrategy[Any]], Any]
_ELEMENTS = 3
RIVALS = {
    "custom_metric": "predefined_metric_type",
    "expression": "metric_stat",
    "metric_name": "metrics",
    "metric_stat": "expression",
    "metrics": "metric_name",
    "step": "target_tracking",
    "target_tracking": "step",
}
"""Attributes of which one excludes the other; `step` of a deployment has none."""


@dataclass(frozen=True)
class Case:
    """Inputs of a module. `touched` are the dotted paths that were given a value from the edges."""

    inputs: Mapping[str, Any]
    touched: tuple[str, ...] = ()


def places(module):
    """Everything in the inputs of a module that can be given a value from the edges, as paths."""
    return sorted(path for name, kind in inputs(module).items() for path, _ in kind.paths((name,)))


def cases(module, name, touching=None):
    """Inputs for the module in a directory; `name` is what the project calls it, as in tests/plan/planner.py.

    `touching`: these places are given a value from the edges, in place of up to two of all.
    """
    types = inputs(module)
    if touching is not None:
        return _case(types, name, st.just(touching))
    return _case(types, name, st.lists(st.sampled_from(places(module)), max_size=2, unique=True))


# Hypothesis reads the source of what it decorates: once, not for each place that is swept.
@st.composite
def _case(draw, types, name, touching):
    drawn = {
        each: _good(draw, kind, (each,))
        for each, kind in types.items()
        if not kind.optional or draw(st.integers(0, 3)) == 3
    }
    touched = draw(touching)
    for path in touched:
        # Before all is made consistent: what is wrong around a place would hide what is wrong in it.
        _put(draw, types, drawn, path, edge=False)
    found = consistent(name, drawn)
    for path in touched:
        _put(draw, types, found, path, edge=True)
    return Case(found, tuple(".".join(path) for path in touched))


def _good(draw, kind, path):
    """A value that is meant to be taken."""
    if kind.kind == "object":
        return {
            name: _good(draw, attribute, (*path, name))
            for name, attribute in kind.attributes.items()
            if not attribute.optional or draw(st.booleans())
        }
    if kind.element is not None:
        count = draw(st.integers(1, _ELEMENTS))
        items = [_good(draw, kind.element, (*path, ELEMENT)) for _ in range(count)]
        if kind.kind != "map":
            return items
        return dict(zip(values.keys_of(path).good, items, strict=False))
    return draw(st.sampled_from(list(values.of(path).good)))


def _put(draw, types, case, path, *, edge):
    """Puts a value at a path, one from the edges or a good one; what is missing on the way there is drawn."""
    holder = case
    kind = Type("object", attributes=types)
    for place, step in enumerate(path):
        inner = kind.element if step == ELEMENT else kind.attributes[step]
        assert inner is not None
        key = _key(draw, kind, holder, path[:place], edge=edge) if step == ELEMENT else step
        if other := RIVALS.get(step):
            holder.pop(other, None)
        if place == len(path) - 1:
            options = values.wrong(path, inner) if edge else []
            holder[key] = deepcopy(draw(st.sampled_from(options))) if edge else _good(draw, inner, path)
            return
        missing = not isinstance(holder, list) and holder.get(key) is None
        if missing or not isinstance(holder[key], dict if inner.kind in ("object", "map") else list):
            holder[key] = _good(draw, inner, path[: place + 1])
        holder, kind = holder[key], inner


def _key(draw, kind, holder, path, *, edge):
    """The place of an element that is there, or is made now."""
    if kind.kind != "map":
        if not holder:
            holder.append(None)
        if holder[0] is None and kind.element is not None and kind.element.kind == "object":
            holder[0] = _good(draw, kind.element, (*path, ELEMENT))
        return 0
    known = values.keys_of(path)
    if holder and not (edge and draw(st.booleans())):
        return next(iter(holder))
    key = draw(st.sampled_from([*known.good, *(known.edge if edge else ())]))
    if key not in holder and holder:
        holder[key] = holder.pop(next(iter(holder)))  # the same entry under another name
    return key
