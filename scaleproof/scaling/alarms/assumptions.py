"""What AWS's documentation leaves open about alarms, each with the answer taken and why.

[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws: cloudwatch/alarm_evaluation.json
and applicationautoscaling/scaling.json, scale_in.json, alarm_signals.json; responses of real AWS resources.
[evaluation] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
[missing] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
[actions] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumptions:
    """Answers to what is not documented; seconds unless the name says more. Vary them to see what they do."""

    metric_cutoff: float = 10.0
    """How far behind the evaluation the data of an alarm on one metric ends. Not documented; all of the
    evaluations in [captures] fit 10 s, with periods of 10, 20 and 60 s."""

    expression_cutoff: float = 0.0
    """The same for an alarm on an expression. All of those in [captures], at a period of 10 s, fit 0."""

    extra_periods: int = 2
    """Periods retrieved beyond the evaluation periods, from 60 s on. [missing] says that their number depends
    on the period and gives 5 for 3 in its example; nothing in [captures] contradicts 2."""

    extra_high_resolution: int = 60
    """What is retrieved beyond them below 60 s: 9 periods of 10 s for 3 fit every capture of data that
    expires or ages; 20 and 30 s are not covered."""

    repeat_standard: float = 60.0
    """How often an Auto Scaling action is repeated while the state lasts: once per minute [actions]."""

    repeat_high_resolution: float = 10.0
    """The same below 60 s. [actions] knows one minute only; in [captures] a 10 s alarm acted 70.1 s after its
    transition and again 9.96 s later, and one public project saw refused requests come back every 10 s.
    Nothing is known for 20 and 30 s, which are evaluated every 10 s as well [evaluation]."""

    action_delay: float = 0.17
    """From an evaluation to its action. 0.149 s and 0.182 s in [captures]."""

    oldest_signal: float = 10.0
    """How old the evaluation behind an action may be to be acted on. [captures] bracket it: 5.7 s was
    accepted, 15.6 s refused as outdated."""


DEFAULT = Assumptions()
