"""CloudWatch alarms: when they are evaluated, on which data, to which state, and what they set off.

`Alarm` evaluates an alarm, `Watch` does so for months; `settle` is the rule between data and state. What the
documentation leaves open is an Assumption.
"""

from __future__ import annotations

from scaleproof.scaling.alarms.alarm import (
    NEW,
    Alarm,
    Evaluation,
    Reader,
    Signal,
    Standing,
    admissible,
    arrives,
)
from scaleproof.scaling.alarms.decision import decide, filled, recent, settle, significant
from scaleproof.scaling.alarms.incremental import Watch
from scaleproof.scaling.alarms.settings import AlarmError, AlarmSettings, Clock, Missing, State

__all__ = [
    "NEW",
    "Alarm",
    "AlarmError",
    "AlarmSettings",
    "Clock",
    "Evaluation",
    "Missing",
    "Reader",
    "Signal",
    "Standing",
    "State",
    "Watch",
    "admissible",
    "arrives",
    "decide",
    "filled",
    "recent",
    "settle",
    "significant",
]
