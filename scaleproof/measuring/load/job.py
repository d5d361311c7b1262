"""What the generator is told: which requests to send, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """How the endpoint is called."""

    REQUESTS = "requests"
    """InvokeEndpoint."""
    RESPONSE_STREAMS = "response-streams"
    """InvokeEndpointWithResponseStream."""
    STREAMS = "streams"
    """InvokeEndpointWithBidirectionalStream."""


@dataclass(frozen=True)
class Job:
    """The requests of all levels.

    Attributes:
        kind: One of `Kind`.
        endpoint: Its name.
        region: Its region.
        url: Where the service is; None until that is known.
        bodies: As `Bodies` takes them; for streams the audio of each.
        local: Whether the service is on this machine: then no proxy and no settings of the user apply.
        content_type: Of a body.
        ca: The file of the authority that signed the certificate of a stream's server; empty: the system's.
        rate: Bytes of audio in a second; 0 for requests.
        chunk: Seconds of audio in a part of a stream.
        last_part: A text that is sent when all audio was, such as `{"type": "CloseStream"}`; may be empty.
        path: `ModelInvocationPath` of a stream; may be empty.
        query: `ModelQueryString` of a stream; may be empty.
    """

    kind: str
    endpoint: str
    region: str
    url: str | None
    bodies: tuple[str, ...]
    local: bool
    content_type: str = "application/json"
    ca: str = ""
    rate: float = 0.0
    chunk: float = 0.2
    last_part: str = ""
    path: str = ""
    query: str = ""

    def at(self, region: str, url: str, *, local: bool, ca: str) -> Job:
        """The same job in this place."""
        return replace(self, region=region, url=url, local=local, ca=ca)


@dataclass(frozen=True)
class Credentials:
    """Of AWS. They go to the processes through a pipe, never through a command line or an environment."""

    access_key: str
    secret_key: str
    token: str | None = None
