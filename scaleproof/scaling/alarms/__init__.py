"""CloudWatch alarms: when they are evaluated, on which data, to which state, and what they set off.

`Alarm` evaluates an alarm; `evaluate_state` is the rule between data and state. What the documentation leaves
open is an assumption.
"""

from __future__ import annotations

from scaleproof.scaling.alarms.alarm import (
    NEW,
    Alarm,
    AlarmStatus,
    Evaluation,
    Reader,
    Signal,
    admissible,
    arrives,
)
from scaleproof.scaling.alarms.decision import decide, evaluate_state, filled, recent, significant
from scaleproof.scaling.alarms.settings import COMPARISONS, AlarmError, AlarmSettings, Clock, Missing, State

__all__ = [
    "COMPARISONS",
    "NEW",
    "Alarm",
    "AlarmError",
    "AlarmSettings",
    "AlarmStatus",
    "Clock",
    "Evaluation",
    "Missing",
    "Reader",
    "Signal",
    "State",
    "admissible",
    "arrives",
    "decide",
    "evaluate_state",
    "filled",
    "recent",
    "significant",
]
