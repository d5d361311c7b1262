"""What a scalable target does of alarms, row by row of tests/vectors/autoscaling.csv.

`policies`, parted by ";": a name, then step adjustments (+2, -1, =3, 10%) with their bounds (+2@0..10) for step
scaling, without any target tracking; then members. A policy has alarms of its name: NAME, or NAME.high and
NAME.low, at a threshold or target of 50. `events`, parted by ";", are those of `Row.happen`.
"""

import re
from dataclasses import replace

import pytest

from scaleproof.scaling.alarms import Signal, State
from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.endpoint import ScalableTarget, Suspended
from scaleproof.scaling.step_scaling import Step
from scaleproof.scaling.target_tracking import TargetTracking

from .autoscaling_helpers import HIGH, LOW, Variant, metric, step, tracking
from .vectors import Row, rows

ROWS = rows("autoscaling.csv")
ADJUSTMENT = re.compile(r"(=?)([+-]?\d+)(%?)(?:@(-?\d*)\.\.(-?\d*))?")
STEP_MEMBERS = {"cooldown": "cooldown", "least": "minimum_magnitude", "of": "aggregation"}
TRACKING_MEMBERS = {"target": "target", "out": "scale_out_cooldown", "in": "scale_in_cooldown"}
FLAGS = {"no-in": {"disable_scale_in": True}}


def policy(text):
    """A policy from its words."""
    name, *words = text.split()
    adjustments = [match for word in words if (match := ADJUSTMENT.fullmatch(word))]
    known = STEP_MEMBERS if adjustments else TRACKING_MEMBERS
    members = dict(word.split("=") for word in words if "=" in word[1:])
    fields = {known[key]: value if value.isalpha() else float(value) for key, value in members.items()}
    if not adjustments:
        if "usual" in words:
            return TargetTracking(name, metric(name), 50.0)
        return tracking(name, **fields, **{key: value for word in words for key, value in FLAGS.get(word, {}).items()})
    steps = tuple(
        Step(int(number), float(lower) if lower else None, float(upper) if upper else None)
        if lower is not None
        else Step(int(number), **({"upper": 0.0} if number.startswith("-") else {"lower": 0.0}))
        for _, number, _, lower, upper in (match.groups() for match in adjustments)
    )
    exact, _, percent, *_ = adjustments[0].groups()
    kind = "ExactCapacity" if exact else "PercentChangeInCapacity" if percent else "ChangeInCapacity"
    inward = all(one.upper is not None and one.upper <= 0 for one in steps)
    comparison = "LessThanThreshold" if inward else "GreaterThanThreshold"
    return step(0, name, kind, comparison=comparison, steps=steps, **fields)


def full(alarm):
    """The name of an alarm: "track.high" is what target tracking makes."""
    name, _, side = alarm.partition(".")
    return {"": name, "high": HIGH.format(name), "low": LOW.format(name)}[side]


def happen(variant, words):
    """`NAME 60 None 65` breaches an alarm with data points (`late 10.5` before: on an old evaluation) and
    `NAME OK` changes its state; `+60` waits; `settle`, `fail` and `overridden` end what is under way;
    `updating` and `free` are what the endpoint is; `running 3` and `desired 3` set counts; `suspend in`;
    `due`. `records`, `codes`, `statuses` and `reason` say what is recorded by then.
    """
    word, *rest = words
    match word:
        case "settle" | "fail" | "overridden":
            variant.settle({"settle": Status.SUCCESSFUL, "fail": Status.FAILED}.get(word, Status.OVERRIDDEN))
        case "updating" | "free":
            variant.updating = word == "updating"
        case "running" | "desired":
            setattr(variant, word, int(rest[0]))
        case "suspend":
            suspended = Suspended(**{f"scale_{rest[0]}": True})
            variant.autoscaler.configure(replace(variant.target, suspended=suspended), variant.now)
        case "due":
            variant.due()
        case "records":
            assert len(variant.records) == int(rest[0])
        case "codes":
            assert variant.codes == rest
        case "statuses":
            assert [str(record.status) for record in variant.records] == rest
        case "reason":
            (reason,) = variant.records[-1].not_scaled
            assert [str(part) for part in reason] == rest
        case "late":
            variant.breach(full(rest[1]), *map(float, rest[2:]), age=float(rest[0]))
        case _ if word.startswith("+"):
            variant.wait(float(word[1:]))
        case _ if rest and rest[0] in set(State):
            variant.autoscaler.changed(full(word), State(rest[0]))
        case _:
            variant.breach(full(word), *(None if text == "None" else float(text) for text in rest))


@pytest.mark.parametrize("row", ROWS, ids=Row.name)
def test_what_a_target_does(row):
    """`EVENT -> 8` says the count that is asked for by then, `-> 8 CODE` why nothing else is, `-> 8 by NAME` the
    policy behind it."""
    low, _, high = row["bounds"].partition("-")
    assumptions = DEFAULT
    for name, value in (word.split("=") for word in row["assumed"].split()):
        assumptions = assumptions.set(name, value if value.isalpha() else int(value))
    policies = map(policy, filter(None, row["policies"].split("; ")))
    variant = Variant(
        *policies,
        count=int(row["count"]),
        low=int(low or 0),
        high=int(high or 1_000),
        assumptions=assumptions.autoscaling,
    )
    for event in row["events"].split("; "):
        words, _, outcome = event.partition("->")
        happen(variant, words.split())
        if outcome:
            count, *more = outcome.split()
            assert variant.desired == int(count), event
            if more[:1] == ["by"]:
                assert variant.records[-1].policy == more[1], event
                assert variant.records[-1].alarm.endswith(("AlarmHigh", "AlarmLow")), event
            elif more:
                assert variant.codes[-1:] == more, event


def test_target_tracking_acts_on_alarms_only_and_a_step_policy_on_whatever_it_is_told():
    variant = Variant(tracking(), step(1), count=4)
    signal = Signal(variant.now, State.OK, (100.0,), repeated=False)
    assert variant.autoscaler.signalled(HIGH.format("track"), signal, variant.now, variant.capacity).activity is None
    assert variant.autoscaler.signalled("step", signal, variant.now, variant.capacity).desired == 5


def test_what_a_failure_and_a_refusal_record():
    variant = Variant(step(2), count=4)
    variant.breach("step", 60.0)
    variant.wait(60).settle(Status.FAILED, "no capacity")
    failed = variant.records[-1]
    assert failed.end == variant.now
    assert failed.message == "Failed to set desired instance count to 6. Reason: no capacity"
    variant.updating = True
    variant.breach("step", 60.0)
    refused = variant.records[-1]
    assert refused.message.endswith("Reason: Cannot update in-progress endpoint")
    assert (refused.before, refused.desired, refused.end) == (4, 6, variant.now)


def test_what_is_unfulfilled_does_not_end_again():
    variant = Variant(step(1), count=1, assumptions=DEFAULT.set("unfulfilled_after", 600.0).autoscaling)
    variant.breach("step", 60.0)
    assert variant.autoscaler.next_event() == variant.now + 600
    variant.wait(600).due()
    assert variant.autoscaler.ended(variant.records[0].id, variant.now, Status.SUCCESSFUL) is None


def test_an_alarm_without_scale_in_is_not_made():
    variant = Variant(tracking("out", disable_scale_in=True), count=1)
    assert list(variant.autoscaler.alarms) == [HIGH.format("out")]
    assert isinstance(variant.target, ScalableTarget)
