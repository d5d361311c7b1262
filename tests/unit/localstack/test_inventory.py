"""Endpoints read back from the API, and requests sent through them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scaleproof.endpoints.invoke import invoke, invoke_async
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import inventory
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.inventory import Alarm, Policy, Pool

POOLS = [{"InstanceType": "ml.g6e.2xlarge", "Priority": 2}, {"InstanceType": "ml.g6.2xlarge", "Priority": 1}]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


@pytest.fixture
def bucket(connection: Connection) -> str:
    name = f"results-{connection.account}"
    connection.client("s3").create_bucket(Bucket=name)
    return name


def make_endpoint(connection: Connection, name: str, variant: dict[str, Any], **config: Any) -> str:
    """An endpoint with one variant; returns the resource id of its scalable target."""
    sagemaker, iam = connection.client("sagemaker"), connection.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]
    sagemaker.create_model(
        ModelName=name,
        PrimaryContainer={"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1"},
        ExecutionRoleArn=role["Arn"],
    )
    full = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 2, **variant}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[full], **config)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return f"endpoint/{name}/variant/AllTraffic"


def scale(connection: Connection, resource_id: str, minimum: int, **policy: Any) -> dict[str, Any]:
    scope = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": resource_id,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling = connection.client("application-autoscaling")
    scaling.register_scalable_target(**scope, MinCapacity=minimum, MaxCapacity=4)
    return dict(scaling.put_scaling_policy(**scope, **policy))


def test_an_empty_account(connection: Connection) -> None:
    assert inventory.read(connection) == []
    assert inventory.read(connection, ["speech"]) == []


def test_a_real_time_endpoint(connection: Connection) -> None:
    resource_id = make_endpoint(connection, "speech", {"InstancePools": POOLS})
    scale(
        connection,
        resource_id,
        1,
        PolicyName="concurrency",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 9.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
            },
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 300,
        },
    )
    (found,) = inventory.read(connection)
    assert (found.name, found.kind, found.status) == ("speech", "real-time", "InService")
    assert found.pools == (Pool("ml.g6.2xlarge", 1, 2), Pool("ml.g6e.2xlarge", 2, 0))
    assert (found.resource_id, found.minimum, found.maximum) == (resource_id, 1, 4)
    assert found.policies == (
        Policy(
            "concurrency",
            "TargetTrackingScaling",
            "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            9.0,
            60,
            300,
        ),
    )
    high, low = found.alarms
    assert "AlarmHigh" in high.name
    assert "AlarmLow" in low.name
    assert high.metric == low.metric == "ConcurrentRequestsPerModel"
    assert high.condition.startswith("> 9 in 3 of 3")


def test_an_endpoint_of_one_type_without_scaling(connection: Connection) -> None:
    make_endpoint(connection, "plain", {"InstanceType": "ml.g5.xlarge"})
    (found,) = inventory.read(connection)
    assert found.pools == (Pool("ml.g5.xlarge", 1, 2),)
    assert (found.resource_id, found.minimum, found.policies, found.alarms) == (None, None, (), ())


def test_an_asynchronous_endpoint_with_its_wake_up(connection: Connection, bucket: str) -> None:
    output = {"OutputConfig": {"S3OutputPath": f"s3://{bucket}/out/"}}
    resource_id = make_endpoint(connection, "files", {"InstancePools": POOLS}, AsyncInferenceConfig=output)
    policy = scale(
        connection,
        resource_id,
        0,
        PolicyName="wake-up",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
            "Cooldown": 300,
            "MetricAggregationType": "Average",
        },
    )
    connection.client("cloudwatch").put_metric_alarm(
        AlarmName="files-wake-up",
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=[{"Name": "EndpointName", "Value": "files"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=2,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[policy["PolicyARN"]],
    )
    (found,) = inventory.read(connection, ["files", "another"])
    assert (found.kind, found.minimum) == ("asynchronous", 0)
    assert found.policies == (Policy("wake-up", "StepScaling", "ChangeInCapacity +1", None, 300, 300),)
    (alarm,) = found.alarms
    assert alarm == Alarm("files-wake-up", "HasBacklogWithoutCapacity", ">= 1 in 2 of 2 x 60 s", alarm.state)


def test_requests_go_through(connection: Connection, bucket: str) -> None:
    make_endpoint(connection, "speech", {"InstanceType": "ml.g5.xlarge"})
    topic = connection.client("sns").create_topic(Name="success")["TopicArn"]
    output = {"S3OutputPath": f"s3://{bucket}/out/", "NotificationConfig": {"SuccessTopic": topic}}
    make_endpoint(
        connection, "files", {"InstanceType": "ml.g5.xlarge"}, AsyncInferenceConfig={"OutputConfig": output}
    )
    answer = invoke(connection, "speech", b'{"inputs": "hello"}')
    assert answer.variant == "AllTraffic"
    assert json.loads(answer.body)["input_bytes"] == 19

    result = invoke_async(connection, "files", b'{"inputs": "hello"}')
    assert json.loads(result.body)["input_bytes"] == 19
    assert result.notified is True
    assert result.output_location.startswith(f"s3://{bucket}/out/")
    assert not connection.client("sqs").list_queues().get("QueueUrls")
    assert not connection.client("sns").list_subscriptions()["Subscriptions"]


def test_an_endpoint_that_is_not_there(connection: Connection) -> None:
    with pytest.raises(ScaleproofError, match=r"ghost did not answer.*not found"):
        invoke(connection, "ghost", b"{}")
    with pytest.raises(ScaleproofError, match="ghost did not take the request"):
        invoke_async(connection, "ghost", b"{}")


def test_the_wrong_way_of_asking(connection: Connection) -> None:
    make_endpoint(connection, "speech", {"InstanceType": "ml.g5.xlarge"})
    with pytest.raises(ScaleproofError, match="speech is not asynchronous"):
        invoke_async(connection, "speech", b"{}")
