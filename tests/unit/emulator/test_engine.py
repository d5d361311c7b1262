"""What alarms, policies and schedules do by the clock, which the tests move, on data that they give.

Operations and engine run in this process, with a store of their own and without LocalStack.
"""

import json
import logging
from pathlib import Path

import pytest

from scaleproof.emulator.api import autoscaling, endpoints, policies
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import clock as loop
from scaleproof.emulator.engine import deployments, faults, state, targets
from scaleproof.emulator.engine.state import Job, Store

from .conftest import ACCOUNT, Clock, metric_alarm, series, target, tracking, with_endpoint

BUSY, CALM = 18.0, 2.0
UP = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
UP_AND_DOWN = [*UP, {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 1}]


class Cloud(CloudWatch):
    """CloudWatch with one value for every metric and period, which the test sets; None for no data."""

    value = None

    def read(self, metric, window):
        return {} if self.value is None else dict.fromkeys(window.times, self.value)

    def put(self, samples, _time):
        self.published.extend(samples)


class Engine:
    """A store with the endpoint speech of two instances, and what it calls of a client of CloudWatch."""

    def __init__(self):
        self.alarms, self.set, self.reasons = [], [], []
        self.cloud = Cloud(ACCOUNT, "us-east-1", lambda _: self, lambda: self.alarms, Path("none.db"))
        vars(self.cloud)["published"] = []
        self.store = Store(ACCOUNT, "us-east-1", "aws", lambda _: self, self.cloud)
        with_endpoint(self.store)
        deployments.complete_due(self.store)

    def put_metric_alarm(self, **request):
        name, stamp = request["AlarmName"], self.store.now()
        self.alarms = [alarm for alarm in self.alarms if alarm["AlarmName"] != name]
        self.alarms.append(
            {
                "ActionsEnabled": True,
                "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}",
                "AlarmConfigurationUpdatedTimestamp": stamp,
                "StateUpdatedTimestamp": stamp,
                "StateValue": "INSUFFICIENT_DATA",
                **request,
            }
        )

    def delete_alarms(self, AlarmNames):  # noqa: N803
        self.alarms = [alarm for alarm in self.alarms if alarm["AlarmName"] not in AlarmNames]

    def set_alarm_state(self, **request):
        (alarm,) = [alarm for alarm in self.alarms if alarm["AlarmName"] == request["AlarmName"]]
        alarm["StateValue"] = request["StateValue"]
        json.loads(request["StateReasonData"])
        self.set.append(f"{request['AlarmName'].split('-')[2]} {request['StateValue']}")
        self.reasons.append(request["StateReason"])

    def run(self, seconds, value=...):
        """Lets the clock go on, with another value of every metric if one is given."""
        if value is not ...:
            vars(self.cloud)["value"] = value
        loop.advance(self.store, seconds)
        return self.desired

    def call(self, operation, **request):
        """As `services` calls an operation."""
        deployments.complete_due(self.store)
        targets.finish_activities(self.store)
        return operation(self.store, {**target(), **request})

    def register(self, low=1, high=10, **members):
        self.call(autoscaling.register_scalable_target, MinCapacity=low, MaxCapacity=high, **members)

    def track(self, **configuration):
        members = {name: value for name, value in tracking(**configuration).items() if value is not None}
        request = {"PolicyName": "track", "PolicyType": "TargetTrackingScaling"}
        request["TargetTrackingScalingPolicyConfiguration"] = members
        return self.call(policies.put_scaling_policy, **request)["PolicyARN"]

    def step(self, steps=UP_AND_DOWN, cooldown=3600, **alarm):
        """A policy that adds an instance, and its alarm if one is given."""
        configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps, "Cooldown": cooldown}
        members = {"StepScalingPolicyConfiguration": configuration}
        made = self.call(policies.put_scaling_policy, PolicyName="step", PolicyType="StepScaling", **members)
        if alarm:
            self.alarm(AlarmActions=[made["PolicyARN"]], **alarm)
        return made["PolicyARN"]

    def alarm(self, **members):
        self.put_metric_alarm(**metric_alarm("a-b-load", **{"Period": 10, "Threshold": 9, **members}))

    def schedule(self, name, schedule, low):
        members = {"Schedule": schedule, "Timezone": "Europe/Berlin", "ScalableTargetAction": {"MinCapacity": low}}
        self.call(autoscaling.put_scheduled_action, ScheduledActionName=name, **members)

    @property
    def desired(self):
        return self.store.endpoints["speech"].fleet.variants["AllTraffic"].desired

    def statuses(self, **members):
        rows = self.call(autoscaling.describe_scaling_activities, **members)["ScalingActivities"]
        return [row["StatusCode"] for row in rows]


