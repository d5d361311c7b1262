"""Each type of the table, created, read, changed and deleted by real Terraform in LocalStack.

Core itself checks that what was planned is what the API made of it; the second plan, that a read agrees.
"""

from __future__ import annotations

import pytest

from scaleproof.localstack.control import recorded
from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.standin import ProviderError
from scaleproof.terraform.root import Root

from .conftest import ROOTS as DIRECTORY
from .conftest import changes

TRACKING = "target_tracking_scaling_policy_configuration"
ROOTS = ("scaling", "storage", "monitoring")


def leftovers(connection, variables):
    """Whatever stands in the account, as its APIs list it."""
    client = connection.client
    found = [
        *client("iam").list_roles()["Roles"],
        *client("iam").list_policies(Scope="Local")["Policies"],
        *client("sagemaker").list_models()["Models"],
        *client("sagemaker").list_endpoints()["Endpoints"],
        *client("sns").list_topics()["Topics"],
        *client("cloudwatch").list_dashboards()["DashboardEntries"],
        *[
            one
            for alarms in client("cloudwatch").describe_alarms().values()
            if isinstance(alarms, list)
            for one in alarms
        ],
        *[one for one in client("kms").list_aliases()["Aliases"] if one["AliasName"] == "alias/nova"],
        *[one for one in client("s3").list_buckets()["Buckets"] if one["Name"] in str(variables)],
    ]
    for listed in ("ScalableTargets", "ScalingPolicies", "ScheduledActions"):
        method = {
            "ScalableTargets": "describe_scalable_targets",
            "ScalingPolicies": "describe_scaling_policies",
        }
        call = getattr(client("application-autoscaling"), method.get(listed, "describe_scheduled_actions"))
        found += call(ServiceNamespace="sagemaker")[listed]
    return found


@pytest.fixture(scope="module")
def scaled(aws, cloud, new_account):
    """The root of scaling, applied once for tests that leave it as it is, and its account."""
    connection = cloud.connection(new_account())
    with Root(DIRECTORY / "scaling", standins=aws, connection=connection) as root:
        root.apply()
        yield root, connection
        if cloud.external:
            root.destroy()


@pytest.mark.parametrize("name", ROOTS)
def test_applied_then_nothing_to_do_then_destroyed_with_nothing_left(run, name, connection, variables):
    root = run(name)
    root.apply()
    assert [change.address for change in root.plan().changes] == []
    assert leftovers(connection, variables)
    if name == "storage":  # its bucket has force_destroy: what is in it is no hindrance
        bucket = variables["storage"]["bucket"]
        connection.client("s3").put_object(Bucket=bucket, Key="out/1.json", Body=b"{}")
    root.destroy()
    assert leftovers(connection, variables) == []


def test_what_was_made_is_what_aws_would_have_been_asked_for(scaled):
    _, connection = scaled
    found = connection.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker"
    )
    policies = {policy["PolicyName"]: policy for policy in found["ScalingPolicies"]}
    predefined = policies["predefined"]["TargetTrackingScalingPolicyConfiguration"]
    assert predefined["TargetValue"] == 5
    assert predefined["ScaleOutCooldown"] == 60
    metric = policies["metric"]["TargetTrackingScalingPolicyConfiguration"]
    assert metric["DisableScaleIn"] is True
    assert metric["ScaleInCooldown"] == 0  # the provider sends an unset cooldown as zero
    assert metric["CustomizedMetricSpecification"]["Dimensions"] == [
        {"Name": "EndpointName", "Value": "nova"}
    ]
    math = policies["math"]["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert {query["Id"]: query["ReturnData"] for query in math["Metrics"]} == {
        "utilization": True,
        "g6": False,
    }
    step = policies["step"]["StepScalingPolicyConfiguration"]
    assert {
        (one["MetricIntervalLowerBound"], one.get("MetricIntervalUpperBound"), one["ScalingAdjustment"])
        for one in step["StepAdjustments"]
    } == {(0, 10.5, 1), (10.5, None, 2)}
    model = connection.client("sagemaker").describe_model(ModelName="nova-model")
    assert model["PrimaryContainer"]["Environment"] == {"LOG_LEVEL": "info"}
    assert sorted(model["VpcConfig"]["Subnets"]) == ["subnet-1", "subnet-2"]


