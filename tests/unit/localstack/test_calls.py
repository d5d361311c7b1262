"""The log of API calls: from all clients, to all services, by account, without payloads."""

import json
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from scaleproof.emulator.api.calls import MOST_CALLS, Calls
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.control import recorded

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.30.0"


def operations(calls):
    return [f"{call.service}:{call.operation}" for call in calls]


def test_calls_of_all_services_in_order_with_their_parameters(connection):
    """To LocalStack's own services and the emulator's, in any region, from any client of the account."""
    started = time.time()
    elsewhere = boto3.client(
        "sns",
        "eu-west-1",
        endpoint_url=connection.endpoint_url,
        aws_access_key_id=connection.account,
        aws_secret_access_key="test",
    )
    with recorded(connection) as calls:
        connection.client("sagemaker").list_models(NameContains="speech", MaxResults=5)
        connection.client("iam").list_roles()
        elsewhere.create_topic(Name="speech", Tags=[{"Key": "Team", "Value": "speech"}])
        connection.client("cloudwatch").describe_alarms(AlarmNames=["speech"])
        connection.client("s3").list_buckets()
    connection.client("iam").list_users()
    assert [(call.service, call.operation, call.region, call.params) for call in calls] == [
        ("sagemaker", "ListModels", "us-east-1", {"NameContains": "speech", "MaxResults": 5}),
        ("iam", "ListRoles", "us-east-1", {}),
        ("sns", "CreateTopic", "eu-west-1", {"Name": "speech", "Tags": [{"Key": "Team", "Value": "speech"}]}),
        ("cloudwatch", "DescribeAlarms", "us-east-1", {"AlarmNames": ["speech"]}),
        ("s3", "ListBuckets", "us-east-1", {}),
    ]
    assert started < calls[0].time < calls[-1].time < time.time()


def test_a_change_through_cloud_control_is_one_call_with_its_document(connection):
    properties = {"EndpointConfigName": "speech", "ProductionVariants": []}
    with recorded(connection) as calls:
        connection.client("cloudcontrol").create_resource(
            TypeName="AWS::SageMaker::EndpointConfig", DesiredState=json.dumps(properties)
        )
    (call,) = calls
    assert call.operation == "CreateResource"
    assert json.loads(call.params["DesiredState"]) == properties


def test_payloads_and_secrets_are_not_kept(connection):
    runtime, s3 = connection.client("sagemaker-runtime"), connection.client("s3")
    with recorded(connection) as calls:
        for body in (b"spoken in confidence", "a text"):
            with pytest.raises(ClientError):
                runtime.invoke_endpoint(EndpointName="none", ContentType="audio/wav", Body=body)
            with pytest.raises(ClientError):
                s3.put_object(Bucket=f"none-{connection.account}", Key="1.wav", Body=body)
        connection.client("iam").create_user(UserName="ada")
        connection.client("iam").create_login_profile(UserName="ada", Password="Correct-Horse-1")
    kept = [call.params for call in calls]
    assert kept[0] == {"EndpointName": "none", "ContentType": "audio/wav"}
    assert (kept[1]["Key"], "Body" in kept[1]) == ("1.wav", False)
    assert kept[-1] == {"UserName": "ada"}


def test_a_retried_call_is_one_call(connection, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    rules = ({"fault": "throttling", "times": 2}, {"fault": "timeout", "times": 1})
    with recorded(connection) as calls, control.injected(connection, *rules):
        connection.client("iam").list_roles()
        connection.client("iam").list_roles()
    assert [(call.operation, call.requests) for call in calls] == [("ListRoles", 4), ("ListRoles", 1)]


def test_a_call_that_keeps_failing_is_given_up(connection, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    given_up = pytest.raises(ClientError, match="max retries: 3")
    with recorded(connection) as calls, control.injected(connection, {"fault": "throttling"}), given_up:
        connection.client("iam").list_roles()
    assert [call.requests for call in calls] == [4]


def test_a_refused_call_is_logged(connection):
    with recorded(connection) as calls, pytest.raises(ClientError):
        connection.client("sagemaker").describe_model(ModelName="none")
    assert operations(calls) == ["sagemaker:DescribeModel"]


def test_calls_inside_localstack_are_not_logged(connection):
    """CreateModel looks the role up in IAM."""
    role = f"arn:aws:iam::{connection.account}:role/speech"
    with recorded(connection) as calls, pytest.raises(ClientError, match="Could not assume role"):
        connection.client("sagemaker").create_model(
            ModelName="speech", PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=role
        )
    assert operations(calls) == ["sagemaker:CreateModel"]


def test_each_account_has_its_own_log(cloud, connection, new_account):
    other = cloud.connection(new_account())
    with recorded(connection) as calls:
        other.client("iam").list_roles()
        with recorded(other) as theirs:
            connection.client("sns").list_topics()
    assert (operations(calls), theirs) == (["sns:ListTopics"], [])


def test_a_full_log_is_an_error(connection, monkeypatch):
    log = Calls()
    for number in range(MOST_CALLS + 2):
        log.add(str(number), operation=f"Call{number}")
    shown = log.shown()
    assert (len(shown["calls"]), shown["forgotten"]) == (MOST_CALLS, 2)
    assert {**shown["calls"][0], "time": None} == {"operation": "Call2", "requests": 1, "time": None}
    monkeypatch.setattr("scaleproof.localstack.control.ask", lambda *_: shown)
    with pytest.raises(ScaleproofError, match="the first 2 are lost"), recorded(connection):
        pass