@pytest.fixture
def account(monkeypatch):
    """Makes a scaled endpoint; in an account with other answers to what is not documented, if some are given."""
    monkeypatch.setattr(state, "time", Clock())

    def make(**answers):
        rules = [{"fault": "assumed", "name": name, "value": value} for name, value in answers.items()]
        faults.of_account(ACCOUNT).set(faults.parse(rules))
        made = Engine()
        made.register()
        return made

    return make


@pytest.fixture
def engine(account):
    """A real-time endpoint with two instances and a scalable target of 1 to 10."""
    return account()


def test_out_and_in_again(engine):
    engine.track(ScaleOutCooldown=60, ScaleInCooldown=60)
    # Whole windows of one value: the alarm sees the calm at once, and steps go by cooldowns.
    assert [engine.run(2, BUSY), engine.run(60, 9.0), engine.run(900, CALM)] == [4, 4, 1]
    assert engine.set[:2] == ["AlarmHigh ALARM", "AlarmLow OK"]
    assert set(engine.statuses()) == {"Successful"}


def test_an_endpoint_that_takes_its_time(engine, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", "240")
    engine.track(ScaleOutCooldown=60)
    assert (engine.run(2, BUSY), engine.statuses()) == (4, ["InProgress"])
    assert engine.run(20, 3 * BUSY) == 4  # more than is on its way: refused while the endpoint is Updating
    assert set(engine.statuses()[:-1]) == {"Failed"}
    refused = len(engine.statuses())
    engine.run(225, BUSY)
    assert engine.statuses()[-1] == "Successful"
    # Twice the target with 4 instances is 4 more, which the cooldown sees covered by the 2 that came to half.
    assert engine.run(30) == 6
    assert len(engine.statuses()) == refused + 1


def test_no_data_does_nothing(engine):
    engine.track()
    assert (engine.run(120), engine.set, engine.statuses()) == (2, [], [])


def test_actions_that_are_disabled(engine):
    engine.track()
    for alarm in engine.alarms:
        alarm["ActionsEnabled"] = False
    assert (engine.run(30, BUSY), engine.set) == (2, ["AlarmHigh ALARM", "AlarmLow OK"])


def test_a_policy_that_is_deleted_acts_no_more(engine):
    engine.track()
    engine.run(2)
    engine.call(policies.delete_scaling_policy, PolicyName="track")
    assert (engine.run(30, BUSY), engine.store.watched) == (2, {})


def test_a_policy_that_is_put_again_has_new_alarms(engine):
    engine.track(target_value=19.0)
    assert engine.run(30, BUSY) == 2
    engine.track(target_value=9.0, DisableScaleIn=True)
    assert (engine.run(2), len(engine.store.watched)) == (4, 1)


def test_a_state_that_somebody_sets_is_put_right(engine):
    engine.track()
    engine.run(11, 8.5)  # between both thresholds
    high = next(alarm for alarm in engine.alarms if "AlarmHigh" in alarm["AlarmName"])
    assert high["StateValue"] == "OK"
    high["StateValue"] = "ALARM"
    assert (engine.run(11), high["StateValue"]) == (2, "OK")


def test_suspension_takes_effect_at_once(engine):
    engine.track()
    engine.register(SuspendedState={"DynamicScalingOutSuspended": True})
    assert (engine.run(30, BUSY), engine.statuses(IncludeNotScaledActivities=True)) == (2, [])
    engine.register(SuspendedState={"DynamicScalingOutSuspended": False})
    assert engine.run(11) > 2


def test_schedules_move_the_bounds(engine):
    engine.schedule("up", "at(2026-09-21T16:15:20)", 5)  # in two minutes
    engine.schedule("gone", "rate(1 minute)", 9)
    engine.call(autoscaling.delete_scheduled_action, ScheduledActionName="gone")
    assert [engine.run(119), engine.run(2)] == [2, 5]
    (shown,) = engine.call(autoscaling.describe_scalable_targets)["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (5, 10)
    # Who registers again without bounds leaves them as the schedule set them.
    engine.call(autoscaling.register_scalable_target)
    assert engine.store.targets[target()["ResourceId"]].scaler.min == 5


def test_a_queue_is_published_once_it_has_been_used(engine):
    """Each endpoint's own, by its own instances."""
    for name in ("other", "unused"):
        endpoints.create_endpoint(engine.store, {"EndpointName": name, "EndpointConfigName": "c"})
    engine.run(20)
    assert engine.cloud.published == []
    waiting = {"speech": 1, "other": 4}
    for name, number in waiting.items():
        engine.store.backlog += [Job({"EndpointName": name}, 0.0, "1", "s3://b/1")] * number
        engine.store.queued.add(name)
    engine.run(21)
    values = {name: set() for name in waiting}
    for sample in engine.cloud.published:
        values[sample.dimensions["EndpointName"]].add((sample.name, *sample.values))
    assert values == {
        name: {
            ("ApproximateBacklogSize", float(number)),
            ("ApproximateBacklogSizePerInstance", number / 2),
            ("HasBacklogWithoutCapacity", 0.0),
        }
        for name, number in waiting.items()
    }
    assert len(engine.cloud.published) in (3 * 4, 3 * 6)


def test_an_alarm_that_is_not_known_is_passed_over(engine, caplog):
    policy = engine.track()
    engine.alarm(AlarmName="x-y-z-band", AlarmActions=[policy], ThresholdMetricId="band")
    with caplog.at_level(logging.WARNING):
        engine.run(5)
    assert caplog.text.count("alarm x-y-z-band is not evaluated: ThresholdMetricId") == 1
    assert engine.run(11, BUSY) == 4


def test_an_alarm_invokes_only_its_own_policy(engine):
    engine.track()
    engine.step(Threshold=100)
    assert engine.run(2, BUSY) == 4


def test_an_alarm_that_is_put_again_is_another_alarm(engine):
    """Also one of a kind that was not known."""
    for change, count in (({"ThresholdMetricId": "band"}, 2), ({"Threshold": 100}, 2), ({"Threshold": 9}, 3)):
        engine.step(**change)
        assert engine.run(15, BUSY) == count


@pytest.mark.parametrize(("actions", "counts"), [("AlarmActions", (3, 3)), ("OKActions", (2, 3))])
def test_an_alarm_invokes_a_policy_in_the_state_whose_action_it_is(engine, actions, counts):
    """The other states have actions too, which are none of the policy's."""
    topic = [f"arn:aws:sns:us-east-1:{ACCOUNT}:told"]
    engine.alarm(**{"AlarmActions": topic, "OKActions": topic, actions: [engine.step()]})
    assert (engine.run(30, BUSY), engine.run(30, CALM)) == counts
    assert engine.set == ["load ALARM", "load OK"]


def test_target_tracking_of_a_metric_by_its_name(engine):
    metric = {"MetricName": "Jobs", "Namespace": "Own", "Statistic": "Average"}
    engine.track(PredefinedMetricSpecification=None, CustomizedMetricSpecification=metric)
    assert [{name: alarm[name] for name in metric} for alarm in engine.alarms] == [metric, metric]


def on_expression(engine, expression, metrics=("g6", "g6e"), **members):
    """Puts an alarm on an expression that scales nothing."""
    queries = [series(name, "Maximum", name, period=60) for name in metrics]
    queries.append({"Id": "signal", "Expression": expression, "ReturnData": True})
    engine.put_metric_alarm(AlarmName="a-b-math", Metrics=queries, **members)


@pytest.mark.parametrize(
    ("periods", "treatment", "treated", "silent"),
    [
        (2, "breaching", "Breaching", "ALARM"),
        (2, "notBreaching", "NonBreaching", "OK"),
        (1, "breaching", "Breaching", "ALARM"),
    ],
)
def test_an_alarm_on_an_expression_that_scales_nothing(engine, periods, treatment, treated, silent):
    """As `signal_missing` of modules/monitoring: LocalStack does not evaluate it."""
    below = {"Threshold": 0, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": treatment}
    on_expression(engine, "MAX([g6/12, g6e/16])", EvaluationPeriods=periods, **below)
    for value in (None, BUSY, None):
        engine.run(70, value)
    missing = {
        1: "no datapoints were received for 1 period and 1 missing datapoint was treated as [{}].",
        2: "no datapoints were received for 2 periods and 2 missing datapoints were treated as [{}].",
    }[periods]
    values = ", ".join(["1.5"] * periods)
    told = [
        (f"math {silent}", missing.format(treated)),
        ("math OK", f"{periods} datapoints [{values}] at threshold 0.0."),
    ]
    reasons = [reason.removeprefix("Threshold Crossed: ") for reason in engine.reasons]
    expected = [*told, told[0]] if silent == "ALARM" else told[:1]
    assert list(zip(engine.set, reasons, strict=True)) == expected
    assert (engine.desired, engine.statuses()) == (2, [])


def test_a_reason_counts_what_is_known_and_what_is_missing(engine):
    below = {"Threshold": 2, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
    on_expression(engine, "MAX([g6/12, g6e/16])", EvaluationPeriods=3, **below)
    vars(engine.cloud)["read"] = lambda _metric, window: {window.times[-1]: BUSY}
    engine.run(70)
    known = "1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching]."
    assert engine.reasons == [f"Threshold Crossed: {known}"]


def test_an_alarm_on_one_metric_that_scales_nothing_is_left_to_localstack(engine):
    engine.alarm()
    assert (engine.run(30, BUSY), engine.set, engine.store.watched) == (2, [], {})


@pytest.mark.parametrize(("late", "moved"), [(0.3, 0.0), (30.0, 30.0)])
def test_a_look_that_comes_a_little_late_is_at_the_time_of_the_alarm(engine, late, moved):
    """Or it would depend on the machine whether a cooldown of a minute is over a minute later."""
    engine.step(Period=60)
    engine.run(2)
    (due,) = [watched.due for watched in engine.store.watched.values() if watched]
    engine.store.moved += due + late - engine.store.time()
    engine.run(0, BUSY)
    assert engine.store.activities[-1].activity.start - due == pytest.approx(moved, abs=0.01)


# The answers of an account to what AWS has not documented (`assumed`).


@pytest.mark.parametrize(("seconds", "instances"), [(10, 6), (60, 3)])
def test_how_often_an_action_is_repeated(account, seconds, instances):
    """What is made keeps its answer."""
    engine = account(repeat_high_resolution=seconds)
    engine.step(UP, cooldown=0, Threshold=5)
    engine.run(2, BUSY)
    faults.of_account(ACCOUNT).set([])
    assert engine.run(33) == instances


@pytest.mark.parametrize(("answer", "states"), [("window", ["math ALARM"]), ("nothing", [])])
def test_what_an_expression_makes_of_nothing(account, answer, states):
    engine = account(fill_of_empty=answer)
    above = {"EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    on_expression(engine, "FILL(m, 60)", ["m"], **above)
    engine.run(2)
    assert engine.set == states


@pytest.mark.parametrize("periods", [90, 3])
def test_the_alarm_for_scaling_in(account, periods):
    engine = account(high_resolution_low_periods=periods)
    engine.track()
    (low,) = [alarm for alarm in engine.alarms if "AlarmLow" in alarm["AlarmName"]]
    assert low["EvaluationPeriods"] == periods


@pytest.mark.parametrize(("most", "instances"), [(None, 1), (1, 9)])
def test_how_many_instances_target_tracking_removes(account, most, instances):
    engine = account(largest_scale_in=most)
    engine.register(low=10)
    engine.register(low=1)
    engine.track()
    assert engine.run(2, CALM / 10) == instances


@pytest.mark.parametrize("late", [0.0, 20.0])
def test_how_late_a_schedule_is(account, late):
    engine = account(schedule_delay=late)
    engine.schedule("more", "at(2026-09-21T16:14:20)", 4)  # in a minute
    assert [engine.run(59 + late), engine.run(2)] == [2, 4]
