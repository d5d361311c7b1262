"""Alarms that something here depends on, evaluated by the scaling model.

LocalStack evaluates alarms on its own, by simpler rules and none on expressions. It is kept from those that
invoke scaling policies, which are evaluated here on the wall clock (see `patches`). Those that roll a
deployment back are evaluated here as well, when it is decided.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from scaleproof.emulator.engine.cloudwatch import STATISTICS, CloudWatch, Json
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import (
    NEW,
    Alarm,
    AlarmStatus,
    Clock,
    Evaluation,
    State,
    recent,
)
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import parse_alarm

LOG = logging.getLogger(__name__)
FIRST = 1.0
"""Seconds from when an alarm is put to its first evaluation. On AWS the moment within the minute, or within
ten seconds, is any; here it is soon, so that nobody waits a minute to see what is there already."""
MAX_REASON = 1_023
"""Characters of a StateReason (service model)."""

_ACTIONS = {
    State.ALARM: "AlarmActions",
    State.OK: "OKActions",
    State.INSUFFICIENT_DATA: "InsufficientDataActions",
}


def invokes_policy(alarm: Json) -> bool:
    """Whether an alarm has an action that is a scaling policy of a SageMaker variant."""
    return bool(_invoking(alarm))


def invokes(alarm: Json, policy_arn: str) -> bool:
    """Whether a policy is among an alarm's actions."""
    return any(policy_arn in (alarm.get(name) or ()) for name in _ACTIONS.values())


@dataclass
class WatchedAlarm:
    """One alarm: as it was put, how it stands, and when it is evaluated next (epoch seconds)."""

    put: Json
    alarm: Alarm
    status: AlarmStatus
    due: float

    @classmethod
    def of(cls, put: Json) -> WatchedAlarm | None:
        """An alarm in the API's form, None (and a line in the log) if the model does not know its kind."""
        try:
            settings = parse_alarm(put)
            for metric in settings.metrics:
                if metric.statistic not in STATISTICS:
                    raise ScaleproofError(f"The statistic {metric.statistic} is not computed here.")
        except ScaleproofError as error:
            LOG.warning("alarm %s is not evaluated: %s", put["AlarmName"], error)
            return None
        created = put["AlarmConfigurationUpdatedTimestamp"].timestamp()
        phase = (created + FIRST) % Clock.of(settings).interval
        return cls(put, Alarm(settings, phase, _invoking(put)), _status(put), created + FIRST)

    def evaluate(self, now: float, cloudwatch: CloudWatch) -> tuple[Evaluation, Json | None]:
        """The evaluation at `now` on the data that CloudWatch has, and the SetAlarmState that tells of it."""
        if State(self.put["StateValue"]) is not self.status.state:  # somebody else has set it
            self.status = _status(self.put)
        alarm = self.alarm
        window = alarm.window(now)
        points = alarm.points(window, cloudwatch.read)
        result = alarm.evaluate(self.status, now, points)
        self.status, self.due = result.status, alarm.next_evaluation(now)
        used = [value for value in recent(alarm.settings, window, points) if value is not None]
        return result, self._transition(now, used) if result.changed else None

    def _transition(self, now: float, used: list[float]) -> Json:
        settings, state = self.alarm.settings, self.status.state
        crossed = f"Threshold Crossed: {len(used)} datapoints {used} at threshold {settings.threshold}."
        missing = f"Insufficient Data: {len(used)} datapoints were known."
        data: Json = {
            "version": "1.0",
            "queryDate": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000",
            "period": settings.period,
            "recentDatapoints": used,
            "threshold": settings.threshold,
        }
        if isinstance(settings.source, MetricStat):
            data["statistic"] = settings.source.statistic
        return {
            "AlarmName": self.put["AlarmName"],
            "StateValue": str(state),
            "StateReason": (missing if state is State.INSUFFICIENT_DATA else crossed)[:MAX_REASON],
            "StateReasonData": json.dumps(data),
        }


def in_alarm(names: list[str], now: float, cloudwatch: CloudWatch) -> list[str]:
    """Those of these alarms that are in state ALARM, or that an evaluation at `now` would bring there."""
    states = cloudwatch.states(names)
    found = {name for name, state in states.items() if state == State.ALARM}
    for put in cloudwatch.alarms():
        if put["AlarmName"] in states.keys() - found and (watched := WatchedAlarm.of(put)):
            result, _ = watched.evaluate(now, cloudwatch)
            found |= {put["AlarmName"]} if result.status.state is State.ALARM else set()
    return sorted(found)


def _invoking(put: Json) -> tuple[State, ...]:
    """The states in which an alarm invokes a policy: a topic may be told of the others."""
    return tuple(
        state
        for state, name in _ACTIONS.items()
        if any(":resource/sagemaker/" in arn for arn in put.get(name) or ())
    )


def _status(put: Json) -> AlarmStatus:
    state = State(put["StateValue"])
    return (
        NEW
        if state is State.INSUFFICIENT_DATA
        else AlarmStatus(state, put["StateUpdatedTimestamp"].timestamp())
    )
