"""Which alarms are evaluated by the clock, and which policies they invoke."""

import logging

import pytest

from .conftest import metric_alarm, target
from .wall_clock import BUSY, CALM, CONCURRENCY, clock, running

__all__ = ["clock", "running"]


def test_an_alarm_that_is_not_known_is_passed_over(running, caplog):
    running.track()
    arn = running.store.targets[target()["ResourceId"]].policies["track"].arn
    running.alarms.put_metric_alarm(
        AlarmName="x-y-z-band", AlarmActions=[arn], ThresholdMetricId="band", ComparisonOperator="x"
    )
    with caplog.at_level(logging.WARNING):
        running.pass_seconds(5)
    assert caplog.text.count("alarm x-y-z-band is not evaluated: ThresholdMetricId") == 1
    running.value(BUSY)
    running.pass_seconds(11)
    assert running.desired == 4


def test_an_alarm_invokes_only_its_own_policy(running):
    running.track()
    load = metric_alarm("a-b-load", Period=10, Threshold=100, AlarmActions=[running.step()])
    running.alarms.put_metric_alarm(**load)
    running.value(BUSY)
    running.pass_seconds(2)
    assert running.desired == 4


def test_an_alarm_that_is_put_again_is_another_alarm(running):
    """Also one of a kind that was not known."""
    policy = running.step()
    running.value(BUSY)
    for change, count in (({"ThresholdMetricId": "band"}, 2), ({"Threshold": 100}, 2), ({"Threshold": 9}, 3)):
        running.alarms.put_metric_alarm(**metric_alarm("a-b-load", Period=10, AlarmActions=[policy], **change))
        running.pass_seconds(15)
        assert running.desired == count


@pytest.mark.parametrize(("actions", "counts"), [("AlarmActions", (3, 3)), ("OKActions", (2, 3))])
def test_an_alarm_invokes_a_policy_in_the_state_whose_action_it_is(running, actions, counts):
    """The other states have actions too, which are none of the policy's."""
    policy = running.step()
    topic = ["arn:aws:sns:us-east-1:111122223333:told"]
    running.alarms.put_metric_alarm(
        **metric_alarm("a-b-load", Period=10, Threshold=9),
        **{"AlarmActions": topic, "OKActions": topic, actions: [policy]},
    )
    found = []
    for value in (BUSY, CALM):
        running.value(value)
        running.pass_seconds(30)
        found.append(running.desired)
    assert (running.alarms.set, tuple(found)) == (["load ALARM", "load OK"], counts)


def queries():
    """Queries of PutMetricAlarm: the concurrency of two types, and the hotter of them."""
    metrics = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": CONCURRENCY,
                    "Dimensions": [{"Name": "InstanceType", "Value": name}],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for name in ("g6", "g6e")
    ]
    return [*metrics, {"Id": "signal", "Expression": "MAX([g6/12, g6e/16])", "ReturnData": True}]


@pytest.mark.parametrize(
    ("treatment", "treated", "silent"),
    [("breaching", "Breaching", "ALARM"), ("notBreaching", "NonBreaching", "OK")],
)
def test_an_alarm_on_an_expression_that_scales_nothing(running, treatment, treated, silent):
    """As `signal_missing` of modules/monitoring: LocalStack does not evaluate it."""
    running.alarms.put_metric_alarm(
        AlarmName="a-b-math",
        Metrics=queries(),
        EvaluationPeriods=2,
        Threshold=0,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData=treatment,
    )
    for value in (None, BUSY, None):
        running.value(value)
        running.pass_seconds(70)
    missing = f"no datapoints were received for 2 periods and 2 missing datapoints were treated as [{treated}]."
    told = [(f"math {silent}", missing), ("math OK", "2 datapoints [1.5, 1.5] at threshold 0.0.")]
    found = [reason.removeprefix("Threshold Crossed: ") for reason in running.alarms.reasons]
    expected = [*told, told[0]] if silent == "ALARM" else told[:1]
    assert list(zip(running.alarms.set, found, strict=True)) == expected
    assert (running.desired, running.statuses()) == (2, [])


def test_one_missing_data_point_is_told_of_in_the_singular(running):
    alarm = {"Metrics": queries(), "Threshold": 0, "ComparisonOperator": "LessThanThreshold"}
    running.alarms.put_metric_alarm(AlarmName="a-b-math", EvaluationPeriods=1, TreatMissingData="breaching", **alarm)
    running.pass_seconds(2)
    assert running.alarms.reasons == [
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[Breaching]."
    ]


def test_an_alarm_on_one_metric_that_scales_nothing_is_left_to_localstack(running):
    running.alarms.put_metric_alarm(**metric_alarm("a-b-load", Period=10, Threshold=9))
    running.value(BUSY)
    running.pass_seconds(30)
    assert (running.alarms.set, running.store.watched) == ([], {})


@pytest.mark.parametrize(("late", "moved"), [(0.3, 0.0), (30.0, 30.0)])
def test_a_look_that_comes_a_little_late_is_at_the_time_of_the_alarm(running, late, moved):
    """Or it would depend on the machine whether a cooldown of a minute is over a minute later."""
    load = metric_alarm("a-b-load", Period=60, Threshold=9, AlarmActions=[running.step()])
    running.alarms.put_metric_alarm(**load)
    running.pass_seconds(2)
    (due,) = [one.due for one in running.store.watched.values() if one]
    running.value(BUSY)
    running.store.moved += due + late - running.store.time()
    running.pass_seconds(0)
    assert running.store.activities[-1].activity.start - due == pytest.approx(moved, abs=0.01)