def test_changed_bounds_and_targets_are_changed_in_place_tags_first(run, connection):
    root = run("scaling")
    root.apply()
    with recorded(connection) as calls:
        root.apply(max=8, target=6, tags={"owner": "grace"})
    state = root.state()
    assert sorted(changes(calls)) == sorted(
        ["AddTags", "TagResource", "RegisterScalableTarget", "PutScalingPolicy"]
    )
    assert changes(calls).index("TagResource") < changes(calls).index("RegisterScalableTarget")
    [register] = [call for call in calls if call.operation == "RegisterScalableTarget"]
    assert "Tags" not in register.params
    assert state.resource("aws_sagemaker_model.this").values["tags_all"] == {
        "owner": "grace",
        "team": "speech",
    }
    assert state.resource("aws_appautoscaling_policy.predefined").values[TRACKING][0]["target_value"] == 6
    assert root.settled(max=8, target=6, tags={"owner": "grace"})
    with recorded(connection) as calls:
        root.apply(max=8, target=6, tags={})
    state = root.state()
    assert sorted(changes(calls)) == ["DeleteTags", "UntagResource"]
    assert state.resource("aws_sagemaker_model.this").values["tags_all"] == {"team": "speech"}


def test_a_policy_that_went_with_its_target_is_made_again(scaled):
    root, connection = scaled
    connection.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/nova/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    plan = root.plan()
    gone = {change.type for change in plan.changes if change.actions == ("create",)}
    assert gone == {
        "aws_appautoscaling_target",
        "aws_appautoscaling_policy",
        "aws_appautoscaling_scheduled_action",
    }
    root.apply()
    assert root.settled()


def test_what_replaces_and_what_does_not(scaled):
    root, _ = scaled
    plan = root.plan(image="123456789012.dkr.ecr.us-east-1.amazonaws.com/nova:2")
    assert plan.resource("aws_sagemaker_model.this").replaced
    assert plan.resource("aws_appautoscaling_target.this").actions == ("no-op",)
    plan = root.plan(endpoint="flux")
    assert [change.address for change in plan.changes if not change.replaced] == []


def test_drift_shows_and_storage_changes_in_place(run, connection):
    root = run("storage")
    root.apply()
    connection.client("iam").update_role(
        RoleName="nova-execution", Description="Runs nova", MaxSessionDuration=3600
    )
    role = root.plan().resource("aws_iam_role.this")
    assert role.actions == ("update",)
    root.apply()
    found = connection.client("iam").get_role(RoleName="nova-execution")["Role"]
    assert found["MaxSessionDuration"] == 7200

    new = {
        "days": 14,
        "description": "Runs flux",
        "tags": {},
        "trusted": ["sagemaker.amazonaws.com", "ec2.amazonaws.com"],
    }
    with recorded(connection) as calls:
        root.apply(**new)
    assert sorted(changes(calls)) == sorted(
        [
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRoleDescription",
            "UntagPolicy",
            "DeleteBucketTagging",
            "PutBucketLifecycleConfiguration",
        ]
    )
    assert root.settled(**new)
    role = connection.client("iam").get_role(RoleName="nova-execution")["Role"]
    assert role["Description"] == "Runs flux"


