"""Replaces values that Terraform marks as sensitive.

The marks are in `after_sensitive`, in `sensitive_values` and in the `sensitive` of outputs and variables.
Responses of an API and a provider's errors have no marks, so there the values themselves are searched for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

TEXT: Final = "(sensitive)"
_SHORTEST = 4
"""The shortest value to search for in other texts. Shorter ones occur in many names."""


class Hidden(str):
    """The type of `HIDDEN`. Output shows it as a text, but readers can tell it from a value."""

    __slots__ = ()


HIDDEN: Final = Hidden(TEXT)
"""Replaces a sensitive value that is not a text: a number, or a block."""


class Secrets:
    """The sensitive texts of one plan, state or set of variables."""

    def __init__(self, marked: Iterable[tuple[Any, Any]]) -> None:
        """`marked`: values with their marks: True, or the same shape with True for sensitive values."""
        texts = (text for value, mark in marked for text in _marked_texts(value, mark))
        self._texts = {text for text in texts if len(text) >= _SHORTEST}
        self._start = min(map(len, self._texts), default=_SHORTEST)
        # A plan may have tens of thousands of secrets: the start of a text says which lengths to look up.
        lengths: dict[str, set[int]] = {}
        for text in self._texts:
            lengths.setdefault(text[: self._start], set()).add(len(text))
        self._lengths = {start: sorted(fitting, reverse=True) for start, fitting in lengths.items()}

    def masked(self, value: Any, mark: Any = None, hidden: object = HIDDEN) -> Any:
        """`value` without marked values and without sensitive texts inside other texts.

        A marked text becomes `TEXT`, other values `hidden`. Null stays.
        """
        if mark is True and value is not None:
            return TEXT if isinstance(value, str) else hidden
        if not self._texts and not marks(mark):
            return value
        if isinstance(value, str):
            masked = self._replaced(value)
            return value if masked == value else masked  # keeps the type of an enumeration's member
        if isinstance(value, Mapping):
            marks_by_name = mark if isinstance(mark, dict) else {}
            return {name: self.masked(member, marks_by_name.get(name), hidden) for name, member in value.items()}
        if isinstance(value, list | tuple):
            padded = [*(mark if isinstance(mark, list) else ()), *[None] * len(value)]
            return type(value)(self.masked(member, padded[place], hidden) for place, member in enumerate(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = {part.name: self.masked(getattr(value, part.name)) for part in dataclasses.fields(value)}
            return dataclasses.replace(value, **parts)
        return value

    def _replaced(self, value: str) -> str:
        """`value` with `TEXT` for each sensitive text, from left to right, the longest first."""
        pieces = []
        end = place = 0
        while place <= len(value) - self._start:
            for length in self._lengths.get(value[place : place + self._start], ()):
                if value[place : place + length] in self._texts:
                    pieces += [value[end:place], TEXT]
                    end = place = place + length
                    break
            else:
                place += 1
        return "".join([*pieces, value[end:]])


def marks(mark: Any) -> bool:
    """Whether a shape of marks (sensitive, unknown) has one. Terraform also writes shapes without any."""
    inner = mark.values() if isinstance(mark, dict) else mark if isinstance(mark, list) else ()
    return mark is True or any(marks(element) for element in inner)


def _marked_texts(value: Any, mark: Any) -> Iterator[str]:
    if mark is True:
        yield from _texts(value)
    elif isinstance(value, Mapping) and isinstance(mark, dict):
        for name, inner in mark.items():
            yield from _marked_texts(value.get(name), inner)
    elif isinstance(value, list) and isinstance(mark, list):
        for element, inner in zip(value, mark, strict=False):
            yield from _marked_texts(element, inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for element in [*value, *value.values()] if isinstance(value, Mapping) else value:
            yield from _texts(element)
