"""What is tried: fleets, settings of the module, traffic, shortages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scaleproof.simulation import Shortage, Traffic, Work
from scaleproof.simulation.generators import batches, constant, diurnal, ramp, spike, step

HOUR = 3_600.0


@dataclass(frozen=True)
class Study:
    """One kind of endpoint, with all that is varied.

    `module`: its submodule; `inputs`: what that is given in every setting; `settings`: what each adds, of
    which the one named `default` adds nothing. `fleets`: instance types in priority order with their
    max_concurrency. `traffic` is drawn from a seed. `shortages`: when which type cannot be had, by the
    preferred type of the fleet.
    """

    module: str
    inputs: Mapping[str, Any]
    default: str
    settings: Mapping[str, Mapping[str, Any]]
    rivals: tuple[str, ...]
    fleets: Mapping[str, tuple[tuple[str, int], ...]]
    traffic: Mapping[str, Callable[[int], Traffic]]
    shortages: Mapping[str, Callable[[str], tuple[Shortage, ...]]]


REALTIME = Study(
    module="realtime",
    inputs={"capacity": {"min": 2, "max": 40}},
    default="hottest_pool",
    settings={
        "hottest_pool": {},
        "hottest_pool, no guard": {"signal": {"fast_guard": False}},
        "present_capacity": {"signal": {"weighting": "present_capacity"}},
        "present_capacity, no guard": {"signal": {"weighting": "present_capacity", "fast_guard": False}},
        "utilization 0.6": {"target_utilization": 0.6},
        "utilization 0.9": {"target_utilization": 0.9},
        "scale-out cooldown 0 s": {"scale_out_cooldown": 0},
        "scale-out cooldown 300 s": {"scale_out_cooldown": 300},
        "scale-in cooldown 60 s": {"scale_in_cooldown": 60},
        "scale-in cooldown 900 s": {"scale_in_cooldown": 900},
    },
    rivals=("predefined", "aws-documented", "aws-sample", "clairvoyant", "static-peak"),
    fleets={
        "alike": (("ml.g6.2xlarge", 12), ("ml.g6e.2xlarge", 16)),
        "small first": (("ml.g6.2xlarge", 12), ("ml.g6.12xlarge", 48)),
        "large first": (("ml.g6.12xlarge", 48), ("ml.g6.2xlarge", 12)),
    },
    traffic={
        "call centre": lambda seed: diurnal(peak=150, days=1, seed=seed),
        "short requests": lambda seed: diurnal(peak=150, days=1, work=Work.SYNC, seed=seed),
        "ramp": lambda seed: ramp(top=150, base=10, after=4, hours=2, days=0.5, seed=seed),
        "step": lambda seed: step(top=120, base=10, after=4, days=0.5, seed=seed),
        "spikes": lambda seed: spike(top=120, base=10, every=4, minutes=20, days=0.5, seed=seed),
        "steady": lambda seed: constant(level=60, days=0.5, seed=seed),
    },
    shortages={
        "enough of both": lambda _preferred: (),
        "preferred type short": lambda preferred: (Shortage(preferred, 1 * HOUR, 11 * HOUR),),
    },
)

ASYNC = Study(
    module="async",
    inputs={
        "capacity": {"min": 0, "max": 10},
        "max_concurrent_invocations_per_instance": 4,
        "s3_output_path": "s3://acme-transcripts/out/",
    },
    default="backlog 5, wakes after 2 min",
    settings={
        "backlog 5, wakes after 2 min": {},
        "wakes after 1 min": {"wake_up": {"evaluation_periods": 1}},
        "wakes after 5 min": {"wake_up": {"evaluation_periods": 5}},
        "wakes with 2": {"wake_up": {"instances": 2}},
        "backlog 2": {"backlog_per_instance": 2},
        "backlog 20": {"backlog_per_instance": 20},
        "cooldowns 60 s": {"scale_out_cooldown": 60, "scale_in_cooldown": 60},
        "cooldowns 900 s": {"scale_out_cooldown": 900, "scale_in_cooldown": 900},
    },
    rivals=("clairvoyant", "static-peak"),
    fleets={"one type": (("ml.g6.2xlarge", 4),)},
    traffic={
        "single files": lambda seed: batches(files=1, per_day=24, days=2, seed=seed),
        "small batches": lambda seed: batches(files=20, per_day=8, days=2, seed=seed),
        "large batches": lambda seed: batches(files=200, per_day=3, days=2, seed=seed),
        "working day": lambda seed: diurnal(peak=20, base=0.2, days=2, work=Work.FILE, seed=seed),
    },
    shortages={"enough": lambda _preferred: ()},
)

STUDIES = (REALTIME, ASYNC)
