"""What an expression looks like without its values: objects, lists and calls, as deep as they are literal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """One expression; where it is no object, list, call or bare word, only Terraform can tell what it is.

    `items`: of an object, those with a literal name, each with the line of the name. `whole`: whether that is
    all of them. `parts`: the elements of a list, or the arguments of a call. `word`: a bare word, or what is
    called. A line is 0 where there is none.
    """

    line: int = 0
    items: Mapping[str, Shape] | None = None
    whole: bool = True
    parts: tuple[Shape, ...] | None = None
    word: str = ""


def of_value(value: Any) -> Shape:
    """The shape of a value that is known, as JSON has it."""
    if isinstance(value, Mapping):
        return Shape(items={str(name): of_value(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return Shape(parts=tuple(map(of_value, value)))
    return Shape()
