"""Replaces values that Terraform marks as sensitive.

The marks are in `after_sensitive`, in `sensitive_values` and in the `sensitive` of outputs and variables.
Responses of an API and a provider's errors have no marks, so there the values themselves are searched for.
"""

from __future__ import annotations

import dataclasses
import json
import re
from bisect import bisect_right
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
        marked_texts = {text for value, mark in marked for text in _marked_texts(value, mark)}
        texts = sorted({form for text in marked_texts if len(text) >= _SHORTEST for form in _forms(text)})
        self._start = min(map(len, texts), default=_SHORTEST)
        # A plan may have tens of thousands of secrets, so they are looked up by how they start.
        self._by_start: dict[str, list[str]] = {}
        # The longest other secret that each begins with.
        self._shorter: dict[str, str | None] = {}
        last = None
        for text in texts:
            while last is not None and not text.startswith(last):
                last = self._shorter[last]
            self._shorter[text] = last
            self._by_start.setdefault(text[: self._start], []).append(text)
            last = text
        self._longest = {start: max(map(len, similar)) for start, similar in self._by_start.items()}

    def __or__(self, other: Secrets) -> Secrets:
        """The texts of both. Two masks in turn would leave the rest of a text that begins with a shorter one."""
        return Secrets([([*self._shorter, *other._shorter], True)])

    def masked(self, value: Any, mark: Any = None, hidden: object = HIDDEN) -> Any:
        """`value` without marked values and without sensitive texts inside other texts.

        A marked text becomes `TEXT`, other values `hidden`. Null stays.
        """
        if value is not None and not _has_shape(mark, value) and marks(mark):
            return TEXT if isinstance(value, str) else hidden
        if not self._by_start and not marks(mark):
            return value
        if isinstance(value, str):
            return self._replaced(value)
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
        """`value` with `TEXT` for each sensitive text, and once for those that overlap."""
        pieces = []
        end = 0  # of what has been replaced
        for place in range(len(value) - self._start + 1):
            if secret := self._secret_at(value, place):
                if place >= end:
                    pieces += [value[end:place], TEXT]
                end = max(end, place + len(secret))
        return "".join([*pieces, value[end:]])

    def _secret_at(self, value: str, place: int) -> str | None:
        """The longest sensitive text at a place of `value`.

        It is the last in order that does not follow what stands there, or one that this begins with.
        """
        start = value[place : place + self._start]
        if start not in self._by_start:
            return None
        similar = self._by_start[start]
        preceding = bisect_right(similar, value[place : place + self._longest[start]])
        secret = similar[preceding - 1] if preceding else None
        while secret is not None and not value.startswith(secret, place):
            secret = self._shorter[secret]
        return secret


def marks(mark: Any) -> bool:
    """Whether a shape of marks (sensitive, unknown) has one. Terraform also writes shapes without any.

    Somebody else's may have anything where Terraform has True.
    """
    if isinstance(mark, dict | list):
        return any(map(marks, mark.values() if isinstance(mark, dict) else mark))
    return mark is not None and mark is not False


def _has_shape(mark: Any, value: Any) -> bool:
    """Whether the marks are those of the members of a value. If not, they are of all of it."""
    if isinstance(value, Mapping):
        return isinstance(mark, dict)
    return isinstance(value, list | tuple) and isinstance(mark, list)


def _marked_texts(value: Any, mark: Any) -> Iterator[str]:
    if not _has_shape(mark, value):
        yield from _texts(value) if marks(mark) else ()
    elif isinstance(value, Mapping):
        for name, inner in mark.items():
            yield from _marked_texts(value.get(name), inner)
    else:
        for element, inner in zip(value, mark, strict=False):
            yield from _marked_texts(element, inner)


def _forms(text: str) -> set[str]:
    """A text as it is, as messages quote it, and as Terraform's jsonencode writes it."""
    quoted = json.dumps(text, ensure_ascii=False)[1:-1]
    return {text, quoted, re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", quoted)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for element in [*value, *value.values()] if isinstance(value, Mapping) else value:
            yield from _texts(element)
