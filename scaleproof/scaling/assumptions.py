"""What AWS's documentation leaves open: each question with the answer assumed and the reason.

[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws: cloudwatch/alarm_evaluation.json
and the folder applicationautoscaling; responses of real AWS resources.
[stackd] https://github.com/radkawar/stackd/blob/9dc356f5e5cc49d2d334178a09c1398dd1c62617/internal/services/cloudwatch/query_math.go
is an independent implementation checked against AWS in other respects; it is no evidence of what AWS does.
[evaluation] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
[missing] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
[actions] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
[guide] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
[overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[step] https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
[scheduled] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-policy-overview.html
[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[forms] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-detailed-observability-metric-mapping.html
[capacity] https://aws.amazon.com/blogs/machine-learning/capacity-aware-inference-automatic-instance-fallback-for-sagemaker-ai-endpoints
[define] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from types import NoneType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from scaleproof.errors import ScaleproofError


def assumed(usual: Any, *others: Any) -> Any:
    """A field with the answer that is usually assumed, and others that are worth a try."""
    return field(default=usual, metadata={"others": others})


def others(part: type) -> dict[str, tuple[Any, ...]]:
    """The answers that are worth a try by the name of the field, of a class of `assumed` fields."""
    return {member.name: member.metadata.get("others", ()) for member in fields(part)}


@dataclass(frozen=True)
class AlarmAssumptions:
    """Of CloudWatch alarms; seconds unless the name says more."""

    metric_cutoff: float = assumed(10.0, 0.0, 60.0)
    """How far behind the evaluation the data of an alarm on one metric ends. Not documented; all of the
    evaluations in [captures] fit 10 s, with periods of 10, 20 and 60 s."""

    expression_cutoff: float = 0.0
    """The same for an alarm on an expression. All of those in [captures], at a period of 10 s, fit 0."""

    extra_periods: int = assumed(2, 1, 3)
    """Periods retrieved beyond the evaluation periods, from 60 s on. [missing] says that their number depends
    on the period and gives 5 for 3 in its example; nothing in [captures] contradicts 2."""

    extra_high_resolution: int = 60
    """What is retrieved beyond them below 60 s: 9 periods of 10 s for 3 fit every capture of data that
    expires or ages; 20 and 30 s are not covered."""

    repeat_standard: float = 60.0
    """How often an Auto Scaling action is repeated while the state lasts: once per minute [actions]."""

    repeat_high_resolution: float = assumed(10.0, 60.0)
    """The same below 60 s. [actions] knows one minute only; in [captures] a 10 s alarm acted 70.1 s after its
    transition and again 9.96 s later, and one public project saw refused requests come back every 10 s.
    Nothing is known for 20 and 30 s, which are evaluated every 10 s as well [evaluation]."""

    action_delay: float = 0.17
    """From an evaluation to its action. 0.149 s and 0.182 s in [captures]."""

    oldest_signal: float = 10.0
    """How old the evaluation behind an action may be to be acted on. [captures] bracket it: 5.7 s was
    accepted, 15.6 s refused as outdated."""

    def __post_init__(self) -> None:
        """Raises ScaleproofError for a cutoff before all data."""
        for name in ("metric_cutoff", "expression_cutoff"):
            if math.isinf(getattr(self, name)):
                raise ScaleproofError(f"{name} is a number of seconds, not {getattr(self, name)}.")


@dataclass(frozen=True)
class AutoscalingAssumptions:
    """Of Application Auto Scaling; seconds unless the name says more."""

    high_resolution_low_period: int = 10
    """Period of AlarmLow for the concurrency that AlarmHigh watches every 10 s. No public capture; both
    alarms of ECS's high-resolution types have the period of the type [captures]."""

    high_resolution_low_periods: int = assumed(90, 30, 60)
    """Its evaluation periods. 90 of 10 s are the 15 minutes of a standard metric, since such metrics scale in
    at the standard speed [define]; ECS's high-resolution types have 30 of 20 s, ten minutes [captures]."""

    tracked_value: Literal["mean", "newest"] = assumed("mean", "newest")
    """What target tracking makes of the data points behind an alarm. [overview] is silent; both agree with
    [captures], and the mean is what independent implementations take."""

    largest_scale_in: int | None = assumed(None, 1)
    """Instances that target tracking removes at once at most, None for no limit. [overview] says "gradual";
    [captures] show one removed from two, which allows either."""

    cooldown_scope: Literal["policy", "target"] = assumed("policy", "target")
    """Whose activities start the cooldown that a policy waits for: its own, or those of any policy on the
    target. [step] says "the previous scaling activity" without more; earlier texts of the API reference had
    "if the alarm triggers the same policy again". A scale-out ends every scale-in cooldown either way."""

    schedule_delay: float = assumed(0.0, 5.0, 40.2)
    """How late a scheduled action runs. "Some seconds" [scheduled]; 40.2 s in the one capture there is."""

    refused_retry: float = assumed(60.0, 10.0, 300.0)
    """How soon bounds that the capacity is to be brought into are tried again while the endpoint refuses
    changes. [captures] show that it is retried, not how soon."""

    unfulfilled_after: float | None = assumed(None, 1800.0)
    """How long an activity is in progress before it counts as Unfulfilled, None for as long as it takes.
    [activities] gives no number; one was still in progress after 1801 s [captures]."""

    schedule_in_gap: Literal["skipped", "after"] = assumed("skipped", "after")
    """A cron() time that the clock jumps over in spring: it is skipped, or run as much later as the clock
    jumps. Application Auto Scaling's documentation is silent; that of EventBridge Scheduler says skipped, and
    that a time which comes twice in autumn is run the first time only."""

    backlog_per_instance_at_zero: Literal["missing", "backlog"] = assumed("missing", "backlog")
    """ApproximateBacklogSizePerInstance without instances: no data point, or the whole backlog. Not
    documented; three public projects report that nothing is published."""

    concurrency_by_type: Literal["published", "missing"] = assumed("published", "missing")
    """Whether ConcurrentRequestsPerModel has a form with InstanceType. AWS's example of a weighted metric
    uses it [pools]; the list of metrics and their dimensions does not have it [forms]. Where it is missing,
    a weighted metric has no data."""

    single_type_shortage: Literal["retried", "fails"] = assumed("retried", "fails")
    """What becomes of a scale-out of a variant with one instance type that is out of stock. "retried":
    SageMaker asks for that type without end [capacity], and refuses other changes meanwhile. "fails": it
    gives up, and the alarm, still raised, asks again. [pools] says of a deployment that it fails and has to
    be tried again by hand, and nothing of scaling; one public project saw a scale-out end after 34 minutes
    at the old count."""


