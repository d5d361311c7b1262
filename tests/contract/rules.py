"""The rules of the services that their models do not have, over the calls that one plan makes.

Each rule names its source. SageMaker's rules are written once, in the emulator (`api/sagemaker_rules.py`),
and whoever needs one calls it, as `model` and `endpoint_config` do here. The other rules of this file are the
one deliberate exception: they are written a second time, so that what both the module and the emulator get
wrong is still found.
"""

import re
from collections.abc import Iterator
from functools import partial

from scaleproof.emulator.api import sagemaker_rules as sagemaker
from scaleproof.emulator.errors import AwsError
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import schedules, step_scaling
from scaleproof.scaling.parsing import parse_steps
from scaleproof.translation.values import UNKNOWN

Messages = Iterator[str]
ACCOUNT = "123456789012"
NAMES = {"Average", "Minimum", "Maximum", "SampleCount", "Sum"}
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
_AMOUNTS = [f"{size}{unit}" for unit in ("its", "ytes") for size in ("B", "Kilob", "Megab", "Gigab", "Terab")]
UNITS = {"Seconds", "Microseconds", "Milliseconds", "Percent", "None"} | {
    f"{amount}{rate}" for amount in ("Count", *_AMOUNTS) for rate in ("", "/Second")
}
DAY, WEEK, HOUR = 86_400, 604_800, 3_600


def model(call, account=ACCOUNT):
    """CreateModel, as the emulation knows it."""
    try:
        sagemaker.check_model(dict(call), account)
    except AwsError as error:
        yield error.message


def endpoint_config(call):
    """CreateEndpointConfig, as the emulation knows it, and the counts that belong together."""
    try:
        sagemaker.check_config(dict(call))
    except AwsError as error:
        yield error.message
    for variant in call["ProductionVariants"]:
        pools = variant.get("InstancePools", [])
        if len(pools) == 1 or len(pools) > 5:
            yield f"{len(pools)} InstancePools: a single type is InstanceType, and at most 5 are pools"
        timeout = variant.get("VariantInstanceProvisionTimeoutInSeconds")
        # https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
        if timeout is not None and not (pools and 300 <= timeout <= 3600):
            yield f"provision timeout {timeout} with {len(pools)} pools"
    output = call.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    notified = output.get("NotificationConfig", {})
    for topic in notified.get("IncludeInferenceResponseIn", []):
        if f"{topic.split('_')[0].capitalize()}Topic" not in notified:
            yield f"a response is to be in {topic}, which is not there"
    for uri in (
        output.get("S3OutputPath"),
        output.get("S3FailurePath"),
        call.get("DataCaptureConfig", {}).get("DestinationS3Uri"),
    ):
        if uri is not None and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\r\n]*)?", uri):
            yield f"{uri!r} is no S3 URI"


def endpoint(call):
    """CreateEndpoint and UpdateEndpoint: deployment guardrails.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html and the pages of
    the types it names. Sizes in instances depend on the fleet at the time of the update, and are not judged.
    """
    deployment = call.get("DeploymentConfig") or {}
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if blue_green and rolling:
        yield "blue/green and rolling at once"
    if blue_green:
        routing = blue_green["TrafficRoutingConfiguration"]
        size, low = {"CANARY": ("CanarySize", 1), "LINEAR": ("LinearStepSize", 10)}.get(routing["Type"], (None, 0))
        sizes = {name for name in ("CanarySize", "LinearStepSize") if name in routing}
        if sizes != ({size} if size else set()):
            yield f"{routing['Type']} with {sorted(sizes)}"
        yield from (message for name in sizes for message in _percent(name, routing[name], low, 50))
        if "WaitIntervalInSeconds" not in routing:
            yield "a traffic routing needs its WaitIntervalInSeconds"
        waits = routing.get("WaitIntervalInSeconds", 0) + blue_green.get("TerminationWaitInSeconds", 0)
        limit = blue_green.get("MaximumExecutionTimeoutInSeconds")
        if limit is not None and limit <= waits:
            yield f"MaximumExecutionTimeoutInSeconds {limit} is not over the waits of {waits} s"
    if rolling:
        yield from _percent("MaximumBatchSize", rolling["MaximumBatchSize"], 5, 50)
        if "RollbackMaximumBatchSize" in rolling:
            yield from _percent("RollbackMaximumBatchSize", rolling["RollbackMaximumBatchSize"], 1, 100)


