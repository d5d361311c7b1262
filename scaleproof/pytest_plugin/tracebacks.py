"""Ends the tracebacks that pytest shows where scaleproof begins: the locals there have the values of variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import reduce
from itertools import takewhile
from types import TracebackType
from typing import Any

import pytest

from scaleproof.errors import DEBUG, MORE, ScaleproofError, defect

_EXPECTED = (ScaleproofError, AssertionError, Warning, OSError, RecursionError, pytest.exit.Exception)
"""Errors that are no defects, as commands have it, beside those of AWS's client."""
_PLACED = (KeyboardInterrupt, pytest.exit.Exception, pytest.skip.Exception)
"""Of these pytest always says where they came up, and fails without a frame."""


def ended(excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """`excinfo` without scaleproof's part, also of the errors that led to it; a note names the place of a defect.

    With SCALEPROOF_DEBUG=1 all keep theirs.
    """
    left: list[BaseException | None] = [] if os.environ.get(DEBUG) else [excinfo.value]
    seen = set[int]()
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        entries = _entries(error.__traceback__)
        before = list(takewhile(lambda entry: _package(entry.tb_frame.f_globals) != "scaleproof", entries))
        if len(before) < len(entries):
            _note(error)
            error.__traceback__ = reduce(_preceded, reversed(before), None)
            error.__cause__ = None  # nor is the context shown then
        left += [
            error.__cause__,
            error.__context__,
            *(error.exceptions if isinstance(error, BaseExceptionGroup) else ()),
        ]
    if excinfo.value.__traceback__ in (None, excinfo.tb):
        return excinfo
    shown = pytest.ExceptionInfo.from_exception(excinfo.value)
    above = {_package(entry.frame.f_globals) for entry in shown.traceback} <= {"_pytest", "pluggy"}
    if above and not isinstance(excinfo.value, _PLACED):
        shown.traceback = shown.traceback.filter(lambda _: False)  # a fixture of scaleproof has failed
    return shown


def _note(error: BaseException) -> None:
    """Says of an error that nobody expected where it came up."""
    expected = isinstance(error, _EXPECTED) or type(error).__module__.startswith("botocore.")
    if not isinstance(error, Exception) or expected:
        return
    note = f"{defect(error)} {MORE}"
    if note not in getattr(error, "__notes__", ()):  # each test that needs a fixture raises its error again
        error.add_note(note)


def _entries(traceback: TracebackType | None) -> list[TracebackType]:
    entries = []
    while traceback:
        entries.append(traceback)
        traceback = traceback.tb_next
    return entries


def _preceded(rest: TracebackType | None, entry: TracebackType) -> TracebackType:
    return TracebackType(rest, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)


def _package(names: Mapping[str, Any]) -> str:
    return str(names.get("__name__")).partition(".")[0]
