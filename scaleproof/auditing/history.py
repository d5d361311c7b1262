"""Makes the case of a capture: the alarms, policies and events of one scalable target.

[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
has the wording of activities, and [history] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html
the form of transitions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from scaleproof.auditing.captures import Answer, Capture, items
from scaleproof.auditing.case import Case, Watched
from scaleproof.endpoints import metric_data
from scaleproof.endpoints.live import scope
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.scaling.alarms import Alarm, AlarmSettings, State, Transition
from scaleproof.scaling.autoscaling import Activity, Code, Status
from scaleproof.scaling.endpoint import SUSPENDED, Policy, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import (
    CONFIGURATIONS,
    TRACKING,
    parse_activity,
    parse_alarm,
    parse_policy,
    parse_queries,
)
from scaleproof.scaling.target_tracking import DEFAULT_COOLDOWN
from scaleproof.times import MINUTE, instant

BY_BOUND = re.compile(r"\b(min|max)imum capacity was set to (\d+)")
_SOON = 5.0
"""Seconds from new bounds by a schedule to the change of the count that follows from them; 0.3 s in captures
(tests/vectors/audit_sched_step10.json)."""
_CONFIGURED = "AlarmConfigurationUpdatedTimestamp"
_COOLDOWNS = ("ScaleOutCooldown", "ScaleInCooldown", "Cooldown")
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_CODES = frozenset(map(str, Code))
_Entry = Mapping[str, Any]


def case(capture: Capture) -> Case:
    """The case in a capture.

    It is replayed from a cooldown before `start` on, as what happened there may bear on what comes after it,
    and compared from the start on; later where the target is newer, an alarm was configured later, or its
    data is gone. Raises ScaleproofError for what is missing, out of bounds or not modelled.
    """
    try:
        return History(capture).case()
    except KeyError as error:
        raise ScaleproofError(
            f"{capture.origin}: an answer has no {error.args[0]}.",
            advice="Read the endpoint again with --capture.",
        ) from error


class History:
    """The last answer of each kind. `notes`: sentences about what the audit takes for granted."""

    def __init__(self, capture: Capture) -> None:
        """Raises as `case`."""
        self.capture = capture
        self.targets = [
            (answer.requested_at, self._target(answer)) for answer in capture.answers_to("DescribeScalableTargets")
        ]
        self.target = self.targets[-1][1]
        listed = capture.answers_to("DescribeScalingPolicies")
        self.policies = list(items(listed[-1:], "ScalingPolicies"))
        first = {policy["PolicyName"] for policy in items(listed[:1], "ScalingPolicies")}
        self.older = {
            alarm["AlarmName"]
            for policy in self.policies
            if policy["PolicyName"] in first
            for alarm in policy.get("Alarms", ())
        }
        """Alarms that may be older than the case, as far as the answers tell."""
        self.schedules = list(items(capture.answers_to("DescribeScheduledActions")[-1:], "ScheduledActions"))
        activities = list(items(capture.answers_to("DescribeScalingActivities")[-1:], "ScalingActivities"))
        activities.reverse()  # of those at one moment the schedule comes before what follows from it
        self.activities = sorted(
            (parse_activity(number, activity) for number, activity in enumerate(activities)),
            key=lambda activity: activity.start,
        )
        self.alarms = self._alarms()
        self.settings: dict[str, AlarmSettings] = {}
        for name, alarm in self.alarms.items():
            with self._naming(f"the alarm {name}"):
                self.settings[name] = parse_alarm(alarm)
        self.notes: list[str] = []
        self.begin, self.judged = self._begin()

    def _target(self, answer: Answer) -> _Entry:
        own = scope(self.capture.endpoint, self.capture.variant)["ResourceId"]
        targets = [target for target in items([answer], "ScalableTargets") if target.get("ResourceId") == own]
        if not targets:
            raise ScaleproofError(f"{answer.place} does not have the scalable target {own}.")
        return targets[0]

    def _alarms(self) -> dict[str, _Entry]:
        """The alarms that policies act on, in alphabetical order."""
        answers = [answer for answer in self.capture.answers if answer.operation == "DescribeAlarms"]
        described = {alarm["AlarmName"]: alarm for alarm in items(answers, "MetricAlarms")}
        acting = {
            alarm["AlarmName"]
            for policy in self.policies
            for alarm in policy.get("Alarms", ())
            if alarm["AlarmName"] in described and not _is_idle(policy, described[alarm["AlarmName"]])
        }
        return {name: described[name] for name in sorted(acting)}

    @contextmanager
    def _naming(self, part: str) -> Iterator[None]:
        """Makes a ScaleproofError that names the part of the capture of what is wrong with it."""
        try:
            yield
        except FailedError:
            raise
        except (ScaleproofError, ValueError) as error:
            words = error.message if isinstance(error, ScaleproofError) else f"{error}."
            advice = error.advice if isinstance(error, ScaleproofError) else ""
            raise ScaleproofError(f"{self.capture.origin}, {part}: {words}", advice=advice) from error

    def case(self) -> Case:
        """The case that a replay starts from, made of all answers of the capture."""
        (least, most), count = self._bounds(), self._count()
        activities = [activity for activity in self.activities if self.begin <= activity.start <= self.capture.end]
        others = {reason.code for activity in activities for reason in activity.not_scaled} - _CODES
        self.notes += [f"{code} is not modelled, and is ignored." for code in sorted(others)]
        if unknown := sorted({activity.alarm for activity in activities if activity.alarm} - self.alarms.keys()):
            raise ScaleproofError(
                f"{self.capture.origin}: activities name alarms that are gone: {', '.join(unknown)}.",
                advice="Audit the time since the last change of the policies.",
            )
        schedules = tuple(self._schedule(action) for action in self.schedules)
        transitions = {name: self._transitions(name) for name in self.alarms}
        return Case(
            name=self.capture.endpoint,
            start=self.begin,
            end=self.capture.end,
            judged=self.judged,
            target=ScalableTarget(least, most, tuple(self._policies()), schedules),
            count=count,
            alarms={name: self._watched(name, changes) for name, changes in transitions.items()},
            data=self._data(),
            dimensions={"EndpointName": self.capture.endpoint, "VariantName": self.capture.variant},
            transitions=tuple(
                transition
                for changes in transitions.values()
                for transition in changes
                if self.begin <= transition.time <= self.capture.end
            ),
            activities=tuple(
                activity._replace(not_scaled=tuple(reason for reason in activity.not_scaled if reason.code in _CODES))
                for activity in activities
            ),
            suspensions=tuple(self._suspensions()),
            moved=tuple(_moved(activities)),
            notes=tuple(self.notes),
        )

    def _begin(self) -> tuple[float, float]:
        """Where the case begins, and from when on it is compared."""
        start, end = self.capture.start, self.capture.end
        begin = max(start - _cooldown(self.policies), end - metric_data.RETENTION[-1][1])
        reasons = [(_time(self.target, "CreationTime"), "when the scalable target was registered")]
        reasons += [
            (_time(self.alarms[name], _CONFIGURED), "when alarms were configured last")
            for name in self.alarms.keys() & self.older
        ]
        read_at = max(end, self.capture.answers[-1].requested_at)
        for settings in self.settings.values():
            gone = read_at - metric_data.retention(settings.period) + reach(settings)
            reasons.append((gone, f"as CloudWatch has no older data of {settings.period} s"))
        first, why = max(reasons)
        if first > start:
            self.notes.append(f"It begins at {_clock(first)}, {why}.")
        begin = max(begin, first)
        for activity in self.activities:
            ended = end if activity.end is None else activity.end
            if activity.desired is not None and activity.start < begin < ended:
                begin = ended
        if begin > end:
            raise ScaleproofError(
                f"{self.capture.origin}: the record begins at {_clock(begin)}, after its end.",
                advice="Audit a later time.",
            )
        return begin, max(start, begin)

    def _watched(self, name: str, changes: list[Transition]) -> Watched:
        """An alarm with its state when the case begins, or when it was made."""
        alarm = self.alarms[name]
        since = self.begin if name in self.older else max(self.begin, _time(alarm, _CONFIGURED))
        before = [transition.new for transition in changes if transition.time < since]
        later = [transition.old for transition in changes if transition.time >= since]
        state = [*before[-1:], *later[:1], State(alarm["StateValue"])][0]
        policies = {policy["PolicyARN"] for policy in self.policies}
        acting = [
            State(state)
            for state, member in _ACTIONS.items()
            if alarm.get("ActionsEnabled", True) and policies & set(alarm.get(member, ()))
        ]
        return Watched(self.settings[name], since, state, tuple(acting))

    def _transitions(self, alarm: str) -> list[Transition]:
        """New states of an alarm, each at the time of the evaluation behind it, where the answer has it."""
        answers = [answer for answer in self.capture.answers if answer.operation == "DescribeAlarmHistory"]
        transitions = []
        for entry in items(answers, "AlarmHistoryItems"):
            if entry.get("AlarmName") != alarm or entry.get("HistoryItemType") != "StateUpdate":
                continue
            with self._naming(f"the history of {alarm}"):
                changed = json.loads(entry["HistoryData"])
                old, new = (State(changed[part]["stateValue"]) for part in ("oldState", "newState"))
                evaluated = (changed["newState"].get("stateReasonData") or {}).get("queryDate")
                at = instant(evaluated).timestamp() if evaluated else _time(entry, "Timestamp")
            if old != new:
                transitions.append(Transition(at, alarm, old, new))
        return sorted(transitions, key=lambda transition: transition.time)

    def _policies(self) -> Iterator[Policy]:
        for policy in self.policies:
            name, kind = policy["PolicyName"], policy["PolicyType"]
            with self._naming(f"the policy {name}"):
                if kind not in CONFIGURATIONS:
                    raise ValueError(f"{kind} is not modelled")
                alarms = [alarm["AlarmName"] for alarm in policy.get("Alarms", ())]
                settings = {alarm: self.settings[alarm] for alarm in alarms if alarm in self.settings}
                if settings:  # without any it does nothing, and the engine would make its own
                    yield parse_policy(name, kind, policy[CONFIGURATIONS[kind]], settings)
                else:
                    self.notes.append(f"Policy {name} has no alarm any more, and is left out.")

    def _schedule(self, action: _Entry) -> ScheduledAction:
        name, limits = action["ScheduledActionName"], action.get("ScalableTargetAction", {})
        return ScheduledAction(
            name,
            action["Schedule"],
            action.get("Timezone", "UTC"),
            limits.get("MinCapacity"),
            limits.get("MaxCapacity"),
            action.get("StartTime"),
            action.get("EndTime"),
        )

    def _suspensions(self) -> Iterator[tuple[float, Suspended]]:
        """What was suspended: from the start on as it was first answered, later as each answer says."""
        for time, target in self.targets:
            state = target.get("SuspendedState", {})
            suspended = Suspended(**{field: state.get(member, False) for member, field in SUSPENDED.items()})
            yield self.begin if target is self.targets[0][1] else time, suspended

    def _bounds(self) -> tuple[int, int]:
        """The bounds at the start: as answered then, as the last schedule set them, or those of now."""
        answered, first = self.targets[0]
        low, high = first["MinCapacity"], first["MaxCapacity"]
        scheduled = [activity for activity in self.activities if activity.bounds != (None, None)]
        before = [activity.bounds for activity in scheduled if activity.start < self.begin]
        if answered > self.begin:
            if scheduled and not before:
                self.notes.append(
                    "No activity says what the bounds were at the start. Those of now are taken until a "
                    "schedule moves them."
                )
            for least, most in before:
                low, high = low if least is None else least, high if most is None else most
        return low, high

    def _count(self) -> int:
        """The instances at the start: as asked for or answered then, else as the last activity before it
        set them, else those of now if nothing set them since, or the initial ones."""
        if self.capture.instances is not None:
            return self.capture.instances
        described = self.capture.answers_to("DescribeEndpoint")
        now = int(self._own(described[0])["DesiredInstanceCount"])
        done = [
            (activity.start, activity.desired)
            for activity in self.activities
            if activity.desired is not None and activity.status is Status.SUCCESSFUL
        ]
        before = [count for time, count in done if time < self.begin]
        if described[0].requested_at <= self.begin or not done:
            return now
        if before:
            return before[-1]
        initial = int(self._own(self.capture.answers_to("DescribeEndpointConfig")[-1]).get("InitialInstanceCount", now))
        self.notes.append(
            f"No activity says how many instances there were at the start. Taken is {initial}, the initial "
            "count; name another one with --instances, or as instances of the capture."
        )
        return initial

    def _own(self, answer: Answer) -> _Entry:
        for variant in items([answer], "ProductionVariants"):
            if variant["VariantName"] == self.capture.variant:
                return variant
        raise ScaleproofError(f"{answer.place} has no variant {self.capture.variant}.")

    def _data(self) -> dict[MetricStat, dict[int, float]]:
        """The data points of each metric, by the start of the period."""
        points: dict[MetricStat, dict[int, float]] = {}
        for answer in self.capture.answers:
            if answer.operation != "GetMetricData":
                continue
            with self._naming("GetMetricData"):
                queries = parse_queries(answer.request["MetricDataQueries"])
                metrics = {query.id: query.metric for query in queries if query.metric}
                for metric in metrics.values():
                    points.setdefault(metric, {})
                for metric, at, value in metric_data.points(metrics, answer.content):
                    if metric.statistic == "SampleCount" and value < 1:
                        raise ValueError(
                            f"the SampleCount of {metric.name} at {_clock(at)} is {value:g}; expected is 1 or more"
                        )
                    points[metric][at] = value
        return points


def reach(settings: AlarmSettings) -> float:
    """How far back from an evaluation an alarm looks at most, with any assumption (seconds)."""
    alarm = Alarm(settings)
    # One more period (`extra_periods`), a minute that is left out (`metric_cutoff`), and less than `slide` to it.
    return alarm.length + settings.period + MINUTE + alarm.slide


def _is_idle(policy: _Entry, alarm: _Entry) -> bool:
    """Whether it would scale in, which the policy does not. AWS does not document whether there is such an alarm."""
    configured = policy.get(CONFIGURATIONS[TRACKING]) or {}
    return bool(configured.get("DisableScaleIn")) and alarm["ComparisonOperator"].startswith("Less")


def _cooldown(policies: Iterable[_Entry]) -> float:
    """The longest cooldown of policies, in seconds."""
    cooldowns = [
        policy[CONFIGURATIONS[policy["PolicyType"]]].get(member, DEFAULT_COOLDOWN)
        for policy in policies
        if policy["PolicyType"] in CONFIGURATIONS
        for member in _COOLDOWNS
    ]
    return float(max(cooldowns, default=0))


def _moved(activities: Iterable[Activity]) -> Iterator[tuple[float, int | None, int | None]]:
    """Bounds that somebody set by hand: no schedule explains the change of the count to them."""
    scheduled, retried = -_SOON, ""
    for activity in activities:
        if activity.bounds != (None, None) and activity.status is Status.SUCCESSFUL:
            scheduled = activity.start
        elif activity.desired is not None and (bound := BY_BOUND.search(activity.cause)):
            if activity.start - scheduled > _SOON and activity.cause != retried:
                number = int(bound[2])
                yield (activity.start, number, None) if bound[1] == "min" else (activity.start, None, number)
            retried = activity.cause if activity.refused else ""  # refused, it is tried again


def _time(entry: _Entry, member: str) -> float:
    moment: datetime = entry[member]
    return moment.timestamp()


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