def _percent(name, size, low, high):
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        yield f"{name} {size['Value']} % is not between {low} and {high} %"


def target(call):
    """RegisterScalableTarget."""
    low, high = call["MinCapacity"], call["MaxCapacity"]
    if not 0 <= low <= high or high < 1:
        yield f"MinCapacity {low}, MaxCapacity {high}"


def scheduled_action(call):
    """PutScheduledAction, with the schedule as scaleproof.scaling.schedules reads the documentation."""
    bounds = call.get("ScalableTargetAction") or {}
    low, high = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
    if low is None and high is None:
        yield "an action without bounds"
    if (low or 0) < 0 or (high or 0) < 0 or (low is not None and high is not None and low > high):
        yield f"MinCapacity {low}, MaxCapacity {high}"
    try:
        schedules.parse(call["Schedule"], call.get("Timezone", "UTC"))
    except ScaleproofError as error:
        yield str(error)
    if call["Schedule"].startswith("rate(") and call.get("Timezone", "UTC") != "UTC":
        yield "a rate with a time zone"


def policy(call):
    """PutScalingPolicy.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html,
    https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html and
    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingMetricDataQuery.html.
    """
    if steps := call.get("StepScalingPolicyConfiguration"):
        yield from _steps(steps)
    if tracking := call.get("TargetTrackingScalingPolicyConfiguration"):
        yield from _tracking(tracking)


def _steps(policy):
    steps = parse_steps(policy)
    if problem := step_scaling.problem_with(steps):
        yield f"steps: {problem}"
    if any((step.lower or 0) < 0 for step in steps) and all(step.lower is not None for step in steps):
        yield "steps: a negative lower bound asks for a step without one"
    if any((step.upper or 0) > 0 for step in steps) and all(step.upper is not None for step in steps):
        yield "steps: a positive upper bound asks for a step without one"
    if any(step.lower is None and step.upper is None for step in steps):
        yield "steps: neither bound"
    if policy["AdjustmentType"] == "ExactCapacity" and any(step.adjustment < 0 for step in steps):
        yield "a negative exact capacity"
    magnitude = policy.get("MinAdjustmentMagnitude")
    if magnitude is not None and (policy["AdjustmentType"] != "PercentChangeInCapacity" or magnitude < 1):
        yield f"MinAdjustmentMagnitude {magnitude} with {policy['AdjustmentType']}"
    if policy.get("Cooldown", 0) < 0:
        yield f"Cooldown {policy['Cooldown']}"


def _tracking(policy):
    custom, predefined = (
        policy.get("CustomizedMetricSpecification"),
        policy.get("PredefinedMetricSpecification"),
    )
    if (custom is None) == (predefined is None):
        yield "not exactly one metric"
    # API_TargetTrackingScalingPolicyConfiguration, TargetValue
    if not 0 < policy["TargetValue"] <= 2.0**360:
        yield f"TargetValue {policy['TargetValue']}"
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        if policy.get(name, 0) < 0:
            yield f"{name} {policy[name]}"
    if custom and (queries := custom.get("Metrics")):
        yield from _queries(queries, label_limit=2047, expression_limit=2048)
    elif custom:
        if not {"MetricName", "Namespace", "Statistic"} <= custom.keys():
            yield f"a metric of {sorted(custom)} only"
        yield from _metric(custom)


