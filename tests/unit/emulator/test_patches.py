"""What the emulator replaces in Python, LocalStack and moto, by what a user sees of it."""

import json
import sys
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from scaleproof.emulator import patches
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment, interpreter
from scaleproof.localstack.start import start

from .conftest import TRUST, metric_alarm

SPACE = uuid.NAMESPACE_DNS
POLICY = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


def test_a_name_in_bytes_gives_what_the_same_text_gives():
    # The value is the one of Python's documentation of uuid.
    assert patches.uuid5(SPACE, "python.org") == uuid.UUID("886313e1-3b8a-5372-9b90-0c9aee199e5d")
    assert patches.uuid5(SPACE, b"python.org") == patches.uuid5(SPACE, "python.org")
    assert patches.uuid5(SPACE, "\u00e9") == uuid.uuid5(SPACE, "\u00e9")
    assert patches.uuid5(SPACE, b"\xff").version == 5


@pytest.mark.parametrize(("version", "replaced"), [((3, 11, 7), True), ((3, 12, 0), False)])
def test_it_is_supplied_only_where_it_is_missing(version, replaced, monkeypatch):
    monkeypatch.setattr(uuid, "uuid5", uuid.uuid5)  # put back afterwards
    monkeypatch.setattr(sys, "version_info", version)
    patches.before_localstack()
    assert (uuid.uuid5 is patches.uuid5) is replaced


def test_keys_are_made_on_python_3_11(monkeypatch):
    """Only where LocalStack's environment for 3.11 has been built: building it takes a minute and 0.5 GB."""
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 11),))
    try:
        built = environment.describe().built
    except ScaleproofError:
        pytest.skip("there is no Python 3.11")
    if not built:
        pytest.skip("LocalStack's environment for Python 3.11 is not built")
    with start() as stack:
        key = stack.connection().client("kms").create_key()["KeyMetadata"]
        assert key["Enabled"]


def test_what_one_account_attaches_is_not_attached_in_another(cloud, new_account):
    one, other = (cloud.connection(new_account()).client("iam") for _ in range(2))
    one.create_role(RoleName="speech", AssumeRolePolicyDocument=json.dumps(TRUST))
    one.attach_role_policy(RoleName="speech", PolicyArn=POLICY)
    assert one.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 1
    assert other.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 0


def test_every_account_has_all_of_them(cloud, new_account):
    documents = []
    for _ in range(2):
        client = cloud.connection(new_account()).client("iam")
        pages = client.get_paginator("list_policies").paginate(Scope="AWS")
        assert len([policy for page in pages for policy in page["Policies"]]) > 1000
        version = client.get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
        found = client.get_policy_version(PolicyArn=POLICY, VersionId=version)
        documents.append(found["PolicyVersion"]["Document"])
    assert documents[0] == documents[1]
    assert documents[0]["Statement"]


@pytest.fixture(params=["metric", "composite"])
def put(request, cloudwatch):
    """Puts an alarm, always the same one, with tags.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html and
    .../API_PutCompositeAlarm.html, Tags: those given for an alarm that exists are ignored.
    """

    def made(**tags):
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        if request.param == "metric":
            cloudwatch.put_metric_alarm(**metric_alarm("speech", Tags=given))
        else:
            cloudwatch.put_composite_alarm(AlarmName="speech", AlarmRule='ALARM("other")', Tags=given)

    return made


def tags(cloudwatch):
    described = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (put,) = [*described["MetricAlarms"], *described["CompositeAlarms"]]
    found = cloudwatch.list_tags_for_resource(ResourceARN=put["AlarmArn"])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_new_alarm_has_the_tags_that_it_is_put_with(put, cloudwatch):
    put(Team="speech", Stage="test")
    assert tags(cloudwatch) == {"Team": "speech", "Stage": "test"}


def test_an_alarm_that_exists_keeps_its_tags(put, cloudwatch):
    put(Team="speech")
    put(Team="video", Stage="test")
    assert tags(cloudwatch) == {"Team": "speech"}


def test_tags_go_with_the_alarm(put, cloudwatch):
    put(Team="speech")
    cloudwatch.delete_alarms(AlarmNames=["speech"])
    put(Stage="test")
    assert tags(cloudwatch) == {"Stage": "test"}


@pytest.fixture
def logs(cloud, new_account):
    """CloudWatch Logs of an account of its own."""
    return cloud.connection(new_account()).client("logs")


def group_tags(logs):
    (group,) = logs.describe_log_groups()["logGroups"]
    return dict(logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"])


def test_the_key_of_a_log_group_is_changed_and_taken_away(logs):
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    logs.create_log_group(logGroupName="speech", kmsKeyId=f"{key}-old")
    logs.associate_kms_key(logGroupName="speech", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="speech")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    for call in (logs.disassociate_kms_key, partial(logs.associate_kms_key, kmsKeyId=key)):
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            call(logGroupName="video")


def test_a_log_group_without_tags_takes_some_later(logs):
    logs.create_log_group(logGroupName="speech")
    arn = logs.describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")
    logs.tag_resource(resourceArn=arn, tags={"Team": "speech"})
    assert group_tags(logs) == {"Team": "speech"}


def test_tags_go_with_the_log_group(logs):
    logs.create_log_group(logGroupName="speech", tags={"Team": "speech"})
    assert group_tags(logs) == {"Team": "speech"}
    logs.delete_log_group(logGroupName="speech")
    logs.create_log_group(logGroupName="speech", tags={"Stage": "test"})
    assert group_tags(logs) == {"Stage": "test"}


def test_metrics_are_read_by_all_their_dimensions(connection):
    """Not mixed with those that have one more, nor with those of an endpoint with a longer name."""
    cloudwatch = connection.client("cloudwatch")
    now = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    speech = {"Name": "EndpointName", "Value": "speech"}
    for value, dimensions in (
        (1.0, [speech]),
        (10.0, [speech, {"Name": "InstanceType", "Value": "ml.g6.2xlarge"}]),
        (100.0, [{"Name": "EndpointName", "Value": "speech-2"}]),
    ):
        datum = {"MetricName": "Invocations", "Value": value, "Timestamp": now, "Dimensions": dimensions}
        cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[datum])
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": [speech]}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        StartTime=now - timedelta(minutes=1),
        EndTime=now + timedelta(minutes=2),
    )
    (result,) = answer["MetricDataResults"]
    assert (result["Timestamps"], result["Values"]) == ([now], [1.0])
