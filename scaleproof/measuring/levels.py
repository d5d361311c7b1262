"""What one level of load gave: the replies while a number of requests was kept in flight."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reply:
    """One request, synchronous or a stream, from its start to its end. All times in seconds.

    Attributes:
        started: When it was sent, since the level began.
        seconds: How long it took, from its start to its last byte.
        first_chunk: From its start to the first chunk of the answer; None where it has no chunks.
        lag: How far the answers of a paced stream were behind the audio that was sent, at the worst; None for
            other kinds.
        error: The error's code as AWS names it (`ModelError`, `ModelStreamError`); None where it succeeded.
    """

    started: float
    seconds: float
    first_chunk: float | None = None
    lag: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Level:
    """A number of requests kept in flight for a while.

    Attributes:
        concurrency: How many requests were in flight at each moment.
        seconds: How long the level was held.
        replies: Every request that began while it was held and was not cut short at its end, in the order of
            their ends.
        generator_lag: How late the generator itself was, in seconds, at its 99th percentile: what it measured
            is no better than this.
    """

    concurrency: int
    seconds: float
    replies: tuple[Reply, ...]
    generator_lag: float = 0.0


class Load(Protocol):
    """What can keep a number of requests in flight on one endpoint."""

    def hold(self, concurrency: int, seconds: float) -> Level:
        """Keeps `concurrency` requests in flight for `seconds` and says what came of them."""
        ...
