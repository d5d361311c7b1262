"""Simulates one endpoint in virtual time: traffic meets a fleet, alarms watch it, policies change it.

The same arguments and seed give the same result. The rules of scaling are those of scaleproof.scaling.
"""

from __future__ import annotations

from scaleproof.scaling.alarms import Transition
from scaleproof.simulation.behaviour import (
    Behaviour,
    Release,
    Routing,
    Shortage,
    WhenFull,
)
from scaleproof.simulation.delay import Delay
from scaleproof.simulation.result import (
    Cause,
    Elasticity,
    Result,
    ScalingActivity,
    Tally,
    Timeline,
    Totals,
    Waiting,
)
from scaleproof.simulation.simulator import simulate
from scaleproof.simulation.traffic import Arrival, Chunk, Traffic, TrafficError, Work

__all__ = [
    "Arrival",
    "Behaviour",
    "Cause",
    "Chunk",
    "Delay",
    "Elasticity",
    "Release",
    "Result",
    "Routing",
    "ScalingActivity",
    "Shortage",
    "Tally",
    "Timeline",
    "Totals",
    "Traffic",
    "TrafficError",
    "Transition",
    "Waiting",
    "WhenFull",
    "Work",
    "simulate",
]
