"""The closed loop: streams of AWS's own client make an endpoint scale, and nobody puts metrics."""

import pytest

from scaleproof.localstack import control
from tests.unit.waiting import until

from .clients.environments import held
from .conftest import LEAST, in_flight, put_policy, target, tracking


@pytest.fixture
def one(sagemaker, configure):
    """An endpoint with one instance."""
    name = configure(InitialInstanceCount=1, RoutingConfig=LEAST)
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=name)
    return "speech"


def test_streams_make_the_endpoint_scale(one, described, autoscaling, cloudwatch, activities, connection, account):
    streams = control.streams(connection)
    autoscaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=3)
    high, low = (alarm["AlarmName"] for alarm in put_policy(autoscaling, "track", tracking(2.0))["Alarms"])

    def state(name):
        return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]

    def count():
        return described()["ProductionVariants"][0]["CurrentInstanceCount"]

    with held(streams, account, endpoint=one, parts=["x"], streams=6) as ended:
        until(lambda: in_flight(connection) == 6)
        control.advance(connection, 60)  # the high alarm takes 40 to 60 seconds
        assert (state(high), count()) == ("ALARM", 3)  # six streams on one, where two are wanted
        assert sorted(instance.in_flight for instance in control.instances(connection)) == [0, 0, 6]
        outcomes = ended()
    assert [(stream["parts"], stream["error"]) for stream in outcomes] == [(["x"], None)] * 6  # nothing was cut
    until(lambda: in_flight(connection) == 0)
    control.advance(connection, 14 * 60)
    assert count() == 3
    control.advance(connection, 3 * 60)  # the low alarm takes a quarter of an hour
    assert (state(low), count()) == ("ALARM", 1)
    assert {activity["StatusCode"] for activity in activities()} == {"Successful"}
    assert (low in activities()[0]["Cause"], high in activities()[-1]["Cause"]) == (True, True)


@pytest.mark.parametrize(("by", "cut"), [("a smaller count", 2), ("an update", 4)])
def test_streams_of_instances_that_go_are_cut(one, sagemaker, configure, connection, account, set_count, by, cut):
    set_count(2)
    with held(control.streams(connection), account, endpoint=one, parts=["x"], streams=4) as ended:
        until(lambda: in_flight(connection) == 4)
        if by == "an update":
            sagemaker.update_endpoint(EndpointName=one, EndpointConfigName=configure("speech-2"))
        else:
            set_count(1)
        control.advance(connection, 29)
        assert in_flight(connection) == 4
        control.advance(connection, 2)
        until(lambda: in_flight(connection) == 4 - cut)
        outcomes = ended()
    assert sorted(str(stream["error"]) for stream in outcomes) == ["ModelStreamError"] * cut + ["None"] * (4 - cut)
    assert all(stream["parts"] == ["x"] for stream in outcomes)
    assert {instance.stopping for instance in control.instances(connection)} == {False}
