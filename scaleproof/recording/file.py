"""The traffic file: requests or rates, with what is known of the recording in comments before the header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scaleproof.recording.requests import Rate, Request
from scaleproof.recording.series import Gap
from scaleproof.simulation import Work
from scaleproof.studies.traffic_csv import COMMENT, NO_DATA


@dataclass(frozen=True)
class Header:
    """What stands before the rows. `notes` are lines for people; `end` and `start` are epoch seconds."""

    work: Work
    start: int
    end: int
    notes: Sequence[str]
    gaps: Sequence[Gap]


def lines(header: Header, rows: Iterable[Request | Rate]) -> Iterator[str]:
    """The lines of the file: of requests, or of rates."""
    for note in header.notes:
        yield f"{COMMENT} {note}\n"
    for gap in header.gaps:
        yield f"{COMMENT} {NO_DATA.format(moment(gap.start), moment(gap.end))}\n"
    yield f"{COMMENT} work: {header.work}\n"
    yield f"{COMMENT} start: {moment(header.start)}\n"
    yield f"{COMMENT} end: {moment(header.end)}\n"
    for number, row in enumerate(rows):
        if isinstance(row, Rate):
            yield "time,rate,duration\n" * (not number)
            yield f"{moment(row.time)},{row.per_second:.6g},{row.seconds:.3f}\n"
        else:
            yield "time,duration\n" * (not number)
            yield f"{_exactly(row.time)},{row.seconds:.3f}\n"


def moment(time: float) -> str:
    """A time in ISO 8601, in whole seconds of UTC."""
    return datetime.fromtimestamp(round(time), UTC).isoformat()


def _exactly(time: float) -> str:
    whole = int(time)
    at = datetime.fromtimestamp(whole, UTC) + timedelta(milliseconds=round((time - whole) * 1000))
    return at.isoformat(timespec="milliseconds")
