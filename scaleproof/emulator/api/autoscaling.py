"""Application Auto Scaling of SageMaker variants: scalable targets, scheduled actions, activities, tags."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from scaleproof.emulator import Json, without_none
from scaleproof.emulator.api import policies
from scaleproof.emulator.engine import targets
from scaleproof.emulator.engine.state import ActionResource, ActivityRecord, Endpoint, Store, Target, new_id
from scaleproof.emulator.errors import DIMENSION, AwsError, concurrent_update, object_not_found, validation
from scaleproof.scaling import schedules
from scaleproof.scaling.cron import ScheduleError
from scaleproof.scaling.endpoint import SUSPENDED, ScheduledAction

CHANGES = (
    "DeleteScalingPolicy",
    "DeleteScheduledAction",
    "DeregisterScalableTarget",
    "PutScalingPolicy",
    "PutScheduledAction",
    "RegisterScalableTarget",
)
"""The operations of which AWS takes one at a time for each target."""
MAX_ACTIONS = 200
"""Scheduled actions per target, from
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html"""
_TIMES = ("StartTime", "EndTime")
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


def check_scope(request: Json) -> None:
    """Refuses what is not emulated: other services, and other dimensions of SageMaker."""
    dimension = request.get("ScalableDimension", DIMENSION)
    if request.get("ServiceNamespace", "sagemaker") != "sagemaker" or dimension != DIMENSION:
        raise AwsError("InternalFailure", f"Only the dimension {DIMENSION} of namespace sagemaker is emulated.", 501)


@contextmanager
def alone(store: Store, operation: str, request: Json) -> Iterator[None]:
    """A change of a target lasts as long as a test asks; another one of the same target is refused then."""
    seconds = store.injected.seconds("pending")
    if operation not in CHANGES or not seconds:
        yield
        return
    target = request["ResourceId"]
    with store.lock:
        if target in store.pending:
            raise concurrent_update()
        store.pending.add(target)
    try:
        time.sleep(seconds)
        yield
    finally:
        with store.lock:
            store.pending.remove(target)


def register_scalable_target(store: Store, request: Json) -> Json:
    """RegisterScalableTarget. The instance count moves between new bounds at once.

    Only asynchronous endpoints may have a minimum of zero:
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
    """
    resource_id = request["ResourceId"]
    old = store.targets.get(resource_id)
    endpoint = _endpoint_of(store, resource_id)
    low = request.get("MinCapacity", old.scaler.min if old else None)
    high = request.get("MaxCapacity", old.scaler.max if old else None)
    if low is None or high is None:
        raise validation("MinCapacity and MaxCapacity are required when a scalable target is registered.")
    if low < 0 or low > high:
        raise validation(f"MinCapacity {low} must be between 0 and MaxCapacity {high}.")
    if low == 0 and not endpoint.is_async:
        raise validation(
            f"MinCapacity must be at least 1 for {resource_id}: only an asynchronous endpoint scales to zero."
        )
    if old and request.get("Tags"):
        # hashicorp/terraform-provider-aws issue 31839
        raise validation(
            "The scalable target that you tried to tag already exists. To update tags on an existing "
            "scalable target, use the TagResource API."
        )
    target = old or Target(
        resource_id,
        store.arn("application-autoscaling", f"scalable-target/{new_id().replace('-', '')}"),
        store.now(),
        targets.scaler(store, low, high, endpoint.name, resource_id.split("/")[3]),
    )
    state = request.get("SuspendedState", {})
    suspended = {field: state[member] for member, field in SUSPENDED.items() if member in state}
    target.suspended = replace(target.suspended, **suspended)
    store.targets[resource_id] = target
    store.tag(target.arn, request.get("Tags", {}))
    targets.configure(store, target)
    targets.bound(store, target, low, high)
    return {"ScalableTargetARN": target.arn}


def describe_scalable_targets(store: Store, request: Json) -> Json:
    """DescribeScalableTargets."""
    rows = [
        {
            **policies.scope(target.resource_id),
            "MinCapacity": target.scaler.min,
            "MaxCapacity": target.scaler.max,
            "RoleARN": _service_linked_role(store),
            "CreationTime": target.created,
            "SuspendedState": {member: getattr(target.suspended, field) for member, field in SUSPENDED.items()},
            "ScalableTargetARN": target.arn,
        }
        for target in policies.select(store, request)
        if target.resource_id in (request.get("ResourceIds") or [target.resource_id])
    ]
    return policies.page(request, "ScalableTargets", rows)


def deregister_scalable_target(store: Store, request: Json) -> Json:
    """DeregisterScalableTarget."""
    targets.deregister(store, policies.find_target(store, request, "No scalable target found"))
    return {}


def put_scheduled_action(store: Store, request: Json) -> Json:
    """PutScheduledAction. An update keeps what it leaves out, except StartTime and EndTime.

    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
    """
    target = policies.find_target(store, request, "No scalable target registered")
    name = request["ScheduledActionName"]
    old = target.actions.get(name)
    previous = {key: value for key, value in old.document.items() if key not in _TIMES} if old else {}
    document = previous | {key: value for key, value in request.items() if value}
    bounds = document.get("ScalableTargetAction") or {}
    action = ScheduledAction(
        name,
        document.get("Schedule", ""),
        document.get("Timezone", "UTC"),
        bounds.get("MinCapacity"),
        bounds.get("MaxCapacity"),
        document.get("StartTime"),
        document.get("EndTime"),
    )
    try:
        schedules.parse(action.schedule, action.timezone)
    except ScheduleError as error:
        raise validation(f"Schedule or Timezone is invalid: {error}") from None
    low, high = action.min, action.max
    if not bounds:
        raise validation("ScalableTargetAction needs MinCapacity, MaxCapacity or both.")
    if (low or 0) < 0 or (high or 0) < 0:
        raise validation("MinCapacity and MaxCapacity must not be negative.")
    if low is not None and high is not None and low > high:
        raise validation(f"MinCapacity {low} must be at most MaxCapacity {high}.")
    if not old and len(target.actions) >= MAX_ACTIONS:
        raise AwsError("LimitExceededException", f"A scalable target has at most {MAX_ACTIONS} actions.")
    arn = old.arn if old else policies.new_arn(store, target, "scheduledAction", name)
    document |= {"ScheduledActionARN": arn, "CreationTime": old.created if old else store.now()}
    target.actions[name] = ActionResource(document, name, arn, document["CreationTime"], action)
    return {}


def describe_scheduled_actions(store: Store, request: Json) -> Json:
    """DescribeScheduledActions."""
    rows = [
        action.document
        for target in policies.select(store, request)
        for action in target.actions.values()
        if action.name in (request.get("ScheduledActionNames") or [action.name])
    ]
    return policies.page(request, "ScheduledActions", rows)


def delete_scheduled_action(store: Store, request: Json) -> Json:
    """DeleteScheduledAction."""
    name = request["ScheduledActionName"]
    suffix = f", scheduled action name: {name}"
    target = policies.find_target(store, request, "No scheduled action found", suffix)
    if target.actions.pop(name, None) is None:
        raise object_not_found("No scheduled action found", target.resource_id, suffix)
    return {}


def describe_scaling_activities(store: Store, request: Json) -> Json:
    """DescribeScalingActivities, latest first, also those of deregistered targets.

    Activities that did not scale are shown only if the caller asks for them:
    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
    """
    rows = [
        _activity(record)
        for record in reversed(store.activities)
        if request.get("ResourceId") in (None, record.target.resource_id)
        and (request.get("IncludeNotScaledActivities") or not record.activity.not_scaled)
    ]
    return policies.page(request, "ScalingActivities", rows)


def tag_resource(store: Store, request: Json) -> Json:
    """TagResource."""
    _tags(store, request).update(request["Tags"])
    return {}


def untag_resource(store: Store, request: Json) -> Json:
    """UntagResource."""
    for key in request["TagKeys"]:
        _tags(store, request).pop(key, None)
    return {}


def list_tags_for_resource(store: Store, request: Json) -> Json:
    """ListTagsForResource."""
    return {"Tags": _tags(store, request)}


def _endpoint_of(store: Store, resource_id: str) -> Endpoint:
    match = _RESOURCE.fullmatch(resource_id)
    if not match:
        raise validation(f"ResourceId must be endpoint/NAME/variant/NAME, not '{resource_id}'.")
    endpoint = store.endpoints.get(match[1])
    if endpoint is None or match[2] not in endpoint.fleet.variants:
        raise validation(f"SageMaker endpoint variant doesn't exist: {resource_id}")
    variant = endpoint.fleet.variants[match[2]]
    if any(pool.instance_type.startswith("ml.t2.") for pool in variant.pools) or not variant.pools:
        raise validation(f"{resource_id} cannot be scaled: it runs on t2 or serverless capacity.")
    return endpoint


def _service_linked_role(store: Store) -> str:
    # Registering with another role is accepted and ignored (hashicorp/terraform-provider-aws issue 5023).
    principal = "sagemaker.application-autoscaling.amazonaws.com"
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    return f"arn:{store.partition}:iam::{store.account}:role/aws-service-role/{principal}/{name}"


def _tags(store: Store, request: Json) -> dict[str, str]:
    arn = request["ResourceARN"]
    if not any(target.arn == arn for target in store.targets.values()):
        raise AwsError("ResourceNotFoundException", f"No scalable target found with ARN {arn}.", ResourceName=arn)
    return store.tags[arn]


def _activity(record: ActivityRecord) -> Json:
    activity = record.activity
    reasons = [
        without_none(
            {
                "Code": str(reason.code),
                "MaxCapacity": reason.max,
                "MinCapacity": reason.min,
                "CurrentCapacity": reason.current,
            }
        )
        for reason in activity.not_scaled
    ]
    row = {
        "ActivityId": record.id,
        **policies.scope(record.target.resource_id),
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": datetime.fromtimestamp(activity.start, UTC),
        "StatusCode": str(activity.status),
        "StatusMessage": activity.message or None,
        "EndTime": None if activity.end is None else datetime.fromtimestamp(activity.end, UTC),
        "NotScaledReasons": reasons or None,
    }
    return without_none(row)