@dataclass(frozen=True)
class MetricMathAssumptions:
    """Of metric math. The defaults are the best supported; vary them to see their part."""

    missing_extremes: Literal["ignored", "zero"] = assumed("ignored", "zero")
    """A missing member in MAX or MIN of an array. [guide] says "treated as 0" of AVG and of operators only,
    and is silent here; [stackd] leaves the member out. With 0, the MIN over pools is 0 as soon as one is
    empty."""

    average_of_series: Literal["window", "points"] = "window"
    """AVG of one series divides by the periods of the range or by the data points in it. [guide] says "the
    average of all the data points" and, of AVG as a whole, "missing values are treated as 0"; [stackd] takes
    the latter at its word."""

    empty_reduction: Literal["undefined", "zero"] = "undefined"
    """AVG, SUM, MIN and MAX of a series without any data point. [guide] is silent; undefined gives no
    data points in what is computed with it, as in [stackd]. AWS was seen to give none for MAX as the key of a
    SORT (radkawar/stackd captures, alarm_query_admission.json), which both answers allow."""

    fill_of_empty: Literal["window", "nothing"] = assumed("window", "nothing")
    """FILL with a number on a series without any data point. [guide] says "fills the missing values of a time
    series"; [stackd] fills the whole range. In captures of AWS only TIME_SERIES was seen to give points where
    nothing was ever published. REPEAT and LINEAR have nothing to go by and give nothing."""

    running_sum_in_gaps: Literal["open", "carried"] = "open"
    """RUNNING_SUM where there is no data point. [guide] is silent; [stackd] gives none."""

    empty_sorts: Literal["last", "first"] = "last"
    """Where SORT puts a series without data points. [guide] is silent; last keeps FIRST(SORT(...)) useful."""


@dataclass(frozen=True)
class Assumptions:
    """All answers, by the part of AWS that they are about."""

    alarms: AlarmAssumptions = AlarmAssumptions()
    autoscaling: AutoscalingAssumptions = AutoscalingAssumptions()
    math: MetricMathAssumptions = MetricMathAssumptions()

    def get(self, name: str) -> Any:
        """An answer. Raises ScaleproofError for an unknown name."""
        return getattr(getattr(self, self._part(name)), name)

    def set(self, name: str, value: Any) -> Self:
        """A copy with one answer changed. Raises ScaleproofError for an unknown name and for a value that is
        none."""
        part = self._part(name)
        own = replace(getattr(self, part), **{name: value})
        if not _fits(value, get_type_hints(type(own))[name]):
            raise ScaleproofError(f"{name} cannot be {value!r}.")
        return replace(self, **{part: own})

    def _part(self, name: str) -> str:
        for part in fields(self):
            if name in get_type_hints(type(getattr(self, part.name))):
                return part.name
        raise ScaleproofError(f"There is no assumption {name!r}.")


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of the type of a field."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    kinds = get_args(kind) or (kind,)
    if value is None:
        return NoneType in kinds
    if not {int, float} & set(kinds):
        return isinstance(value, kinds)
    numbers = (int, float) if float in kinds else (int,)
    return isinstance(value, numbers) and not isinstance(value, bool) and value >= 0


DEFAULT = Assumptions()
