"""Evaluates alarms that scale a target or roll back a deployment, by the rules of the scaling model.

LocalStack evaluates alarms by simpler rules, and none on expressions. Those on expressions follow the wall
clock here, and so do those that invoke scaling policies, which `patches` keeps it from evaluating. Those that
roll a deployment back are evaluated when it is decided.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from scaleproof.emulator import Json
from scaleproof.emulator.cloudwatch import CloudWatch, invoking, settings_of
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import (
    NEW,
    Alarm,
    AlarmSettings,
    AlarmStatus,
    Evaluation,
    Missing,
    State,
    recent,
)
from scaleproof.scaling.assumptions import DEFAULT, Assumptions, MetricMathAssumptions
from scaleproof.scaling.metrics import MetricStat

LOG = logging.getLogger(__name__)
FIRST = 1.0
"""Seconds from when an alarm is put to its first evaluation. On AWS this is any moment within the minute, or
within ten seconds. Here it is soon, so that nobody waits a minute for data that is already there."""
_TREATED = {Missing.BREACHING: "Breaching", Missing.NOT_BREACHING: "NonBreaching"}
MAX_REASON = 1_023
"""Characters of a StateReason (service model)."""


@dataclass(eq=False)
class WatchedAlarm:
    """One alarm: how CloudWatch described it last, its status, when it is evaluated next (epoch seconds)."""

    described: Json
    alarm: Alarm
    status: AlarmStatus
    due: float
    math: MetricMathAssumptions

    @property
    def name(self) -> str:
        """Its AlarmName."""
        return str(self.described["AlarmName"])

    @classmethod
    def from_description(cls, described: Json, assumed: Assumptions = DEFAULT) -> WatchedAlarm | None:
        """None, and a line in the log, for a kind of alarm that is not modelled."""
        try:
            settings = settings_of(described)
        except ScaleproofError as error:
            LOG.warning("alarm %s is not evaluated: %s", described["AlarmName"], error)
            return None
        first = described["AlarmConfigurationUpdatedTimestamp"].timestamp() + FIRST
        phase = first % Alarm(settings, assumptions=assumed.alarms).interval
        alarm = Alarm(settings, phase, invoking(described), assumed.alarms)
        return cls(described, alarm, _status(described), first, assumed.math)

    def evaluate(self, now: float, cloudwatch: CloudWatch) -> tuple[Evaluation, Json | None]:
        """Evaluates the alarm at `now` on CloudWatch's data. A new state is also a SetAlarmState request."""
        if self.described["StateValue"] != self.status.state:  # somebody else has set it
            self.status = _status(self.described)
        alarm = self.alarm
        window = alarm.window(now)
        points = alarm.points(window, cloudwatch.read, self.math)
        result = alarm.evaluate(self.status, now, points)
        self.status, self.due = result.status, alarm.next_evaluation(now)
        used = [value for value in recent(alarm.settings, window, points) if value is not None]
        return result, self._transition(now, used) if result.changed else None

    def _transition(self, now: float, used: list[float]) -> Json:
        settings, state = self.alarm.settings, self.status.state
        crossed = f"Threshold Crossed: {_datapoints(settings, used)}."
        missing = f"Insufficient Data: {len(used)} datapoints were known."
        data = {
            "version": "1.0",
            "queryDate": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000",
            "period": settings.period,
            "recentDatapoints": used,
            "threshold": settings.threshold,
        }
        if isinstance(settings.source, MetricStat):
            data["statistic"] = settings.source.statistic
        reason = missing if state is State.INSUFFICIENT_DATA else crossed
        return {
            "AlarmName": self.name,
            "StateValue": str(state),
            "StateReason": reason[:MAX_REASON],
            "StateReasonData": json.dumps(data),
        }


def in_alarm(names: Iterable[str], now: float, cloudwatch: CloudWatch, assumed: Assumptions) -> list[str]:
    """Which of these alarms are in state ALARM, or would be after an evaluation at `now`."""
    states = cloudwatch.states(names)
    active = {name for name, state in states.items() if state is State.ALARM}
    for described in cloudwatch.alarms():
        name = described["AlarmName"]
        if name in states.keys() - active and (watched := WatchedAlarm.from_description(described, assumed)):
            result, _ = watched.evaluate(now, cloudwatch)
            active |= {name} if result.status.state is State.ALARM else set()
    return sorted(active)


def _datapoints(settings: AlarmSettings, used: list[float]) -> str:
    """What a state rests on: data points, and those that missing data stands for.

    The words for missing data are those of real alarms, as public projects quote them.
    """
    periods = settings.evaluation_periods
    treated = _TREATED.get(settings.missing)
    if len(used) == periods or treated is None:
        return f"{len(used)} datapoints {used} at threshold {settings.threshold}"

    def counted(number: int, noun: str) -> str:
        return f"{number or 'no'} {noun}{' was' if number == 1 else 's were'}"

    return (
        f"{counted(len(used), 'datapoint')} received for {periods} period{'' if periods == 1 else 's'} and "
        f"{counted(periods - len(used), 'missing datapoint')} treated as [{treated}]"
    )


def _status(described: Json) -> AlarmStatus:
    state = State(described["StateValue"])
    if state is State.INSUFFICIENT_DATA:
        return NEW
    return AlarmStatus(state, described["StateUpdatedTimestamp"].timestamp())
