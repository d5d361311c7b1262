"""Application Auto Scaling: what a scalable target's policies and schedules decide, and when.

An Autoscaler is told the time and what happens; whoever drives it, a simulation or a real clock, evaluates
its alarms and sets the instance count it decides on.
"""

from __future__ import annotations

from scaleproof.scaling.autoscaling.activities import (
    NOTHING,
    Activity,
    Capacity,
    Code,
    Decision,
    Idle,
    NotScaled,
    Status,
)
from scaleproof.scaling.autoscaling.autoscaler import Autoscaler

__all__ = [
    "NOTHING",
    "Activity",
    "Autoscaler",
    "Capacity",
    "Code",
    "Decision",
    "Idle",
    "NotScaled",
    "Status",
]
