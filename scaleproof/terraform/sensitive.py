"""Replaces values that Terraform marks as sensitive.

The marks are in `after_sensitive`, in `sensitive_values` and in the `sensitive` of outputs and variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TEXT: Final = "(sensitive value)"


class Hidden(str):
    """The type of `HIDDEN`. Output shows it as a text, but readers can tell it from a value."""

    __slots__ = ()


HIDDEN: Final = Hidden(TEXT)
"""Replaces a sensitive value that is not a text: a number, or a block."""


def masked(value: Any, mark: Any, hidden: object = HIDDEN) -> Any:
    """`value` without what is marked: a text becomes `TEXT`, another value `hidden`, and null stays.

    `mark`: True, or the same shape as the value with True for what is sensitive.
    """
    if isinstance(value, Mapping) and isinstance(mark, dict):
        return {name: masked(member, mark.get(name), hidden) for name, member in value.items()}
    if isinstance(value, list) and isinstance(mark, list):
        padded = [*mark, *[None] * len(value)]
        return [masked(member, padded[place], hidden) for place, member in enumerate(value)]
    if value is None or not marks(mark):
        return value
    return TEXT if isinstance(value, str) else hidden


def marks(mark: Any) -> bool:
    """Whether a shape of marks (sensitive, unknown) has one. Terraform also writes shapes without any."""
    if isinstance(mark, dict | list):
        return any(map(marks, mark.values() if isinstance(mark, dict) else mark))
    return bool(mark)
