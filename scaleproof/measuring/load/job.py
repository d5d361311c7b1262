"""Describes the job of a load generator: which requests it sends, and to which endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class CallKind(StrEnum):
    """How the endpoint is called."""

    REQUESTS = "requests"
    """InvokeEndpoint."""
    RESPONSE_STREAMS = "response-streams"
    """InvokeEndpointWithResponseStream."""
    STREAMS = "streams"
    """InvokeEndpointWithBidirectionalStream."""


@dataclass(frozen=True)
class Body:
    """What a request sends, or the audio of a stream."""

    content: bytes
    path: Path = Path()
    """The file it is from."""
    rate: float = 0.0
    """Bytes of audio in a second; 0 where it is no audio."""

    @property
    def seconds(self) -> float:
        """How long audio lasts."""
        return len(self.content) / self.rate


@dataclass(frozen=True)
class Calls:
    """The requests of all levels."""

    kind: CallKind
    endpoint: str
    bodies: tuple[Body, ...]
    """They take turns."""
    content_type: str = "application/json"
    """Of a body."""
    rate: float | None = None
    """Bytes in a second of audio that does not contain its own rate; None where none was named."""
    chunk: float = 0.2
    """Seconds of audio in a part of a stream."""
    last_part: str = ""
    """A text that is sent when all audio was, such as `{"type": "CloseStream"}`; may be empty."""
    path: str = ""
    """`ModelInvocationPath` of a stream; may be empty."""
    query: str = ""
    """`ModelQueryString` of a stream; may be empty."""

    def body(self, number: int) -> Body:
        """What the request of a number sends."""
        return self.bodies[number % len(self.bodies)]


@dataclass(frozen=True)
class Service:
    """Where the calls go."""

    region: str
    url: str
    local: bool = False
    """Whether it is on this machine: then no proxy and no settings of the user apply."""
    ca: str = ""
    """The file of the authority that signed the certificate of a stream's server; empty: the system's."""


@dataclass(frozen=True)
class Credentials:
    """Of AWS. They go to the processes through a pipe, never through a command line or an environment."""

    access_key: str
    secret_key: str
    token: str | None = None
