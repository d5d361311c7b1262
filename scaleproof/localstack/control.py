"""Calls the emulator's own API: faults, containers, streams, the log of API calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection, check_endpoint
from scaleproof.localstack.health import fetch

_SECONDS = 10.0
_STEP = 60.0  # seconds that one request moves the clock, so that it is answered in time


def ask(connection: Connection, method: str, subject: str, body: Any = None) -> Any:
    """The emulator's answer to a request about `subject` ("faults", "calls", ...) in the connection's
    account.

    Raises `ScaleproofError` if the emulator refuses the body, if the LocalStack runs without the emulator, or
    if it does not answer.
    """
    url = f"{connection.endpoint_url}/_scaleproof/{subject}/{connection.account}"
    sent = None if body is None else json.dumps(body).encode()
    try:
        status, content = fetch(url, seconds=_SECONDS, method=method, body=sent)
        answer: Any = json.loads(content) if status in (200, 400) else None
        refusal = answer["message"] if status == 400 else ""
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise FailedError(f"The LocalStack at {connection.endpoint_url} does not answer ({error}).") from error
    if refusal:
        raise ScaleproofError(str(refusal))
    if status != 200:
        raise ScaleproofError(
            f"The LocalStack at {connection.endpoint_url} has no {subject} (HTTP {status}).",
            advice="Use a LocalStack that this version of scaleproof starts.",
        )
    return answer


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call, with botocore's names of service ("sagemaker"), operation and parameters, without payloads.

    `time`: when it was first sent (epoch seconds). `requests`: how often it was sent, retries included.
    """

    service: str
    operation: str
    region: str
    params: dict[str, Any]
    time: float
    requests: int


@contextmanager
def recorded(connection: Connection) -> Iterator[list[ApiCall]]:
    """Records the API calls in the connection's account, in order. The list is filled when the context ends.

    The log has the calls of all clients in all regions, except those that LocalStack makes itself. A context
    clears the log, so only one may be open in an account. Raises `ScaleproofError` if the LocalStack has no
    emulator, or if there were more calls than the log holds.
    """
    calls: list[ApiCall] = []
    ask(connection, "DELETE", "calls")
    yield calls
    log = ask(connection, "GET", "calls")
    if log["forgotten"]:
        raise ScaleproofError(
            f"The log of API calls in account {connection.account} is full: the first {log['forgotten']} are lost.",
            advice="Record fewer calls.",
        )
    calls += (ApiCall(**call) for call in log["calls"])


@contextmanager
def injected(connection: Connection, *rules: dict[str, Any]) -> Iterator[None]:
    """Injects faults into the connection's account until the context ends.

    A rule is like {"fault": "throttling", "service": "sagemaker", "operation": "CreateModel", "times": 2};
    `scaleproof.emulator.engine.faults` has all of them. Raises `ScaleproofError` as `inject` does.
    """
    inject(connection, *rules)
    try:
        yield
    finally:
        inject(connection)


def inject(connection: Connection, *rules: dict[str, Any]) -> None:
    """Replaces the rules in the connection's account. Without `rules` it removes all.

    Raises `ScaleproofError` for an invalid rule, and for a LocalStack without the emulator.
    """
    ask(connection, "PUT", "faults", list(rules))


@dataclass(frozen=True, slots=True)
class Streams:
    """Where bidirectional streams are served: an address, and the authority of its certificate."""

    endpoint_url: str
    ca_bundle: str

    def environment(self) -> dict[str, str]:
        """The variables that point AWS's clients at it; these take no authority from a variable."""
        return dict(zip(STREAM_VARIABLES, (self.endpoint_url, self.ca_bundle), strict=True))


STREAM_VARIABLES = ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2", "SCALEPROOF_CA_BUNDLE")


def streams(connection: Connection) -> Streams:
    """Where streams are served.

    Raises `ScaleproofError` for a LocalStack that runs without the emulator, and for an address as a connection
    does.
    """
    answer = ask(connection, "GET", "streams")
    check_endpoint(answer["endpoint_url"])
    return Streams(answer["endpoint_url"], answer["ca_bundle"])


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a real-time endpoint that runs; `stopping`: it takes no new request."""

    region: str
    endpoint: str
    variant: str
    instance_type: str
    in_flight: int
    stopping: bool


def instances(connection: Connection) -> list[Instance]:
    """The instances of the account of a connection, of all regions, with their requests in flight."""
    return [Instance(**instance) for instance in ask(connection, "GET", "instances")]


def behave(connection: Connection, **members: Any) -> None:
    """Makes the containers of the account of a connection behave so, and in all else as usual.

    docs/emulation.md has the members. Raises `ScaleproofError` for one that is none.
    """
    ask(connection, "PUT", "container", members)


def advance(connection: Connection, seconds: float) -> None:
    """Moves the emulator's clock of the account of a connection forward; what is due on the way happens.

    Alarms on scaling policies and on metric math, schedules, cooldowns, changes of endpoints and the metrics of
    endpoints follow this clock. The answers of containers and LocalStack's own alarms follow the machine's.
    """
    while seconds > 0:
        ask(connection, "PUT", "clock", min(seconds, _STEP))
        seconds -= _STEP
