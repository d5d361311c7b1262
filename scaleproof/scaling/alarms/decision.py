"""Decides the state of an alarm from its data points.

[missing] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
[samples] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws/cloudwatch/alarm_evaluation.json
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from scaleproof.scaling.alarms.settings import COMPARISONS, AlarmSettings, Missing, State
from scaleproof.scaling.metrics import MetricStat, Window

_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)")


def evaluate_state(settings: AlarmSettings, breaching: int, fine: int, few: int, age: int) -> State | None:
    """The state after an evaluation, None if the alarm keeps the one it has.

    Of the data points that exist in the range the newest N are used [missing]: `breaching` of them breach,
    `fine` do not, `few` rest on too few samples to say. `age` is how many periods ago the oldest breaching
    one started.

    M that breach make an ALARM, and so many that do not that M cannot be reached make OK, however many are
    missing. Otherwise `few` keep the state [samples], and then the treatment of missing data decides:
    - ignore: OK with at least one point that does not breach, else the state is kept;
    - breaching: missing points count towards M;
    - notBreaching: OK;
    - missing: no point at all is insufficient data, one that does not breach is OK, and only breaching ones
      are an ALARM once the oldest is at least M periods old (the "premature alarm" of [missing]), till then
      insufficient data.
    The tables of [missing] and all transitions in [captures] follow: tests/vectors/alarm_*.csv.
    """
    number, enough = settings.evaluation_periods, settings.m
    if breaching >= enough:
        return State.ALARM
    if fine > number - enough:
        return State.OK
    if few:
        return None
    match settings.missing:
        case Missing.IGNORE:
            return State.OK if fine else None
        case Missing.BREACHING:
            return State.ALARM if number - fine >= enough else State.OK
        case Missing.NOT_BREACHING:
            return State.OK
        case Missing.MISSING:
            if fine:
                return State.OK
            return State.ALARM if breaching and age >= enough else State.INSUFFICIENT_DATA


def decide(
    settings: AlarmSettings,
    window: Window,
    points: Mapping[int, float],
    samples: Mapping[int, int] | None = None,
) -> State | None:
    """The state that the data points within an evaluation range give, None if the alarm keeps the one it has.

    `points` are the values by where their period starts; those outside the window are not looked at.
    `samples` is the number of samples behind each, for percentile alarms that ignore few.
    """
    breaches, threshold = COMPARISONS[settings.comparison], settings.threshold
    counted = samples if settings.ignore_low_samples else None
    breaching = fine = few = oldest = 0
    for time in _used(settings, window, points):
        if counted is not None and not significant(settings.source, counted.get(time, 0)):
            few += 1
        elif breaches(points[time], threshold):
            oldest = oldest if breaching else time
            breaching += 1
        else:
            fine += 1
    return evaluate_state(settings, breaching, fine, few, (window.end - oldest) // window.period)


def filled(settings: AlarmSettings, window: Window, points: Mapping[int, float]) -> int:
    """How many of the N data points the treatment of missing data has to stand in for [missing]."""
    return settings.evaluation_periods - len(_used(settings, window, points))


def recent(settings: AlarmSettings, window: Window, points: Mapping[int, float]) -> tuple[float | None, ...]:
    """The data points an evaluation used, oldest first, None for gaps between them.

    As `recentDatapoints` in the alarm's reason data: from the oldest of the newest N points that exist to the
    newest; gaps before and after are not listed, and nothing is if no point exists [captures].
    """
    used = _used(settings, window, points)
    if not used:
        return ()
    return tuple(points.get(time) for time in range(used[0], used[-1] + window.period, window.period))


def _used(settings: AlarmSettings, window: Window, points: Mapping[int, float]) -> list[int]:
    """The newest N periods of the range that have a data point, oldest first."""
    return [time for time in window.times if time in points][-settings.evaluation_periods :]


def significant(source: object, samples: int) -> bool:
    """Whether a percentile rests on enough samples: 10 / (1 - p) of them from p50 on, 10 / p below [samples].

    99 were too few for a p90 and 100 were enough [captures]. Any other statistic is always significant.
    """
    statistic = source.statistic if isinstance(source, MetricStat) else ""
    match = _PERCENTILE.fullmatch(statistic)
    if match is None:
        return True
    # Decimal, as 1 - 0.9 is not 0.1 in binary and 100 samples would not be enough.
    percent = Decimal(match.group(1))
    tail = min(percent, 100 - percent)
    return tail <= 0 or samples * tail >= 1000
