"""Reads and writes alarms and data points of one account and region in LocalStack's CloudWatch.

Data points are read from LocalStack's own database. Its GetMetricData matches dimensions by a pattern: it
mixes a metric of EndpointName and VariantName with those that have an InstanceType as well, and the metrics
of endpoint "a" with those of "ab". It also queries the database once per period.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scaleproof.emulator import Json
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings, State
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.parsing import alarm_parameters, parse_alarm
from scaleproof.scaling.target_tracking import TrackingAlarm

STATISTICS: Mapping[str, Callable[[float, float, float, float], float]] = {
    "SampleCount": lambda count, _sum, _min, _max: count,
    "Sum": lambda _count, sum_, _min, _max: sum_,
    "Average": lambda count, sum_, _min, _max: sum_ / count,
    "Minimum": lambda _count, _sum, min_, _max: min_,
    "Maximum": lambda _count, _sum, _min, max_: max_,
}
"""Statistics from the number of samples, their sum, the smallest and the largest."""
_ACTIONS = {
    State.ALARM: "AlarmActions",
    State.OK: "OKActions",
    State.INSUFFICIENT_DATA: "InsufficientDataActions",
}

_TIMEOUT = 5.0  # seconds to wait while LocalStack writes
_SAMPLES = """
SELECT (timestamp - :start) / :period, SUM(count), SUM(sum), MIN(min), MAX(max) FROM (
  SELECT timestamp, 1 AS count, value AS sum, value AS min, value AS max, unit
  FROM SINGLE_METRICS WHERE {metric}
  UNION ALL
  SELECT timestamp, sample_count, sum, min, max, unit
  FROM AGGREGATED_METRICS WHERE {metric}
) WHERE :unit IS NULL OR unit = :unit GROUP BY 1 HAVING SUM(count) > 0
""".format(
    metric="metric_name = :name AND namespace = :namespace AND account_id = :account AND region = :region "
    "AND dimensions IS :dimensions AND timestamp >= :start AND timestamp < :end"
)


def actions(alarm: Json, state: State) -> list[str]:
    """The ARNs that a state of a metric alarm invokes; `alarm` as DescribeAlarms describes it."""
    return alarm.get(_ACTIONS[state]) or []


def invoking(alarm: Json) -> tuple[State, ...]:
    """The states that invoke a scaling policy of a SageMaker variant; the others may notify a topic."""
    return tuple(state for state in _ACTIONS if any(":resource/sagemaker/" in arn for arn in actions(alarm, state)))


def settings_of(alarm: Json) -> AlarmSettings:
    """What an alarm is evaluated by. Raises ScaleproofError for a kind of alarm that is not modelled."""
    settings = parse_alarm(alarm)
    for metric in settings.metrics:
        if metric.statistic not in STATISTICS:
            raise ScaleproofError(f"The statistic {metric.statistic} is not computed here.")
    return settings


_DATUM = 150  # different values of one metric in PutMetricData
_CALL = 500  # metrics in one call; AWS takes 1,000


@dataclass(frozen=True)
class Samples:
    """Values of one metric that are put together; `unit` as PutMetricData names it."""

    name: str
    dimensions: Mapping[str, str]
    unit: str
    values: Sequence[float]


@dataclass(frozen=True)
class CloudWatch:
    """All access to CloudWatch.

    `client` makes boto3 clients of the account. `alarms` gives its metric alarms as DescribeAlarms describes
    them. `database` is LocalStack's file of data points.
    """

    account: str
    region: str
    client: Callable[[str], Any]
    alarms: Callable[[], list[Json]]
    database: Path

    def read(self, metric: MetricStat, window: Window) -> dict[int, float]:
        """The values of a metric in a window, in this account and region, by time."""
        return read(self.database, self.account, self.region, metric, window)

    def put(self, samples: Iterable[Samples], time: float) -> None:
        """Puts data points of endpoints at a time (epoch seconds)."""
        moment = datetime.fromtimestamp(time, UTC)
        data = [{**datum, "Timestamp": moment} for some in samples for datum in _data(some)]
        for start in range(0, len(data), _CALL):
            self.client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=data[start : start + _CALL])

    def states(self, names: Iterable[str]) -> dict[str, State]:
        """The states of those of these metric and composite alarms that exist."""
        alarm_names = list(names)
        if not alarm_names:
            return {}
        response = self.client("cloudwatch").describe_alarms(
            AlarmNames=alarm_names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms = [*response.get("MetricAlarms", []), *response.get("CompositeAlarms", [])]
        return {alarm["AlarmName"]: State(alarm["StateValue"]) for alarm in alarms}

    def put_alarm(self, name: str, description: str, policy: str, alarm: TrackingAlarm) -> None:
        """Creates or replaces an alarm that invokes a policy, given by its ARN."""
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=name, AlarmDescription=description, AlarmActions=[policy], **alarm_parameters(alarm)
        )

    def set_state(self, request: Json) -> None:
        """Sets the state of an alarm (SetAlarmState), which invokes its other actions."""
        self.client("cloudwatch").set_alarm_state(**request)

    def delete_alarms(self, names: Iterable[str]) -> None:
        """Deletes alarms. Without names it makes no call."""
        if alarm_names := list(names):
            self.client("cloudwatch").delete_alarms(AlarmNames=alarm_names)


def read(database: Path, account: str, region: str, metric: MetricStat, window: Window) -> dict[int, float]:
    """The data points of a metric within a window, by the start of their period (epoch seconds).

    `database`: LocalStack's. Raises KeyError for a statistic that is not in STATISTICS.
    """
    statistic = STATISTICS[metric.statistic]
    parameters = {
        "account": account,
        "region": region,
        "namespace": metric.namespace,
        "name": metric.name,
        # As CloudwatchDatabase of localstack.services.cloudwatch writes them.
        "dimensions": "".join(f"{name}={value}\t" for name, value in metric.dimensions) or None,
        "unit": metric.unit,
        "start": window.start,
        "end": window.end,
        "period": window.period,
    }
    if not database.exists():  # CloudWatch has not been called yet
        return {}
    with closing(sqlite3.connect(f"file:{database}?mode=ro", timeout=_TIMEOUT, uri=True)) as connection:
        rows = connection.execute(_SAMPLES, parameters).fetchall()
    # Whole numbers come back as int from columns that are NUMERIC.
    return {window.start + number * window.period: float(statistic(*samples)) for number, *samples in rows}


def _data(samples: Samples) -> Iterator[Json]:
    counts = list(Counter(samples.values).items())
    for start in range(0, len(counts), _DATUM):
        values, numbers = zip(*counts[start : start + _DATUM], strict=True)
        yield {
            "MetricName": samples.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in samples.dimensions.items()],
            "Unit": samples.unit,
            "Values": list(values),
            "Counts": list(numbers),
        }
