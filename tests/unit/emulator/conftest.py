"""Clients of the emulated services whose every raw response is held against botocore's model."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from scaleproof.emulator.api import endpoints
from scaleproof.emulator.api import sagemaker as operations
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import container, faults
from scaleproof.emulator.engine.state import Store
from scaleproof.emulator.errors import AwsError
from scaleproof.localstack import control

from .responses import check_response

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
EMULATED = ("sagemaker", "sagemaker-runtime", "application-autoscaling", "cloudcontrol", "service-quotas")
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.30.0"
G6, G6E, M5 = "ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.m5.xlarge"
ACCOUNT = "111122223333"
"""The account of what runs in this process."""
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://results/out/"}}
POOLS = [{"InstanceType": G6, "Priority": 1}, {"InstanceType": G6E, "Priority": 2}]
LEAST = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}


def no_other_service(service):
    raise AssertionError(f"{service} is not needed here")


class Clock:
    """Stands in for the module `time`, and moves only when a test moves it."""

    seconds = 1_790_000_000.0

    def time(self):
        return self.seconds


def new_store(client=no_other_service):
    """An account in a region without LocalStack: it has no alarms; `client` makes those of other services."""
    cloudwatch = CloudWatch(ACCOUNT, "us-east-1", client, list, Path("none.db"))
    return Store(ACCOUNT, "us-east-1", "aws", client, cloudwatch)


def with_endpoint(store, **members):
    """Adds a model, the configuration c and the endpoint speech, which may still be Creating."""
    operations.create_model(store, {"ModelName": "speech", "PrimaryContainer": {"Image": IMAGE}})
    operations.create_endpoint_config(store, {"EndpointConfigName": "c", "ProductionVariants": [variant(**members)]})
    endpoints.create_endpoint(store, {"EndpointName": "speech", "EndpointConfigName": "c"})
    return store


@pytest.fixture(autouse=True)
def usual():
    """Containers and rules of ACCOUNT are as usual again after each test."""
    yield
    container.describe_account(ACCOUNT, {})
    faults.of_account(ACCOUNT).set([])


@pytest.fixture
def client(connection):
    """Makes boto3 clients; an emulated service's responses are checked as they come in, success or error."""

    def make(service):
        made = connection.client(service)
        if service in EMULATED:
            model = made.meta.service_model

            def check(response_dict, operation_model, **_):
                check_response(model, operation_model, response_dict)

            made.meta.events.register("before-parse", check)
        return made

    return make


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture
def autoscaling(client):
    return client("application-autoscaling")


@pytest.fixture
def cloudwatch(client):
    return client("cloudwatch")


@pytest.fixture
def runtime(client):
    return client("sagemaker-runtime")


@pytest.fixture
def role(client):
    """The ARN of a role that SageMaker may assume."""
    made = client("iam").create_role(RoleName="speech-execution", AssumeRolePolicyDocument=json.dumps(TRUST))
    return made["Role"]["Arn"]


@pytest.fixture
def model(sagemaker, role):
    """The name of a model."""
    sagemaker.create_model(ModelName="speech", PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=role)
    return "speech"


def variant(**members):
    """A production variant on two instance pools; a member given as None is left out."""
    base = {"VariantName": "AllTraffic", "ModelName": "speech", "InitialInstanceCount": 2, "InstancePools": POOLS}
    return {key: value for key, value in {**base, **members}.items() if value is not None}


def only_variant(sagemaker, endpoint="speech"):
    """The variant of an endpoint as DescribeEndpoint shows it."""
    (shown,) = sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    return shown


@pytest.fixture
def configure(sagemaker, model):
    """Makes an endpoint configuration of one variant: configure(name, request members, **variant members)."""

    def make(name="speech-1", members=None, **changes):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant(**changes)], **(members or {})
        )
        return name

    return make


@pytest.fixture
def endpoint(sagemaker, configure):
    """The name of a real-time endpoint in service with two instances."""
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=configure())
    return "speech"


@pytest.fixture
def described(sagemaker):
    """What DescribeEndpoint shows of an endpoint."""
    return lambda name="speech": sagemaker.describe_endpoint(EndpointName=name)


@pytest.fixture
def set_count(sagemaker):
    """Sets the desired instances, and the weight, of an endpoint."""

    def change(count, endpoint="speech", variant="AllTraffic", **weight):
        changes = [{"VariantName": variant, "DesiredInstanceCount": count, **weight}]
        sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=changes)

    return change


@pytest.fixture
def activities(autoscaling):
    """The scaling activities of the account, the latest first."""

    def rows(**members):
        answer = autoscaling.describe_scaling_activities(**{"ServiceNamespace": "sagemaker", **members})
        return answer["ScalingActivities"]

    return rows


def in_flight(connection):
    """Requests that instances of the account have open."""
    return sum(instance.in_flight for instance in control.instances(connection))


def target(endpoint="speech", variant="AllTraffic"):
    """What names a scalable target in every call."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


@pytest.fixture
def registered(autoscaling, endpoint):
    """The ARN of a scalable target of 1 to 10 instances."""
    bounds = {"MinCapacity": 1, "MaxCapacity": 10}
    return autoscaling.register_scalable_target(**target(endpoint), **bounds)["ScalableTargetARN"]


def tracking(target_value=9.0, **members):
    """A target-tracking configuration on concurrency."""
    metric = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    return {"TargetValue": target_value, "PredefinedMetricSpecification": metric, **members}


STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "Cooldown": 300,
    "MetricAggregationType": "Average",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
}


def put_policy(autoscaling, name, configuration, endpoint="speech"):
    """Puts a policy on the target of an endpoint: target tracking, or steps."""
    kind = "TargetTrackingScaling" if "TargetValue" in configuration else "StepScaling"
    return autoscaling.put_scaling_policy(
        **target(endpoint), PolicyName=name, PolicyType=kind, **{f"{kind}PolicyConfiguration": configuration}
    )


def metric(name, **dimensions):
    """A metric of SageMaker as requests name it."""
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": "AWS/SageMaker", "MetricName": name, "Dimensions": pairs}


def series(identifier, statistic, name, period=None, **dimensions):
    """A metric in an expression: that of an alarm has a period, that of a policy has none."""
    stat = {"Metric": metric(name, **dimensions), "Stat": statistic} | ({"Period": period} if period else {})
    return {"Id": identifier, "MetricStat": stat, "ReturnData": False}


def metric_alarm(name, **members):
    """A metric alarm for PutMetricAlarm: on more than one of something per minute."""
    return {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": "ConcurrentRequestsPerModel",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        **members,
    }


ERRORS = metric_alarm("errors", MetricName="Invocation5XXErrors", Statistic="Sum", Period=300, Threshold=5)
"""An alarm that may roll a deployment back."""


def refused(call, code, *parts):
    """Asserts that a call fails with a code and a message that has all `parts`; returns the message."""
    with pytest.raises((AwsError, ClientError)) as caught:
        call()
    error = caught.value
    if isinstance(error, AwsError):  # in this process
        answered, message = error.code, error.message
    else:
        answered, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    assert answered == code
    for part in parts:
        assert part in message
    return message
