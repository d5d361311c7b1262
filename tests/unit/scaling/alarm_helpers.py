"""Alarms and data points as the tests of alarms write them."""

from datetime import datetime

from scaleproof.scaling.alarms import AlarmSettings, Missing
from scaleproof.scaling.metrics import MetricStat, Window

VALUES = {"0": 0.0, "X": 100.0}
THRESHOLD = 50.0


def metric(period=60, statistic="Average", namespace="AWS/SageMaker"):
    return MetricStat(namespace, "ConcurrentRequestsPerModel", (), statistic, period)


def settings(
    n=3,
    m=None,
    missing="missing",
    *,
    period=60,
    comparison="GreaterThanThreshold",
    threshold=THRESHOLD,
):
    return AlarmSettings(metric(period), comparison, threshold, n, m, Missing(missing))


def drawn(picture, period=60, end=None):
    """The data points of "0 - X": consecutive periods up to `end`, oldest first."""
    signs = picture.split()
    start = (len(signs) * period if end is None else end) - len(signs) * period
    return {start + i * period: VALUES[sign] for i, sign in enumerate(signs) if sign != "-"}


def drawn_window(picture, retrieved, period=60):
    """The newest `retrieved` periods of the picture."""
    end = len(picture.split()) * period
    return Window(end - retrieved * period, end, period)


def seconds(date, time=""):
    """Epoch seconds of a UTC time stamp, or of a date and a time."""
    text = f"{date}T{time}" if time else date
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00").timestamp()
