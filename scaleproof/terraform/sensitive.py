"""What Terraform marks as sensitive, and what is shown in its place.

A mark stands where a value is: `after_sensitive`, `sensitive_values` and the `sensitive` of outputs. What is
read back from an API, and what a provider says of an error, has no marks: there the values themselves are
looked for.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

TEXT: Final = "(sensitive)"
_SHORTEST = 4
"""Characters of a value that is looked for in other texts: a shorter one is in half of all names."""


class _Hidden(str):
    """The type of `HIDDEN`: a text wherever it is shown, which no reader takes for a value."""

    __slots__ = ()


HIDDEN: Final = _Hidden(TEXT)
"""Stands for a sensitive value that is no text: a number, or all that is in a block."""


class Secrets:
    """The sensitive texts of one plan, state or set of variables."""

    def __init__(self, marked: Iterable[tuple[Any, Any]]) -> None:
        """`marked`: values with their marks, True or the same shape with True wherever it is sensitive."""
        found = {text for value, mark in marked for text in _marked_texts(value, mark)}
        words = sorted((re.escape(text) for text in found if len(text) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(words)) if words else None

    def masked(self, value: Any, mark: Any = None, hidden: object = HIDDEN) -> Any:
        """`value` without what is marked, and without sensitive texts within other texts.

        A text becomes `TEXT`, anything else `hidden`; null stays.
        """
        if mark is True and value is not None:
            return TEXT if isinstance(value, str) else hidden
        if isinstance(value, str):
            return self._pattern.sub(TEXT, value) if self._pattern else value
        if isinstance(value, Mapping):
            named = mark if isinstance(mark, dict) else {}
            return {name: self.masked(item, named.get(name), hidden) for name, item in value.items()}
        if isinstance(value, list | tuple):
            placed = [*(mark if isinstance(mark, list) else ()), *[None] * len(value)]
            found = (self.masked(item, placed[place], hidden) for place, item in enumerate(value))
            return type(value)(found)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = {part.name: self.masked(getattr(value, part.name)) for part in dataclasses.fields(value)}
            return dataclasses.replace(value, **parts)
        return value


def _marked_texts(value: Any, mark: Any) -> Iterator[str]:
    if mark is True:
        yield from _texts(value)
    elif isinstance(value, Mapping) and isinstance(mark, dict):
        for name, item in value.items():
            yield from _marked_texts(item, mark.get(name))
    elif isinstance(value, list) and isinstance(mark, list):
        for item, inner in zip(value, mark, strict=False):
            yield from _marked_texts(item, inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in [*value, *value.values()] if isinstance(value, Mapping) else value:
            yield from _texts(item)
