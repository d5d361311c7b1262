"""Plans without a cloud: values, unknown values, and errors that AWS would return at apply."""

import pytest

from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.terraform.diagnostics import PlanFailed

ROLE = "arn:aws:iam::123456789012:role/nova"
TARGET = {
    "service_namespace": "sagemaker",
    "resource_id": "endpoint/nova/variant/AllTraffic",
    "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
}
PREDEFINED = {
    "target_value": 0.75,
    "predefined_metric_specification": {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"},
}
CUSTOMIZED = {"metric_name": "m", "namespace": "n", "statistic": "Average"}
QUERY = {"id": "a", "expression": "1"}
NAMELESS = {"stat": "Sum", "metric": {"metric_name": "m", "namespace": "n", "dimensions": {"name": "", "value": "v"}}}


def policy(**changes):
    return "aws_appautoscaling_policy", {"name": "p", **TARGET, **changes}


def tracking(**changes):
    configuration = {"target_value": 0.75, **changes}
    return policy(policy_type="TargetTrackingScaling", target_tracking_scaling_policy_configuration=configuration)


def step(**changes):
    return policy(step_scaling_policy_configuration={"adjustment_type": "ChangeInCapacity", **changes})


def target(**changes):
    return "aws_appautoscaling_target", {**TARGET, "min_capacity": 1, "max_capacity": 2, **changes}


def action(capacity, **changes):
    body = {"name": "s", **TARGET, "schedule": "rate(1 day)", "scalable_target_action": capacity}
    return "aws_appautoscaling_scheduled_action", body | changes


def model(only=None, /, **changes):
    """A model. `only` changes its container, [] removes it."""
    container = only if isinstance(only, list) else {"image": "i", **(only or {})}
    body = {"name": "nova", "execution_role_arn": ROLE, "primary_container": container}
    return "aws_sagemaker_model", body | changes


def alarm(**changes):
    body = {
        "alarm_name": "a",
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 1,
        "metric_name": "m",
        "namespace": "n",
        "period": 60,
        "statistic": "Sum",
        "threshold": 1,
    }
    return "aws_cloudwatch_metric_alarm", body | changes


def topic(**body):
    return "aws_sns_topic", body


def role(**changes):
    return "aws_iam_role", {"assume_role_policy": "{}", **changes}


# Errors of the provider's own validators. With them nothing is planned, so the other kind is separate.
BY_VALIDATORS = {
    "two kinds of metric": (tracking(**PREDEFINED, customized_metric_specification=CUSTOMIZED), "conflicts with"),
    "metric and metric math": (
        tracking(customized_metric_specification=CUSTOMIZED | {"metrics": QUERY}),
        "conflicts with",
    ),
    "statistic": (
        tracking(customized_metric_specification=CUSTOMIZED | {"statistic": "p99"}),
        "Average, Maximum, Minimum, SampleCount, Sum",
    ),
    "bound that is no number": (
        step(step_adjustment={"scaling_adjustment": 1, "metric_interval_lower_bound": "low"}),
        'value must be a number, got: "low"',
    ),
    "adjustment type": (step(adjustment_type="Add"), "ChangeInCapacity, ExactCapacity, PercentChangeInCapacity"),
    "policy type": (policy(policy_type="Guess"), "PredictiveScaling, StepScaling, TargetTrackingScaling"),
    "action without a bound": (action({}), "at least one of max_capacity, min_capacity"),
    "negative bound": (action({"min_capacity": -1}), "must be a whole number, 0 or more"),
    "start that is no time": (
        action({"min_capacity": 1}, start_time="today"),
        'start_time value must be a time such as 2026-11-25T07:30:00Z, got: "today"',
    ),
    "role that is no ARN": (model(execution_role_arn="nova"), "must be an ARN"),
    "variable that begins with a digit": (model({"environment": {"1A": "x"}}), "names begin with a letter or _"),
    "data that is in no bucket": (
        model({"model_data_url": "/opt/model"}),
        "must be a path that starts with s3:// or https://",
    ),
    "underscore in a name": (model(name="no_va"), "a name of letters, digits and hyphens"),
    "alarm period": (alarm(period=45), "multiple of 60"),
    "alarm action": (alarm(alarm_actions=["me"]), "alarm_actions[0] value must be an ARN"),
    "alarm unit": (alarm(unit="Apples"), "Apples"),
    "policy that is an array": (role(assume_role_policy="[]"), "a JSON object"),
    "length of a session": (role(max_session_duration=60), "between 3600 and 43200"),
    "lifecycle status": (
        ("aws_s3_bucket_lifecycle_configuration", {"bucket": "b", "rule": {"id": "r", "status": "On"}}),
        "Disabled, Enabled",
    ),
    "six security groups": (model(vpc_config={"subnets": ["s"], "security_group_ids": list("123456")}), "5, got: 6"),
    "retired argument": (
        ("aws_s3_bucket", {"bucket": "acme", "acl": "private"}),
        "does not support acl of aws_s3_bucket",
    ),
}

# Errors of AWS's service model, and of the provider's CustomizeDiff.
AT_PLAN = {
    "dimension of scaling": (
        target(scalable_dimension="sagemaker:variant:DesiredInstanceCont"),
        "such as sagemaker:variant:DesiredInstanceCount",
    ),
    "no resource id": (target(resource_id=""), "ResourceId is required"),
    "predefined metric": (
        tracking(predefined_metric_specification={"predefined_metric_type": "SageMakerVariantInvocations"}),
        "such as SageMakerVariantInvocationsPerInstance",
    ),
    "dimension without a name": (
        tracking(customized_metric_specification={"metrics": QUERY | {"metric_stat": NAMELESS}}),
        "Name is required",
    ),
    "role that is no role": (
        model(execution_role_arn="arn:aws:iam::123456789012:user/nova"),
        "must match the regular expression arn:aws",
    ),
    "image with a space": (model({"image": "my image"}), '"my image" must match the regular expression'),
    "second container's image": (
        model([], container=[{"image": "i"}, {"image": "my image"}]),
        '"my image" must match the regular expression',
    ),
    "tag with an asterisk": (model(tags={"a*": "x"}), '"a*" must match the regular expression'),
    "alarm without comparison": (
        alarm(comparison_operator=None),
        "comparison_operator is required for traditional metric alarms",
    ),
    "alarm without statistic": (alarm(statistic=None), "One of `statistic` or `extended_statistic` must be set"),
    "query with both": (
        alarm(
            **dict.fromkeys(("metric_name", "namespace", "period", "statistic")),
            metric_query=QUERY | {"metric": {"metric_name": "m", "period": 60, "stat": "Sum"}},
        ),
        "No metric_query may have both `expression` and a `metric` specified",
    ),
    "topic name": (topic(name="a b"), "invalid topic name: a b"),
    "role name": (role(name="a b"), "must match the regular expression"),
    "region of another partition": (
        topic(name="a", region="cn-north-1"),
        "is not the provider's configured partition (aws)",
    ),
}


def configuration(cases):
    """One configuration with a resource for each case."""
    found = {}
    for index, ((kind, body), _) in enumerate(cases.values()):
        found.setdefault(kind, {})[f"case{index}"] = body
    return {"resource": found}


@pytest.mark.parametrize("cases", [BY_VALIDATORS, AT_PLAN], ids=["validators", "plan"])
def test_invalid_values_fail_at_plan(planned, cases):
    with pytest.raises(PlanFailed) as failure:
        planned(configuration(cases))
    said = {}
    for one in failure.value.diagnostics:
        said.setdefault(one.address, []).append(f"{one.summary} {one.detail}")
    for index, (name, ((kind, _), says)) in enumerate(cases.items()):
        found = said.get(f"{kind}.case{index}", [])
        assert any(says in text for text in found), f"{name}: {found}"


def test_a_policy_is_planned_as_the_provider_plans_it(planned):
    kind, body = tracking(**PREDEFINED)
    found = planned({"resource": {kind: {"x": body}}}).resource(f"{kind}.x")
    [tracked] = found.values["target_tracking_scaling_policy_configuration"]
    assert tracked["target_value"] == 0.75
    assert tracked["disable_scale_in"] is False
    assert tracked["scale_in_cooldown"] is None
    assert found.values["region"] == "us-east-1"
    assert {"arn", "id", "alarm_arns"} <= set(found.unknown)


def test_a_block_of_nothing_but_zeros_is_planned(planned):
    """Seen with hashicorp/aws: diffList of terraform-plugin-sdk, helper/schema/schema.go, compares counts."""
    zeros = dict.fromkeys(
        ("dynamic_scaling_in_suspended", "dynamic_scaling_out_suspended", "scheduled_scaling_suspended"), False
    )
    kind, body = target(suspended_state=zeros)
    found = planned({"resource": {kind: {"x": body}}}).resource(f"{kind}.x")
    assert found.values["suspended_state"] == [zeros]


@pytest.mark.parametrize("required", ["evaluation_periods", "comparison_operator"])
def test_what_an_alarm_requires_must_be_known(planned, required):
    """CustomizeDiff in internal/service/cloudwatch/metric_alarm.go takes unknown for unset."""
    kind, body = alarm(**{required: "${terraform_data.later.output}"})
    later = {"terraform_data": {"later": {"input": "1"}}}
    with pytest.raises(PlanFailed) as failure:
        planned({"resource": {kind: {"x": body}, **later}})
    assert required in failure.value.diagnostics[0].summary


def test_default_tags_and_region_come_from_the_provider(planned):
    provider = {"region": "eu-west-1", "default_tags": {"tags": {"team": "speech", "owner": "ops"}}}
    kind, body = model(tags={"owner": "ada"})
    plan = planned({"provider": {"aws": provider}, "resource": {kind: {"x": body}}})
    values = plan.resource("aws_sagemaker_model.x").values
    assert values["tags"] == {"owner": "ada"}
    assert values["tags_all"] == {"owner": "ada", "team": "speech"}
    assert values["region"] == "eu-west-1"


def test_an_invalid_region(planned):
    with pytest.raises(PlanFailed, match="invalid AWS Region: mars-1"):
        planned({"provider": {"aws": {"region": "mars-1"}}, "resource": {"aws_sns_topic": {"x": {"name": "a"}}}})


def test_a_defect_of_the_stand_in_says_so(planned, monkeypatch):
    monkeypatch.setattr(AwsProvider, "plan", lambda *_: 1 / 0)
    with pytest.raises(PlanFailed, match=r"stand-in for the provider aws failed.*ZeroDivisionError.*a defect"):
        planned({"resource": {"aws_sns_topic": {"x": {"name": "a"}}}})


def test_data_sources_need_no_cloud(planned):
    names = ("caller_identity", "default_tags", "partition", "region")
    wanted = {
        "account": "caller_identity.x.account_id",
        "description": "region.x.description",
        "partition": "partition.x.partition",
        "region": "region.x.region",
        "reverse": "partition.x.reverse_dns_prefix",
        "suffix": "partition.x.dns_suffix",
        "tags": "default_tags.x.tags",
    }
    plan = planned(
        {
            "provider": {"aws": {"region": "eu-central-1", "default_tags": {"tags": {"team": "speech"}}}},
            "data": {f"aws_{name}": {"x": {}} for name in names},
            "output": {name: {"value": f"${{data.aws_{path}}}"} for name, path in wanted.items()},
        }
    )
    assert plan.outputs == {
        "account": "123456789012",
        "description": "Europe (Frankfurt)",
        "partition": "aws",
        "region": "eu-central-1",
        "reverse": "com.amazonaws",
        "suffix": "amazonaws.com",
        "tags": {"team": "speech"},
    }


def test_reading_a_quota_needs_a_cloud(planned):
    quota = {"service_code": "sagemaker", "quota_code": "L-1"}
    with pytest.raises(PlanFailed, match=r"No cloud is connected.*scaleproof up"):
        planned({"data": {"aws_servicequotas_service_quota": {"x": quota}}})
