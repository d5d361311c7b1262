"""Describes the job of a load generator: which requests it sends, and to which endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallKind(StrEnum):
    """How the endpoint is called."""

    REQUESTS = "requests"
    """InvokeEndpoint."""
    RESPONSE_STREAMS = "response-streams"
    """InvokeEndpointWithResponseStream."""
    STREAMS = "streams"
    """InvokeEndpointWithBidirectionalStream."""


@dataclass(frozen=True)
class Calls:
    """The requests of all levels.

    Attributes:
        kind: How the endpoint is called.
        endpoint: Its name.
        bodies: As `Bodies` takes them; for streams the audio of each.
        content_type: Of a body.
        rate: Bytes of audio in a second; None for requests.
        chunk: Seconds of audio in a part of a stream.
        last_part: A text that is sent when all audio was, such as `{"type": "CloseStream"}`; may be empty.
        path: `ModelInvocationPath` of a stream; may be empty.
        query: `ModelQueryString` of a stream; may be empty.
    """

    kind: CallKind
    endpoint: str
    bodies: tuple[str, ...]
    content_type: str = "application/json"
    rate: float | None = None
    chunk: float = 0.2
    last_part: str = ""
    path: str = ""
    query: str = ""


@dataclass(frozen=True)
class Service:
    """Where the calls go.

    Attributes:
        region: Of the service.
        url: Of the service.
        local: Whether it is on this machine: then no proxy and no settings of the user apply.
        ca: The file of the authority that signed the certificate of a stream's server; empty: the system's.
    """

    region: str
    url: str
    local: bool = False
    ca: str = ""


@dataclass(frozen=True)
class Credentials:
    """Of AWS. They go to the processes through a pipe, never through a command line or an environment."""

    access_key: str
    secret_key: str
    token: str | None = None
