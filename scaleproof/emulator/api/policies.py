"""Application Auto Scaling: scaling policies, and the alarms that target tracking makes."""

from __future__ import annotations

from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.api import paging
from scaleproof.emulator.cloudwatch import actions
from scaleproof.emulator.engine import targets
from scaleproof.emulator.engine.state import PolicyResource, Store, Target, new_id
from scaleproof.emulator.errors import DIMENSION, AwsError, object_not_found, validation
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import State
from scaleproof.scaling.parsing import CONFIGURATIONS, STEP, TRACKING, parse_policy, parse_steps
from scaleproof.scaling.target_tracking import TargetTracking

MAX_POLICIES = 50
"""Scaling policies per target, from
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html"""


def put_scaling_policy(store: Store, request: Json) -> Json:
    """PutScalingPolicy. An update keeps the policy's ARN and creation time, and replaces its alarms.

    Source: the captures named in scaleproof.scaling.target_tracking.
    """
    target = find_target(store, request, "No scalable target registered")
    name, kind = request["PolicyName"], request.get("PolicyType", STEP)
    if kind not in CONFIGURATIONS:
        raise validation(f"The policy type {kind} is not supported for service namespace sagemaker.")
    configuration = request.get(CONFIGURATIONS[kind])
    if configuration is None or any(member in request for other, member in CONFIGURATIONS.items() if other != kind):
        raise validation(f"A policy of type {kind} needs {CONFIGURATIONS[kind]} and nothing else.")
    old = target.policies.get(name)
    if old and old.document["PolicyType"] != kind:
        raise validation(f"The type of policy {name} cannot be changed from {old.document['PolicyType']} to {kind}.")
    if not old and len(target.policies) >= MAX_POLICIES:
        raise AwsError("LimitExceededException", f"A scalable target has at most {MAX_POLICIES} policies.")
    (_check_tracking if kind == TRACKING else _check_steps)(target, configuration)
    try:
        policy = parse_policy(name, kind, configuration)
    except ScaleproofError as error:
        raise validation(str(error)) from None
    if isinstance(policy, TargetTracking):
        _check_unique(target, policy)
    arn = old.arn if old else new_arn(store, target, "scalingPolicy", name)
    alarms = _put_alarms(store, target, arn, policy) if isinstance(policy, TargetTracking) else []
    if old:
        targets.delete_alarms(store, old)
    document = {
        "PolicyARN": arn,
        "PolicyName": name,
        **scope(target.resource_id),
        "PolicyType": kind,
        CONFIGURATIONS[kind]: configuration,
        "Alarms": alarms,
        "CreationTime": old.created if old else store.now(),
    }
    target.policies[name] = PolicyResource(document, name, arn, document["CreationTime"], policy)
    return {"PolicyARN": arn, "Alarms": alarms}


def describe_scaling_policies(store: Store, request: Json) -> Json:
    """DescribeScalingPolicies, oldest first."""
    rows = [
        {**policy.document, "Alarms": policy.document["Alarms"] or _invoking(store, policy.arn)}
        for target in select(store, request)
        for policy in target.policies.values()
        if policy.name in (request.get("PolicyNames") or [policy.name])
    ]
    return page(request, "ScalingPolicies", rows)


def delete_scaling_policy(store: Store, request: Json) -> Json:
    """DeleteScalingPolicy. Alarms that target tracking made are deleted as well."""
    name = request["PolicyName"]
    suffix = f", policy name: {name}"
    target = find_target(store, request, "No scaling policy found", suffix)
    if name not in target.policies:
        raise object_not_found("No scaling policy found", target.resource_id, suffix)
    targets.delete_alarms(store, target.policies.pop(name))
    return {}


def scope(resource_id: str) -> Json:
    """The members with which each answer names a target."""
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource_id, "ScalableDimension": DIMENSION}


def find_target(store: Store, request: Json, sentence: str, suffix: str = "") -> Target:
    """The target that a request names. Raises ObjectNotFoundException with the given words."""
    if request["ResourceId"] not in store.targets:
        raise object_not_found(sentence, request["ResourceId"], suffix)
    return store.targets[request["ResourceId"]]


def select(store: Store, request: Json) -> list[Target]:
    """The targets that a Describe request asks for: all, or the one with its ResourceId."""
    return [target for target in store.targets.values() if request.get("ResourceId") in (None, target.resource_id)]


