"""What the emulator replaces in Python, LocalStack and moto, by what a user sees of it."""

import sys
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from scaleproof.emulator import patches
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment, interpreter
from scaleproof.localstack.start import start

from .conftest import metric_alarm

SPACE = uuid.NAMESPACE_DNS


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


def test_an_alarm_has_the_tags_that_it_is_first_put_with_until_it_is_deleted(put, cloudwatch):
    for new in ({"Team": "speech", "Stage": "test"}, {"Stage": "test"}):
        put(**new)
        put(Team="video", Owner="other")
        assert tags(cloudwatch) == new
        cloudwatch.delete_alarms(AlarmNames=["speech"])


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


def test_a_log_group_takes_tags_later_which_go_with_it(logs):
    for tags in ({}, {"tags": {"Stage": "test"}}, {}):
        logs.create_log_group(logGroupName="speech", **tags)
        before = tags.get("tags", {})
        assert group_tags(logs) == before
        arn = logs.describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")
        logs.tag_resource(resourceArn=arn, tags={"Team": "speech"})
        assert group_tags(logs) == {**before, "Team": "speech"}
        logs.delete_log_group(logGroupName="speech")


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
