"""Traffic from CSV files: arrivals one by one, or rates."""

from __future__ import annotations

import csv
import itertools
import math
import random
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from scaleproof import bounds
from scaleproof.simulation import Delay, Traffic, TrafficError, Work
from scaleproof.simulation.arrival_cache import replayed
from scaleproof.simulation.generators import MOST
from scaleproof.simulation.traffic import Rate
from scaleproof.texts import number

MOST_ROWS = 20_000_000
MOST_CHARACTERS = 1_000_000
"""Of a line."""
_EPOCH = 1e8
"""From this number of seconds on (1973), times count from 1970; below it, from the start."""

COMMENT = "#"
NO_DATA = "no data from {} to {}"
"""The comment of a gap, between two dates."""
_NUMBER, _LOCAL, _ZONED = "a number", "a date without a time zone", "a date with a time zone"

_ALIASES = {
    "time": ("time", "timestamp", "seconds", "at", "arrival"),
    "rate": ("rate", "requests_per_second", "rps"),
    "duration": ("duration", "length", "duration_seconds"),
    "size": ("size", "size_mb", "mb"),
}
_GAP = re.compile(NO_DATA.format(r"(\S+)", r"(\S+)"))
OPTIONS = {
    "time": "name of the column with times",
    "rate": "name of the column with rates (requests per second)",
    "duration": "name of the column with lengths (seconds, or units of `per`)",
    "size": "name of the column with sizes (MB)",
    "per": "seconds of work per MB of size, or per unit of duration",
    "seconds": "seconds of work of every request if no column says so (the median, with spread)",
    "spread": "spread of the log-normal length of work around `seconds`; 0 by default",
    "seed": "seed of what is drawn at random: arrivals at a rate, lengths with a spread",
    "work": "stream, sync or file",
}


@dataclass(frozen=True)
class Recorded:
    """Traffic of a file. `start`: when it began, None if its times count from 0.

    `largest`: the largest size (MB), None without sizes. `gaps`: when nothing was recorded (seconds from the
    start).
    """

    traffic: Traffic
    start: datetime | None
    largest: float | None = None
    gaps: tuple[tuple[float, float], ...] = ()


def read(path: Path, options: Mapping[str, str]) -> Recorded:
    """The traffic in a CSV file with a header. `options` are those in OPTIONS.

    Lines before the header that begin with COMMENT are comments. Those of the form `# NAME: VALUE` set the
    kind of work (`work`) and dates between which the traffic lasts (`start`, a whole minute, and `end`).
    NO_DATA names a gap.

    An arrival has a time and a duration (seconds) or a size (MB). A rate has a time and requests per second;
    it holds until the time of the next row, and a Poisson process draws its arrivals. Times are seconds or
    ISO 8601 (UTC without a time zone). Raises TrafficError that names the line for anything else.
    """
    return _File(path, options).read()