def page(request: Json, result: str, rows: list[Any]) -> Json:
    """One page of a Describe response; 50 rows unless MaxResults says less."""
    return paging.page(request, result, rows, 50, "InvalidNextTokenException")


def new_arn(store: Store, target: Target, kind: str, name: str) -> str:
    """A new ARN for a policy or action of a target; `kind` is "scalingPolicy" or "scheduledAction"."""
    label = {"scalingPolicy": "policyName", "scheduledAction": "scheduledActionName"}[kind]
    resource = f"resource/sagemaker/{target.resource_id}"
    return store.arn("autoscaling", f"{kind}:{new_id()}:{resource}:{label}/{name}")


def _put_alarms(store: Store, target: Target, policy_arn: str, policy: TargetTracking) -> list[Json]:
    """Makes the alarms of a policy. Returns them as a policy names them."""
    dimensions = {"EndpointName": target.endpoint, "VariantName": target.variant}
    description = f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}."
    made = []
    for alarm in target_tracking.alarms(policy, dimensions, store.injected.assumptions.autoscaling):
        name = f"TargetTracking-{target.resource_id}-{alarm.name}-{new_id()}"
        store.cloudwatch.put_alarm(name, description, policy_arn, alarm)
        made.append({"AlarmName": name, "AlarmARN": store.arn("cloudwatch", f"alarm:{name}")})
    return made


def _invoking(store: Store, policy_arn: str) -> list[Json]:
    """The alarms of a step policy: those with the policy among their actions.

    Source: the example of
    https://docs.aws.amazon.com/cli/latest/reference/application-autoscaling/describe-scaling-policies.html
    """
    return [
        {"AlarmName": alarm["AlarmName"], "AlarmARN": alarm["AlarmArn"]}
        for alarm in store.cloudwatch.alarms()
        if policy_arn in actions(alarm, State.ALARM)
    ]


def _check_tracking(target: Target, configuration: Json) -> None:
    predefined = configuration.get("PredefinedMetricSpecification")
    custom = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (custom is None):
        raise validation("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required.")
    if configuration["TargetValue"] <= 0:
        raise validation("TargetValue must be greater than zero.")
    for cooldown in ("ScaleInCooldown", "ScaleOutCooldown"):
        _check_cooldown(configuration, cooldown)
    if predefined and predefined["PredefinedMetricType"] not in target_tracking.PREDEFINED_METRICS:
        raise validation(f"The metric type {predefined['PredefinedMetricType']} is not valid for {DIMENSION}.")
    if custom:
        _check_custom_metric(custom)


def _check_unique(target: Target, policy: TargetTracking) -> None:
    for other in (resource.policy for resource in target.policies.values()):
        same = isinstance(other, TargetTracking) and other.metric == policy.metric
        if same and other.name != policy.name:
            # hashicorp/terraform-provider-aws issue 41179
            raise validation("Only one TargetTrackingScaling policy for a given metric specification is allowed.")


def _check_custom_metric(custom: Json) -> None:
    simple = [key for key in ("MetricName", "Namespace", "Statistic") if key in custom]
    queries = custom.get("Metrics")
    if not queries:
        if len(simple) < 3:
            raise validation("A customized metric needs MetricName, Namespace and Statistic, or Metrics.")
        return
    if simple or "Dimensions" in custom or "Unit" in custom:
        raise validation("Metrics cannot be combined with a MetricName, Namespace, Statistic, Dimensions or Unit.")
    # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingMetricDataQuery.html
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids) or not all(identifier[0].islower() for identifier in ids):
        raise validation(f"The Ids of Metrics must be unique and start with a lower case letter, not {ids}.")
    if any(("Expression" in query) == ("MetricStat" in query) for query in queries):
        raise validation("Each of Metrics needs exactly one of Expression and MetricStat.")
    returned = [query["Id"] for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise validation(f"Exactly one of Metrics must have ReturnData true, not {returned}.")


def _check_steps(_target: Target, configuration: Json) -> None:
    if "AdjustmentType" not in configuration:
        raise validation("A step scaling policy needs an AdjustmentType.")
    _check_cooldown(configuration, "Cooldown")
    steps = parse_steps(configuration)
    if configuration["AdjustmentType"] == "ExactCapacity" and any(step.adjustment < 0 for step in steps):
        # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html
        raise validation("The ScalingAdjustment of ExactCapacity must not be negative.")


def _check_cooldown(configuration: Json, name: str) -> None:
    if configuration.get(name, 0) < 0:
        raise validation(f"{name} must not be negative.")
