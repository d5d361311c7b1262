"""Alarms and data points as the tests of alarms write them."""

from __future__ import annotations

from datetime import datetime

from scaleproof.scaling.alarms import AlarmSettings, Missing
from scaleproof.scaling.metrics import MetricStat, Window

VALUES = {"0": 0.0, "X": 100.0}
THRESHOLD = 50.0


def metric(period: int = 60, statistic: str = "Average", namespace: str = "AWS/SageMaker") -> MetricStat:
    return MetricStat(namespace, "ConcurrentRequestsPerModel", (), statistic, period)


def settings(
    n: int = 3,
    m: int | None = None,
    missing: str = "missing",
    *,
    period: int = 60,
    comparison: str = "GreaterThanThreshold",
    threshold: float = THRESHOLD,
) -> AlarmSettings:
    return AlarmSettings(metric(period), comparison, threshold, n, m, Missing(missing))


def drawn(picture: str, period: int = 60, end: int | None = None) -> dict[int, float]:
    """The data points of "0 - X": consecutive periods up to `end`, oldest first."""
    signs = picture.split()
    start = (len(signs) * period if end is None else end) - len(signs) * period
    return {start + i * period: VALUES[sign] for i, sign in enumerate(signs) if sign != "-"}


def drawn_window(picture: str, retrieved: int, period: int = 60) -> Window:
    """The newest `retrieved` periods of the picture."""
    end = len(picture.split()) * period
    return Window(end - retrieved * period, end, period)


def seconds(date: str, time: str = "") -> float:
    """Epoch seconds of a UTC time stamp, or of a date and a time."""
    text = f"{date}T{time}" if time else date
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00").timestamp()
