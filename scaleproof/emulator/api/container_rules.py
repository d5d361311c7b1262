"""Parses how containers behave, as described for an account or by a model.

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
from dataclasses import fields
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.engine.container import Container
from scaleproof.emulator.errors import validation
from scaleproof.errors import ScaleproofError

VARIABLE = "SCALEPROOF_CONTAINER"
_ACCOUNT_ONLY = ("stream_seconds", "stop_seconds")
_COUNTS = ("sharing", "slots")


def parse(description: Any, *, of_model: bool = False) -> dict[str, Any]:
    """The members of `Container` in a description. Raises `ScaleproofError` if it is not valid."""
    if not isinstance(description, dict):
        raise ScaleproofError("Send an object with the members of a container.")
    known = [field.name for field in fields(Container) if not (of_model and field.name in _ACCOUNT_ONLY)]
    for name in description:
        if name not in known:
            raise ScaleproofError(f"A container has {', '.join(known)}, not {name}.")
    members = {name: _member(name, value) for name, value in description.items()}
    if "sharing" in members and isinstance(members.get("answer"), Mapping):
        raise ScaleproofError("sharing needs a number as answer, not a table.")
    return members


def _member(name: str, value: Any) -> Any:
    if name in _COUNTS:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ScaleproofError(f"{name} must be a whole number from 1 on, not {value!r}.")
        return value
    if name == "upgrade" and value is False:
        return math.inf
    if name == "answer" and isinstance(value, dict):
        return _table(value)
    if not _is_seconds(value):
        raise ScaleproofError(f"{name} must be seconds, 0 or more, not {value!r}.")
    return float(value)


def _table(value: dict[str, Any]) -> dict[int, float]:
    good = all(level.isascii() and level.isdigit() and _is_seconds(seconds) for level, seconds in value.items())
    if not value or not good:
        raise ScaleproofError('answer must be seconds, or a table such as {"1": 0.1, "20": 0.5}.')
    return {int(level): float(seconds) for level, seconds in value.items()}


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def of_containers(containers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The members that the containers of a model set in SCALEPROOF_CONTAINER. Raises ValidationException."""
    members: dict[str, Any] = {}
    for container in containers:
        text = container.get("Environment", {}).get(VARIABLE)
        if text is None:
            continue
        try:
            members |= parse(json.loads(text), of_model=True)
        except ScaleproofError as error:
            raise validation(f"{VARIABLE}: {error}") from None
        except ValueError as error:
            raise validation(f"{VARIABLE}: This is not JSON: {error}.") from None
    return members


def shown(members: Mapping[str, Any]) -> Json:
    """A description as it was sent."""
    return {**members, "upgrade": False} if members.get("upgrade") == math.inf else dict(members)