class _File:
    """Reads one file."""

    def __init__(self, path: Path, options: Mapping[str, str]) -> None:
        self.path = path
        self.options = dict(options)
        for name in options:
            if name not in OPTIONS:
                raise TrafficError(
                    f"A traffic file has no option {name!r}.", advice=f"It has {', '.join(OPTIONS)}."
                )
        self.per = self._number("per", 1.0)
        self.fixed = self._number("seconds", None)
        self.spread = self._number("spread", 0.0) or 0.0
        self.seed = int(self._number("seed", 0.0) or 0)
        self.notation = ""
        self.origin = 0.0
        self.start: datetime | None = None
        self.end: float | None = None
        """When it ends, if a comment says so: epoch seconds."""
        self.gaps: list[tuple[float, float]] = []
        """Epoch seconds."""
        self._comments = 0

    def read(self) -> Recorded:
        if "\0" in str(self.path):
            raise TrafficError(f"{str(self.path)!r} is not a file name.")
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                # The end of the file is no line, an empty line has its line break.
                while (sample := next(self._lines(file), "")).startswith((COMMENT, "\n", "\r")):
                    self._comments += 1
                    self._heed(sample)
                delimiter = max(",;\t", key=sample.count)
                rows = itertools.chain([sample] if sample else [], self._lines(file))
                return self._lasting(self._read(csv.reader(rows, delimiter=delimiter)))
        except OSError as error:
            raise TrafficError(f"{self.path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise TrafficError(f"{self.path} is not text in UTF-8.") from error
        except csv.Error as error:
            raise TrafficError(f"{self.path} is not CSV: {error}.") from error

    def _lines(self, file: TextIO) -> Iterator[str]:
        while line := file.readline(MOST_CHARACTERS + 1):
            if len(line) > MOST_CHARACTERS:
                raise TrafficError(
                    f"{self.path} has a line of more than {MOST_CHARACTERS:,} characters.",
                    advice="Write a header, then one row for each arrival.",
                )
            yield line

    def _heed(self, comment: str) -> None:
        """Takes what a comment before the header says."""
        if gap := _GAP.fullmatch(comment.lstrip(COMMENT).strip()):
            self.gaps.append((self._date(gap[1]).timestamp(), self._date(gap[2]).timestamp()))
        name, _, text = (part.strip() for part in comment.lstrip(COMMENT).partition(":"))
        if name == "work":
            self.options.setdefault(name, text)
        elif name in ("start", "end"):
            moment = self._date(text)
            if name == "end":
                self.end = moment.timestamp()
                return
            if moment.timestamp() % 60:
                raise self._wrong(self._comments, f"the start {text} is no whole minute.")
            self.origin, self.start = moment.timestamp(), moment

    def _date(self, text: str) -> datetime:
        """A date of a comment."""
        try:
            return bounds.instant(text)
        except ValueError as error:
            what = f"{text!r} is not {error}."
            raise self._wrong(self._comments, what, advice="Write it as in 2026-03-02T08:15+01:00.") from None

    def _lasting(self, found: Recorded) -> Recorded:
        """The traffic with its gaps, until its end if a comment says so."""
        gaps = tuple((first - self.origin, last - self.origin) for first, last in self.gaps)
        found = replace(found, gaps=gaps if self.notation != _NUMBER else ())
        duration = found.traffic.duration
        if self.end is not None and self.notation != _NUMBER:
            duration = self.end - self.origin
            if duration <= 0:
                raise TrafficError(f"{self.path} ends before it starts.", advice="Correct `# end:`.")
        if not duration <= bounds.SPAN:
            raise self._too_long(f"{self.path} lasts {duration / 86_400:,.0f} days with its last request.")
        return replace(found, traffic=replace(found.traffic, duration=duration))

    def _read(self, rows: Iterator[list[str]]) -> Recorded:
        header = next(rows, None)
        if not header or not any(cell.strip() for cell in header):
            raise TrafficError(
                f"{self.path} is empty.", advice="Write a header, then one row for each arrival."
            )
        columns = {name: self._column(header, name) for name in _ALIASES}
        if columns["time"] is None:
            raise self._wrong_columns(header, "a time")
        if columns["rate"] is not None:
            return self._rates(rows, columns)
        if columns["duration"] is None and columns["size"] is None and self.fixed is None:
            raise self._wrong_columns(header, "a duration, a size or a rate")
        return self._arrivals(rows, columns)

    def _column(self, header: list[str], name: str) -> int | None:
        plain = [cell.strip().lower() for cell in header]
        if wanted := self.options.get(name):
            if wanted.strip().lower() not in plain:
                raise TrafficError(
                    f"{self.path} has no column {wanted}.",
                    advice=f"It has {', '.join(map(str.strip, header))}.",
                )
            return plain.index(wanted.strip().lower())
        return next((plain.index(alias) for alias in _ALIASES[name] if alias in plain), None)

    def _wrong_columns(self, header: list[str], what: str) -> TrafficError:
        return TrafficError(
            f"{self.path} has no column with {what}: it has {', '.join(map(str.strip, header))}.",
            advice="Columns are time with duration (seconds), size (MB) or rate (requests per second). "
            "Name other columns as in file.csv:time=TIMESTAMP,duration=TOKENS,per=0.02; seconds=N gives "
            "every request the same length.",
        )

    def _arrivals(self, rows: Iterator[list[str]], columns: Mapping[str, int | None]) -> Recorded:
        by_size = columns["duration"] is None and columns["size"] is not None
        length = columns["size"] if by_size else columns["duration"]
        if by_size and "per" not in self.options:
            raise TrafficError(
                f"{self.path} has sizes, but not how long an instance works on a MB.",
                advice=f"Add it, as in {self.path.name}:per=1.5 (seconds per MB).",
            )
        times, lengths = array("d"), array("d")
        source = random.Random(self.seed)
        drawn = Delay(self.fixed or 0.0, self.spread)
        for line, row in self._rows(rows):
            times.append(self._time(row, columns["time"], line, times[-1] if times else None))
            if length is None:
                lengths.append(drawn.draw(source))
            else:
                lengths.append(self._value(row, length, line) * (self.per or 1.0))
        if not times:
            raise TrafficError(f"{self.path} has a header but no arrival.")
        end = max(time + seconds for time, seconds in zip(times, lengths, strict=True))
        kind = work(self.options.get("work", Work.FILE if by_size else Work.STREAM))
        largest = max(lengths) / self.per if by_size and self.per else None
        chunks = partial(replayed, times, lengths)
        return Recorded(Traffic(self.path.name, kind, max(end, 1.0), chunks), self.start, largest)

    def _rates(self, rows: Iterator[list[str]], columns: Mapping[str, int | None]) -> Recorded:
        length = columns["duration"]
        if length is None and self.fixed is None:
            raise TrafficError(
                f"{self.path} has rates, but not how long a request takes.",
                advice=f"Add it, as in {self.path.name}:seconds=240.",
            )
        table: list[tuple[float, float, float]] = []
        for line, row in self._rows(rows):
            time = self._time(row, columns["time"], line, table[-1][0] if table else None)
            if table and time == table[-1][0]:
                raise self._wrong(line, "there are two rates for the same time.")
            seconds = self.fixed if length is None else self._value(row, length, line) * (self.per or 1.0)
            table.append((time, self._value(row, columns["rate"], line), seconds or 0.0))
        if len(table) < 2:
            raise TrafficError(
                f"{self.path} needs two rows or more: a rate holds until the time of the next row."
            )
        last = table[-1][0]
        end = last + (last - table[-2][0])
        rates = tuple(
            Rate(time, until, rate, Delay(seconds, self.spread))
            for (time, rate, seconds), (until, _, _) in zip(table, [*table[1:], (end, 0, 0)], strict=True)
        )
        kind = work(self.options.get("work", Work.STREAM))
        traffic = Traffic.drawn(self.path.name, kind, end, partial(tuple, rates), self.seed)
        if traffic.expected > MOST:
            raise TrafficError(
                f"{self.path} stands for {traffic.expected:.3g} requests; at most {MOST:,} are simulated.",
                advice="Rates are in requests per second.",
            )
        return Recorded(traffic, self.start)

    def _rows(self, rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
        for line, row in enumerate(rows, 2 + self._comments):
            if line > MOST_ROWS:
                raise TrafficError(
                    f"{self.path} has more than {MOST_ROWS:,} rows.",
                    advice="Use rates instead of arrivals.",
                )
            if row and any(cell.strip() for cell in row):
                yield line, row

    def _cell(self, row: list[str], column: int | None, line: int) -> str:
        if column is None or column >= len(row) or not row[column].strip():
            raise self._wrong(line, "a value is missing.")
        return row[column].strip()

    def _value(self, row: list[str], column: int | None, line: int) -> float:
        text = self._cell(row, column, line)
        value = number(text)
        if not value >= 0:
            raise self._wrong(line, f"{text!r} is not a number from 0 on.")
        return value

    def _time(self, row: list[str], column: int | None, line: int, before: float | None) -> float:
        text = self._cell(row, column, line)
        try:
            moment, notation = _moment(text)
        except ValueError as error:
            raise self._wrong(
                line,
                f"{text!r} is not {error}.",
                advice="A time is a number of seconds, or as in 2026-03-02T08:15:00+01:00. Divide "
                "milliseconds by 1000.",
            ) from None
        if not self.notation:
            self.notation = notation
            if self.start is None and (notation != _NUMBER or moment >= _EPOCH):
                # Dated traffic starts at its first full minute, so that schedules apply at the right time.
                self.origin = math.floor(moment / 60) * 60.0
                self.start = datetime.fromtimestamp(self.origin, UTC)
        if notation != self.notation:
            raise self._wrong(line, f"{text} is {notation}, but others are {self.notation}.")
        time = moment - self.origin
        if time < 0 and before is None:
            what = "is negative" if self.start is None else f"is before the start {self.start.isoformat()}"
            raise self._wrong(line, f"the time {text} {what}.")
        if before is not None and time < before:
            raise self._wrong(line, f"{text} comes after a later time.", advice="Sort the rows by time.")
        if time > bounds.SPAN:
            raise self._too_long(f"{self.path}, line {line}: {text} is {time / 86_400:,.0f} days on.")
        return time

    @staticmethod
    def _too_long(what: str) -> TrafficError:
        return TrafficError(
            f"{what} Traffic lasts at most {bounds.MOST_DAYS} days.",
            advice="Times and lengths are in seconds: divide milliseconds by 1000.",
        )

    def _wrong(self, line: int, what: str, advice: str = "") -> TrafficError:
        return TrafficError(f"{self.path}, line {line}: {what}", advice=advice)

    def _number(self, name: str, default: float | None) -> float | None:
        text = self.options.get(name)
        if text is None:
            return default
        value = number(text)
        if not value >= 0:
            raise TrafficError(f"{name}={text} is not a number from 0 on.")
        return value


def work(text: str) -> Work:
    """The kind of work that an option names; raises TrafficError."""
    try:
        return Work(text)
    except ValueError:
        raise TrafficError(f"work={text} is not one of {', '.join(Work)}.") from None


def _moment(text: str) -> tuple[float, str]:
    """A time in seconds, and its notation; raises ValueError as `bounds.instant` does."""
    try:
        value = float(text)
    except ValueError:
        moment = bounds.instant(text, UTC).timestamp()
        return moment, _ZONED if datetime.fromisoformat(text).tzinfo else _LOCAL
    if not value < bounds.LATEST:
        raise ValueError(f"a time before the year {bounds.YEARS.stop}")
    return value, _NUMBER
