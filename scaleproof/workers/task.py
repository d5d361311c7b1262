"""One task where it runs, and what comes back: bytes, so that every kind of worker treats them alike."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from scaleproof.errors import FailedError


class StoppedError(Exception):
    """Nobody waits for results any more."""


class GoneError(FailedError):
    """Nobody is left to work on any task."""


def attempt(function: bytes, item: bytes) -> bytes:
    """The result of a pickled function with a pickled item, or its error: for `answered`."""
    try:
        return pickle.dumps((_loaded(function)(pickle.loads(item)), None))
    except Exception as error:
        return pickle.dumps((None, _described(error)))


def answered(answer: bytes) -> Any:
    """The result in an answer. Raises the error in it, with a note of where it arose."""
    result, described = pickle.loads(answer)
    if described is None:
        return result
    kind, arguments, members, trace = described
    error = kind.__new__(kind, *arguments)  # not its constructor: that may take other arguments
    error.__dict__.update(members)
    error.add_note(trace)
    raise error


def given_up(items: Sequence[Any], number: int, tries: int) -> FailedError:
    """The error for a task whose process died `tries` times. It names the item, if that has a name."""
    name = getattr(items[number], "name", f"Task {number + 1} of {len(items)}")
    return FailedError(
        f"{name} is given up: {tries} processes ended while they worked on it.",
        advice="If memory was short: fewer processes at a time have more each; shorter traffic needs less.",
    )


@lru_cache(maxsize=2)
def _loaded(function: bytes) -> Callable[[Any], Any]:
    # Tasks of one call have the function in common, and it may hold a month of traffic.
    found: Callable[[Any], Any] = pickle.loads(function)
    return found


def _described(error: Exception) -> tuple[Any, ...]:
    trace = "".join(traceback.format_exception(error))
    found = (type(error), error.args, error.__dict__, trace)
    try:
        pickle.dumps(found)
    except Exception:
        return (RuntimeError, (str(error),), {}, trace)
    return found
