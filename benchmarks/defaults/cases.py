"""What is tried: fleets, settings of the module, traffic, shortages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scaleproof.simulation import Shortage, Traffic, Work
from scaleproof.simulation.generators import constant, diurnal, ramp, spike, step

HOUR = 3_600.0

FLEETS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "near": (("ml.g6.2xlarge", 12), ("ml.g6e.2xlarge", 16)),
    "three": (("ml.g6.2xlarge", 12), ("ml.g6e.2xlarge", 16), ("ml.g5.2xlarge", 10)),
    "far": (("ml.g6.2xlarge", 12), ("ml.g6.12xlarge", 48)),
}
"""Instance types in priority order with their max_concurrency: alike, alike and smaller, far apart."""

CAPACITY = {"min": 2, "max": 40}

DEFAULT = "hottest_pool"
"""The setting that takes every default of the module."""
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    DEFAULT: {},
    "hottest_pool, no guard": {"signal": {"fast_guard": False}},
    "present_capacity": {"signal": {"weighting": "present_capacity"}},
    "present_capacity, no guard": {"signal": {"weighting": "present_capacity", "fast_guard": False}},
    "utilization 0.6": {"target_utilization": 0.6},
    "utilization 0.9": {"target_utilization": 0.9},
    "scale-out cooldown 0 s": {"scale_out_cooldown": 0},
    "scale-out cooldown 300 s": {"scale_out_cooldown": 300},
    "scale-in cooldown 60 s": {"scale_in_cooldown": 60},
    "scale-in cooldown 900 s": {"scale_in_cooldown": 900},
}
"""Inputs of modules/realtime beside the pools and the bounds: each moves one default."""

RIVALS = ("predefined", "aws-documented", "aws-sample", "clairvoyant", "static-peak")

TRAFFIC: Mapping[str, Callable[[int], Traffic]] = {
    "call centre": lambda seed: diurnal(peak=150, days=1, seed=seed),
    "short requests": lambda seed: diurnal(peak=150, days=1, work=Work.SYNC, seed=seed),
    "ramp": lambda seed: ramp(top=150, base=10, after=4, hours=2, days=0.5, seed=seed),
    "step": lambda seed: step(top=120, base=10, after=4, days=0.5, seed=seed),
    "spikes": lambda seed: spike(top=120, base=10, every=4, minutes=20, days=0.5, seed=seed),
    "steady": lambda seed: constant(level=60, days=0.5, seed=seed),
}
"""Demand in requests at a time, drawn from a seed."""

SHORTAGES: Mapping[str, tuple[Shortage, ...]] = {
    "none": (),
    "preferred type": (Shortage("ml.g6.2xlarge", 1 * HOUR, 11 * HOUR),),
}
"""Times in which a type cannot be had."""
