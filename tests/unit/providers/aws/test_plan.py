"""Plans without a cloud: values, unknown values, and errors that AWS would return at apply."""

import json

import pytest

from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.aws.settings import settings
from scaleproof.providers.standin import ProviderError
from scaleproof.terraform.diagnostics import PlanFailed

ROLE = "arn:aws:iam::123456789012:role/nova"
DIMENSION, METRIC = "sagemaker:variant:DesiredInstanceCount", "SageMakerVariantInvocationsPerInstance"
RESOURCE_ID = "endpoint/nova/variant/AllTraffic"
TARGET = {"service_namespace": "sagemaker", "resource_id": RESOURCE_ID, "scalable_dimension": DIMENSION}
PREDEFINED = {"predefined_metric_specification": {"predefined_metric_type": METRIC}}
CUSTOMIZED = {"metric_name": "m", "namespace": "n", "statistic": "Average"}
QUERY = {"id": "a", "expression": "1"}
STAT = {"stat": "Sum", "metric": {"metric_name": "m", "namespace": "n", "dimensions": {"name": "", "value": "v"}}}
NAMELESS = QUERY | {"metric_stat": STAT}
BOTH = dict.fromkeys(("metric_name", "namespace", "period", "statistic")) | {
    "metric_query": QUERY | {"metric": {"metric_name": "m", "period": 60, "stat": "Sum"}}
}
NO_NUMBER = {"scaling_adjustment": 1, "metric_interval_lower_bound": "low"}
TODAY = 'start_time value must be a time such as 2026-11-25T07:30:00Z, got: "today"'
LIFECYCLE = {"bucket": "b", "rule": {"id": "r", "status": "On"}}


def policy(**changes):
    return "aws_appautoscaling_policy", {"name": "p", **TARGET, **changes}


def tracking(**changes):
    configuration = {"target_value": 0.75, **changes}
    return policy(policy_type="TargetTrackingScaling", target_tracking_scaling_policy_configuration=configuration)


def customized(predefined_metric_specification=None, **changes):
    other = {"predefined_metric_specification": predefined_metric_specification}
    return tracking(customized_metric_specification=CUSTOMIZED | changes, **other)


def predefined(metric):
    return tracking(predefined_metric_specification={"predefined_metric_type": metric})


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
    body = {"alarm_name": "a", "metric_name": "m", "namespace": "n", "period": 60, "statistic": "Sum"}
    above = {"comparison_operator": "GreaterThanThreshold", "threshold": 1, "evaluation_periods": 1}
    return "aws_cloudwatch_metric_alarm", body | above | changes


def topic(**body):
    return "aws_sns_topic", body


def role(**changes):
    return "aws_iam_role", {"assume_role_policy": "{}", **changes}


# Errors of the provider's own validators. With them nothing is planned, so the other kind is separate.
BY_VALIDATORS = {
    "two kinds of metric": (customized(**PREDEFINED), "conflicts with"),
    "metric and metric math": (customized(metrics=QUERY), "conflicts with"),
    "statistic": (customized(statistic="p99"), "Average, Maximum, Minimum, SampleCount, Sum"),
    "bound that is no number": (step(step_adjustment=NO_NUMBER), 'value must be a number, got: "low"'),
    "adjustment type": (step(adjustment_type="Add"), "ChangeInCapacity, ExactCapacity, PercentChangeInCapacity"),
    "policy type": (policy(policy_type="Guess"), "PredictiveScaling, StepScaling, TargetTrackingScaling"),
    "action without a bound": (action({}), "at least one of max_capacity, min_capacity"),
    "negative bound": (action({"min_capacity": -1}), "must be a whole number, 0 or more"),
    "start that is no time": (action({"min_capacity": 1}, start_time="today"), TODAY),
    "role that is no ARN": (model(execution_role_arn="nova"), "must be an ARN"),
    "variable that begins with a digit": (model({"environment": {"1A": "x"}}), "names begin with a letter or _"),
    "data that is in no bucket": (model({"model_data_url": "/opt/model"}), "a path that starts with s3:// or https://"),
    "underscore in a name": (model(name="no_va"), "a name of letters, digits and hyphens"),
    "alarm period": (alarm(period=45), "multiple of 60"),
    "alarm action": (alarm(alarm_actions=["me"]), "alarm_actions[0] value must be an ARN"),
    "alarm unit": (alarm(unit="Apples"), "Apples"),
    "policy that is an array": (role(assume_role_policy="[]"), "a JSON object"),
    "length of a session": (role(max_session_duration=60), "between 3600 and 43200"),
    "lifecycle status": (("aws_s3_bucket_lifecycle_configuration", LIFECYCLE), "Disabled, Enabled"),
    "six security groups": (model(vpc_config={"subnets": ["s"], "security_group_ids": list("123456")}), "5, got: 6"),
    "retired argument": (("aws_s3_bucket", {"bucket": "acme", "acl": "private"}), "not support acl of aws_s3_bucket"),
}

