"""The traffic file: requests or rates, with what is known of the recording in comments before the header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scaleproof.recording.requests import Request
from scaleproof.recording.series import Gap
from scaleproof.simulation import Work
from scaleproof.studies.traffic_csv import COMMENT

MOST_REQUESTS = 1_000_000
"""Above this the file has rates: one row a period instead of one a request."""
PERIOD = 60
"""Seconds that a rate holds."""


@dataclass(frozen=True)
class Header:
    """What stands before the rows. `notes` are lines for people; `end` and `start` are epoch seconds."""

    work: Work
    start: int
    end: int
    notes: Sequence[str]
    gaps: Sequence[Gap]


def lines(header: Header, requests: Iterable[Request], number: int) -> Iterator[str]:
    """The lines of the file. `number`: of the requests, which come in the order of time."""
    for note in header.notes:
        yield f"{COMMENT} {note}\n"
    for gap in header.gaps:
        yield f"{COMMENT} no data from {moment(gap.start)} to {moment(gap.end)}\n"
    yield f"{COMMENT} work: {header.work}\n"
    yield f"{COMMENT} start: {moment(header.start)}\n"
    yield f"{COMMENT} end: {moment(header.end)}\n"
    if number > MOST_REQUESTS:
        yield "time,rate,duration\n"
        yield from _rates(header, requests)
        return
    yield "time,duration\n"
    for request in requests:
        yield f"{_exactly(request.time)},{request.seconds:.3f}\n"


def moment(time: float) -> str:
    """A time in ISO 8601, in whole seconds of UTC."""
    return datetime.fromtimestamp(round(time), UTC).isoformat()


def _exactly(time: float) -> str:
    whole = int(time)
    at = datetime.fromtimestamp(whole, UTC) + timedelta(milliseconds=round((time - whole) * 1000))
    return at.isoformat(timespec="milliseconds")


def _rates(header: Header, requests: Iterable[Request]) -> Iterator[str]:
    """A row for each period: requests per second, and their mean length."""
    number, worked, start = 0, 0.0, header.start

    def row() -> str:
        return f"{moment(start)},{number / PERIOD:.6g},{worked / max(number, 1):.3f}\n"

    for request in requests:
        while request.time >= start + PERIOD:
            yield row()
            number, worked, start = 0, 0.0, start + PERIOD
        number, worked = number + 1, worked + request.seconds
    while start < header.end:
        yield row()
        number, worked, start = 0, 0.0, start + PERIOD
