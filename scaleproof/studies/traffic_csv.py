"""Reads traffic files: CSV with a row for each request, or for each rate.

    # work: stream
    # start: 2026-03-02T08:00:00+00:00
    # end: 2026-03-03T08:00:00+00:00
    # no data from 2026-03-02T12:00:00+00:00 to 2026-03-02T12:30:00+00:00
    time,rate,duration
    2026-03-02T08:00:00+00:00,0.5,120

The comments may be left out. `work`: stream (the default), sync or file. `time`: ISO 8601 with a time zone,
or seconds from `start`. `rate`: requests per second until the next row; a file without it has a row for each
request. `duration`: seconds that an instance works on one.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from scaleproof.simulation import Delay, Traffic, TrafficError, Work
from scaleproof.simulation.arrival_cache import replayed
from scaleproof.simulation.generators import MOST
from scaleproof.simulation.traffic import Rate
from scaleproof.studies.wording import DAY
from scaleproof.texts import number
from scaleproof.times import instant

MOST_DAYS = 455
"""CloudWatch, from which traffic is recorded, keeps nothing longer."""
COMMENT = "#"
NO_DATA = "no data from {} to {}"
"""The comment of a gap, between two dates."""
_GAP = re.compile(NO_DATA.format(r"(\S+)", r"(\S+)"), re.IGNORECASE)
_SETTING = re.compile(r"([^:=]*)[:=](.*)", re.DOTALL)
"""A setting in a comment: people who write it by hand take = too, and capitals."""
REQUESTS, RATES = ["time", "duration"], ["time", "rate", "duration"]
"""The two headers."""
OPTIONS = ("work", "seed")


@dataclass(frozen=True)
class Recorded:
    """Traffic of a file. `start`: when it began, None if its times count from 0.

    `gaps`: when nothing was recorded (seconds from the start), in order, each after the end of the one before.
    """

    traffic: Traffic
    start: datetime | None
    gaps: tuple[tuple[float, float], ...] = ()


def read(path: Path, options: Mapping[str, str]) -> Recorded:
    """The traffic of a file. `options`: `work` instead of the comment's, `seed` of arrivals at a rate.

    A Poisson process draws arrivals at a rate. Without `end`, a last rate holds for as long as the one
    before, and requests last until the last one ends. Raises TrafficError that names the line.
    """
    for name in options:
        if name not in OPTIONS:
            raise TrafficError(f"A traffic file has no setting {name!r}.", advice=f"It has {' and '.join(OPTIONS)}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _File(path, options, file).recorded()
    except OSError as error:
        raise TrafficError(
            f"{path} cannot be read: {error.strerror}.",
            advice="Name a file that `scaleproof record` wrote, or a generator, as in diurnal:peak=200,days=7.",
        ) from error
    except UnicodeDecodeError as error:
        raise TrafficError(f"{path} is not text in UTF-8.") from error
    except csv.Error as error:
        raise TrafficError(f"{path} is not CSV: {error}.") from error


def work(text: str) -> Work:
    """The kind of work that a setting names; raises TrafficError."""
    try:
        return Work(text)
    except ValueError:
        raise TrafficError(f"work={text} is not one of {', '.join(Work)}.") from None


@dataclass
class _File:
    """One file that is read. Times of comments and rows are in seconds from `start`, once that is known."""

    path: Path
    options: Mapping[str, str]
    file: TextIO
    line: int = 0
    start: datetime | None = None
    dated: bool | None = None
    """Whether times are dates; None before the first row."""
    end: datetime | None = None
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    work: str = Work.STREAM

    def recorded(self) -> Recorded:
        header = self._header()
        if header not in (REQUESTS, RATES):
            raise self._wrong(
                f"the header is {','.join(header)}.",
                f"Write {','.join(REQUESTS)} above a row for each request, or {','.join(RATES)}.",
            )
        rows = self._rows(len(header))
        kind = work(self.options.get("work", self.work))
        traffic = self._requests(kind, rows) if header == REQUESTS else self._rates(kind, rows)
        if self.start is None and self.gaps:
            raise TrafficError(f"{self.path} has gaps, but no start.", advice="Add `# start: ...`.")
        return Recorded(traffic, self.start, tuple(self._gaps_within(traffic.duration)))

    def _gaps_within(self, duration: float) -> Iterator[tuple[float, float]]:
        last = 0.0
        for first, until in sorted((self._since(first), self._since(until)) for first, until in self.gaps):
            if max(first, last) < min(until, duration):
                yield max(first, last), min(until, duration)
                last = until

    def _header(self) -> list[str]:
        """The header below the comments, which it heeds."""
        for text in self._lines():
            if text.startswith(COMMENT):
                self._heed(text.lstrip(COMMENT).strip())
            elif text.strip():
                return [cell.strip() for cell in next(csv.reader([text]))]
        raise TrafficError(f"{self.path} is empty.", advice=f"Write the header {','.join(REQUESTS)} and rows.")

    def _heed(self, comment: str) -> None:
        if gap := _GAP.fullmatch(comment):
            self.gaps.append((self._date(gap[1]), self._date(gap[2])))
            if self.gaps[-1][1] < self.gaps[-1][0]:
                raise self._wrong("the gap ends before it starts.")
        setting = _SETTING.fullmatch(comment)
        name, text = (setting[1].strip().lower(), setting[2].strip()) if setting else ("", "")
        if name == "work":
            if text not in list(Work):
                raise self._wrong(f"work: {text} is not one of {', '.join(Work)}.")
            self.work = text
        elif name == "end":
            self.end = self._date(text)
        elif name == "start":
            self.start = self._date(text)
            if self.start.timestamp() % 60:
                raise self._wrong(f"the start {text} is no whole minute.")
        elif text in list(Work):
            raise self._wrong(f"{comment} has no effect.", f"Write work: {text}, or leave it out.")

    def _requests(self, kind: Work, rows: Iterator[list[str]]) -> Traffic:
        times, lengths = array("d"), array("d")
        last = 1.0  # traffic of no time could not be simulated
        for time, duration in rows:
            times.append(self._time(time, times[-1] if times else 0.0))
            lengths.append(self._number(duration))
            last = max(last, times[-1] + lengths[-1])
        if not times and self.end is None:
            raise TrafficError(f"{self.path} has a header but no request.")
        chunks = partial(replayed, times, lengths)
        return Traffic(self.path.name, kind, self._until(last), chunks)

    def _rates(self, kind: Work, rows: Iterator[list[str]]) -> Traffic:
        table: list[tuple[float, float, float]] = []
        for time, rate, duration in rows:
            at = self._time(time, table[-1][0] if table else 0.0)
            if table and at - table[-1][0] < 1e-6:
                raise self._wrong("there are two rates for the same time.")
            table.append((at, self._number(rate), self._number(duration)))
        if not table or (len(table) < 2 and self.end is None):
            raise TrafficError(
                f"{self.path} does not say when its last rate ends.",
                advice="Add `# end: ...`, or a row.",
            )
        last = table[-1][0]
        end = self._until(2 * last - table[-2][0] if len(table) > 1 else last)
        ends = [*(at for at, _, _ in table[1:]), end]
        rates = tuple(
            Rate(at, until, rate, Delay(seconds)) for (at, rate, seconds), until in zip(table, ends, strict=True)
        )
        seed = int(self._number(self.options.get("seed", "0")))
        traffic = Traffic.drawn(self.path.name, kind, end, partial(tuple, rates), seed)
        if traffic.expected > MOST:
            raise TrafficError(
                f"{self.path} contains {traffic.expected:.3g} requests; at most {MOST:,} are simulated.",
                advice="Rates are in requests per second.",
            )
        return traffic

    def _until(self, last: float) -> float:
        """How long the traffic lasts: until `end`, else until `last`."""
        duration = last
        if (end := self.end) is not None:
            if self.start is None:
                raise TrafficError(f"{self.path} has an end, but no start.", advice="Add `# start: ...`.")
            if (duration := self._since(end)) <= 0:
                raise TrafficError(f"{self.path} ends before it starts.", advice="Correct `# end:`.")
        if duration > MOST_DAYS * DAY:
            raise TrafficError(
                f"{self.path} lasts {duration / DAY:,.0f} days with its last request; the most is {MOST_DAYS}.",
                advice="Times and lengths are in seconds, times from the start: divide milliseconds by 1000, and write "
                "times since 1970 as dates.",
            )
        return duration

    def _lines(self) -> Iterator[str]:
        for text in self.file:
            self.line += 1
            yield text

    def _rows(self, columns: int) -> Iterator[list[str]]:
        for row in csv.reader(self._lines()):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != columns or not all(cells):
                raise self._wrong(f"it has not {columns} values.")
            yield cells

    def _time(self, text: str, before: float) -> float:
        try:
            float(text)
            time, dated = number(text), False
        except ValueError:
            moment, dated = self._date(text), True
            if self.start is None and self.dated is None:
                # Dated traffic starts at its first full minute, so that schedules apply at the right time.
                self.start = datetime.fromtimestamp(moment.timestamp() // 60 * 60, UTC)
            time = math.nan if self.start is None else self._since(moment)
        if self.dated not in (None, dated):
            raise self._wrong(f"{text} is {'a date' if dated else 'a number'}, unlike the times before it.")
        self.dated = dated
        if not (math.isfinite(time) and time >= 0):
            raise self._wrong(f"{text!r} is not a time from the start on.")
        if time < before:
            raise self._wrong(f"{text} comes after a later time.", "Sort the rows by time.")
        if self.end is not None and self.start is not None and 0 < self._since(self.end) < time:
            raise self._wrong(f"{text} is after the end.", "Correct `# end:`, or remove the row.")
        return time

    def _since(self, moment: datetime) -> float:
        assert self.start is not None
        return (moment - self.start).total_seconds()

    def _date(self, text: str) -> datetime:
        try:
            return instant(text)
        except ValueError as error:
            raise self._wrong(f"{text!r} is not {error}.", "Write it as in 2026-03-02T08:15+01:00.") from None

    def _number(self, text: str) -> float:
        value = number(text)
        if not value >= 0:
            raise self._wrong(f"{text!r} is not a number, 0 or more.")
        return value

    def _wrong(self, sentence: str, advice: str = "") -> TrafficError:
        return TrafficError(f"{self.path}, line {self.line}: {sentence}", advice=advice)
