"""Alarms and times as the tests of scaling write them."""

from datetime import datetime

from scaleproof.scaling.alarms import AlarmSettings, Missing
from scaleproof.scaling.metrics import MetricStat


def settings(n=3, m=None, missing="missing", *, period=60, comparison="GreaterThanThreshold"):
    """An alarm at a threshold of 50."""
    metric = MetricStat("AWS/SageMaker", "ConcurrentRequestsPerModel", (), "Average", period)
    return AlarmSettings(metric, comparison, 50.0, n, m, Missing(missing))


def seconds(date, time=""):
    """Epoch seconds of a UTC time stamp, or of a date and a time."""
    text = f"{date}T{time}" if time else date
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00").timestamp()
