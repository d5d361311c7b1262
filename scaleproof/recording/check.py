"""Whether a traffic file gives back what was recorded, on the instances that were recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate
from statistics import fmean

from scaleproof.recording.instances import Counts
from scaleproof.recording.series import Series
from scaleproof.scaling.endpoint import Endpoint, Kind, ScalableTarget, ScheduledAction, with_limits
from scaleproof.simulation import Behaviour, Delay, Traffic, simulate
from scaleproof.simulation.demand import STEP

Progress = Callable[[float], None]
FOREVER = 1e9
"""Seconds."""
ANY = 1e6
"""Requests that an instance takes at a time if nobody says how many."""


@dataclass(frozen=True)
class Difference:
    """How far the simulation is from the recording, in requests in flight or in the backlog.

    `points` are compared, `recorded` is their mean. `mean` and `largest` are of the absolute differences;
    `at`: when the largest was.
    """

    points: int
    recorded: float
    mean: float
    largest: float
    at: datetime


AS_RECORDED = Behaviour(
    provisioning=Delay(0.0),
    start_up=Delay(0.0),
    scale_in_time=0.0,
    stop_grace_seconds=FOREVER,
    draining=FOREVER,
    request_ttl=FOREVER,
)
"""Instances are there when they were counted. What was cut off or expired is shorter in the file already."""


def compare(
    endpoint: Endpoint, traffic: Traffic, start: int, counts: Counts, recorded: Series, progress: Progress
) -> Difference | None:
    """Simulates traffic that starts at `start` on the instances that were counted, and compares.

    `recorded`: what was in flight, or the backlog. Instances of a real-time endpoint take any number of
    requests if their pools do not say how many. None if nothing can be compared.
    """
    if endpoint.kind is Kind.REALTIME:
        unlimited = {pool.instance_type: ANY for pool in endpoint.pools if pool.max_concurrency is None}
        endpoint = with_limits(endpoint, unlimited)
    samples: list[tuple[int, int]] = []
    simulate(
        recorded_fleet(endpoint, counts, start, start + math.ceil(traffic.duration)),
        traffic,
        start=datetime.fromtimestamp(start, UTC),
        behaviour=AS_RECORDED,
        progress=progress,
        samples=samples,
    )
    return difference([number for number, _ in samples], start, recorded)


def recorded_fleet(endpoint: Endpoint, counts: Counts, start: int, end: int) -> Endpoint:
    """The endpoint with the instances that were recorded: schedules set both bounds to each count."""
    (_, first), *later = counts.within(start)
    schedules = tuple(
        ScheduledAction(f"count-{number}", f"at({_written(since)})", min=count, max=count)
        for number, (since, count) in enumerate(later)
        if since < end
    )
    return replace(endpoint, initial=first, target=ScalableTarget(first, first, (), schedules))


def difference(samples: Sequence[int], start: int, recorded: Series) -> Difference | None:
    """How far samples at the end of each STEP from `start` on are from what was recorded.

    None without a common time.
    """
    sums = list(accumulate(samples, initial=0))
    found: list[tuple[float, float, int]] = []
    for point in recorded:
        first, last = ((time - start) / STEP for time in (point.start, point.end))
        low, high = max(math.floor(first), 0), math.ceil(last)
        if first < 0 or high > len(samples):
            continue
        simulated = (sums[high] - sums[low]) / (high - low)
        found.append((abs(simulated - point.value), point.value, point.start))
    if not found:
        return None
    largest, _, at = max(found)
    return Difference(
        points=len(found),
        recorded=fmean(value for _, value, _ in found),
        mean=fmean(distance for distance, _, _ in found),
        largest=largest,
        at=datetime.fromtimestamp(at, UTC),
    )


def _written(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%S}"