def _metric(metric):
    """What CloudWatch takes for a metric; Application Auto Scaling makes alarms of it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (MetricName,
    Namespace: 1-255, no colon at the start; Dimensions: at most 30, names 1-255, values 1-1024, ASCII).
    """
    for name in ("MetricName", "Namespace"):
        text = metric.get(name)
        if text is not None and (
            not 1 <= len(text) <= 255 or text.startswith(":") or not text.isascii() or not text.strip()
        ):
            yield f"{name} {text!r:.80}"
    dimensions = metric.get("Dimensions") or []
    if len(dimensions) > 30:
        yield f"{len(dimensions)} dimensions"
    for dimension in dimensions:
        name, value = dimension["Name"], dimension.get("Value", "")
        if value is UNKNOWN:
            continue
        if not (1 <= len(name) <= 255 and 1 <= len(value) <= 1024 and (name + value).isascii()):
            yield f"dimension {name!r:.40} = {value!r:.40}"
        if name.startswith(":") or not name.strip() or not value.strip():
            yield f"dimension {name!r:.40} = {value!r:.40}"
    if metric.get("Unit") not in (None, *UNITS):
        yield f"Unit {metric['Unit']}"


_EXTENDED = re.compile(
    r"(p|tm|wm|tc|ts)(100|\d{1,2}(\.\d{1,10})?)|IQM|PR\([\d.]*:[\d.]*\)|(TM|WM|TC|TS|PR)\([\d.]*%?:[\d.]*%?\)"
)
"""CloudWatch User Guide, "CloudWatch statistics definitions": percentiles, trimmed means, and ranges."""


def _queries(queries, label_limit, expression_limit):
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids) or not all(re.fullmatch(r"[a-z][a-zA-Z0-9_]{0,254}", identifier) for identifier in ids):
        yield f"ids {ids!r:.200}"
    if [query.get("ReturnData", True) for query in queries].count(True) != 1:
        yield "not exactly one query returns data"
    for query in queries:
        stat = query.get("MetricStat")
        if (stat is None) == (query.get("Expression") is None):
            yield f"{query['Id']} is not exactly one of an expression and a metric"
        if len(query.get("Expression") or "x") > expression_limit or len(query.get("Label", "")) > label_limit:
            yield f"{query['Id']} is too long"
        if stat:
            yield from _metric(stat["Metric"])
            if stat["Stat"] not in NAMES and not _EXTENDED.fullmatch(stat["Stat"]):
                yield f"Stat {stat['Stat']!r:.40}"


def alarm(call):
    """PutMetricAlarm.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: Period,
    EvaluationPeriods, DatapointsToAlarm, ComparisonOperator.
    """
    periods = call["EvaluationPeriods"]
    if call.get("DatapointsToAlarm", 1) > periods:
        yield f"{call['DatapointsToAlarm']} of {periods} datapoints"
    if not call["ComparisonOperator"].endswith("ThanThreshold") and not call["ComparisonOperator"].endswith(
        "ToThreshold"
    ):
        yield f"{call['ComparisonOperator']} is for anomaly detection"
    if call.get("TreatMissingData", "missing") not in ("breaching", "notBreaching", "ignore", "missing"):
        yield f"TreatMissingData {call['TreatMissingData']}"
    queries = call.get("Metrics", [])
    lengths = (
        [call["Period"]] if "Period" in call else [q["MetricStat"]["Period"] for q in queries if "MetricStat" in q]
    )
    for period in lengths:
        if period not in (10, 20, 30) and period % 60:
            yield f"Period {period}"
        if period * periods > (WEEK if period >= HOUR else DAY):
            yield f"{periods} periods of {period} s"
    if queries:
        yield from _queries(queries, label_limit=2047, expression_limit=2048)
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
        if sum("MetricStat" in query for query in queries) > 10:
            yield "more than ten metrics in one alarm"
    else:
        yield from _metric(call)
    for kind in ("AlarmActions", "OKActions"):
        if isinstance(call.get(kind), list) and len(call[kind]) > 5:
            yield f"{len(call[kind])} {kind}"


