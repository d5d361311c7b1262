"""Reads a capture through the API of AWS or LocalStack; nothing but reads is called.

[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
has the wording of activities, and [history] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html
the form of transitions.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any

from scaleproof.auditing import data
from scaleproof.auditing.captures import UPDATING, Capture, Row
from scaleproof.auditing.published import without_type
from scaleproof.endpoints import live, metric_data
from scaleproof.endpoints.documents import EndpointError
from scaleproof.endpoints.live import Answer, Clients, describing, pages, scalable_target, scope
from scaleproof.scaling.alarms import AlarmSettings, Clock
from scaleproof.scaling.autoscaling import told_count
from scaleproof.scaling.parsing import CONFIGURATIONS, parse_alarm
from scaleproof.scaling.target_tracking import DEFAULT_COOLDOWN

_BOUND = re.compile(r"(min|max) capacity to (\d+)")
_ALARM = re.compile(r"monitor alarm (.+) in state \w+ triggered policy .+")
_BY_BOUND = re.compile(r"(min|max)imum capacity was set to (\d+)")
_REFUSED = "Cannot update in-progress endpoint"
_SOON = 5.0
"""Seconds from new bounds by a schedule to the change of the count that follows from them; 0.3 s in captures
(tests/vectors/native_timelines.csv)."""
_COOLDOWNS = ("ScaleOutCooldown", "ScaleInCooldown", "Cooldown")
_SETTINGS = (
    *("AlarmName", "StateValue", "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic"),
    *("Period", "Unit", "Metrics", "ComparisonOperator", "Threshold", "EvaluationPeriods"),
    *("DatapointsToAlarm", "TreatMissingData", "EvaluateLowSampleCountPercentile"),
    *("EvaluationCriteria", "EvaluationWindow", "ThresholdMetricId"),
)
"""What bears on the state of an alarm."""
_ACTIONS = {
    "ALARM": "AlarmActions",
    "OK": "OKActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
_ACTION = ("ScheduledActionName", "Schedule", "Timezone", "ScalableTargetAction", "StartTime", "EndTime")


def capture(
    clients: Clients,
    endpoint: str,
    variant: str | None,
    start: float,
    end: float,
    count: int | None = None,
    *,
    earlier: bool = True,
) -> Capture:
    """What is recorded of an endpoint's variant between two times (epoch seconds).

    `variant`: None for the only one that is scaled. `earlier`: whether it begins a cooldown before the start,
    as what happened there may bear on what comes after it. `count`: instances at the start, None to take
    those of the activity before it, or the initial ones where there is none. It begins later where an alarm
    was configured later, or its data is gone. Raises EndpointError for an endpoint that is not there or not
    scaled, FailedError where the API cannot be read, ScaleproofError for an alarm that is not modelled.
    """
    with describing(endpoint):
        return _Reader(clients, endpoint, variant).capture(start, end, count, earlier)


class _Reader:
    """One variant. `notes`: what the record leaves open."""

    def __init__(self, clients: Clients, endpoint: str, variant: str | None) -> None:
        self._scaling = clients("application-autoscaling")
        self._cloudwatch = clients("cloudwatch")
        self._sagemaker = clients("sagemaker")
        self._endpoint = endpoint
        self._described = live.describe(clients, endpoint)
        self._variant, self._target = self._scaled(variant)
        self.notes: list[str] = []

    def capture(self, start: float, end: float, count: int | None, earlier: bool) -> Capture:
        policies = self._of_target("describe_scaling_policies", "ScalingPolicies")
        activities = self._of_target(
            "describe_scaling_activities", "ScalingActivities", IncludeNotScaledActivities=True
        )
        activities.reverse()  # of those at one moment the schedule comes before what follows from it
        activities.sort(key=lambda one: one["StartTime"])
        alarms = self._alarms(policies)
        settings = {alarm["AlarmName"]: parse_alarm(alarm) for alarm in alarms}
        margin = _cooldown(policies) if earlier else 0.0
        begin, judged = self._begin(start, margin, end, alarms, settings, activities)
        within = [one for one in activities if begin <= _time(one, "StartTime") <= end]
        rows = [
            *self._target_rows(begin, activities, count),
            *(Row(begin, "policy", _json(_policy(one))) for one in policies),
            *(
                Row(begin, "schedule", _json({member: one[member] for member in _ACTION if one.get(member)}))
                for one in self._of_target("describe_scheduled_actions", "ScheduledActions")
            ),
            *self._history(alarms, {one["PolicyARN"] for one in policies}, begin, end),
            *self._data(settings.values(), begin, end),
            *_activities(within),
            Row(judged, "judged", ""),
            Row(end, "end", ""),
        ]
        return Capture(self._endpoint, tuple(rows), tuple(self.notes))

    def _scaled(self, variant: str | None) -> tuple[str, Answer]:
        """The variant and its scalable target."""
        found: dict[str, Answer] = {}
        for one in self._described["ProductionVariants"]:
            name = one["VariantName"]
            if (target := scalable_target(self._scaling, self._endpoint, name)) is not None:
                found[name] = target
        if not found:
            raise EndpointError(f"Nothing scales {self._endpoint}: it has no scalable target.")
        if variant is not None and variant not in found:
            raise EndpointError(
                f"{self._endpoint} has no variant {variant} with a scalable target.",
                advice=f"It has {', '.join(found)}.",
            )
        if variant is None and len(found) > 1:
            raise EndpointError(
                f"{self._endpoint} has the scaled variants {', '.join(found)}.",
                advice="Choose one with --variant.",
            )
        name = variant or next(iter(found))
        return name, found[name]

    def _of_target(self, operation: str, member: str, **more: Any) -> list[Answer]:
        return pages(self._scaling, operation, member, **scope(self._endpoint, self._variant), **more)

    def _alarms(self, policies: Sequence[Answer]) -> list[Answer]:
        """The alarms of the policies."""
        names = [alarm["AlarmName"] for policy in policies for alarm in policy.get("Alarms", ())]
        found: list[Answer] = []
        for first in range(0, len(names), 100):  # AlarmNames holds 100 at most
            found += self._cloudwatch.describe_alarms(AlarmNames=names[first : first + 100])["MetricAlarms"]
        return sorted(found, key=lambda one: str(one["AlarmName"]))

    def _begin(
        self,
        start: float,
        margin: float,
        end: float,
        alarms: Sequence[Answer],
        settings: Mapping[str, AlarmSettings],
        activities: Sequence[Answer],
    ) -> tuple[float, float]:
        """Where the record begins, and from when on it is compared.

        It begins `margin` seconds earlier, as activities before it bear on those after it.
        """
        begin = start - margin
        configured = max([_time(one, "AlarmConfigurationUpdatedTimestamp") for one in alarms], default=begin)
        if configured > start:
            self.notes.append(f"It begins at {_clock(configured)}, when alarms were configured last.")
        for alarm in settings.values():
            gone = time.time() - metric_data.kept(alarm.period) + _reach(alarm)
            if gone > max(start, configured):
                self.notes.append(
                    f"It begins at {_clock(gone)}: CloudWatch has no older data of {alarm.period} s."
                )
            configured = max(configured, gone)
        begin = max(begin, configured)
        for one in activities:
            ended = _time(one, "EndTime") if one.get("EndTime") else end
            sets = told_count(one["Description"]) is not None
            if sets and _time(one, "StartTime") < begin < ended:
                begin = ended
        return begin, max(start, begin)

    def _target_rows(self, begin: float, activities: Sequence[Answer], count: int | None) -> Iterator[Row]:
        before = [one for one in activities if _time(one, "StartTime") < begin]
        target = {
            **self._bounds(before, activities[len(before) :]),
            "desired": self._count(before, activities) if count is None else count,
            "dimensions": {"EndpointName": self._endpoint, "VariantName": self._variant},
        }
        yield Row(begin, "target", _json(target))
        suspended = [f"{name} true" for name, on in (self._target.get("SuspendedState") or {}).items() if on]
        if suspended:
            yield Row(begin, "suspend", ", ".join(suspended))

    def _bounds(self, before: Sequence[Answer], after: Sequence[Answer]) -> dict[str, int]:
        """The bounds at the start: those of the last schedule before it, or those of now."""
        found = {"min": self._target["MinCapacity"], "max": self._target["MaxCapacity"]}
        scheduled = {name: int(value) for one in before for name, value in _BOUND.findall(one["Description"])}
        if not scheduled and any(_BOUND.search(one["Description"]) for one in after):
            self.notes.append(
                "No activity says what the bounds were at the start. Those of now are taken until a schedule "
                "moves them."
            )
        return found | scheduled

    def _count(self, before: Sequence[Answer], activities: Sequence[Answer]) -> int:
        """The instances at the start."""

        def done(some: Sequence[Answer]) -> list[int]:
            counts = [told_count(one["Description"]) for one in some if one["StatusCode"] == "Successful"]
            return [found for found in counts if found is not None]

        if known := done(before):
            return known[-1]
        (own,) = (one for one in self._described["ProductionVariants"] if one["VariantName"] == self._variant)
        now = int(own["DesiredInstanceCount"])
        if not done(activities):
            return now
        config = self._sagemaker.describe_endpoint_config(
            EndpointConfigName=self._described["EndpointConfigName"]
        )
        (own,) = (one for one in config["ProductionVariants"] if one["VariantName"] == self._variant)
        initial = int(own.get("InitialInstanceCount", now))
        self.notes.append(
            f"No activity says how many instances there were at the start. Taken is {initial}, the initial "
            "count; name another one with --instances."
        )
        return initial

    def _history(
        self, alarms: Sequence[Answer], policies: Set[str], begin: float, end: float
    ) -> Iterator[Row]:
        """Each alarm with its state at the start, and its transitions."""
        for alarm in alarms:
            name = alarm["AlarmName"]
            asked = {"AlarmName": name, "HistoryItemType": "StateUpdate"}
            items = pages(self._cloudwatch, "describe_alarm_history", "AlarmHistoryItems", **asked)
            own = sorted(_transitions(items))
            within = [one for one in own if begin <= one[0] <= end]
            before = [one for one in own if one[0] < begin]
            state = within[0][1] if within else before[-1][2] if before else alarm["StateValue"]
            document = {member: alarm[member] for member in _SETTINGS if member in alarm}
            document |= {"StateValue": state, "Acting": _acting(alarm, policies)}
            yield Row(begin, "settings", _json(document))
            for at, old, new in within:
                yield Row(at, name, f"{old} to {new}")

    def _data(self, settings: Iterable[AlarmSettings], begin: float, end: float) -> Iterator[Row]:
        """The data points that the alarms may have looked at, and those that tell what is published."""
        reach: dict[Any, float] = {}
        for one in settings:
            for piece in (piece for metric in one.metrics for piece in data.pieces(metric)):
                for read in filter(None, (piece, without_type(piece))):
                    reach[read] = max(reach.get(read, 0.0), _reach(one))
        for number, (metric, length) in enumerate(reach.items(), 1):
            document = {
                "Id": f"m{number}",
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": dict(metric.dimensions),
                "Stat": metric.statistic,
                "Period": metric.period,
                **({"Unit": metric.unit} if metric.unit else {}),
            }
            yield Row(begin, "metric", _json(document))
            points = metric_data.read(self._cloudwatch, [metric], begin - length, end)[metric]
            for at, value in points.items():
                yield Row(at, f"m{number}", repr(value))


def _cooldown(policies: Sequence[Answer]) -> float:
    """The longest cooldown of policies, in seconds."""
    cooldowns = [
        policy[CONFIGURATIONS[policy["PolicyType"]]].get(member, DEFAULT_COOLDOWN)
        for policy in policies
        if policy["PolicyType"] in CONFIGURATIONS
        for member in _COOLDOWNS
    ]
    return float(max(cooldowns, default=0))


def _acting(alarm: Answer, policies: Set[str]) -> list[str]:
    """The states in which an alarm invokes one of these policies, given by their ARNs."""
    enabled = alarm.get("ActionsEnabled", True)
    return [
        state for state, member in _ACTIONS.items() if enabled and policies & set(alarm.get(member) or ())
    ]


def _reach(settings: AlarmSettings) -> float:
    """How far back from an evaluation an alarm looks at most, with any assumption (seconds)."""
    clock = Clock.of(settings)
    return clock.length + 2 * clock.period + 2 * data.MINUTE


def _json(document: Mapping[str, Any]) -> str:
    def plain(value: datetime) -> str:
        return value.isoformat()

    return json.dumps(document, default=plain)


def _time(document: Answer, member: str) -> float:
    moment: datetime = document[member]
    return moment.timestamp()


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _policy(policy: Answer) -> Answer:
    kind = policy["PolicyType"]
    member = CONFIGURATIONS.get(kind)
    return {
        "PolicyName": policy["PolicyName"],
        "PolicyType": kind,
        **({member: policy[member]} if member else {}),
        "Alarms": [alarm["AlarmName"] for alarm in policy.get("Alarms", ())],
    }


def _transitions(items: Iterable[Answer]) -> Iterator[tuple[float, str, str]]:
    """When, from and to which state. The time is that of the evaluation, where the item has it."""
    for item in items:
        if item.get("HistoryItemType") != "StateUpdate":
            continue
        changed = json.loads(item["HistoryData"])
        old, new = changed["oldState"]["stateValue"], changed["newState"]
        asked = (new.get("stateReasonData") or {}).get("queryDate")
        at = datetime.fromisoformat(asked).timestamp() if asked else _time(item, "Timestamp")
        if old != new["stateValue"]:
            yield at, old, new["stateValue"]


def _activities(activities: Sequence[Answer]) -> Iterator[Row]:
    """The rows of activities, oldest first."""
    scheduled, retried = -_SOON, ""
    for activity in activities:
        at, by = _time(activity, "StartTime"), _ALARM.fullmatch(activity["Cause"])
        cause = f", cause: alarm {by[1]}" if by else f", cause: {activity['Cause']}"
        if bounds := _BOUND.findall(activity["Description"]):
            if activity["StatusCode"] == "Successful":
                scheduled = at
            yield Row(at, "bounds", ", ".join(f"{name} {value}" for name, value in bounds))
        elif (desired := told_count(activity["Description"])) is not None:
            moved = _BY_BOUND.search(activity["Cause"])
            if moved and at - scheduled > _SOON and activity["Cause"] != retried:
                yield Row(at, "moved", f"{moved[1]} {moved[2]}")
            if moved:  # refused, it is tried again
                retried = activity["Cause"] if _REFUSED in activity.get("StatusMessage", "") else ""
            yield Row(at, "activity_start", f"desired to {desired}{cause}")
            if activity.get("EndTime"):
                refused = f", {UPDATING}" if _REFUSED in activity.get("StatusMessage", "") else ""
                words = f"{activity['StatusCode']}, desired {desired}{refused}"
                yield Row(_time(activity, "EndTime"), "activity_end", words)
        elif by:
            for reason in activity.get("NotScaledReasons", ()):
                numbers = [f", {name} {value}" for name, value in reason.items() if name != "Code"]
                yield Row(at, "not_scaled", reason["Code"] + "".join(numbers) + cause)
