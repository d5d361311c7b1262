"""Parses what is said of containers, in an account or by a model.

A description is a JSON object. `scaleproof.localstack.control` sends that of an account to `control` by HTTP.
A model has its own in the environment variable SCALEPROOF_CONTAINER, which goes first.

    answer    seconds from a request, or from a part of a stream, to its answer:
              a number, or a table by requests in flight on the instance, such as {"1": 0.1, "20": 0.5}.
              Between two entries the time grows evenly; beyond the table it stays as it is at its end
    sharing   `answer` (a number) is how long a request takes alone. Up to so many requests at a time take
              no longer; more of them share the instance evenly. The parts of a stream wait for each other
    slots     requests in flight that an instance takes; it refuses more with 503
    startup   seconds that a new instance takes until it is ready, and the endpoint in service with it
    upgrade   seconds until it accepts a bidirectional stream, or false if it refuses

Two members are SageMaker's and not the container's, and for an account only:

    stream_seconds   how long a stream may last: 1800
    stop_seconds     from SIGTERM to SIGKILL for an instance that goes: 30
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.engine.container import NOTHING, Description
from scaleproof.emulator.errors import validation

VARIABLE = "SCALEPROOF_CONTAINER"
_ACCOUNT_ONLY = ("stream_seconds", "stop_seconds")
_COUNTS = ("sharing", "slots")


class ContainerError(ValueError):
    """A description that is not valid. The text says what is expected."""


def parse(given: Any, *, of_model: bool = False) -> Description:
    """The description in an object. Raises `ContainerError`."""
    if not isinstance(given, dict):
        raise ContainerError("Send an object with the members of a container.")
    known = [one.name for one in fields(Description) if not (of_model and one.name in _ACCOUNT_ONLY)]
    for name in given:
        if name not in known:
            raise ContainerError(f"A container has {', '.join(known)}, not {name}.")
    found = Description(**{name: _member(name, value) for name, value in given.items()})
    if found.sharing is not None and isinstance(found.answer, Mapping):
        raise ContainerError("sharing needs a number as answer, not a table.")
    return found


def _member(name: str, value: Any) -> Any:
    if name in _COUNTS:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ContainerError(f"{name} must be a whole number from 1 on, not {value!r}.")
        return value
    if name == "upgrade" and value is False:
        return math.inf
    if name == "answer" and isinstance(value, dict):
        return _table(value)
    if not _is_seconds(value):
        raise ContainerError(f"{name} must be seconds, 0 or more, not {value!r}.")
    return float(value)


def _table(value: dict[str, Any]) -> dict[int, float]:
    good = all(
        level.isascii() and level.isdigit() and _is_seconds(seconds) for level, seconds in value.items()
    )
    if not value or not good:
        raise ContainerError('answer must be seconds, or a table such as {"1": 0.1, "20": 0.5}.')
    return {int(level): float(seconds) for level, seconds in value.items()}


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def of_containers(containers: Iterable[Mapping[str, Any]]) -> Description:
    """What the containers of a model say in SCALEPROOF_CONTAINER. Raises ValidationException."""
    found = NOTHING
    for container in containers:
        text = container.get("Environment", {}).get(VARIABLE)
        if text is None:
            continue
        try:
            found = parse(json.loads(text), of_model=True).over(found)
        except ValueError as error:
            problem = str(error) if isinstance(error, ContainerError) else f"This is not JSON: {error}."
            raise validation(f"{VARIABLE}: {problem}") from None
    return found


def shown(description: Description) -> Json:
    """A description as it was given."""
    said = {name: value for name, value in asdict(description).items() if value is not None}
    return {**said, "upgrade": False} if description.refuses else said
