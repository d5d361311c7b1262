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
from functools import partial
from itertools import islice

from scaleproof.simulation import levels
from scaleproof.simulation.kept import CHUNK, KEPT
from scaleproof.simulation.levels import DAY, MINUTE
from scaleproof.simulation.traffic import Arrival, Chunk, Traffic, TrafficError, Work

LONGEST: Mapping[Work, float] = {Work.STREAM: 1_800.0, Work.SYNC: 60.0, Work.FILE: 3_600.0}
"""Seconds: a stream's connection, what a real-time model has for an answer, an asynchronous request.
Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html"""
_LENGTHS: Mapping[Work, float] = {Work.STREAM: 300.0, Work.SYNC: 4.0, Work.FILE: 90.0}
_SPREAD = 0.8
"""Standard deviation of the logarithm of a length."""
MOST = 1_000_000_000
"""Requests: some hours of simulation. More is a typing error."""


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
    return _shaped("constant", partial(levels.constant, level), days, work, seconds, seed)


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
    return _shaped("diurnal", partial(levels.diurnal, low, peak, weekend), days, work, seconds, seed)


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
    return _shaped("ramp", partial(levels.ramp, base, top, after, hours), days, work, seconds, seed)


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
    return _shaped("step", partial(levels.step, base, top, after), days, work, seconds, seed)


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
    _positive(every=every)
    return _shaped("spike", partial(levels.spike, base, top, every, minutes), days, work, seconds, seed)


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
    _bearable("batches", files * per_day * days)
    return _drawn("batches", work, days * DAY, _batches, files, per_day, minutes, days, length, seed)


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
    return _drawn(name, work, duration, _poisson, rate, duration, length or Length.of(work), seed)


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
    rate = partial(_rate, level, length.mean)
    _bearable(name, MINUTE * sum(rate(minute * MINUTE) for minute in range(math.ceil(days * DAY / MINUTE))))
    return poisson(rate, days * DAY, name=name, work=work, length=length, seed=seed)


def _rate(level: Callable[[float], float], mean: float, time: float) -> float:
    return level(time) / mean


def _drawn(
    name: str, work: Work, duration: float, arrivals: Callable[..., Iterator[Arrival]], *values: object
) -> Traffic:
    """Traffic of what `arrivals` yields for these values."""
    return Traffic(name, work, duration, partial(_chunks, arrivals, *values))


def _chunks(arrivals: Callable[..., Iterator[Arrival]], *values: object) -> Iterator[Chunk]:
    return KEPT.chunks((arrivals, *values), lambda: _chunked(arrivals(*values)))


def _batches(
    files: int, per_day: float, minutes: float, days: float, length: Length, seed: int
) -> Iterator[Arrival]:
    chance = random.Random(f"{seed} batches")
    start, pending = 0.0, list[float]()
    while (start := start + chance.expovariate(per_day / DAY)) < days * DAY:
        # Batches that overlap mix.
        yield from _timed((time for time in pending if time < start), length, chance)
        number = max(1, round(chance.gauss(files, math.sqrt(files))))
        new = (start + chance.random() * minutes * MINUTE for _ in range(number))
        pending = sorted([time for time in pending if time >= start] + list(new))
    yield from _timed(pending, length, chance)


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
    while chunk := list(islice(arrivals, CHUNK)):
        yield chunk


def _bearable(name: str, number: float) -> None:
    if number > MOST:
        raise TrafficError(
            f"{name} stands for {number:.3g} requests; at most {MOST:,} are simulated.",
            advice="Levels are in requests at a time.",
        )


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not 0 < value < math.inf:
            raise TrafficError(f"{name} is a number above 0, not {value}.")


def _normal(value: float) -> float:
    """The cumulative distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-value / math.sqrt(2))
