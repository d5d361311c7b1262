"""Reads which API calls were made in one account of a LocalStack that runs with the plugin, by whomever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scaleproof.cloud import control
from scaleproof.cloud.connection import Connection
from scaleproof.errors import ScaleproofError


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
    Raises `ScaleproofError` for a LocalStack without the plugin, and where more was called than is kept.
    """
    found: list[ApiCall] = []
    control.ask(connection, "DELETE", "calls")
    yield found
    log = control.ask(connection, "GET", "calls")
    if log["forgotten"]:
        raise ScaleproofError(
            f"More API calls were made in account {connection.account} than are kept: the first "
            f"{log['forgotten']} are forgotten.",
            advice="Record a shorter part of what is done.",
        )
    found += (ApiCall(**call) for call in log["calls"])
