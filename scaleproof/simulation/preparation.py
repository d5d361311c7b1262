"""What has to be known of an endpoint before it is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Policy
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation.behaviour import Behaviour


def whole_minute(start: datetime) -> int:
    """The start in epoch seconds, where alarms and schedules begin. Raises ScaleproofError for another."""
    if start.tzinfo is None:
        raise ScaleproofError(f"The start {start} has no time zone.", advice="Schedules need to know.")
    if start.timestamp() % 60:
        raise ScaleproofError(f"The start {start} is no whole minute.")
    return int(start.timestamp())


def slots_of(endpoint: Endpoint, behaviour: Behaviour) -> tuple[dict[str, int], dict[str, float]]:
    """By instance type, in the order of priority: the requests that one instance works on at a time, and
    those that it sustains within the objective. Raises ScaleproofError where nobody says.
    """
    slots, sustained = {}, {}
    for pool in sorted(endpoint.pools, key=lambda pool: pool.priority):
        most = pool.max_concurrency
        if endpoint.kind is Kind.ASYNC:
            most = endpoint.max_concurrent_invocations or most or behaviour.invocations_per_instance
        if most is None or most < 1:
            raise ScaleproofError(
                f"Nobody says how many requests an instance of {pool.instance_type} sustains.",
                advice="Set max_concurrency of its instance pool to 1 or more.",
            )
        slots[pool.instance_type] = int(most)
        sustained[pool.instance_type] = min(most, pool.max_concurrency or most)
    return slots, sustained


def aim(policy: Policy, settings: Mapping[str, AlarmSettings], owners: Mapping[str, str]) -> float | None:
    """What a policy steers its signal to: its target, or the threshold of its alarm.

    `settings` are those of the alarms by name, `owners` the policies by alarm.
    """
    if isinstance(policy, TargetTracking):
        return policy.target
    return next((settings[name].threshold for name, owner in owners.items() if owner == policy.name), None)