def test_monitoring_changes_in_place_and_in_the_region_it_names(run, connection):
    root = run("monitoring")
    root.apply(region="eu-west-1")
    arn = root.state().resource("aws_sns_topic.elsewhere").values["arn"]
    assert arn.startswith(f"arn:aws:sns:eu-west-1:{connection.account}:nova-")
    assert root.plan().resource("aws_sns_topic.elsewhere").replaced

    new = {
        "region": "eu-west-1",
        "description": "flux",
        "threshold": 6,
        "tags": {"owner": "ada", "kind": "stt"},
    }
    with recorded(connection) as calls:
        root.apply(**new)
    assert sorted(changes(calls)) == sorted(
        ["TagResource"] * 4 + ["UpdateKeyDescription", "SetTopicAttributes", "PutMetricAlarm", "PutDashboard"]
    )
    assert root.settled(**new)


def test_an_import_finds_what_is_there(scaled):
    """Import ids are the real provider's; what is read is what Terraform had made."""
    root, connection = scaled
    state = root.state()
    provider = AwsProvider(lambda: connection).configured(
        {"default_tags": [{"tags": {"team": "speech"}}], "ignore_tags": []}
    )
    variant = "endpoint/nova/variant/AllTraffic/sagemaker:variant:DesiredInstanceCount"
    for address, text in {
        "aws_appautoscaling_target.this": f"sagemaker/{variant}",
        "aws_appautoscaling_policy.step": f"sagemaker/{variant}/step",
        "aws_cloudwatch_metric_alarm.step": "nova-step@us-east-1",
        "aws_iam_role.this": "nova-execution",
        "aws_sagemaker_model.this": "nova-model",
    }.items():
        kind = address.split(".")[0]
        imported = provider.read(kind, provider.import_state(kind, text))
        made = state.resource(address).values
        plain = {
            name: value for name, value in made.items() if value and isinstance(value, (str, int, float))
        }
        assert {name: imported[name] for name in plain} == plain
    with pytest.raises(
        ProviderError, match="expected <service-namespace>/<resource-id>/<scalable-dimension>"
    ):
        provider.import_state("aws_appautoscaling_target", "nova")


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (  # SageMaker's model names no exceptions, so the SDK for Go falls back to "api error <code>"
            "aws_sagemaker_model",
            {"name": "nova", "execution_role_arn": "arn:aws:iam::123456789012:role/nova"},
            r"creating SageMaker AI model \(nova\): operation error SageMaker: CreateModel, https response "
            r"error StatusCode: 400, RequestID: [\w-]+, api error ValidationException: A model needs",
        ),
        (
            "aws_appautoscaling_policy",
            {
                "name": "p",
                "policy_type": "StepScaling",
                "service_namespace": "sagemaker",
                "resource_id": "endpoint/none/variant/AllTraffic",
                "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
            },
            r"putting Application Auto Scaling Scaling Policy \(p\): operation error Application Auto "
            r"Scaling: PutScalingPolicy, https response error StatusCode: 400, RequestID: [\w-]+, "
            r"ObjectNotFoundException: No scalable target registered for service namespace: sagemaker, ",
        ),
    ],
)
def test_what_aws_refuses_reads_as_the_provider_words_it(connection, kind, values, says):
    provider = AwsProvider(lambda: connection)
    planned = {**provider.schema.resources[kind].empty(), **values}
    with pytest.raises(ProviderError, match=says) as failure:
        provider.create(kind, planned)
    assert failure.value.state is None  # nothing was made, so nothing is saved


def test_what_a_failed_create_left_behind_is_kept(connection):
    """A key is made before its rotation is set: a rotation that is refused must not orphan the key."""
    provider = AwsProvider(lambda: connection)
    values = {"is_enabled": True, "enable_key_rotation": True, "rotation_period_in_days": 5}
    planned = {**provider.schema.resources["aws_kms_key"].empty(), **values}
    with pytest.raises(ProviderError, match=r"creating KMS Key .* EnableKeyRotation") as failure:
        provider.create("aws_kms_key", planned)
    left = failure.value.state
    assert connection.client("kms").describe_key(KeyId=left["id"])["KeyMetadata"]["Enabled"]
    provider.delete("aws_kms_key", left)
    assert provider.read("aws_kms_key", left) is None
