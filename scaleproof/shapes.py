"""Checks documents of others against the shape that they must have, and says where they differ.

A shape is a type; [SHAPE] for a list; {NAME: SHAPE} for an object, with a `?` after the names that may be
missing; `Keyed` for an object of any names; `Null` for what may be null; a callable for a shape that contains
itself. What no shape names may be anything. Messages have no value, which may be sensitive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scaleproof.errors import ScaleproofError

Shape = Any
_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


@dataclass(frozen=True)
class Keyed:
    """An object of any names with values of one shape."""

    shape: Shape


@dataclass(frozen=True)
class Null:
    """A value of a shape, or null."""

    shape: Shape


def check(value: Any, shape: Shape, origin: str, place: str = "", *, unknown: object = ...) -> None:
    """Raises ScaleproofError that names where a value is not of a shape; `unknown` is of each."""
    if isinstance(shape, Null):
        if value is None:
            return
        shape = shape.shape
    if value is unknown or shape is object:
        return
    if callable(shape) and not isinstance(shape, type):
        shape = shape()
    kind = shape if isinstance(shape, type) else list if isinstance(shape, list) else dict
    if not _is(value, kind):
        where = f"{origin}: {place}" if place else origin
        raise ScaleproofError(f"{where} is {_WORDS.get(type(value), 'null')}; expected is {_WORDS[kind]}.")
    if isinstance(shape, list):
        for number, element in enumerate(value):
            check(element, shape[0], origin, f"{place}[{number}]", unknown=unknown)
    elif isinstance(shape, Keyed):
        for name, element in value.items():
            check(element, shape.shape, origin, f"{place}.{name:.60}".lstrip("."), unknown=unknown)
    elif isinstance(shape, dict):
        for name, inner in shape.items():
            plain = name.removesuffix("?")
            if plain in value:
                check(value[plain], inner, origin, f"{place}.{plain}".lstrip("."), unknown=unknown)
            elif name == plain:
                where = f"{origin}: {place}" if place else origin
                raise ScaleproofError(f"{where} has no {plain}.")


def _is(value: Any, kind: type) -> bool:
    if kind in (int, float):
        return isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    return isinstance(value, kind)
