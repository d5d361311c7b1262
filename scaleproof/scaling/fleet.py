"""Which instance types a variant's instances are placed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """One instance type of a variant; priority 1 is preferred.

    `max_concurrency`: requests in flight that one such instance sustains, None where nobody has said.
    """

    instance_type: str
    priority: int
    max_concurrency: float | None = None


def unlimited(_instance_type: str) -> int | None:
    """Every instance that is asked for can be had."""
    return None


def place(
    pools: Sequence[Pool],
    running: Mapping[str, int],
    desired: int,
    available: Callable[[str], int | None] = unlimited,
) -> dict[str, int]:
    """The number of instances per type after moving a variant towards `desired` instances.

    Scale-out fills the pools in priority order and falls back to the next where capacity ends; scale-in
    releases the lowest priority first. `available` is how many more instances of a type can be had now,
    None for no limit. The sum is below `desired` where capacity ran out.
    Every pool is a key of the result, empty ones with 0.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
    """
    ordered = sorted(pools, key=lambda pool: pool.priority)
    counts = {pool.instance_type: running.get(pool.instance_type, 0) for pool in ordered}
    missing = desired - sum(counts.values())
    for pool in ordered:
        if missing <= 0:
            break
        limit = available(pool.instance_type)
        added = missing if limit is None else min(missing, max(limit, 0))
        counts[pool.instance_type] += added
        missing -= added
    for pool in reversed(ordered):
        removed = min(max(-missing, 0), counts[pool.instance_type])
        counts[pool.instance_type] -= removed
        missing += removed
    return counts
