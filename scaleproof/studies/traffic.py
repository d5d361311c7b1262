"""Parses the words of `--traffic`: a generator or a CSV file, with settings."""

from __future__ import annotations

import inspect
import os
import random
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from scaleproof.scaling.cron import local, moment, zone
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Traffic, TrafficError, Work
from scaleproof.simulation.demand import longest
from scaleproof.simulation.generators import GENERATORS
from scaleproof.studies import traffic_csv
from scaleproof.texts import number

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""The default start of a simulation: a Monday, because generated weeks start with one."""
LEAST_DAYS = 3
"""Complete days that recorded traffic needs, to be drawn anew by day."""


class Day(NamedTuple):
    """A day from midnight to midnight by the clock of a time zone, in seconds from the start of traffic."""

    date: date
    begins: float
    ends: float

    @property
    def weekend(self) -> bool:
        """Whether it is a Saturday or Sunday."""
        return self.date.weekday() > 4


@dataclass(frozen=True)
class TrafficSpec:
    """Traffic and the words that name it.

    `seed`: of all that is drawn, in the traffic and in its simulation; `start`: when it began, for a recording with
    dates; `gaps`: when nothing was recorded (seconds from the start), in order and apart; `endpoint`: the endpoint it
    is for, None for every endpoint of its kind.
    """

    spec: str
    traffic: Traffic
    start: datetime | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    endpoint: str | None = None
    by_seed: str = ""
    """What differs by seed, in a sentence; empty where all of it does."""
    seed: int = 0

    @property
    def longest(self) -> float:
        """Seconds that the longest request takes."""
        return longest(self.traffic)

    @property
    def described(self) -> bool:
        """Whether it is generated, not read from a file."""
        return _split(self.spec)[0] in GENERATORS

    def has_gap(self, first: float, last: float) -> bool:
        """Whether something was not recorded between two times (seconds from the start)."""
        place = bisect_right(self.gaps, first, key=lambda gap: gap[1])
        return place < len(self.gaps) and self.gaps[place][0] < last

    def days(self, start: datetime, timezone: str) -> Iterator[Day]:
        """The days of traffic that begins at `start`; the first and the last may be there in part only."""
        where, began = zone(timezone), start.timestamp()
        day = local(began, where).date()
        while (begins := midnight(day, where) - began) < self.traffic.duration:
            day += timedelta(days=1)
            yield Day(day - timedelta(days=1), begins, midnight(day, where) - began)

    def complete(self, day: Day) -> bool:
        """Whether it lasts all day and no data is missing."""
        return day.begins >= 0 and day.ends <= self.traffic.duration and not self.has_gap(day.begins, day.ends)

    def suits(self, kind: Kind) -> bool:
        """Whether an endpoint of this kind takes the work: files are for asynchronous ones."""
        return (self.traffic.work is Work.FILE) == (kind is Kind.ASYNC)


def parse(
    spec: str, endpoints: Collection[str] = (), *, seed: int = 0, more: int = 0, base: Path = Path()
) -> TrafficSpec:
    """Traffic from `NAME:key=value,...` or `FILE.csv:key=value,...`; before it may stand `ENDPOINT=`.

    `endpoints`: the names that ENDPOINT may have. `seed`: unless the settings say, to which `more` is added. `base`:
    the directory that FILE is relative to. Raises TrafficError that says what may be written.
    """
    head, equals, rest = spec.partition("=")
    if equals and head in endpoints:
        return replace(parse(rest, seed=seed, more=more, base=base), endpoint=head)
    name, settings = _split(spec)
    drawn = int(_value(name, "seed", settings.get("seed", str(seed)), "int")) + more
    settings["seed"] = str(drawn)
    if name in GENERATORS:
        return TrafficSpec(spec, replace(_generated(name, settings), name=spec), seed=drawn)
    if name and (Path(name).suffix or "/" in name or os.path.exists(base / name)):  # noqa: PTH110
        recording = traffic_csv.read(base / name, settings)
        return TrafficSpec(spec, replace(recording.traffic, name=spec), recording.start, recording.gaps, seed=drawn)
    if equals and endpoints and ":" not in head:
        raise TrafficError(f"There is no endpoint {head!r} for {rest}.", advice=f"There are {', '.join(endpoints)}.")
    raise TrafficError(
        f"There is no traffic {name!r}.",
        advice=f"Name a CSV file, or one of {', '.join(GENERATORS)}, as in diurnal:peak=200,days=7,seed=3.",
    )


def check(spec: str) -> None:
    """Raises TrafficError for traffic that cannot be read, whatever endpoint may be named before it."""
    head, equals, rest = spec.partition("=")
    named = equals and ":" not in head and not os.path.exists(_split(spec)[0])  # noqa: PTH110
    parse(rest if named else spec)


def reseeded(traffic: TrafficSpec, seed: int) -> TrafficSpec:
    """Traffic with another seed: arrivals are drawn anew if they are generated or recorded as rates."""
    arrivals = traffic.traffic
    if traffic.described:
        arrivals = parse(traffic.spec, seed=traffic.seed, more=seed - traffic.seed).traffic
    elif arrivals.rates is not None:
        arrivals = Traffic.drawn(arrivals.name, arrivals.work, arrivals.duration, arrivals.rates, seed)
    return replace(traffic, traffic=arrivals, seed=seed)


def midnight(day: date, where: ZoneInfo) -> float:
    """When a day begins in a time zone (epoch seconds)."""
    return moment(datetime.combine(day, time()), where)


def resampled(recorded: TrafficSpec, seed: int, start: datetime, timezone: str) -> TrafficSpec:
    """Recorded traffic that begins at `start`, with each day drawn from those like it: of the same weekday where there
    are two, else working days or weekends. As it is where there are fewer than LEAST_DAYS. `by_seed` says which.

    Only complete days are drawn. Where clocks change, days are alike at their end: they change at night.
    """
    traffic, days = recorded.traffic, list(recorded.days(start, timezone))
    whole = [day for day in days if recorded.complete(day)]
    if len(whole) < LEAST_DAYS:
        differing = "instances only" if traffic.rates is None else "arrivals and instances, not in rates"
        few = f"The traffic is recorded and has fewer than {LEAST_DAYS} complete days"
        return replace(recorded, seed=seed, by_seed=f"{few}, so seeds differ in {differing}.")
    chance, parts = random.Random(f"{seed} days"), []
    for day in days:
        same = [candidate for candidate in whole if candidate.date.weekday() == day.date.weekday()]
        alike = [candidate for candidate in whole if candidate.weekend == day.weekend]
        ends = chance.choice(same if len(same) > 1 else alike or whole).ends
        parts.append((max(day.begins, 0.0) + ends - day.ends, ends))
    drawn = "The traffic is recorded: each seed has days of it that were drawn at random."
    return replace(recorded, traffic=traffic.by_parts(parts), gaps=(), by_seed=drawn, seed=seed)


def usage(name: str) -> str:
    """The settings of a generator with their defaults, as in `peak, base=1.0, days=1.0`."""
    return ", ".join(
        setting.name if setting.default in (inspect.Parameter.empty, None) else f"{setting.name}={setting.default}"
        for setting in inspect.signature(GENERATORS[name]).parameters.values()
    )


def _split(spec: str) -> tuple[str, dict[str, str]]:
    """The name and the settings. A colon in a path does not separate the two."""
    name, colon, text = spec.rpartition(":")
    if not colon or (text and "=" not in text):
        name, text = spec, ""
    settings: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not key or not value:
            raise TrafficError(f"{part!r} in {spec!r} is not of the form NAME=VALUE.")
        if key in settings:
            raise TrafficError(f"{key} is set twice in {spec!r}.")
        settings[key] = value
    return name, settings


def _generated(name: str, settings: Mapping[str, str]) -> Traffic:
    parameters = inspect.signature(GENERATORS[name]).parameters
    values: dict[str, Any] = {}
    for key, text in settings.items():
        if key not in parameters:
            raise TrafficError(f"{name} has no setting {key!r}.", advice=f"It has {usage(name)}.")
        values[key] = _value(name, key, text, str(parameters[key].annotation))
    missing = [
        key for key, setting in parameters.items() if setting.default is inspect.Parameter.empty and key not in values
    ]
    if missing:
        raise TrafficError(
            f"{name} needs {' and '.join(missing)}.",
            advice=f"As in {name}:{missing[0]}=100; it has {usage(name)}.",
        )
    if values.get("days", 1.0) > traffic_csv.MOST_DAYS:
        raise TrafficError(f"days={values['days']:g} is more than {traffic_csv.MOST_DAYS}.")
    return GENERATORS[name](**values)


def _value(name: str, key: str, text: str, annotation: str) -> Any:
    if "Work" in annotation:
        return traffic_csv.work(text)
    value = number(text)
    if not value >= 0:
        raise TrafficError(
            f"{key}={text} of {name} is not a number, 0 or more.", advice=f"Write it without a unit, as in {key}=5."
        )
    if annotation == "int":
        if value != int(value):
            raise TrafficError(f"{key}={text} of {name} is not a whole number.")
        return int(value)
    return value
