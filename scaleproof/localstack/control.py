"""Speaks to the emulator inside a LocalStack about one account, beside AWS's APIs: faults, and calls made."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.health import OPENER

_SECONDS = 10.0


def ask(connection: Connection, method: str, subject: str, body: Any = None) -> Any:
    """What the emulator answers about `subject` ("faults", "calls") in the account of a connection.

    Raises `ScaleproofError` for a body that it refuses, for a LocalStack that runs without the emulator, and
    for one that does not answer.
    """
    request = urllib.request.Request(
        f"{connection.endpoint_url}/_scaleproof/{subject}/{connection.account}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    try:
        with OPENER.open(request, timeout=_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 400:
            raise ScaleproofError(json.load(error)["message"]) from None
        raise ScaleproofError(
            f"The LocalStack at {connection.endpoint_url} knows of no {subject} (HTTP {error.code}).",
            advice="Use one that this version of scaleproof starts: its emulator does.",
        ) from error
    except (OSError, ValueError) as error:
        raise FailedError(
            f"The LocalStack at {connection.endpoint_url} does not answer ({error})."
        ) from error


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call as botocore names it: service ("sagemaker"), operation, parameters, all but payloads.

    `time`: of its first request (epoch seconds). `requests`: how often it was sent until the client was
    content or gave up.
    """

    service: str
    operation: str
    region: str
    params: dict[str, Any]
    time: float
    requests: int


@contextmanager
def recorded(connection: Connection) -> Iterator[list[ApiCall]]:
    """The calls that are made in the account of a connection while the context lasts, in order.

    The list is filled when the context ends. Whoever makes them is recorded, in all regions, but for what
    LocalStack asks of itself. Not for two contexts at once in an account: each begins with an empty log.
    Raises `ScaleproofError` for a LocalStack without the emulator, and where more was called than is kept.
    """
    found: list[ApiCall] = []
    ask(connection, "DELETE", "calls")
    yield found
    log = ask(connection, "GET", "calls")
    if log["forgotten"]:
        raise ScaleproofError(
            f"More API calls were made in account {connection.account} than are kept: the first "
            f"{log['forgotten']} are forgotten.",
            advice="Record a shorter part of what is done.",
        )
    found += (ApiCall(**call) for call in log["calls"])


@contextmanager
def injected(connection: Connection, *rules: dict[str, Any]) -> Iterator[None]:
    """Injects rules into the account of a connection for as long as the context lasts.

    A rule is like {"fault": "throttling", "service": "sagemaker", "operation": "CreateModel", "times": 2};
    `scaleproof.emulator.engine.faults` has all of them. Raises `ScaleproofError` as `inject` does.
    """
    inject(connection, *rules)
    try:
        yield
    finally:
        inject(connection)


def inject(connection: Connection, *rules: dict[str, Any]) -> None:
    """Puts rules in place of those that hold in the account of a connection; without rules ends them all.

    Raises `ScaleproofError` for a rule that is none, and for a LocalStack that runs without the emulator.
    """
    ask(connection, "PUT", "faults", list(rules))


def holding(connection: Connection) -> list[dict[str, Any]]:
    """The rules that hold in the account of a connection; `times` is what is left of them."""
    rules: list[dict[str, Any]] = ask(connection, "GET", "faults")
    return rules
