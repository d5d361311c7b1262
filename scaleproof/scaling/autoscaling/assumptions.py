"""What AWS's documentation leaves open about Application Auto Scaling, each with the answer taken and why.

[overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[step] https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
[scheduled] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-policy-overview.html
[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
[define] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws/applicationautoscaling: responses
of real AWS resources
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Assumptions:
    """Answers to what is not documented; seconds unless the name says more. Vary them to see what they do."""

    high_resolution_low_period: int = 10
    """Period of AlarmLow for the concurrency that AlarmHigh watches every 10 s. No public capture; both
    alarms of ECS's high-resolution types have the period of the type [captures]."""

    high_resolution_low_periods: int = 90
    """Its evaluation periods. 90 of 10 s are the 15 minutes of a standard metric, since such metrics scale in
    at the standard speed [define]; ECS's high-resolution types have 30 of 20 s, ten minutes [captures]."""

    tracked_value: Literal["mean", "newest"] = "mean"
    """What target tracking makes of the data points behind an alarm. [overview] is silent; both agree with
    [captures], and the mean is what independent implementations take."""

    largest_scale_in: int | None = None
    """Instances that target tracking removes at once at most, None for no limit. [overview] says "gradual";
    [captures] show one removed from two, which allows either."""

    cooldown_scope: Literal["policy", "target"] = "policy"
    """Whose activities start the cooldown that a policy waits for: its own, or those of any policy on the
    target. [step] says "the previous scaling activity" without more; earlier texts of the API reference had
    "if the alarm triggers the same policy again". A scale-out ends every scale-in cooldown either way."""

    schedule_delay: float = 0.0
    """How late a scheduled action runs. "Some seconds" [scheduled]; 40.2 s in the one capture there is."""

    refused_retry: float = 60.0
    """How soon bounds that the capacity is to be brought into are tried again while the endpoint refuses
    changes. [captures] show that it is retried, not how soon."""

    unfulfilled_after: float | None = None
    """How long an activity is in progress before it counts as Unfulfilled, None for as long as it takes.
    [activities] gives no number; one was still in progress after 1801 s [captures]."""

    schedule_in_gap: Literal["skipped", "after"] = "skipped"
    """A cron() time that the clock jumps over in spring: it is skipped, or run as much later as the clock
    jumps. Application Auto Scaling's documentation is silent; that of EventBridge Scheduler says skipped, and
    that a time which comes twice in autumn is run the first time only."""

    backlog_per_instance_at_zero: Literal["missing", "backlog"] = "missing"
    """ApproximateBacklogSizePerInstance without instances: no data point, or the whole backlog. Not
    documented; three public projects report that nothing is published."""


DEFAULT = Assumptions()

ALTERNATIVES: Mapping[str, tuple[Any, ...]] = {
    "high_resolution_low_periods": (30, 60),
    "tracked_value": ("newest",),
    "largest_scale_in": (1,),
    "cooldown_scope": ("target",),
    "schedule_delay": (5.0, 40.2),
    "schedule_in_gap": ("after",),
    "refused_retry": (10.0, 300.0),
    "unfulfilled_after": (1800.0,),
    "backlog_per_instance_at_zero": ("backlog",),
}
"""The other answers worth trying, by field."""
