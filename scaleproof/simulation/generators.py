"""Generates traffic of the shapes that endpoints meet, each from a seed.

Arrivals are a Poisson process whose rate changes every minute. Lengths are log-normal, like those of calls
(https://doi.org/10.1198/016214504000001808, Brown et al. 2005), and at most what SageMaker allows.
"""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from scaleproof.simulation.arrival_cache import ARRIVALS
from scaleproof.simulation.delay import Delay
from scaleproof.simulation.traffic import Arrival, Chunk, Rate, Traffic, TrafficError, Work, chunked
from scaleproof.times import DAY, HOUR, MINUTE

LONGEST: Mapping[Work, float] = {Work.STREAM: 1_800.0, Work.SYNC: 60.0, Work.FILE: 3_600.0}
"""Seconds: a stream's connection, what a real-time model has for an answer, an asynchronous request.
Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html"""
_LENGTHS: Mapping[Work, float] = {Work.STREAM: 300.0, Work.SYNC: 4.0, Work.FILE: 90.0}
_SPREAD = 0.8
"""Standard deviation of the logarithm of a length."""
MOST = 10_000_000_000
"""Requests: more is a typing error."""
MOST_BATCHED = 100_000_000
"""Requests of batches, which are always simulated one by one."""


def length(work: Work, seconds: float | None = None) -> Delay:
    """How long requests of a kind of work take; `seconds` replaces the usual median.

    Raises TrafficError for a median of 0 and for one above the longest that SageMaker allows.
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise TrafficError(f"A length has a median above 0 s, not seconds={seconds:g}.")
    if seconds is not None and seconds > LONGEST[work]:
        raise TrafficError(
            f"SageMaker allows a {work} request {LONGEST[work]:g} s, not seconds={seconds:g}.",
            advice="Use fewer seconds, or another kind of work.",
        )
    return Delay(_LENGTHS[work] if seconds is None else seconds, _SPREAD, LONGEST[work])


class Shape:
    """Generates traffic whose demand, in requests at a time, a function gives: of the seconds since a Monday's
    midnight, and of settings of its own. Called with these and `days`, `work`, `seconds` (the median length)
    and `seed`.
    """

    def __init__(self, level: Callable[..., float]) -> None:
        """`level`: a function of this module, because traffic is sent to other processes."""
        self.level = level
        self.name = level.__name__.removeprefix("_")
        own = list(inspect.signature(level).parameters.values())[1:]
        usual = [
            parameter
            for parameter in inspect.signature(self.__call__).parameters.values()
            if parameter.name != "settings"
        ]
        self.__signature__ = inspect.Signature([*own, *usual])
        self.__doc__ = level.__doc__

    def __call__(
        self,
        *,
        days: float = 1.0,
        work: Work = Work.STREAM,
        seconds: float | None = None,
        seed: int = 0,
        **settings: float | None,
    ) -> Traffic:
        """The traffic: its rate is the demand over the mean length (Little's law)."""
        _positive(days=days)
        lasting = length(work, seconds)
        rate = partial(_rate, partial(self.level, **settings), lasting.mean)
        traffic = poisson(rate, days * DAY, name=self.name, work=work, lasting=lasting, seed=seed)
        _bearable(self.name, traffic.expected, MOST)
        return traffic


def _rate(level: Callable[[float], float], mean: float, time: float) -> float:
    return level(time) / mean


def _constant(_time: float, *, level: float) -> float:
    """A steady demand of `level`."""
    return level


def _diurnal(time: float, *, peak: float, base: float | None = None, weekend: float = 0.25) -> float:
    """A call centre from Monday on: it opens at 7, peaks before and after noon, and closes at 21.

    `peak`: the highest demand; `base`: that of the night (by default a fiftieth of the peak); `weekend`: the
    share of the peak on Saturday and Sunday.
    """
    low = peak / 50 if base is None else base
    share = weekend if int(time // DAY) % 7 >= 5 else 1.0
    return low + max(peak * share - low, 0.0) * _working_day(time % DAY / HOUR)


def _working_day(hour: float) -> float:
    """The share of the peak at an hour of a working day, with two humps as in call centres."""
    if not 7 <= hour < 21:
        return 0.0
    edge = min(1.0, (hour - 7) / 2, (21 - hour) / 3)
    return edge * (1.0 if hour < 12 else 0.8 if hour < 13 else 0.9 if hour < 17 else 0.7)


def _ramp(time: float, *, top: float, base: float = 1.0, after: float = 1.0, hours: float = 1.0) -> float:
    """The demand rises from `base` to `top`, `after` so many hours, within `hours`."""
    share = min(max((time / HOUR - after) / hours, 0.0), 1.0) if hours else float(time >= after * HOUR)
    return base + (top - base) * share


def _step(time: float, *, top: float, base: float = 1.0, after: float = 1.0) -> float:
    """The demand rises from `base` to `top` at once, `after` so many hours, and stays.

    The rate of arrivals steps; the demand follows as longer requests add up.
    """
    return top if time >= after * HOUR else base


def _spike(time: float, *, top: float, base: float = 1.0, every: float = 6.0, minutes: float = 15.0) -> float:
    """A demand of `base`, with spikes to `top` for some `minutes`, `every` so many hours."""
    _positive(every=every)
    since = time % (every * HOUR) - every * HOUR / 2
    return top if 0 <= since < minutes * MINUTE else base


constant, diurnal, ramp, step, spike = (Shape(level) for level in (_constant, _diurnal, _ramp, _step, _spike))


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
    _bearable("batches", files * per_day * days, MOST_BATCHED)
    values = (files, per_day, minutes, days, length(work, seconds), seed)
    return Traffic("batches", work, days * DAY, partial(_batched, *values))


GENERATORS: Mapping[str, Callable[..., Traffic]] = {
    **{shape.name: shape for shape in (constant, diurnal, ramp, step, spike)},
    "batches": batches,
}
"""By name; their arguments are keywords."""


def poisson(
    rate: Callable[[float], float],
    duration: float,
    *,
    name: str = "poisson",
    work: Work = Work.STREAM,
    lasting: Delay | None = None,
    seed: int = 0,
) -> Traffic:
    """Arrivals at `rate(time)` per second, for the minute that starts at `time` seconds."""
    rates = partial(_by_minute, rate, duration, lasting or length(work))
    return Traffic.drawn(name, work, duration, rates, seed)


def _by_minute(rate: Callable[[float], float], duration: float, lasting: Delay) -> Iterator[Rate]:
    for minute in range(math.ceil(duration / MINUTE)):
        start = float(minute * MINUTE)
        yield Rate(start, min(start + MINUTE, duration), rate(start), lasting)


def _batched(files: int, per_day: float, minutes: float, days: float, lasting: Delay, seed: int) -> Iterator[Chunk]:
    values = (files, per_day, minutes, days, lasting, seed)
    return ARRIVALS.chunks(("batches", *values), lambda: chunked(_batches(*values)))


def _batches(files: int, per_day: float, minutes: float, days: float, lasting: Delay, seed: int) -> Iterator[Arrival]:
    chance = random.Random(f"{seed} batches")
    start, pending = 0.0, list[float]()

    def timed(times: Iterable[float]) -> Iterator[Arrival]:
        return ((time, lasting.draw(chance)) for time in times)

    while (start := start + chance.expovariate(per_day / DAY)) < days * DAY:
        # Batches that overlap mix.
        yield from timed(time for time in pending if time < start)
        number = max(1, round(chance.gauss(files, math.sqrt(files))))
        new = (start + chance.random() * minutes * MINUTE for _ in range(number))
        pending = sorted([time for time in pending if time >= start] + list(new))
    yield from timed(pending)


def _bearable(name: str, number: float, most: int) -> None:
    if number > most:
        raise TrafficError(
            f"{name} stands for {number:.3g} requests; at most {most:,} are simulated.",
            advice="Levels are in requests at a time.",
        )


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not 0 < value < math.inf:
            raise TrafficError(f"{name} is a number above 0, not {value}.")
