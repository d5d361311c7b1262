"""Auto scaling on the wall clock: from data in CloudWatch to the instance count, in a real LocalStack.

Data points are put with times of the past, so that an alarm has its periods when it is first evaluated. What
has to wait for the clock all the same is set up at once, in accounts of its own, and waits together; what
waits longest begins in the first test.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.measuring.endpoints import make

from .conftest import G6, G6E, POOLS, metric_alarm, target, tracking

PATIENCE = 90.0
"""Seconds until a test gives up; an alarm of ten seconds needs at most about twenty, on an idle machine."""
AHEAD = 600
"""Seconds to come that have data points as well: what is steady stays so on a slow machine."""
BUCKET = "results"
CONCURRENCY = "ConcurrentRequestsPerModel"


class Account:
    """An account with one endpoint, and its scalable target where there are `bounds`."""

    def __init__(self, connection, name="speech", **members):
        self.client = connection.client
        self.name = name
        self.scaling = self.client("application-autoscaling")
        self.sagemaker = self.client("sagemaker")
        self.cloudwatch = self.client("cloudwatch")
        queue = members.pop("queue", None)
        bounds = members.pop("bounds", None)
        extra = {"AsyncInferenceConfig": queue} if queue else {}
        pools = {"InstancePools": POOLS, "InstanceType": None, "InitialInstanceCount": 2}
        make(connection, name=name, members=extra, **pools | members)
        if bounds:
            self.register(*bounds)

    def register(self, low, high):
        """The scalable target."""
        self.scaling.register_scalable_target(**target(self.name), MinCapacity=low, MaxCapacity=high)

    def put(self, metric, value, seconds, every, *extra):
        """Data points of the endpoint over the past, and while the tests may run."""
        pairs = [("EndpointName", self.name), *extra]
        dimensions = [{"Name": name, "Value": text} for name, text in pairs]
        start = datetime.now(UTC) - timedelta(seconds=seconds)
        moments = [start + timedelta(seconds=place) for place in range(0, seconds + AHEAD, every)]
        data = [
            {"MetricName": metric, "Dimensions": dimensions, "Timestamp": moment, "Value": value} for moment in moments
        ]
        self.cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=data)

    def track(self, name="track", **configuration):
        """A target tracking policy; the names of its alarms."""
        made = self.scaling.put_scaling_policy(
            **target(self.name),
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking(**configuration),
        )
        return [alarm["AlarmName"] for alarm in made["Alarms"]]

    def wake(self):
        """The step policy of the guide, and its alarm, by the first ten seconds."""
        made = self.scaling.put_scaling_policy(
            **target(self.name),
            PolicyName="wake-up",
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "MetricAggregationType": "Average",
                "Cooldown": 300,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            },
        )
        self.cloudwatch.put_metric_alarm(
            **metric_alarm(
                "has-backlog-without-capacity",
                MetricName="HasBacklogWithoutCapacity",
                Dimensions=[{"Name": "EndpointName", "Value": self.name}],
                Period=10,
                ComparisonOperator="GreaterThanOrEqualToThreshold",
                TreatMissingData="missing",
                AlarmActions=[made["PolicyARN"]],
            )
        )

    @property
    def desired(self):
        found = self.sagemaker.describe_endpoint(EndpointName=self.name)["ProductionVariants"][0]
        return int(found["DesiredInstanceCount"])

    def alarm(self, name):
        (found,) = self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return dict(found)

    def activities(self, **members):
        answer = self.scaling.describe_scaling_activities(ServiceNamespace="sagemaker", **members)
        return list(answer["ScalingActivities"])


def eventually(what):
    """Waits until it is true of something; returns that."""
    end = time.monotonic() + PATIENCE
    while True:
        found = what()
        if found or time.monotonic() > end:
            assert found
            return found
        time.sleep(0.25)


class Scenarios:
    """All that is waited for, set up at once."""

    def __init__(self, new):
        variant_ = ("VariantName", "AllTraffic")

        # Asleep: its one request is queued, and its metrics come from the emulator. One of them is enough.
        output = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/"}}
        self.asleep = Account(new(), "queue", queue=output, InitialInstanceCount=1)
        self.asleep.client("s3").create_bucket(Bucket=BUCKET)
        self.asleep.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="queue",
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 0}],
        )
        runtime = self.asleep.client("sagemaker-runtime")
        self.output = runtime.invoke_endpoint_async(EndpointName="queue", Body=b"hello")["OutputLocation"]
        self.asleep.register(0, 3)  # with it the clock of the metrics begins

        # Suspended: the alarm goes off, and nothing may follow yet.
        self.suspended = Account(new(), bounds=(1, 4))
        self._suspend(True)
        self.suspended.put(CONCURRENCY, 18.0, 120, 10, variant_)
        self.suspended_alarm = self.suspended.track()[0]

        # Busy: twice the target on two instances.
        self.busy = Account(new(), bounds=(1, 4))
        self.busy.put(CONCURRENCY, 18.0, 120, 10, variant_)
        # What GetMetricData of LocalStack would mix in.
        self.busy.put(CONCURRENCY, 900.0, 120, 10, variant_, ("InstanceType", G6))
        self.busy_alarm = self.busy.track(ScaleOutCooldown=0)[0]

        # Mixed: an expression over two pools, of which one has no instance and so no data.
        self.mixed = Account(new(), bounds=(1, 10))
        self.mixed.put(CONCURRENCY, 12.0, 600, 30, variant_, ("InstanceType", G6))
        self.mixed_alarm = self._track_pools(self.mixed, variant_)

        # A floor soon, but not before a busy machine has put it, by the clock of another time zone.
        self.morning = Account(new(), bounds=(1, 10))
        soon = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(seconds=8)
        self.morning.scaling.put_scheduled_action(
            **target(),
            ScheduledActionName="morning",
            Schedule=soon.strftime("at(%Y-%m-%dT%H:%M:%S)"),
            Timezone="Asia/Tokyo",
            ScalableTargetAction={"MinCapacity": 5},
        )

    def _suspend(self, value):
        self.suspended.scaling.register_scalable_target(
            **target(), SuspendedState={"DynamicScalingOutSuspended": value}
        )

    def resume(self):
        self._suspend(False)

    @staticmethod
    def _track_pools(account, variant_):
        def query(name, instance_type):
            pairs = [("EndpointName", "speech"), variant_, ("InstanceType", instance_type)]
            metric = {
                "Namespace": "AWS/SageMaker",
                "MetricName": CONCURRENCY,
                "Dimensions": [{"Name": key, "Value": value} for key, value in pairs],
            }
            return {"Id": name, "MetricStat": {"Metric": metric, "Stat": "Maximum"}, "ReturnData": False}

        hottest = {"Id": "hottest", "Expression": "MAX([g6 / 12, g6e / 16])", "ReturnData": True}
        made = account.scaling.put_scaling_policy(
            **target(),
            PolicyName="pools",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 0.75,
                "CustomizedMetricSpecification": {"Metrics": [query("g6", G6), query("g6e", G6E), hottest]},
            },
        )
        return str(made["Alarms"][0]["AlarmName"])


@pytest.fixture(scope="module")
def scenarios(cloud, new_account):
    return Scenarios(lambda: cloud.connection(new_account()))


def test_suspended_scaling_waits_until_it_is_resumed(scenarios):
    account = scenarios.suspended
    eventually(lambda: account.alarm(scenarios.suspended_alarm)["StateValue"] == "ALARM")
    assert account.desired == 2
    assert account.activities(IncludeNotScaledActivities=True) == []
    scenarios.resume()
    eventually(lambda: account.desired == 4)


def test_a_scheduled_floor_by_the_clock(scenarios):
    account = scenarios.morning
    eventually(lambda: account.desired == 5)
    count, bounds = account.activities()
    assert bounds["Cause"] == "scheduled action name morning was triggered"
    assert count["Cause"] == "minimum capacity was set to 5"
    assert (count["StatusCode"], "EndTime" in count) == ("Successful", True)
    (registered,) = account.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (registered["MinCapacity"], registered["MaxCapacity"]) == (5, 10)


def test_load_above_the_target_scales_out(scenarios):
    account, name = scenarios.busy, scenarios.busy_alarm
    eventually(lambda: account.desired == 4)
    (activity,) = account.activities()
    assert activity["Cause"] == f"monitor alarm {name} in state ALARM triggered policy track"
    assert activity["Description"] == "Setting desired instance count to 4."
    assert activity["StatusCode"] == "Successful"


def test_the_alarm_is_seen_in_its_state(scenarios):
    account, name = scenarios.busy, scenarios.busy_alarm
    found = eventually(lambda: (alarm := account.alarm(name))["StateValue"] == "ALARM" and alarm)
    assert found["StateReason"].startswith("Threshold Crossed: 3 datapoints [18.0, 18.0, 18.0]")
    data = json.loads(found["StateReasonData"])
    assert (data["recentDatapoints"], data["threshold"], data["period"]) == ([18.0] * 3, 9.0, 10)
    # LocalStack's own evaluation of it would have come first, and come again.
    history = account.cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    changes = [entry["HistorySummary"] for entry in history if entry["HistoryItemType"] == "StateUpdate"]
    assert changes == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]


def test_why_nothing_more_is_done_at_the_maximum(scenarios):
    account = scenarios.busy
    eventually(lambda: len(account.activities(IncludeNotScaledActivities=True)) > 1)
    activity = account.activities(IncludeNotScaledActivities=True)[0]
    assert activity["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 4}]
    assert activity["StatusCode"] == "Failed"
    assert len(account.activities()) == 1


def test_an_expression_over_pools_scales_out(scenarios):
    account, name = scenarios.mixed, scenarios.mixed_alarm
    eventually(lambda: account.desired == 3)  # 2 instances at 1.0 of 0.75
    assert account.alarm(name)["Metrics"]
    eventually(lambda: account.alarm(name)["StateValue"] == "ALARM")


def test_an_endpoint_without_instances_wakes_for_a_request(scenarios):
    account = scenarios.asleep
    account.wake()  # by now there is a metric of the period before, if other tests have waited already
    eventually(lambda: account.desired == 1)
    (activity,) = [row for row in account.activities() if row["Cause"].startswith("monitor alarm")]
    assert activity["Cause"].endswith("triggered policy wake-up")
    key = scenarios.output.removeprefix(f"s3://{BUCKET}/")
    listed = lambda: account.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])  # noqa: E731
    eventually(lambda: [entry for entry in listed() if entry["Key"] == key])


def test_other_alarms_are_left_to_localstack(scenarios):
    account = scenarios.busy
    account.cloudwatch.put_metric_alarm(
        **metric_alarm("concurrency", Statistic="Maximum"),
        Dimensions=[
            {"Name": "EndpointName", "Value": "speech"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
    )
    found = eventually(lambda: (alarm := account.alarm("concurrency"))["StateValue"] == "ALARM" and alarm)
    assert "at threshold" not in found["StateReason"]
