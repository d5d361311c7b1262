"""What policies and schedules do by the clock, and what a queue publishes."""

from scaleproof.emulator.api import autoscaling, endpoints, policies
from scaleproof.emulator.engine.state import Job

from .conftest import target
from .wall_clock import BUSY, CALM, clock, running

__all__ = ["clock", "running"]


def test_out_and_in_again(running):
    running.track(ScaleOutCooldown=60, ScaleInCooldown=60)
    running.value(BUSY)
    running.pass_seconds(2)
    assert running.desired == 4
    running.value(9.0)
    running.pass_seconds(60)
    assert running.desired == 4
    running.value(CALM)
    running.pass_seconds(900)
    # Whole windows of one value: the alarm sees the calm at once, and steps go by cooldowns.
    assert running.desired == 1
    assert running.alarms.set[:2] == ["AlarmHigh ALARM", "AlarmLow OK"]
    assert set(running.statuses()) == {"Successful"}


def test_an_endpoint_that_takes_its_time(running, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", "240")
    running.track(ScaleOutCooldown=60)
    running.value(BUSY)
    running.pass_seconds(2)
    assert (running.desired, running.statuses()) == (4, ["InProgress"])
    running.value(3 * BUSY)  # more than is on its way: refused while the endpoint is Updating
    running.pass_seconds(20)
    assert running.desired == 4
    assert set(running.statuses()[:-1]) == {"Failed"}
    running.value(BUSY)
    refused = len(running.statuses())
    running.pass_seconds(225)
    assert running.statuses()[-1] == "Successful"
    # Twice the target with 4 instances is 4 more, which the cooldown sees covered by the 2 that came to half.
    running.pass_seconds(30)
    assert running.desired == 6
    assert len(running.statuses()) == refused + 1


def test_no_data_does_nothing(running):
    running.track()
    running.pass_seconds(120)
    assert (running.desired, running.alarms.set, running.statuses()) == (2, [], [])


def test_actions_that_are_disabled(running):
    running.track()
    for alarm in running.alarms.put:
        alarm["ActionsEnabled"] = False
    running.value(BUSY)
    running.pass_seconds(30)
    assert (running.desired, running.alarms.set) == (2, ["AlarmHigh ALARM", "AlarmLow OK"])


def test_a_policy_that_is_deleted_acts_no_more(running):
    running.track()
    running.pass_seconds(2)
    running.call(policies.delete_scaling_policy, PolicyName="track")
    running.value(BUSY)
    running.pass_seconds(30)
    assert running.desired == 2
    assert not running.store.watched


def test_a_policy_that_is_put_again_has_new_alarms(running):
    running.track(target_value=19.0)
    running.value(BUSY)
    running.pass_seconds(30)
    assert running.desired == 2
    running.track(target_value=9.0, DisableScaleIn=True)
    running.pass_seconds(2)
    assert running.desired == 4
    assert len(running.store.watched) == 1


def test_a_state_that_somebody_sets_is_put_right(running):
    running.track()
    running.value(8.5)  # between both thresholds
    running.pass_seconds(11)
    high = next(alarm for alarm in running.alarms.put if "AlarmHigh" in alarm["AlarmName"])
    assert high["StateValue"] == "OK"
    high["StateValue"] = "ALARM"
    running.pass_seconds(11)
    assert (high["StateValue"], running.desired) == ("OK", 2)


def test_suspension_takes_effect_at_once(running):
    running.track()
    running.register(SuspendedState={"DynamicScalingOutSuspended": True})
    running.value(BUSY)
    running.pass_seconds(30)
    assert (running.desired, running.statuses(IncludeNotScaledActivities=True)) == (2, [])
    running.register(SuspendedState={"DynamicScalingOutSuspended": False})
    running.pass_seconds(11)
    assert running.desired > 2


def test_schedules_move_the_bounds(running):
    two_minutes_later = "at(2026-09-21T16:15:20)"
    for name, schedule, bounds in (
        ("up", two_minutes_later, {"MinCapacity": 5}),
        ("gone", "rate(1 minute)", {"MinCapacity": 9}),
    ):
        running.call(
            autoscaling.put_scheduled_action,
            ScheduledActionName=name,
            Schedule=schedule,
            Timezone="Europe/Berlin",
            ScalableTargetAction=bounds,
        )
    running.call(autoscaling.delete_scheduled_action, ScheduledActionName="gone")
    running.pass_seconds(119)
    assert running.desired == 2
    running.pass_seconds(2)
    assert running.desired == 5
    (found,) = running.call(autoscaling.describe_scalable_targets)["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (5, 10)
    # Who registers again without bounds leaves them as the schedule set them.
    running.call(autoscaling.register_scalable_target)
    assert running.store.targets[target()["ResourceId"]].scaler.min == 5


def test_a_queue_is_published_once_it_has_been_used(running):
    """Each endpoint's own, by its own instances."""
    endpoints.create_endpoint(running.store, {"EndpointName": "other", "EndpointConfigName": "c"})
    endpoints.create_endpoint(running.store, {"EndpointName": "unused", "EndpointConfigName": "c"})
    running.pass_seconds(20)
    assert running.cloud.published == []
    waiting = {"speech": 1, "other": 4}
    for name, number in waiting.items():
        running.store.backlog += [Job({"EndpointName": name}, 0.0, "1", "s3://b/1")] * number
        running.store.queued.add(name)
    running.pass_seconds(21)
    values = {name: set() for name in waiting}
    for sample in running.cloud.published:
        values[sample.dimensions["EndpointName"]].add((sample.name, *sample.values))
    assert values == {
        name: {
            ("ApproximateBacklogSize", float(number)),
            ("ApproximateBacklogSizePerInstance", number / 2),
            ("HasBacklogWithoutCapacity", 0.0),
        }
        for name, number in waiting.items()
    }
    assert len(running.cloud.published) in (3 * 4, 3 * 6)
