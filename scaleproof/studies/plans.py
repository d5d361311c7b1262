"""The endpoint of a proposal, from as few plans of the module as possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.compare import adjusted
from scaleproof.studies.inputs import target_for, woken
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
        self._planned: dict[bool, Endpoint] = {}

    def endpoint(self, proposal: Proposal) -> Endpoint:
        """The endpoint that the module would plan for a proposal."""
        key = proposal.min == 0
        if key not in self._planned:
            self._planned[key] = self._planner(proposal)
        endpoint = self._planned[key]
        settings = {
            "target": target_for(endpoint, proposal.target),
            "scale_out_cooldown": proposal.scale_out_cooldown,
            "scale_in_cooldown": proposal.scale_in_cooldown,
            "min": proposal.min,
            "max": proposal.max,
        }
        found = adjusted(endpoint, settings)
        assert found.target is not None
        waking = {"wake_instances": proposal.wake_instances, "wake_periods": proposal.wake_periods}
        policies = tuple(woken(policy, waking) for policy in found.target.policies)
        return replace(found, target=replace(found.target, policies=policies), initial=max(proposal.min, 1))