RULES = {
    "CreateEndpoint": endpoint,
    "CreateEndpointConfig": endpoint_config,
    "CreateModel": model,
    "PutMetricAlarm": alarm,
    "PutScalingPolicy": policy,
    "PutScheduledAction": scheduled_action,
    "RegisterScalableTarget": target,
}


def broken(calls, account=ACCOUNT):
    """The documented rules that the calls of one plan in an account break, each alone and all together."""
    known = {**RULES, "CreateModel": partial(model, account=account)}
    for call in calls:
        rule = known.get(call.operation)
        yield from (f"{call.operation} of {call.address}: {message}" for message in (rule(call.params) if rule else ()))
    yield from _together(calls)


# One name for one thing: what Terraform takes for two resources would overwrite one another in AWS. Alarms of
# both kinds share their names.
_UNIQUE = {
    "CreateEndpoint": ("endpoints", "EndpointName"),
    "CreateEndpointConfig": ("configurations", "EndpointConfigName"),
    "CreateModel": ("models", "ModelName"),
    "PutCompositeAlarm": ("alarms", "AlarmName"),
    "PutDashboard": ("dashboards", "DashboardName"),
    "PutMetricAlarm": ("alarms", "AlarmName"),
}
# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html
_ON_ONE_TARGET = {
    "PutScalingPolicy": ("PolicyName", 50),
    "PutScheduledAction": ("ScheduledActionName", 200),
}


def _together(calls):
    """Names and limits across calls."""
    named = {}
    on_target = {}
    for call in calls:
        if call.operation in _UNIQUE:
            noun, member = _UNIQUE[call.operation]
            named.setdefault(noun, []).append(call.params[member])
        if call.operation in _ON_ONE_TARGET:
            member = _ON_ONE_TARGET[call.operation][0]
            target = (call.operation, call.params["ResourceId"])
            on_target.setdefault(target, []).append(call.params[member])
    for noun, names in named.items():
        if len(set(names)) < len(names):
            yield f"two {noun} of one name among {sorted(names)}"
    for (operation, target), names in on_target.items():
        if len(set(names)) < len(names):
            yield f"{operation}: one name twice on {target}, among {sorted(names)}"
        if len(names) > _ON_ONE_TARGET[operation][1]:
            yield f"{operation}: {len(names)} on {target}"
    yield from _fleets(calls)


def _fleets(calls):
    """What the bounds of an endpoint say to its kind and its deployment.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html,
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html,
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html.
    """
    endpoints = {call.params["EndpointName"]: call for call in calls if call.operation == "CreateEndpoint"}
    configs = {
        call.params["EndpointConfigName"]: call.params for call in calls if call.operation == "CreateEndpointConfig"
    }
    bounds = {}
    for call in calls:
        if call.operation in ("RegisterScalableTarget", "PutScheduledAction"):
            name = call.params["ResourceId"].split("/")[1]
            bounds.setdefault(name, []).append(call.params.get("ScalableTargetAction", call.params))
    for name, changes in bounds.items():
        if name not in endpoints:
            continue
        config = configs[endpoints[name].params["EndpointConfigName"]]
        if "AsyncInferenceConfig" not in config and any(
            0 in (change.get("MinCapacity"), change.get("MaxCapacity")) for change in changes
        ):
            yield f"{name} is real-time and scales to zero"
        most = max(change.get("MaxCapacity") or 0 for change in changes)
        deployment = endpoints[name].params.get("DeploymentConfig") or {}
        routing = (deployment.get("BlueGreenUpdatePolicy") or {}).get("TrafficRoutingConfiguration") or {}
        rolling = deployment.get("RollingUpdatePolicy") or {}
        for size in (
            routing.get("CanarySize"),
            routing.get("LinearStepSize"),
            rolling.get("MaximumBatchSize"),
        ):
            if size and size["Type"] == "INSTANCE_COUNT" and size["Value"] > most / 2:
                yield f"a step of {size['Value']} instances is never half of the {most} that {name} may have"