# Errors of AWS's service model, and of the provider's CustomizeDiff.
MATCH = "must match the regular expression"
AT_PLAN = {
    "dimension of scaling": (target(scalable_dimension=DIMENSION.replace("unt", "nt")), f"such as {DIMENSION}"),
    "no resource id": (target(resource_id=""), "ResourceId is required"),
    "predefined metric": (predefined("SageMakerVariantInvocations"), f"such as {METRIC}"),
    "dimension without a name": (tracking(customized_metric_specification={"metrics": NAMELESS}), "Name is required"),
    "role that is no role": (model(execution_role_arn=ROLE.replace("role", "user")), f"{MATCH} arn:aws"),
    "image with a space": (model({"image": "my image"}), f'"my image" {MATCH}'),
    "second container's image": (model([], container=[{"image": "i"}, {"image": "my image"}]), f'"my image" {MATCH}'),
    "tag with an asterisk": (model(tags={"a*": "x"}), f'"a*" {MATCH}'),
    "alarm without comparison": (alarm(comparison_operator=None), "is required for traditional metric alarms"),
    "alarm without statistic": (alarm(statistic=None), "One of `statistic` or `extended_statistic` must be set"),
    "query with both": (alarm(**BOTH), "No metric_query may have both `expression` and a `metric` specified"),
    "topic name": (topic(name="a b"), "invalid topic name: a b"),
    "role name": (role(name="a b"), MATCH),
    "region of another partition": (topic(name="a", region="cn-north-1"), "the provider's configured partition (aws)"),
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
    kind, body = predefined(METRIC)
    found = planned({"resource": {kind: {"x": body}}}).resource(f"{kind}.x")
    [tracked] = found.values["target_tracking_scaling_policy_configuration"]
    assert (tracked["target_value"], tracked["disable_scale_in"], tracked["scale_in_cooldown"]) == (0.75, False, None)
    assert found.values["region"] == "us-east-1"
    assert {"arn", "id", "alarm_arns"} <= set(found.unknown)


def test_a_block_of_nothing_but_zeros_is_planned(planned):
    """Seen with hashicorp/aws: diffList of terraform-plugin-sdk, helper/schema/schema.go, compares counts."""
    kinds = ("dynamic_scaling_in", "dynamic_scaling_out", "scheduled_scaling")
    zeros = {f"{kind}_suspended": False for kind in kinds}
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


def test_a_block_may_be_unknown(planned):
    """Because it is not known for how many elements it stands."""
    variant = {"model_name": "m", "initial_instance_count": 1, "instance_type": "ml.m5.xlarge"}
    suppressor = {"alarm": "a", "wait_period": 60, "extension_period": 60}
    kinds = {
        "aws_sagemaker_endpoint_configuration": ({}, "production_variants", variant),
        "aws_cloudwatch_composite_alarm": (
            {"alarm_name": "x", "alarm_rule": "ALARM(a)"},
            "actions_suppressor",
            suppressor,
        ),
    }
    resources = {
        kind: {"x": {**body, "dynamic": {block: {"for_each": "${terraform_data.x.output}", "content": content}}}}
        for kind, (body, block, content) in kinds.items()
    }
    plan = planned({"resource": {"terraform_data": {"x": {"input": ["a"]}}, **resources}})
    for kind, (_, block, _) in kinds.items():
        assert plan.resource(f"{kind}.x").unknown[block] is True


def test_default_tags_and_region_come_from_the_provider(planned):
    provider = {"region": "eu-west-1", "default_tags": {"tags": {"team": "speech", "owner": "ops"}}}
    kind, body = model(tags={"owner": "ada"})
    plan = planned({"provider": {"aws": provider}, "resource": {kind: {"x": body}}})
    values = plan.resource("aws_sagemaker_model.x").values
    assert values["tags"] == {"owner": "ada"}
    assert values["tags_all"] == {"owner": "ada", "team": "speech"}
    assert values["region"] == "eu-west-1"


def test_default_tags_may_be_unknown(planned):
    later = {"terraform_data": {"x": {}}}
    provider = {"default_tags": {"tags": {"team": "${terraform_data.x.id}"}}}
    kind, body = model()
    plan = planned({"provider": {"aws": provider}, "resource": {kind: {"x": body}, **later}})
    assert plan.resource(f"{kind}.x").unknown["tags_all"] is True


def test_a_tag_that_is_null_is_not_sent():
    config = {"default_tags": [{"tags": {"team": "speech", "owner": None}}]}
    assert settings(config, "us-east-1").merged({"team": None, "kind": "stt"}) == {"team": "speech", "kind": "stt"}


@pytest.mark.parametrize("ignored", ["keys", "key_prefixes"])
def test_null_in_a_list_of_the_provider(planned, ignored):
    with pytest.raises(PlanFailed, match="Null value found in list"):
        planned({
            "provider": {"aws": {"ignore_tags": {ignored: [None]}}},
            "resource": {"aws_sns_topic": {"x": {"name": "a"}}},
        })  # fmt: skip


def test_an_invalid_region(planned):
    with pytest.raises(PlanFailed, match="invalid AWS Region: mars-1"):
        planned({"provider": {"aws": {"region": "mars-1"}}, "resource": {"aws_sns_topic": {"x": {"name": "a"}}}})


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("here_or_there", "AWS has no region 'here_or_there'"),
        ("us-gov-west-1", "LocalStack has no region 'us-gov-west"),
    ],
)
def test_a_region_that_localstack_does_not_have(in_memory, region, says):
    """It would answer for us-east-1. A provider block may skip the check of regions, and a resource has its own."""
    provider = AwsProvider(lambda: in_memory)
    with pytest.raises(ProviderError, match=says):
        provider.configured({"region": region, "skip_region_validation": True})
    with pytest.raises(ProviderError, match=says):
        provider.configured({}).read("aws_sns_topic", {"name": "a", "region": region})


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"tags": [{"token": "hunter2"}]}, r"tags: expected is a map\."),
        ({"retention_in_days": "hunter2"}, r"retention_in_days: expected is a number\."),
        ({"name": 7}, r"name: expected is a string\."),
        (["hunter2"], "'list' object is not a mapping"),
        (None, "'NoneType' object is not a mapping"),
    ],
)
def test_a_state_of_another_form(root, caplog, attributes, reason):
    """It names the resource and the attribute, and shows no value: marks are in the state, which cannot be shown."""
    kind, provider = "aws_cloudwatch_log_group", 'provider["registry.terraform.io/hashicorp/aws"]'
    standing = {"mode": "managed", "type": kind, "name": "x", "provider": provider}
    standing["instances"] = [{"schema_version": 0, "attributes": attributes}]
    state = {"version": 4, "serial": 1, "lineage": "x", "terraform_version": "1.9.0", "resources": [standing]}
    configured = root(f'resource "{kind}" "x" {{\n  name = "a"\n}}\n', state=json.dumps(state).encode())
    with pytest.raises(PlanFailed, match=f"The state of {kind} has another form.*{reason}") as failure:
        configured.plan()
    assert failure.value.diagnostics[0].address == f"{kind}.x"
    assert "hunter2" not in f"{failure.value}{caplog.text}"


