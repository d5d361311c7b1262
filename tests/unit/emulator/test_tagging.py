"""The tags that an alarm is put with.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html and
.../API_PutCompositeAlarm.html, Tags: those given for an alarm that exists are ignored.
"""

from __future__ import annotations

from typing import Any

import pytest

METRIC = {
    "MetricName": "Invocations",
    "Namespace": "AWS/SageMaker",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture(params=["metric", "composite"])
def put(request: pytest.FixtureRequest, cloudwatch: Any) -> Any:
    """Puts an alarm, always the same one, with tags."""

    def made(**tags: str) -> None:
        given = {"AlarmName": "speech", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        if request.param == "metric":
            cloudwatch.put_metric_alarm(**METRIC, **given)
        else:
            cloudwatch.put_composite_alarm(AlarmRule='ALARM("other")', **given)

    return made


def tags(cloudwatch: Any) -> dict[str, str]:
    described = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = [*described["MetricAlarms"], *described["CompositeAlarms"]]
    found = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_new_alarm_has_the_tags_that_it_is_put_with(put: Any, cloudwatch: Any) -> None:
    put(Team="speech", Stage="test")
    assert tags(cloudwatch) == {"Team": "speech", "Stage": "test"}


def test_an_alarm_that_exists_keeps_its_tags(put: Any, cloudwatch: Any) -> None:
    put(Team="speech")
    put(Team="video", Stage="test")
    assert tags(cloudwatch) == {"Team": "speech"}


def test_tags_go_with_the_alarm(put: Any, cloudwatch: Any) -> None:
    put(Team="speech")
    cloudwatch.delete_alarms(AlarmNames=["speech"])
    put(Stage="test")
    assert tags(cloudwatch) == {"Stage": "test"}
