"""Auto scaling from data in CloudWatch to the instance count, in a real LocalStack whose clock the tests move."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.localstack import control
from tests.unit.waiting import until

from .conftest import G6, G6E, STEPS, metric, metric_alarm, put_policy, series, target, tracking

SPEECH = {"EndpointName": "speech", "VariantName": "AllTraffic"}
CONCURRENCY = "ConcurrentRequestsPerModel"


@pytest.fixture
def put(cloudwatch):
    """Puts data points of a metric, every ten seconds from ten minutes ago to ten minutes ahead."""

    def data(value, **more):
        moments = [datetime.now(UTC) + timedelta(seconds=seconds) for seconds in range(-600, 600, 10)]
        datum = {**metric(CONCURRENCY, **SPEECH, **more), "Value": value}
        namespace = datum.pop("Namespace")
        data = [{**datum, "Timestamp": moment} for moment in moments]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    return data


@pytest.fixture
def track(autoscaling):
    """Puts a target tracking policy; the name of its high alarm."""
    return lambda configuration: put_policy(autoscaling, "track", configuration)["Alarms"][0]["AlarmName"]


@pytest.fixture
def desired(described):
    return lambda name="speech": described(name)["ProductionVariants"][0]["DesiredInstanceCount"]


@pytest.fixture
def alarm(cloudwatch):
    return lambda name: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]


def test_load_above_the_target_scales_out_to_the_maximum(
    autoscaling, cloudwatch, endpoint, put, track, alarm, desired, activities, connection
):
    autoscaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=4)
    put(18.0)
    put(900.0, InstanceType=G6)  # what GetMetricData of LocalStack would mix in
    name = track(tracking(ScaleOutCooldown=0))
    control.advance(connection, 15)
    assert desired() == 4
    (activity,) = activities()
    assert activity["Cause"] == f"monitor alarm {name} in state ALARM triggered policy track"
    assert activity["Description"] == "Setting desired instance count to 4."
    assert activity["StatusCode"] == "Successful"
    seen = alarm(name)
    assert seen["StateValue"] == "ALARM"
    assert seen["StateReason"].startswith("Threshold Crossed: 3 datapoints [18.0, 18.0, 18.0]")
    data = json.loads(seen["StateReasonData"])
    assert (data["recentDatapoints"], data["threshold"], data["period"]) == ([18.0] * 3, 9.0, 10)
    # LocalStack's own evaluation of it would have come first, and come again.
    history = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    updates = [entry["HistorySummary"] for entry in history if entry["HistoryItemType"] == "StateUpdate"]
    assert updates == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]
    control.advance(connection, 70)
    latest = activities(IncludeNotScaledActivities=True)[0]
    assert latest["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 4}]
    assert (latest["StatusCode"], len(activities())) == ("Failed", 1)


def test_an_expression_over_pools_scales_out(registered, put, track, alarm, desired, connection):
    """One of the two pools has no instance and so no data."""
    put(12.0, InstanceType=G6)
    pools = [
        series(name, "Maximum", CONCURRENCY, **SPEECH, InstanceType=kind) for name, kind in (("g6", G6), ("g6e", G6E))
    ]
    hottest = {"Id": "hottest", "Expression": "MAX([g6 / 12, g6e / 16])", "ReturnData": True}
    name = track({"TargetValue": 0.75, "CustomizedMetricSpecification": {"Metrics": [*pools, hottest]}})
    control.advance(connection, 15)
    assert desired() == 3  # 2 instances at 1.0 of 0.75
    assert alarm(name)["Metrics"]
    assert alarm(name)["StateValue"] == "ALARM"


def test_an_endpoint_without_instances_wakes_for_a_request(
    client, sagemaker, autoscaling, cloudwatch, configure, desired, activities, connection
):
    client("s3").create_bucket(Bucket="results")
    output = {"OutputConfig": {"S3OutputPath": "s3://results/"}}
    configure("queue-1", members={"AsyncInferenceConfig": output}, InitialInstanceCount=1)
    sagemaker.create_endpoint(EndpointName="queue", EndpointConfigName="queue-1")
    autoscaling.register_scalable_target(**target("queue"), MinCapacity=0, MaxCapacity=0)
    autoscaling.register_scalable_target(**target("queue"), MaxCapacity=3)
    policy = put_policy(autoscaling, "wake-up", STEPS, "queue")
    backlog = metric("HasBacklogWithoutCapacity", EndpointName="queue")
    above = {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "AlarmActions": [policy["PolicyARN"]]}
    cloudwatch.put_metric_alarm(**metric_alarm("has-backlog-without-capacity", **backlog, **above))
    sent = client("sagemaker-runtime").invoke_endpoint_async(EndpointName="queue", Body=b"hello")
    control.advance(connection, 20)
    assert desired("queue") == 0
    control.advance(connection, 120)
    assert desired("queue") == 1
    (activity,) = [row for row in activities() if row["Cause"].startswith("monitor alarm")]
    assert activity["Cause"].endswith("triggered policy wake-up")
    key = sent["OutputLocation"].removeprefix("s3://results/")
    listed = lambda: client("s3").list_objects_v2(Bucket="results").get("Contents", [])  # noqa: E731
    until(lambda: [entry for entry in listed() if entry["Key"] == key])


def test_other_alarms_are_left_to_localstack(cloudwatch, registered, put, alarm):
    put(18.0)
    cloudwatch.put_metric_alarm(**metric_alarm("busy", Statistic="Maximum", **metric(CONCURRENCY, **SPEECH)))
    until(lambda: alarm("busy")["StateValue"] == "ALARM")
    assert "at threshold" not in alarm("busy")["StateReason"]
