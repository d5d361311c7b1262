"""When an alarm is evaluated, and which periods it then looks at.

[evaluation] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws: cloudwatch/alarm_evaluation.json
and applicationautoscaling/scaling.json, scale_in.json
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scaleproof.scaling.alarms.settings import DAY, HOUR, MINUTE, AlarmSettings
from scaleproof.scaling.assumptions import DEFAULT, AlarmAssumptions
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.series import Window

# Of an interval. Epoch seconds as floats are good to a quarter of a microsecond.
_SAME_MOMENT = 1e-6


@dataclass(frozen=True)
class Clock:
    """The times of an alarm, all in seconds.

    `interval` lies between evaluations. An evaluation retrieves periods over `length`, up to the last whole
    `slide` that is complete `cutoff` before it.
    """

    interval: int
    period: int
    length: int
    slide: int
    cutoff: float

    @classmethod
    def of(cls, settings: AlarmSettings, assumptions: AlarmAssumptions = DEFAULT.alarms) -> Clock:
        """The clock of an alarm with these settings.

        It is evaluated every 10 s with a period below 60 s, else every minute, and over more than a day every
        hour, on data up to the hour. Below 60 s its periods are whole ones of the clock; from 60 s on the
        range slides by the minute, so that the periods of a 300 s alarm start at any minute [evaluation].
        """
        period, number = settings.period, settings.evaluation_periods
        high = period < MINUTE
        extra = assumptions.extra_high_resolution // period if high else assumptions.extra_periods
        length = (number + extra) * period
        if period * number > DAY:
            return cls(HOUR, period, length, slide=HOUR, cutoff=0.0)
        expression = isinstance(settings.source, QuerySet)
        cutoff = assumptions.expression_cutoff if expression else assumptions.metric_cutoff
        return cls(10 if high else MINUTE, period, length, slide=min(period, MINUTE), cutoff=cutoff)

    def next_evaluation(self, phase: float, after: float) -> float:
        """The first evaluation later than `after` (epoch seconds).

        `phase` is where in the interval the alarm is evaluated, in seconds from 0: a constant of each alarm,
        seen to keep to some 10 ms [captures]. AWS chooses it; draw it evenly from the interval if it is not
        known.
        """
        number = math.floor((after - phase) / self.interval + _SAME_MOMENT) + 1
        return number * self.interval + phase

    def end(self, at: float) -> int:
        """Where the newest period ends that an evaluation at `at` looks at (epoch seconds)."""
        return int((at - self.cutoff) // self.slide) * self.slide

    def window(self, at: float) -> Window:
        """The evaluation range of an evaluation at `at`: more periods than are evaluated."""
        end = self.end(at)
        return Window(end - self.length, end, self.period)
