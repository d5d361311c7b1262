"""What the modules have applied scales by itself: data in CloudWatch moves the count of its endpoints.

The alarms are those that Terraform made. Each is put once more as it is, since the emulated CloudWatch looks
at an alarm a second after it was put and then by the minute, which nobody needs to wait for.
"""

import time
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.auditing import history, reading
from scaleproof.auditing.audit import audited
from scaleproof.auditing.lines import CLOSE, EventKind
from scaleproof.studies.assumptions import DEFAULT
from tests.apply.parts import PARTS, SMALLEST_PARTS
from tests.plan.planner import PAIR

PATIENCE = 60.0
"""Seconds until a test gives up."""
SPAN = range(-1_200, 600, 30)
"""Seconds from now that have data points: enough for every alarm, and on while the tests run."""
NOT_PUT = {
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "StateReason",
    "StateReasonData",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "StateValue",
}


class Applied:
    """Both endpoints, as they stand."""

    realtime, queue = "speech-realtime", "speech-async"

    def __init__(self, connection):
        self.clients = connection.client
        self.sagemaker = connection.client("sagemaker")
        self.cloudwatch = connection.client("cloudwatch")
        self.scaling = connection.client("application-autoscaling")

    def put(self, metric, value, **dimensions):
        pairs = [{"Name": name, "Value": text} for name, text in dimensions.items()]
        now = datetime.now(UTC)
        data = [
            {
                "MetricName": metric,
                "Dimensions": pairs,
                "Timestamp": now + timedelta(seconds=place),
                "Value": value,
            }
            for place in SPAN
        ]
        self.cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=data)

    def look_again(self, endpoint):
        """Puts the alarms of the endpoint's scaling policies once more, but those that have fired: they would again."""
        policies = self.scaling.describe_scaling_policies(
            ServiceNamespace="sagemaker", ResourceId=f"endpoint/{endpoint}/variant/AllTraffic"
        )["ScalingPolicies"]
        names = [alarm["AlarmName"] for policy in policies for alarm in policy["Alarms"]]
        assert names
        for alarm in self.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]:
            if alarm["StateValue"] != "ALARM":
                kept = {name: value for name, value in alarm.items() if name not in NOT_PUT}
                self.cloudwatch.put_metric_alarm(**kept)

    def set_count(self, endpoint, count):
        change = {"VariantName": "AllTraffic", "DesiredInstanceCount": count}
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint, DesiredWeightsAndCapacities=[change]
        )

    def count(self, endpoint):
        found = self.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"][0]
        return int(found["CurrentInstanceCount"])

    def causes(self, endpoint):
        found = self.scaling.describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=f"endpoint/{endpoint}/variant/AllTraffic"
        )
        return [row["Cause"] for row in found["ScalingActivities"]]


def wait(until):
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, f"nothing happened in {PATIENCE:.0f} s"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def applied(open_stage):
    """With the inputs of examples/complete."""
    queue = {
        **SMALLEST_PARTS["async"],
        "backlog_per_instance": 4,
        "wake_up": {"instances": 2, "evaluation_periods": 1},
    }
    pools = [{**PAIR[0], "max_concurrency": 12}, {**PAIR[1], "max_concurrency": 16}]
    realtime = {"capacity": {"min": 2, "max": 20}, "target_utilization": 0.7}
    stage = open_stage(PARTS, instance_pools=pools, realtime=realtime, **{"async": queue})
    stage.put()
    return Applied(stage.connection)


def test_an_empty_queue_sends_the_instances_home_and_what_is_queued_wakes_the_endpoint(applied):
    applied.set_count(applied.queue, 3)
    applied.put("ApproximateBacklogSizePerInstance", 0.0, EndpointName=applied.queue)
    applied.look_again(applied.queue)
    wait(lambda: applied.count(applied.queue) == 0)
    assert "AlarmLow" in applied.causes(applied.queue)[0]

    applied.put("HasBacklogWithoutCapacity", 1.0, EndpointName=applied.queue)
    applied.look_again(applied.queue)
    wait(lambda: applied.count(applied.queue) == 2)
    assert applied.causes(applied.queue)[0].startswith("monitor alarm ")


@pytest.fixture(scope="module")
def scaled_out(applied):
    """A mixed fleet that has grown: all its instances were of the preferred type and full."""
    assert applied.count(applied.realtime) == 2
    time.sleep(2 * CLOSE)  # an audit does not judge what lies nearer to either end of a record
    applied.put(
        "ConcurrentRequestsPerModel",
        12.0,
        EndpointName=applied.realtime,
        VariantName="AllTraffic",
        InstanceType="ml.g6.2xlarge",
    )
    applied.look_again(applied.realtime)
    wait(lambda: applied.count(applied.realtime) > 2)
    return applied


def test_a_full_first_pool_scales_a_mixed_fleet_out(scaled_out):
    """The fallback has never had an instance."""
    assert scaled_out.count(scaled_out.realtime) == 3  # 2 x (12 / 12) / 0.7
    assert "AlarmHigh" in scaled_out.causes(scaled_out.realtime)[0]


def test_what_scaled_it_agrees_with_its_audit(scaled_out):
    """The policies of a mixed fleet, as the module makes them, on metric math."""
    time.sleep(CLOSE + 1)
    now = time.time()
    capture = reading.capture(scaled_out.clients, scaled_out.realtime, now - 3_600, now)
    found = audited(history.case(capture), DEFAULT.set("metric_delay", 0.0))
    assert found.agrees, "\n".join(line.description for line in found.lines if not line.agrees)
    assert EventKind.SCALING in {line.kind for line in found.lines}
