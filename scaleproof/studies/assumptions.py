"""Sets and varies the assumptions of a simulation by name."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import Assumptions, others
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import (
    Behaviour,
    Delay,
    Shortage,
)
from scaleproof.simulation import behaviour as behaviours
from scaleproof.studies.wording import duration
from scaleproof.texts import did_you_mean, number

_GIVEN_OTHERWISE = {"shortages"}


@dataclass(frozen=True)
class SimulationAssumptions(Assumptions):
    """All assumptions of one simulation."""

    behaviour: Behaviour = behaviours.DEFAULT


DEFAULT = SimulationAssumptions()
PARTS: tuple[type, ...] = (Behaviour, *get_type_hints(Assumptions).values())
START_UP = ("provisioning", "start_up")
"""The assumptions that together are the time until a new instance serves."""


@dataclass(frozen=True)
class StartUp:
    """How long instances are assumed to take until they serve; no other assumption matters as much."""

    provisioning: float
    """Seconds from the request for an instance until it exists, the median."""
    start_up: float
    """Seconds from then until it takes requests, the median."""
    source: str
    """The source of the numbers."""
    options: str
    """The options that replace them."""

    @property
    def sentence(self) -> str:
        """A sentence about the assumed start-up time."""
        whole = duration(self.provisioning + self.start_up)
        parts = f"provisioning {duration(self.provisioning)}, start-up {duration(self.start_up)}"
        return (
            f"Assumed: an instance serves {whole} after it is requested ({parts}), as {self.source}. "
            f"To use your own times, add {self.options}."
        )


def start_up(model: SimulationAssumptions) -> StartUp:
    """The start-up that a simulation assumes."""
    mine, usual = model.behaviour, behaviours.DEFAULT
    changed = [name for name in START_UP if getattr(mine, name) != getattr(usual, name)]
    seen = "seen once by a public benchmark, on ml.g5.xlarge"
    source = seen if not changed else f"set with --assume {' and '.join(changed)}"
    if len(changed) == 1:
        source += f" (the other {seen})"
    return StartUp(
        mine.provisioning.median,
        mine.start_up.median,
        source,
        " ".join(f"--assume {name}=SECONDS" for name in START_UP),
    )


USUAL_START_UP = start_up(DEFAULT)

_SIGKILL = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"


def grace(model: SimulationAssumptions, kind: Kind) -> float:
    """Seconds that a released instance may work on what it has."""
    return model.behaviour.draining if kind is Kind.ASYNC else model.behaviour.stop_grace_seconds


def cutting(model: SimulationAssumptions, kind: Kind) -> str:
    """The assumption about requests that are open when scale-in removes their instance, with its source."""
    name = "draining" if kind is Kind.ASYNC else "stop_grace_seconds"
    seconds = grace(model, kind)
    if seconds != grace(DEFAULT, kind):
        source = f"set with --assume {name}"
    elif kind is Kind.ASYNC:
        source = "a guess: AWS does not document it"
    else:
        source = f"as AWS documents for a lower count, and not for auto scaling: {_SIGKILL}"
    return (
        f"Assumed: SageMaker ends open requests {duration(seconds)} after scale-in removes their instance "
        f"({source}). If yours end otherwise, add --assume {name}=SECONDS."
    )


def alternatives() -> Iterator[tuple[str, Any]]:
    """Every assumption with every other answer to try."""
    for part in PARTS:
        for name, values in others(part).items():
            yield from ((name, value) for value in values)


def names() -> list[str]:
    """The names of all assumptions."""
    return sorted(_kinds())


def parse(words: Iterable[str], model: SimulationAssumptions = DEFAULT) -> SimulationAssumptions:
    """The model with the assumptions in words of the form NAME=VALUE.

    A delay is its median in seconds, with a spread after a slash (180/0.2). Raises ScaleproofError that says
    what to write.
    """
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals:
            raise ScaleproofError(f"{word!r} is not of the form NAME=VALUE.")
        if (kind := _kinds().get(name)) is None:
            advice = did_you_mean(name, names()) or f"There are {', '.join(names())}."
            raise ScaleproofError(f"There is no assumption {name!r}.", advice=advice)
        model = model.set(name, _value(name, text, kind))
    return model


def shortages(words: Iterable[str]) -> tuple[Shortage, ...]:
    """Shortages from words of the form TYPE=FROM-TO, in hours from the start; raises ScaleproofError."""
    intervals = []
    for word in words:
        kind, _, span = word.partition("=")
        start, end = map(number, span.partition("-")[::2])
        if not kind or not 0 <= start < end:
            wrong = "is not of the form TYPE=FROM-TO with hours from the start"
            if kind and 0 <= end <= start:
                wrong = "ends before it begins"
            raise ScaleproofError(f"{word!r} {wrong}.", advice="As in ml.g6.2xlarge=8-12.")
        intervals.append(Shortage(kind.strip(), start * 3600, end * 3600))
    return tuple(intervals)


def spell(value: Any) -> str:
    """A value of an assumption as `parse` takes it."""
    if isinstance(value, Delay):
        return f"{value.median:g}/{value.spread:g}" if value.spread else f"{value.median:g}"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kinds() -> dict[str, type]:
    """The type of each assumption, by name."""
    kinds = {name: kind for part in PARTS for name, kind in get_type_hints(part).items()}
    return {name: kind for name, kind in kinds.items() if name not in _GIVEN_OTHERWISE}


def _value(name: str, text: str, kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        if text == "none":
            return None
        kind = next(option for option in get_args(kind) if option is not type(None))
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        choices = tuple(kind)
    if choices:
        for choice in choices:
            if text == choice:
                return choice
        raise ScaleproofError(f"{name}={text} is not one of {', '.join(choices)}.")
    try:
        if "_" in text or not text.isascii():
            raise ValueError  # as `number` has it
        if kind is Delay:
            median, _, spread = text.partition("/")
            return Delay(float(median), float(spread or 0.0))
        return kind(text)
    except ScaleproofError as error:
        raise ScaleproofError(f"{name}={text}: {error.message}") from error
    except ValueError:
        expected = "a whole number" if kind is int else "a number"
        advice = f"Write it without a unit, as in {name}=60."
        raise ScaleproofError(f"{name}={text} is not {expected}.", advice=advice) from None
