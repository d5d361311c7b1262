"""Generated traffic: the shapes that endpoints meet, each from a seed.

Arrivals are a Poisson process whose rate changes every minute. They are exact: unit exponential steps in the
integral of the rate, mapped back to time. Lengths are log-normal, like those of calls
(https://doi.org/10.1198/016214504000001808, Brown et al. 2005), and at most what SageMaker allows.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from scaleproof.simulation.traffic import Arrival, Chunk, Traffic, TrafficError, Work

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
LONGEST: Mapping[Work, float] = {Work.STREAM: 1_800.0, Work.SYNC: 60.0, Work.FILE: 3_600.0}
"""Seconds: a stream's connection, what a real-time model has for an answer, an asynchronous request.
Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html"""
_LENGTHS: Mapping[Work, float] = {Work.STREAM: 300.0, Work.SYNC: 4.0, Work.FILE: 90.0}
_SPREAD = 0.8
"""Standard deviation of the logarithm of a length."""
_CHUNK = 4_096


@dataclass(frozen=True)
class Length:
    """How long requests take: log-normal around `median` seconds, at most `longest`."""

    median: float
    spread: float = _SPREAD
    longest: float = math.inf

    def __post_init__(self) -> None:
        """Raises TrafficError for a value out of range."""
        if not (0 < self.median < math.inf and self.spread >= 0 and self.longest > 0):
            raise TrafficError(f"A length has a median above 0 s and a spread from 0 on, not {self}.")

    @property
    def mean(self) -> float:
        """The mean in seconds, of the log-normal distribution cut at `longest`."""
        if not self.spread:
            return min(self.median, self.longest)
        whole = self.median * math.exp(self.spread**2 / 2)
        if math.isinf(self.longest):
            return whole
        place = math.log(self.longest / self.median) / self.spread
        return whole * _normal(place - self.spread) + self.longest * (1 - _normal(place))

    @classmethod
    def of(cls, work: Work, seconds: float | None = None) -> Length:
        """The length of a kind of work; `seconds` replaces the usual median.

        Raises TrafficError for a median above the longest that SageMaker allows.
        """
        if seconds is not None and seconds > LONGEST[work]:
            raise TrafficError(
                f"SageMaker allows a {work} request {LONGEST[work]:g} s, not seconds={seconds:g}.",
                advice="Give fewer seconds, or another kind of work.",
            )
        return cls(_LENGTHS[work] if seconds is None else seconds, longest=LONGEST[work])


def constant(
    *, level: float, days: float = 1.0, work: Work = Work.STREAM, seconds: float | None = None, seed: int = 0
) -> Traffic:
    """A steady demand of `level` requests at a time."""
    return _shaped("constant", lambda _time: level, days, work, seconds, seed)


def diurnal(
    *,
    peak: float,
    base: float | None = None,
    weekend: float = 0.25,
    days: float = 1.0,
    work: Work = Work.STREAM,
    seconds: float | None = None,
    seed: int = 0,
) -> Traffic:
    """A call centre from Monday on: it opens at 7, peaks before and after noon, and closes at 21.

    `peak`: the highest demand in requests at a time; `base`: that of the night (by default a fiftieth of the
    peak); `weekend`: the share of the peak on Saturday and Sunday. Time starts at midnight.
    """
    low = peak / 50 if base is None else base

    def level(time: float) -> float:
        share = weekend if int(time // DAY) % 7 >= 5 else 1.0
        return low + max(peak * share - low, 0.0) * _day(time % DAY / HOUR)

    return _shaped("diurnal", level, days, work, seconds, seed)


def ramp(
    *,
    top: float,
    base: float = 1.0,
    after: float = 1.0,
    hours: float = 1.0,
    days: float = 1.0,
    work: Work = Work.STREAM,
    seconds: float | None = None,
    seed: int = 0,
) -> Traffic:
    """The demand rises from `base` requests at a time to `top`, `after` so many hours, within `hours`."""

    def level(time: float) -> float:
        share = min(max((time / HOUR - after) / hours, 0.0), 1.0) if hours else float(time >= after * HOUR)
        return base + (top - base) * share

    return _shaped("ramp", level, days, work, seconds, seed)


def step(
    *,
    top: float,
    base: float = 1.0,
    after: float = 1.0,
    days: float = 1.0,
    work: Work = Work.STREAM,
    seconds: float | None = None,
    seed: int = 0,
) -> Traffic:
    """The demand rises from `base` requests at a time to `top` at once, `after` so many hours, and stays.

    The rate of arrivals steps; the demand follows as longer requests add up.
    """
    return _shaped("step", lambda time: top if time >= after * HOUR else base, days, work, seconds, seed)


def spike(
    *,
    top: float,
    base: float = 1.0,
    every: float = 6.0,
    minutes: float = 15.0,
    days: float = 1.0,
    work: Work = Work.STREAM,
    seconds: float | None = None,
    seed: int = 0,
) -> Traffic:
    """A demand of `base` requests at a time, with spikes to `top` for some `minutes`, `every` so many
    hours."""

    def level(time: float) -> float:
        since = time % (every * HOUR) - every * HOUR / 2
        return top if 0 <= since < minutes * MINUTE else base

    return _shaped("spike", level, days, work, seconds, seed)


def batches(
    *,
    files: int,
    per_day: float = 4.0,
    minutes: float = 5.0,
    days: float = 1.0,
    work: Work = Work.FILE,
    seconds: float | None = None,
    seed: int = 0,
) -> Traffic:
    """Batches at random times, `per_day` on average, each of about `files` requests within some `minutes`,
    and nothing in between."""
    _positive(files=files, per_day=per_day, minutes=minutes, days=days)
    length = Length.of(work, seconds)

    def arrivals() -> Iterator[Arrival]:
        chance = random.Random(f"{seed} batches")
        start, pending = 0.0, list[float]()
        while (start := start + chance.expovariate(per_day / DAY)) < days * DAY:
            # Batches that overlap mix.
            yield from _timed((time for time in pending if time < start), length, chance)
            number = max(1, round(chance.gauss(files, math.sqrt(files))))
            new = (start + chance.random() * minutes * MINUTE for _ in range(number))
            pending = sorted([time for time in pending if time >= start] + list(new))
        yield from _timed(pending, length, chance)

    return Traffic("batches", work, days * DAY, lambda: _chunked(arrivals()))


def poisson(
    rate: Callable[[float], float],
    duration: float,
    *,
    name: str = "poisson",
    work: Work = Work.STREAM,
    length: Length | None = None,
    seed: int = 0,
) -> Traffic:
    """Arrivals at `rate(time)` per second, for the minute that starts at `time` seconds."""
    taken = length or Length.of(work)
    return Traffic(name, work, duration, lambda: _chunked(_poisson(rate, duration, taken, seed)))


GENERATORS: Mapping[str, Callable[..., Traffic]] = {
    "constant": constant,
    "diurnal": diurnal,
    "ramp": ramp,
    "step": step,
    "spike": spike,
    "batches": batches,
}
"""By name; their arguments are keywords."""


def _shaped(
    name: str,
    level: Callable[[float], float],
    days: float,
    work: Work,
    seconds: float | None,
    seed: int,
) -> Traffic:
    """Traffic with a demand of `level(time)`: the rate is the level over the mean length (Little's law)."""
    _positive(days=days)
    length = Length.of(work, seconds)
    mean = length.mean
    return poisson(
        lambda time: level(time) / mean, days * DAY, name=name, work=work, length=length, seed=seed
    )


def _poisson(rate: Callable[[float], float], duration: float, length: Length, seed: int) -> Iterator[Arrival]:
    chance = random.Random(f"{seed} arrivals")
    uniform, log, exp, gauss = chance.random, math.log, math.exp, chance.gauss
    median, spread, longest = length.median, length.spread, length.longest
    step = -log(1.0 - uniform())
    start = 0.0
    while start < duration:
        current = rate(start)
        if not 0 <= current < math.inf:
            raise TrafficError(f"The rate at {start} s is {current}, not a number from 0 on.")
        end = min(start + MINUTE, duration)
        time = start
        while current and time + step / current < end:
            time += step / current
            seconds = median * exp(gauss(0.0, spread)) if spread else median
            yield time, seconds if seconds < longest else longest
            step = -log(1.0 - uniform())
        step -= (end - time) * current
        start = end


def _timed(times: Iterator[float] | list[float], length: Length, chance: random.Random) -> Iterator[Arrival]:
    for time in times:
        seconds = length.median * math.exp(chance.gauss(0.0, length.spread))
        yield time, min(seconds, length.longest)


def _chunked(arrivals: Iterator[Arrival]) -> Iterator[Chunk]:
    chunk: list[Arrival] = []
    for arrival in arrivals:
        chunk.append(arrival)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not 0 < value < math.inf:
            raise TrafficError(f"{name} is a number above 0, not {value}.")


def _day(hour: float) -> float:
    """The share of the peak at an hour of a working day, with two humps as in call centres."""
    if not 7 <= hour < 21:
        return 0.0
    edge = min(1.0, (hour - 7) / 2, (21 - hour) / 3)
    return edge * (1.0 if hour < 12 else 0.8 if hour < 13 else 0.9 if hour < 17 else 0.7)


def _normal(value: float) -> float:
    """The cumulative distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-value / math.sqrt(2))
