"""Connects scalable targets to the scaling model: configures it, and carries out its decisions."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from scaleproof.emulator.cloudwatch import actions
from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.alarms import WatchedAlarm
from scaleproof.emulator.engine.state import ActivityRecord, PolicyResource, Store, Target, new_id
from scaleproof.emulator.errors import AwsError
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import endpoint as model
from scaleproof.scaling.alarms import State
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status

LOG = logging.getLogger(__name__)
ACTIVITIES_KEPT = 1_000
"""Activities that are kept in one account and region."""


def scaler(store: Store, low: int, high: int, endpoint: str, variant: str) -> Autoscaler:
    """The model of a new target, which has no policies yet."""
    assumed = store.injected.assumptions
    return Autoscaler(
        model.ScalableTarget(low, high),
        {"EndpointName": endpoint, "VariantName": variant},
        now=store.time(),
        assumptions=assumed.autoscaling,
        alarm_assumptions=assumed.alarms,
    )


def capacity(store: Store, target: Target) -> Capacity:
    """The instances of a target's variant."""
    endpoint = store.endpoints[target.endpoint]
    variant = endpoint.fleet.variants[target.variant]
    return Capacity(variant.desired, variant.count, endpoint.busy)


def bound(store: Store, target: Target, low: int, high: int) -> None:
    """Sets the bounds of a target, and moves its instance count between them."""
    apply_decisions(store, target, target.scaler.bound(low, high, store.time(), capacity(store, target)))


def configure(store: Store, target: Target) -> None:
    """Gives the model a target's policies with alarms, its schedules and suspension, if they are new."""
    attached = [(resource.policy, _invoking(store, resource)) for resource in target.policies.values()]
    policies = tuple(
        replace(policy, alarms={watched.name: watched.alarm.settings for watched in alarms})
        for policy, alarms in attached
        # Without alarms the model would make those of target tracking itself. Here CloudWatch has them.
        if alarms
    )
    schedules = tuple(resource.action for resource in target.actions.values())
    configured = attached, schedules, target.suspended
    if configured == target.configured:
        return
    target.configured = configured
    bounds = target.scaler.min, target.scaler.max
    scalable_target = model.ScalableTarget(*bounds, policies, schedules, target.suspended)
    try:
        target.scaler.configure(scalable_target, store.time())
    except ScaleproofError as error:
        LOG.warning("%s keeps its configuration: %s", target.resource_id, error)
        return
    for _, alarms in attached:
        for watched in alarms:
            target.scaler.changed(watched.name, watched.status.state)


def finish_activities(store: Store) -> None:
    """Ends the activities whose endpoint has finished its change or has failed to."""
    for target in store.targets.values():
        endpoint = store.endpoints[target.endpoint]
        if target.changing is None or endpoint.busy:
            continue
        activity, target.changing = target.changing, None
        there = endpoint.fleet.variants[target.variant].count == activity.desired
        status = Status.SUCCESSFUL if there and not endpoint.failure else Status.FAILED
        _end(store, target, activity.id, status, endpoint.failure or "")


def apply_decisions(store: Store, target: Target, decisions: Iterable[Decision]) -> None:
    """Records decisions, and sets the variant's instance count.

    A refusal by SageMaker is a Failed activity, never an error.
    """
    for decision in decisions:
        if decision.activity is None:
            continue
        _record(store, target, decision.activity)
        if decision.desired is None:
            continue
        try:
            change = {"VariantName": target.variant, "DesiredInstanceCount": decision.desired}
            deployments.set_desired(store, target.endpoint, [change])
        except AwsError as error:
            _end(store, target, decision.activity.id, Status.FAILED, error.message)
        else:
            target.changing = decision.activity
            finish_activities(store)


def deregister(store: Store, target: Target) -> None:
    """Removes a scalable target with its scaling policies, their alarms and its scheduled actions.

    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
    """
    for policy in target.policies.values():
        delete_alarms(store, policy)
    store.tags.pop(target.arn, None)
    del store.targets[target.resource_id]


def delete_alarms(store: Store, policy: PolicyResource) -> None:
    """Deletes the alarms that target tracking keeps for a policy."""
    store.cloudwatch.delete_alarms(alarm["AlarmName"] for alarm in policy.document["Alarms"])


def _record(store: Store, target: Target, activity: Activity) -> None:
    """Keeps a new activity, or the new state of one in progress."""
    for record in reversed(store.activities):
        if record.target is target and record.activity.id == activity.id:
            record.activity = activity
            return
    store.activities.append(ActivityRecord(new_id(), target, activity))
    del store.activities[:-ACTIVITIES_KEPT]


def _end(store: Store, target: Target, activity: int, status: Status, reason: str) -> None:
    ended = target.scaler.ended(activity, store.time(), status, reason)
    if ended:
        _record(store, target, ended)


def _invoking(store: Store, policy: PolicyResource) -> list[WatchedAlarm]:
    """The alarms that invoke a policy and can be evaluated."""
    return [
        watched
        for watched in store.watched.values()
        if watched and any(policy.arn in actions(watched.described, state) for state in State)
    ]
