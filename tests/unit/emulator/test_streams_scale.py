"""The closed loop: streams of AWS's own client make an endpoint scale, and nobody puts metrics."""

import time

import pytest

from scaleproof.localstack import control

from .clients.environments import held
from .conftest import in_flight, target, tracking

PATIENCE = 120.0


def until(true, what):
    """Waits for what the clock brings."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.fixture
def one(sagemaker, configure):
    """An endpoint with one instance."""
    routing = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    name = configure(InitialInstanceCount=1, RoutingConfig=routing)
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=name)
    return "speech"


def test_streams_make_the_endpoint_scale(one, sagemaker, autoscaling, cloudwatch, connection, account):
    streams = control.streams(connection)
    autoscaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=3)
    policy = autoscaling.put_scaling_policy(
        **target(),
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking(2.0),
    )
    high, low = (alarm["AlarmName"] for alarm in policy["Alarms"])

    def state(name):
        return str(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])

    def count():
        found = sagemaker.describe_endpoint(EndpointName=one)["ProductionVariants"][0]
        return int(found["CurrentInstanceCount"])

    with held(streams, account, endpoint=one, parts=["x"], streams=6) as ended:
        until(lambda: in_flight(connection) == 6, "six streams")
        control.advance(connection, 60)  # the high alarm takes 40 to 60 seconds
        assert (state(high), count()) == ("ALARM", 3)  # six streams on one, where two are wanted
        assert sorted(instance.in_flight for instance in control.instances(connection)) == [0, 0, 6]
        outcomes = ended()
    assert [(stream["parts"], stream["error"]) for stream in outcomes] == [(["x"], None)] * 6  # nothing was cut
    until(lambda: in_flight(connection) == 0, "no stream")
    control.advance(connection, 14 * 60)
    assert count() == 3
    control.advance(connection, 3 * 60)  # the low alarm takes a quarter of an hour
    assert (state(low), count()) == ("ALARM", 1)
    activities = autoscaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    assert [activity["StatusCode"] for activity in activities] == ["Successful"] * len(activities)
    assert (low in activities[0]["Cause"], high in activities[-1]["Cause"]) == (True, True)


@pytest.mark.parametrize(("by", "cut"), [("a smaller count", 2), ("an update", 4)])
def test_streams_of_instances_that_go_are_cut(one, sagemaker, configure, connection, account, by, cut):
    def scale(count):
        change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
        sagemaker.update_endpoint_weights_and_capacities(EndpointName=one, DesiredWeightsAndCapacities=change)

    scale(2)
    with held(control.streams(connection), account, endpoint=one, parts=["x"], streams=4) as ended:
        until(lambda: in_flight(connection) == 4, "four streams")
        if by == "an update":
            sagemaker.update_endpoint(EndpointName=one, EndpointConfigName=configure("speech-2"))
        else:
            scale(1)
        control.advance(connection, 29)
        assert in_flight(connection) == 4
        control.advance(connection, 2)
        until(lambda: in_flight(connection) == 4 - cut, "streams that are cut")
        outcomes = ended()
    assert sorted(str(stream["error"]) for stream in outcomes) == ["ModelStreamError"] * cut + ["None"] * (4 - cut)
    assert all(stream["parts"] == ["x"] for stream in outcomes)
    assert {instance.stopping for instance in control.instances(connection)} == {False}
