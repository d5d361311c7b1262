"""The endpoint of a proposal, from as few plans of the module as possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scaleproof.scaling.endpoint import Endpoint, Policy
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.compare import adjusted
from scaleproof.studies.proposal import Proposal

Planner = Callable[[Proposal], Endpoint]
"""Gives the endpoint that the module plans for a proposal."""


class Plans:
    """Endpoints of proposals for the same pools.

    A plan holds targets, cooldowns, bounds and the wake-up as they were given, so one plan is changed for all
    of them. Only a minimum of 0 changes which policies there are, and needs another plan.
    """

    def __init__(self, planner: Planner) -> None:
        """`planner` is called at most twice."""
        self._planner = planner
        self._planned: dict[bool, tuple[Proposal, Endpoint]] = {}

    def endpoint(self, proposal: Proposal) -> Endpoint:
        """The endpoint that the module would plan for a proposal."""
        key = proposal.min == 0
        if key not in self._planned:
            self._planned[key] = (proposal, self._planner(proposal))
        base, endpoint = self._planned[key]
        policies = endpoint.target.policies if endpoint.target else ()
        tracked = next(policy for policy in policies if isinstance(policy, TargetTracking))
        settings = {
            "target": tracked.target * proposal.target / base.target,
            "scale_out_cooldown": proposal.scale_out_cooldown,
            "scale_in_cooldown": proposal.scale_in_cooldown,
            "min": proposal.min,
            "max": proposal.max,
        }
        found = adjusted(endpoint, settings)
        assert found.target is not None
        woken = tuple(_woken(policy, proposal) for policy in found.target.policies)
        return replace(found, target=replace(found.target, policies=woken), initial=max(proposal.min, 1))


def _woken(policy: Policy, proposal: Proposal) -> Policy:
    """The wake-up policy with the proposal's instances and periods; other policies unchanged."""
    if isinstance(policy, TargetTracking):
        return policy
    periods = proposal.wake_periods
    return replace(
        policy,
        steps=tuple(replace(step, adjustment=proposal.wake_instances) for step in policy.steps),
        alarms={
            name: replace(alarm, evaluation_periods=periods, datapoints_to_alarm=periods)
            for name, alarm in policy.alarms.items()
        },
    )
