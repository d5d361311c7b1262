"""Selects the recorded data points that an alarm's evaluation could have read.

The periods of an alarm from 60 s on start at any minute, so that a longer one is put together from minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.metrics import MetricStat, Window

MINUTE = 60

_WHOLE: Mapping[str, tuple[tuple[str, ...], Callable[[Sequence[Sequence[float]]], float]]] = {
    "Maximum": (("Maximum",), lambda parts: max(parts[0])),
    "Minimum": (("Minimum",), lambda parts: min(parts[0])),
    "Sum": (("Sum",), lambda parts: sum(parts[0])),
    "SampleCount": (("SampleCount",), lambda parts: sum(parts[0])),
    "Average": (("Sum", "SampleCount"), lambda parts: sum(parts[0]) / sum(parts[1])),
}
"""The statistics of a minute that those of a longer period are made of, and how."""


def pieces(metric: MetricStat) -> tuple[MetricStat, ...]:
    """What is to be recorded of a metric that an alarm watches: itself up to 60 s, else its minutes.

    Raises ScaleproofError for a statistic that minutes do not give.
    """
    if metric.period <= MINUTE:
        return (metric,)
    if metric.statistic not in _WHOLE:
        raise ScaleproofError(
            f"{metric.name}: the {metric.statistic} of {metric.period} s cannot be made of minutes.",
            advice="An audit computes percentiles for periods of up to 60 s.",
        )
    parts, _ = _WHOLE[metric.statistic]
    return tuple(replace(metric, statistic=part, period=MINUTE) for part in parts)


def read(
    data: Mapping[MetricStat, Mapping[int, float]], metric: MetricStat, window: Window, until: float
) -> dict[int, float]:
    """The data points of a metric within a window whose periods ended by `until` (epoch seconds)."""
    points = {}
    parts = [data.get(piece, {}) for piece in pieces(metric)]
    for time in window.times:
        if time + window.period > until:
            break
        if metric.period <= MINUTE:
            if time in parts[0]:
                points[time] = parts[0][time]
            continue
        minutes = [
            minute for minute in range(time, time + metric.period, MINUTE) if all(minute in part for part in parts)
        ]
        if minutes:
            _, whole = _WHOLE[metric.statistic]
            points[time] = whole([[part[minute] for minute in minutes] for part in parts])
    return points
