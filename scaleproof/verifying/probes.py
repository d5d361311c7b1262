"""Alarms, policies and metrics of a verification's own, on the scalable target of its endpoint.

Metrics get their data before the alarms are put, also for the time to come: PutMetricData takes times up to
two hours ahead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from scaleproof.endpoints.live import Clients, scope
from scaleproof.verifying.sweep import remove_alarms

OWN = "ScaleproofVerify"
"""The namespace of the metrics."""
BACK = 9
"""Periods of data that lie back: as many as an alarm on one of them looks at."""
_CALL = 500
_AT_A_TIME = 8
Value = Callable[[int], float | None]
"""A metric's value at a time (epoch seconds), None for no data."""


class Probes:
    """Those of one variant. `run`: the prefix of all names; `ahead`: seconds of data to come."""

    def __init__(self, clients: Clients, endpoint: str, variant: str, run: str, ahead: float) -> None:
        """Makes nothing yet."""
        self._ahead = ahead
        self._scaling = clients("application-autoscaling")
        self._cloudwatch = clients("cloudwatch")
        self._run = run
        self._target = scope(endpoint, variant)
        self._policies: list[str] = []
        self._waiting: list[dict[str, Any]] = []

    def data(self, metric: str, period: int, value: Value, *, end: float | None = None) -> None:
        """Data points of a metric from BACK periods ago to `end` (epoch seconds), by default all to come."""
        now = time.time()
        last = now + self._ahead if end is None else end
        first = int(now) // period * period - BACK * period
        points = [(at, found) for at in range(first, int(last), period) if (found := value(at)) is not None]
        for start in range(0, len(points), _CALL):
            self._cloudwatch.put_metric_data(
                Namespace=OWN,
                MetricData=[
                    {
                        "MetricName": metric,
                        "Dimensions": self._dimensions,
                        "Timestamp": datetime.fromtimestamp(at, UTC),
                        "Value": found,
                        "StorageResolution": 1 if period < 60 else 60,
                    }
                    for at, found in points[start : start + _CALL]
                ],
            )

    @property
    def _dimensions(self) -> list[dict[str, str]]:
        return [{"Name": "Run", "Value": self._run}]

    def steps(self, name: str, kind: str, adjustment: int, cooldown: int = 0) -> str:
        """Puts a step policy for everything above the threshold; its ARN."""
        return self._policy(
            name,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": kind,
                "MetricAggregationType": "Average",
                "Cooldown": cooldown,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": adjustment}],
            },
        )

    def tracking(self, name: str, metric: str, target: float) -> None:
        """Puts a policy that scales out so that a metric stays at its target."""
        self._policy(
            name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": target,
                "CustomizedMetricSpecification": {
                    "Namespace": OWN,
                    "MetricName": metric,
                    "Dimensions": self._dimensions,
                    "Statistic": "Average",
                },
                "DisableScaleIn": True,
                "ScaleOutCooldown": 0,
            },
        )

    def _policy(self, name: str, **configuration: Any) -> str:
        full = f"{self._run}-{name}"
        made = self._scaling.put_scaling_policy(**self._target, PolicyName=full, **configuration)
        self._policies.append(full)
        return str(made["PolicyARN"])

    def alarm(self, name: str, policy: str, metric: str, period: int, **more: str) -> None:
        """An alarm above 50 on one data point, for `put`; `more` members of its request."""
        self._add(
            name,
            policy,
            Namespace=OWN,
            MetricName=metric,
            Dimensions=self._dimensions,
            Statistic="Average",
            Period=period,
            **more,
        )

    def formula(
        self, name: str, policy: str, expression: str, metrics: Mapping[str, str], period: int
    ) -> None:
        """The same on metric math; `metrics` by their letter in it."""
        queries: list[dict[str, Any]] = [
            {
                "Id": letter,
                "MetricStat": {
                    "Metric": {"Namespace": OWN, "MetricName": metric, "Dimensions": self._dimensions},
                    "Period": period,
                    "Stat": "Average",
                },
                "ReturnData": False,
            }
            for letter, metric in metrics.items()
        ]
        queries.append({"Id": "e1", "Expression": expression, "ReturnData": True, "Period": period})
        self._add(name, policy, Metrics=queries)

    def _add(self, name: str, policy: str, **source: Any) -> None:
        self._waiting.append(
            {
                "AlarmName": f"{self._run}-{name}",
                "AlarmActions": [policy],
                "EvaluationPeriods": 1,
                "Threshold": 50.0,
                "ComparisonOperator": "GreaterThanThreshold",
                **source,
            }
        )

    def broken(self, metric: str) -> str:
        """Puts an alarm that invokes nothing and is in alarm; its name."""
        name = f"{self._run}-{metric}"
        self._cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace=OWN,
            MetricName=metric,
            Dimensions=self._dimensions,
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=50.0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",  # the first evaluation keeps the state
        )
        self._cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="for a rollback")
        return name

    def put(self) -> None:
        """Puts the alarms, all at a moment: a capture begins when the last one was put."""
        waiting, self._waiting = self._waiting, []
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(lambda one: self._cloudwatch.put_metric_alarm(**one), waiting))

    def schedule(self, name: str, at: datetime, low: int) -> None:
        """A scheduled action that sets the minimum once."""
        self._scaling.put_scheduled_action(
            **self._target,
            ScheduledActionName=f"{self._run}-{name}",
            Schedule=at.strftime("at(%Y-%m-%dT%H:%M:%S)"),
            ScalableTargetAction={"MinCapacity": low},
        )

    def bounds(self, low: int, high: int, *, out: bool = True, inward: bool = False) -> None:
        """Sets the bounds of the target, and whether alarms may add and remove instances."""
        state = {"DynamicScalingInSuspended": not inward, "DynamicScalingOutSuspended": not out}
        self._scaling.register_scalable_target(
            **self._target, MinCapacity=low, MaxCapacity=high, SuspendedState=state
        )

    def remove(self) -> None:
        """Removes the alarms and policies that were put."""
        self._waiting = []
        remove_alarms(self._cloudwatch, f"{self._run}-")
        while self._policies:
            self._scaling.delete_scaling_policy(**self._target, PolicyName=self._policies[-1])
            self._policies.pop()
