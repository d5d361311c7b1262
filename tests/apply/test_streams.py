"""Live streams on a mixed fleet without the metric by instance type, which AWS does not list."""

import pytest

from scaleproof.localstack import control
from tests.plan.planner import PAIR, ROOT
from tests.unit.emulator.raw import Raw
from tests.unit.emulator.signing import part

pytestmark = pytest.mark.nightly

STREAMS = 40
"""20 on each of two instances, where the guard wants no more than 16 x 0.75."""


def test_a_mixed_fleet_scales_out_by_its_guard_where_types_are_not_told_apart(open_stage):
    pools = [{**PAIR[0], "max_concurrency": 12}, {**PAIR[1], "max_concurrency": 16}]
    stage = open_stage(
        ROOT,
        instance_pools=pools,
        realtime={"capacity": {"min": 2, "max": 20}},
        monitoring={"alarms": {"silent_signal": {"enabled": True}}},
        **{"async": None},
    )
    stage.put()
    connection = stage.connection
    target = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/speech-realtime/variant/AllTraffic"}
    scaling, cloudwatch = connection.client("application-autoscaling"), connection.client("cloudwatch")
    control.inject(connection, {"fault": "assumed", "name": "concurrency_by_type", "value": "missing"})
    raw = Raw(control.streams(connection), connection.account)
    opened = [raw.open("speech-realtime") for _ in range(STREAMS)]
    for number, signer in opened:
        raw.h2.send_data(number, signer.event(part(b"x")))
    raw.until(lambda: all(raw.got[number] for number, _ in opened))

    for _ in range(9):
        if not scaling.describe_scaling_activities(**target)["ScalingActivities"]:
            control.advance(connection, 10)
    (activity,) = scaling.describe_scaling_activities(**target)["ScalingActivities"][-1:]
    policies = scaling.describe_scaling_policies(**target)["ScalingPolicies"]
    alarms = {one["PolicyName"]: [alarm["AlarmName"] for alarm in one["Alarms"]] for one in policies}
    assert any(name in activity["Cause"] for name in alarms["speech-realtime-guard"]), activity
    assert (
        connection.client("sagemaker").describe_endpoint(EndpointName="speech-realtime")["ProductionVariants"][0][
            "CurrentInstanceCount"
        ]
        == 4
    )  # 2 x 20 / 12, rounded up
    published = cloudwatch.list_metrics(MetricName="ConcurrentRequestsPerModel")["Metrics"]
    names = [{dimension["Name"] for dimension in metric["Dimensions"]} for metric in published]
    assert names == [{"EndpointName", "VariantName"}]

    control.advance(connection, 60)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["speech-realtime-signal-missing"])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == (
        "ALARM",
        "Threshold Crossed: no datapoints were received for 10 periods and 10 missing datapoints were "
        "treated as [Breaching].",
    )
