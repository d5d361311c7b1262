"""Captures of AWS from metric to activity, replayed through alarms and auto scaling.

Rows of tests/vectors/native_timelines.csv are either what was done to the target, which the replay does as
well, or what AWS did, which has to come out of it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Autoscaler
from scaleproof.scaling.endpoint import ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.parsing import CONFIGURATIONS, STEP, parse_alarm, parse_policy

from .alarm_helpers import seconds
from .autoscaling_helpers import DIMENSIONS, HIGH, LOW, tracking
from .replay import Replay, Step
from .vectors import Row, rows

ROWS = rows("native_timelines.csv")
CLOSE = 0.3
"""Seconds between what was seen and what comes out: phases are known to some 10 ms, actions to 30 ms."""


def of(timeline: str, *kinds: str) -> list[Row]:
    return [row for row in ROWS if row["timeline"] == timeline and row["kind"] in kinds]


def when(row: Row) -> float:
    return seconds(row["t_utc"])


def document(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row["value"])
    return found


@functools.cache
def track60() -> Replay:
    """Target tracking of a one-minute metric, out to the maximum."""
    (target,), (created,) = of("track60", "target"), of("track60", "policy")
    policy, bounds = document(created), document(target)
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    tracked = tracking(
        target=configuration["TargetValue"],
        scale_out_cooldown=configuration["ScaleOutCooldown"],
        scale_in_cooldown=configuration["ScaleInCooldown"],
    )
    limits = ScalableTarget(bounds["min"], bounds["max"], (tracked,))
    scaled = Autoscaler(limits, DIMENSIONS, now=when(created))
    points = {
        int(when(row)): (float(row["value"]), when(row) + 60)
        for row in of("track60", "metric_period_average")
    }
    # The phases of this pair of alarms (A5 of the capture): seconds :59.08 and :32.37 of each minute.
    phases = {HIGH.format("track"): 59.08, LOW.format("track"): 32.37}
    replay = Replay(scaled, bounds["desired"], phases, points, when(created))
    script: list[Step] = [(when(created), Replay.watch)]
    script += [(when(row), Replay.complete) for row in of("track60", "activity_end")]
    replay.run(max(when(row) for row in ROWS if row["timeline"] == "track60"), script)
    return replay


@functools.cache
def sched_step10() -> Replay:
    """Scheduled actions, then a step policy on a ten-second alarm, both suspended for a while."""
    (target,) = of("sched_step10", "target")
    first = document(target)
    low, high, desired = first["min"], first["max"], first["desired"]
    schedules = []
    for row in of("sched_step10", "schedule"):
        action = document(row)
        new = action["ScalableTargetAction"]
        schedules.append(
            ScheduledAction(
                action["ScheduledActionName"],
                action["Schedule"],
                min=new["MinCapacity"],
                max=new["MaxCapacity"],
            )
        )
    # The one action that ran was 40.2 s late; which delay to expect is not known, so it is given here.
    last, (bounds,) = of("sched_step10", "schedule")[-1], of("sched_step10", "bounds")
    late = AutoscalingAssumptions(schedule_delay=when(bounds) - when(last))

    (created,), (settings,) = of("sched_step10", "policy"), of("sched_step10", "settings")
    made = document(created)
    alarms = {"alarm": parse_alarm(document(settings))}
    policy = parse_policy("step", STEP, made[CONFIGURATIONS[STEP]], alarms)

    def configured(**suspended: bool) -> Callable[[Replay], None]:
        def act(replay: Replay) -> None:
            policies = (policy,) if replay.now >= when(created) else ()
            changed = ScalableTarget(low, high, policies, tuple(schedules), Suspended(**suspended))
            replay.autoscaler.configure(changed, replay.now)
            if policies and not replay.watched:
                replay.watch()

        return act

    start = ScalableTarget(low, high, (), tuple(schedules), Suspended(scheduled=True))
    scaled = Autoscaler(start, DIMENSIONS, now=when(target), assumptions=late)
    # The first value was readable at 01:40:29.7 (N31 of alarm_native_transitions.csv). That it went on is in
    # the row that has the alarm still in ALARM at 01:44:15 (K5 of cooldown_sequences.csv).
    points = {int(when(row)): (float(row["value"]), when(row) + 10.0) for row in of("sched_step10", "load")}
    replay = Replay(scaled, desired, {"alarm": 4.36}, points, when(target))
    resumed, dynamic = of("sched_step10", "resume")
    _, suspend = of("sched_step10", "suspend")
    script: list[Step] = [
        (when(resumed), configured()),
        (when(suspend), configured(scale_out=True)),
        (when(created), configured(scale_out=True)),
        (when(dynamic), configured()),
    ]
    script += [(when(row), Replay.complete) for row in of("sched_step10", "activity_end")]
    replay.run(seconds("2026-09-17T01:44:15Z"), script)
    return replay


REPLAYS = {"track60": track60, "sched_step10": sched_step10}
DONE_TO_IT = {"metric_period_average", "policy", "task_created", "task_running", "settings", "metric"}
DONE_TO_IT |= {"target", "schedule", "resume", "suspend", "load"}
OUTCOMES = [row for row in ROWS if row["kind"] not in DONE_TO_IT]


def matches(row: Row, what: str, words: str) -> bool:
    names = {HIGH.format("track"): "AlarmHigh", LOW.format("track"): "AlarmLow"}
    return row["kind"] == names.get(what, what) and row["value"].split(", cause: alarm")[0] == words


def test_every_timeline_is_replayed() -> None:
    assert {row["timeline"] for row in ROWS} == REPLAYS.keys()


@pytest.mark.parametrize(
    "row", OUTCOMES, ids=lambda row: f"{row['timeline']}-{row['t_utc'][11:19]}-{row['kind']}"
)
def test_what_aws_did_comes_out(row: Row) -> None:
    replay = REPLAYS[row["timeline"]]()
    near = [(what, words) for time, what, words in replay.seen if abs(time - when(row)) < CLOSE]
    if row["kind"] == "action":
        # Delivered, but suspended: the alarm changed and nothing is recorded.
        assert [what for what, _ in near] == ["alarm"]
    elif row["kind"] == "observed":
        assert row["value"].startswith(f"desired {replay.desired}, ")
        name = LOW.format("track") if row["timeline"] == "track60" else "alarm"
        assert f" still {replay.statuses[name].state}" in row["value"]
    else:
        assert [entry for entry in near if matches(row, *entry)], (near, row["value"])


@pytest.mark.parametrize("timeline", REPLAYS)
def test_nothing_else_comes_out(timeline: str) -> None:
    """Nor earlier, nor twice."""
    listed = [row for row in OUTCOMES if row["timeline"] == timeline]
    extra = [
        (time, what, words)
        for time, what, words in REPLAYS[timeline]().seen
        if not any(matches(row, what, words) and abs(time - when(row)) < CLOSE for row in listed)
    ]
    assert not extra


def test_what_the_captures_ended_before() -> None:
    """AlarmLow of track60 is to act at its next evaluation: fifteen low periods are then complete."""
    track60.cache_clear()
    replay = track60()
    track60.cache_clear()
    replay.run(seconds("2026-09-17T02:04:33Z"), [])
    assert [words for _, _, words in replay.seen[-2:]] == ["OK to ALARM", "desired 2 to 1"]


def test_ten_minutes_of_low_load_at_high_resolution() -> None:
    """A policy on a metric of 20 s (timings.csv, TM9 and TM15; target_tracking_capacity.csv, C3): 30 periods
    from 02:53:20 on, ALARM at 03:03:36.051, action 0.182 s later, two instances to one in one step."""
    parameters = {
        "Namespace": "Probe",
        "MetricName": "load",
        "Statistic": "Average",
        "Period": 20,
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 45.0,
        "EvaluationPeriods": 30,
    }
    policy = tracking(alarms={"AlarmLow": parse_alarm(parameters)})
    start = seconds("2026-09-17T02:53:20Z")
    points = {int(start) + 20 * i: (0.011, start + 20 * (i + 1)) for i in range(60)}
    created = seconds("2026-09-17T02:53:00Z")
    scaled = Autoscaler(ScalableTarget(1, 2, (policy,)), DIMENSIONS, now=created)
    replay = Replay(scaled, 2, {"AlarmLow": 6.05}, points, created)
    replay.run(seconds("2026-09-17T03:04:00Z"), [(created, Replay.watch)])
    alarm, action = replay.seen
    assert alarm == (pytest.approx(seconds("2026-09-17T03:03:36.051Z"), abs=CLOSE), "AlarmLow", alarm[2])
    assert alarm[2].endswith("to ALARM")
    assert action[1:] == ("activity_start", "desired 2 to 1")
    assert action[0] == pytest.approx(seconds("2026-09-17T03:03:36.233Z"), abs=CLOSE)
