"""Judges what shows without a replay: how long things take, and what calls and metrics give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from scaleproof.auditing.case import Case, Scaling
from scaleproof.scaling.autoscaling import Status
from scaleproof.simulation.behaviour import DEFAULT as BEHAVIOUR
from scaleproof.studies.assumptions import DEFAULT
from scaleproof.studies.wording import duration
from scaleproof.verifying.findings import Seen, Verdict, decided, unseen
from scaleproof.verifying.recording import Entry, Kind, Recording
from scaleproof.verifying.replays import ALARM_LOW, made
from scaleproof.verifying.subject import OVER

Cases = Mapping[int, Case]
Judge = Callable[[Recording, Cases], Seen]

_NEAR = 2.0
"""A duration within this factor of what is assumed confirms it: one run is one sample."""
_SOON = 1.0
"""Seconds within which an action follows its evaluation, if `action_delay` is about right."""


def _start_up(recording: Recording, cases: Cases) -> Seen:
    """Provisioning and start-up together, which is what an activity lasts."""
    assumed = BEHAVIOUR.provisioning.median + BEHAVIOUR.start_up.median
    found = [
        (number, one.end - one.time) for number, one, more in _changes(cases) if more and one.end is not None
    ]
    return _lasts(
        recording, found, assumed, "from a scale-out to its instances, provisioning and start-up together"
    )


def _scale_in(recording: Recording, cases: Cases) -> Seen:
    found = [
        (number, one.end - one.time)
        for number, one, more in _changes(cases)
        if not more and one.end is not None
    ]
    return _lasts(recording, found, BEHAVIOUR.scale_in_time, "for a scale-in")


def _lasts(recording: Recording, found: Sequence[tuple[int, float]], assumed: float, what: str) -> Seen:
    if recording.local:
        return unseen("instances of LocalStack are numbers")
    if not found:
        return unseen("no such change of the instance count came to its end")
    middle = median(seconds for _, seconds in found)
    number = min(found, key=lambda one: abs(one[1] - middle))[0]
    near = assumed / _NEAR <= middle <= assumed * _NEAR
    return decided(near, f"{duration(middle)} {what}; assumed are {duration(assumed)}", number)


def _changes(cases: Cases) -> list[tuple[int, Scaling, bool]]:
    """The changes of the count that came off, with whether they added instances."""
    found = []
    for number, case in cases.items():
        before = case.count
        for one in sorted(case.scalings, key=lambda one: one.time):
            if one.status is Status.SUCCESSFUL and one.desired != before:
                found.append((number, one, one.desired > before))
                before = one.desired
    return found


def _alarm_low(name: str) -> Judge:
    def judge(_recording: Recording, cases: Cases) -> Seen:
        for number, case in cases.items():
            if name in (found := made(case)):
                value, assumed = found[name], DEFAULT.get(name)
                return decided(value == assumed, f"{name}={value}: as AlarmLow was made", number)
        return unseen("nothing tracks the concurrency of high resolution")

    return judge


def _action_delay(recording: Recording, cases: Cases) -> Seen:
    """From the evaluation that put an alarm up to its activity."""
    if recording.local:
        return unseen("an alarm of LocalStack acts at once")
    found = []
    for number, case in cases.items():
        for one in case.scalings:
            own = [alarm.time for alarm in case.transitions if alarm.alarm == one.alarm]
            before = [time for time in own if time <= one.time]
            # What comes later follows from a repeat.
            if before and one.time - max(before) < 2 * _SOON:
                found.append((number, one.time - max(before)))
    if not found:
        return unseen("no alarm changed the instance count at once")
    number, least = min(found, key=lambda one: one[1])
    return decided(least < _SOON, f"{least:.2f} s from an alarm's evaluation to the activity", number)


def _idle(recording: Recording, _cases: Cases) -> Seen:
    found = [one for one in _metrics(recording) if one.phase == "idle"]
    if not found:
        return unseen("nobody looked before the first request")
    points = sum(one.document["points"] for one in found)
    said = f"{points} data points before the first request"
    return decided(points == 0, said, found[0].number)


def _by_type(recording: Recording, _cases: Cases) -> Seen:
    loaded = [one for one in _metrics(recording) if one.phase == "load" and one.document["points"]]
    if not loaded:
        return unseen("no metric had data while there was load")
    typed = [one for one in loaded if "InstanceType" in one.document["dimensions"]]
    if typed:
        return decided(True, "ConcurrentRequestsPerModel with InstanceType has data", typed[0].number)
    return decided(False, "missing: only the form without InstanceType has data", loaded[0].number)


def _metrics(recording: Recording) -> list[Entry]:
    wanted = "ConcurrentRequestsPerModel"
    return [one for one in recording.of(Kind.METRIC) if one.document["name"] == wanted]


def _redeployed(recording: Recording, _cases: Cases) -> Seen:
    found = recording.of(Kind.TAGS)
    if not found:
        return unseen("no tags were changed")
    seen = found[0].document["statuses"]
    return decided("Updating" not in seen, f"the endpoint was {', '.join(seen)}", found[0].number)


def _forgotten(recording: Recording, _cases: Cases) -> Seen:
    found = [one for one in recording.of(Kind.UPDATE) if one.phase == "update"]
    if not found or found[0].document["status"] != "SUCCESS":
        return unseen("no update came off")
    there = "DeploymentConfig" in found[0].document["returned"]
    said = f"Cloud Control returns {'the' if there else 'no'} DeploymentConfig that was sent"
    return decided(there, said, found[0].number)


def _rewritten(recording: Recording, _cases: Cases) -> Seen:
    found = recording.of(Kind.CONFIGURATION)
    if not found:
        return unseen("no configuration was made")
    differs = found[0].document["differs"]
    said = f"other than sent: {', '.join(differs)}" if differs else "as it was sent"
    return decided(not differs, said, found[0].number)


def _unchecked(recording: Recording, _cases: Cases) -> Seen:
    found = [one for one in recording.of(Kind.REFUSED) if one.document["call"] == "unknown alarm"]
    if not found:
        return unseen("no update named an alarm that does not exist")
    refused = found[0].document["refused"]
    said = f"refused: {found[0].document['message']}" if refused else "accepted"
    return decided(refused, said, found[0].number)


def _silent(recording: Recording, _cases: Cases) -> Seen:
    found = [one for one in recording.of(Kind.UPDATE) if one.phase == "failed"]
    if not found:
        return unseen("no update was rolled back")
    document = found[0].document
    if document["status"] not in OVER:
        return unseen("the update was not over in time")
    reported = document["status"] == "FAILED" and bool(document["failure"])
    why = "a FailureReason" if document["failure"] else "no FailureReason"
    return decided(reported, f"Cloud Control says {document['status']}, with {why}", found[0].number)


JUDGES: Mapping[str, Judge] = {
    **{name: _alarm_low(name) for name in ALARM_LOW},
    "action_delay": _action_delay,
    "concurrency_by_type": _by_type,
    "provisioning": _start_up,
    "start_up": _start_up,
    "scale_in_time": _scale_in,
    "idle": _idle,
    "redeployed": _redeployed,
    "forgotten": _forgotten,
    "rewritten": _rewritten,
    "unchecked_alarms": _unchecked,
    "silent": _silent,
}
"""The judge of each of these assumptions."""
_ASYNCHRONOUS = "it needs an asynchronous endpoint"
UNSEEN: Mapping[str, str] = {
    "oldest_signal": "nothing outside delays an alarm's action",
    "schedule_in_gap": "it shows only in the night in which clocks go forward",
    "backlog_per_instance_at_zero": _ASYNCHRONOUS,
    "shortages": "capacity cannot be made short from outside",
    "retry": "capacity cannot be made short from outside",
    "single_type_shortage": "capacity cannot be made short from outside",
    "provision_timeout": "capacity cannot be made short from outside",
    "stop_grace_seconds": "it needs a stream that lasts longer than an instance that goes",
    "draining": _ASYNCHRONOUS,
    "release": "no call says which instance goes",
    "routing": "the endpoint's configuration says it",
    "when_full": "the container decides it: measure yours with `scaleproof measure`",
    "patience": "the caller decides it",
    "request_ttl": _ASYNCHRONOUS,
    "invocations_per_instance": _ASYNCHRONOUS,
    "objective": "it is a choice of the study, nothing of AWS",
    "pending": "it needs two changes of one target at the same moment",
    "pools": "it needs a fleet with several types that is changed under load",
}
"""Why an assumption is always open."""
QUESTIONS: Mapping[str, str] = {
    "idle": "a real-time endpoint publishes nothing before its first request",
    "redeployed": "a change of tags through Cloud Control deploys nothing",
    "forgotten": "Cloud Control returns the DeploymentConfig",
    "rewritten": "configurations come back as they were sent",
    "unchecked_alarms": "a rollback alarm has to exist",
    "silent": "a rollback is reported, with its reason",
    "pending": "a change of a scalable target takes no time",
    "pools": "a change of pools keeps the count under a scalable target",
}
"""What docs/emulation.md assumes beside the fields of `scaleproof.scaling.assumptions`, by its rule."""


def seen(recording: Recording, cases: Cases, name: str) -> Seen | None:
    """What the judge of an assumption says; None where it has none."""
    if name in UNSEEN:
        return Seen(Verdict.OPEN, UNSEEN[name])
    judge = JUDGES.get(name)
    return judge(recording, cases) if judge else None
