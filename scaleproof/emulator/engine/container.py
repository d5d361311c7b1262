"""How a container behaves, as described for an account or by a model.

This is a feature of the emulation. A container that nobody describes answers at once and takes every request.
A description is a JSON object. `scaleproof.localstack.control` sends that of an account to `control` by HTTP. A
model has its own in the environment variable SCALEPROOF_CONTAINER, which overrides the account's members.
docs/emulation.md has the members.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.errors import validation
from scaleproof.errors import ScaleproofError

VARIABLE = "SCALEPROOF_CONTAINER"
_ACCOUNT_ONLY = ("stream_seconds", "stop_seconds")
"""Members that are SageMaker's and not the container's."""
_NOTHING = 1e-6  # seconds of work that are none
_LOOK = 0.02  # seconds between two looks at how many share an instance


@dataclass(frozen=True)
class Container:
    """The behaviour. Times are in seconds.

    `answer`: until an answer, or by requests in flight on the instance. `sharing`: so many requests take no
    longer than one, and more share the instance. `slots`: requests in flight that it takes. `startup`: until
    it is ready. `upgrade`: until it accepts a bidirectional stream, infinite if it refuses. `stream_seconds`:
    how long a stream may last. `stop_seconds`: from SIGTERM to SIGKILL.
    """

    answer: float | Mapping[int, float] = 0.0
    sharing: int | None = None
    slots: int | None = None
    startup: float = 0.0
    upgrade: float = 0.0
    stream_seconds: float = 1800.0
    """https://developers.deepgram.com/docs/auto-scaling-sagemaker"""
    stop_seconds: float = 30.0
    """https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"""

    def seconds(self, level: int) -> float:
        """How long an answer takes while so many requests are in flight, without sharing."""
        if not isinstance(self.answer, Mapping):
            return self.answer
        table = sorted(self.answer.items())
        if level <= table[0][0]:
            return table[0][1]
        for (low, first), (high, last) in pairwise(table):
            if level <= high:
                return first + (last - first) * (level - low) / (high - low)
        return table[-1][1]

    def pauses(self, level: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
        """The pauses to make until an answer is there, in seconds. `level`: requests in flight just now."""
        if self.sharing is None:
            yield self.seconds(level())
            return
        left = self.seconds(1)
        while left > _NOTHING:
            speed = min(1.0, self.sharing / max(level(), 1))
            before = clock()
            yield min(left / speed, _LOOK)
            left -= (clock() - before) * speed


_accounts: dict[str, Json] = {}


def describe_account(account: str, description: Any) -> None:
    """Describes all containers of an account. Raises ScaleproofError if the description is not valid."""
    _members(description)
    _accounts[account] = description


def of_account(account: str, own: Json | None = None) -> Container:
    """A container of an account; `own`: the description by its model."""
    return Container(**{**_members(described(account)), **_members(own or {})})


def described(account: str) -> Json:
    """The description of all containers of an account."""
    return _accounts.get(account, {})


def of_containers(containers: Iterable[Json]) -> Json:
    """The description that the containers of a model carry. Raises ValidationException if it is not valid."""
    described: Json = {}
    for container in containers:
        text = container.get("Environment", {}).get(VARIABLE, "{}")
        try:
            description = json.loads(text)
            _members(description, of_model=True)
        except ScaleproofError as error:
            raise validation(f"{VARIABLE}: {error}") from None
        except ValueError as error:
            raise validation(f"{VARIABLE}: This is not JSON: {error}.") from None
        described |= description
    return described


def _members(description: Any, *, of_model: bool = False) -> dict[str, Any]:
    if not isinstance(description, dict):
        raise ScaleproofError("Send an object with the members of a container.")
    known = [field.name for field in fields(Container) if not (of_model and field.name in _ACCOUNT_ONLY)]
    for name in description:
        if name not in known:
            raise ScaleproofError(f"A container has {', '.join(known)}, not {name}.")
    if "sharing" in description and isinstance(description.get("answer"), dict):
        raise ScaleproofError("sharing needs a number as answer, not a table.")
    return {name: _member(name, value) for name, value in description.items()}


def _member(name: str, value: Any) -> Any:
    if name in ("sharing", "slots"):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ScaleproofError(f"{name} must be a whole number from 1 on, not {value!r}.")
        return value
    if name == "upgrade" and value is False:
        return math.inf
    if name == "answer" and isinstance(value, dict):
        if not value or not all(
            key.isascii() and key.isdigit() and _is_seconds(duration) for key, duration in value.items()
        ):
            raise ScaleproofError('answer must be seconds, or a table such as {"1": 0.1, "20": 0.5}.')
        return {int(level): float(seconds) for level, seconds in value.items()}
    if not _is_seconds(value):
        raise ScaleproofError(f"{name} must be seconds, 0 or more, not {value!r}.")
    return float(value)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
