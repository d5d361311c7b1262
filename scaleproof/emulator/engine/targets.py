"""The scaling model at work: what it is told about a scalable target, and what becomes of its decisions."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import replace

from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.alarms import WatchedAlarm, invokes
from scaleproof.emulator.engine.state import ActivityRecord, Json, PolicyRecord, Store, Target, new_id
from scaleproof.emulator.errors import AwsError
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import endpoint as model
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status

LOG = logging.getLogger(__name__)
ACTIVITIES_KEPT = 1_000
"""Activities of one account and region that are remembered."""


def scaler(low: int, high: int, endpoint: str, variant: str) -> Autoscaler:
    """What decides for a new target, without policies yet."""
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    return Autoscaler(model.ScalableTarget(low, high), dimensions, now=time.time())


def capacity(store: Store, target: Target) -> Capacity:
    """The instances of a target's variant."""
    endpoint = store.endpoints[target.endpoint]
    variant = endpoint.fleet.variants[target.variant]
    return Capacity(variant.desired, variant.count, endpoint.busy)


def bound(store: Store, target: Target, low: int, high: int) -> None:
    """Moves the bounds of a target, and its count into them."""
    apply_decisions(store, target, target.scaler.bound(low, high, time.time(), capacity(store, target)))


def configure(store: Store, target: Target) -> None:
    """Tells the model of a target's policies with their alarms, schedules and suspension, if they are new."""
    alarms = store.cloudwatch.alarms()
    found = {policy.name: _alarms(policy, alarms, store) for policy in target.policies.values()}
    said = (
        [(policy.arn, policy.configuration, list(found[policy.name])) for policy in target.policies.values()],
        [
            watched.put["AlarmConfigurationUpdatedTimestamp"]
            for part in found.values()
            for watched in part.values()
        ],
        [action.request for action in target.actions.values()],
        dict(target.suspended),
    )
    if said == target.configured:
        return
    target.configured = said
    policies = tuple(
        replace(
            policy.rule,
            alarms={name: alarm.alarm.settings for name, alarm in found[policy.name].items()},
        )
        for policy in target.policies.values()
        # Target tracking would make its alarms itself; here it has only those that CloudWatch knows.
        if found[policy.name]
    )
    suspended = model.Suspended(
        bool(target.suspended["DynamicScalingInSuspended"]),
        bool(target.suspended["DynamicScalingOutSuspended"]),
        bool(target.suspended["ScheduledScalingSuspended"]),
    )
    schedules = tuple(_scheduled(action.name, action.request) for action in target.actions.values())
    bounds = target.scaler.min, target.scaler.max
    try:
        target.scaler.configure(model.ScalableTarget(*bounds, policies, schedules, suspended), time.time())
    except ScaleproofError as error:
        LOG.warning("%s goes on as it was: %s", target.resource_id, error)
        return
    for part in found.values():
        for name, alarm in part.items():
            target.scaler.changed(name, alarm.status.state)


def finish_activities(store: Store) -> None:
    """Ends the activities whose endpoint has done what it was to do, or has failed to."""
    for target in store.targets.values():
        endpoint = store.endpoints[target.endpoint]
        if target.changing is None or endpoint.busy:
            continue
        activity, target.changing = target.changing, None
        there = endpoint.fleet.variants[target.variant].count == activity.desired
        status = Status.SUCCESSFUL if there and not endpoint.failure else Status.FAILED
        _end(store, target, activity.id, status, endpoint.failure or "")


def apply_decisions(store: Store, target: Target, decisions: Iterable[Decision]) -> None:
    """Records what was decided, and sets the variant's count.

    A refusal by SageMaker ends as a Failed activity, never as an error.
    """
    for decision in decisions:
        if decision.activity is None:
            continue
        _record(store, target, decision.activity)
        if decision.desired is None:
            continue
        try:
            change = deployments.Change(target.variant, decision.desired)
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
    del store.targets[target.resource_id, target.dimension]


def delete_alarms(store: Store, policy: PolicyRecord) -> None:
    """Deletes the alarms that target tracking keeps for a policy."""
    store.cloudwatch.delete_alarms([alarm["AlarmName"] for alarm in policy.alarms])


def _record(store: Store, target: Target, activity: Activity) -> None:
    """Keeps an activity, or a later state of one that is kept."""
    record = target.ongoing.get(activity.id)
    if record is None:
        record = ActivityRecord(new_id(), target.resource_id, target.dimension, activity)
        target.ongoing[activity.id] = record
        store.activities.append(record)
        del store.activities[:-ACTIVITIES_KEPT]
    record.activity = activity
    if activity.end is not None:
        del target.ongoing[activity.id]


def _end(store: Store, target: Target, activity: int, status: Status, reason: str) -> None:
    ended = target.scaler.ended(activity, time.time(), status, reason)
    if ended:
        _record(store, target, ended)


def _alarms(policy: PolicyRecord, alarms: list[Json], store: Store) -> dict[str, WatchedAlarm]:
    """The alarms that invoke a policy and can be evaluated, by name."""
    invoking = [alarm for alarm in alarms if invokes(alarm, policy.arn)]
    found = {alarm["AlarmName"]: store.watched.get(alarm["AlarmArn"]) for alarm in invoking}
    return {name: watched for name, watched in found.items() if watched}


def _scheduled(name: str, request: Json) -> model.ScheduledAction:
    bounds = request.get("ScalableTargetAction", {})
    return model.ScheduledAction(
        name,
        request["Schedule"],
        request.get("Timezone", "UTC"),
        bounds.get("MinCapacity"),
        bounds.get("MaxCapacity"),
        request.get("StartTime"),
        request.get("EndTime"),
    )