def test_a_defect_of_the_stand_in_says_so(planned, monkeypatch, caplog):
    monkeypatch.setattr(AwsProvider, "plan", lambda _, kind, prior, config, *__: {}[config["name"]])
    expected = r"provider aws failed.*PlanResourceChange: KeyError: .*\. This is a defect"
    with pytest.raises(PlanFailed, match=expected):
        planned({"resource": {"aws_sns_topic": {"x": {"name": "x"}}}})
    assert "PlanResourceChange" in caplog.text
    assert __file__ in caplog.text


def test_data_sources_need_no_cloud(planned):
    provider = {"region": "eu-central-1", "default_tags": {"tags": {"team": "speech"}}}
    expected = {
        "caller_identity.x.account_id": "123456789012",
        "default_tags.x.tags": {"team": "speech"},
        "partition.x.dns_suffix": "amazonaws.com",
        "partition.x.partition": "aws",
        "partition.x.reverse_dns_prefix": "com.amazonaws",
        "region.x.description": "Europe (Frankfurt)",
        "region.x.region": "eu-central-1",
    }
    paths = {f"o{number}": path for number, path in enumerate(expected)}
    plan = planned(
        {
            "provider": {"aws": provider},
            "data": {f"aws_{path.partition('.')[0]}": {"x": {}} for path in expected},
            "output": {name: {"value": f"${{data.aws_{path}}}"} for name, path in paths.items()},
        }
    )
    assert {paths[name]: value for name, value in plan.outputs.items()} == expected


QUOTA = {"service_code": "sagemaker", "quota_code": "L-1"}


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"data": {"aws_servicequotas_service_quota": {"x": QUOTA}}}, "This data source.* Use a variable"),
        ({"data": {"awscc_sagemaker_endpoint": {"x": {"id": "x"}}}}, "This data source.* Use a variable"),
        (
            {
                "import": {"to": "aws_cloudwatch_log_group.x", "id": "x"},
                "resource": {"aws_cloudwatch_log_group": {"x": {"name": "x"}}},
            },
            "An import block.* Plan without the block",
        ),
        (
            {
                "import": {"to": "awscc_sagemaker_endpoint.x", "id": "x"},
                "resource": {"awscc_sagemaker_endpoint": {"x": {"endpoint_config_name": "x"}}},
            },
            "An import block.* Plan without the block",
        ),
    ],
)
def test_a_plan_without_a_cloud_reads_nothing_and_says_what_to_do(planned, configuration, words):
    """A LocalStack that runs would change nothing."""
    with pytest.raises(PlanFailed, match=words) as raised:
        planned(configuration)
    assert "LocalStack" not in str(raised.value)
