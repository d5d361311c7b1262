"""CloudWatch of the same LocalStack: alarms and data points, for one account and region.

Data is read from the database that LocalStack keeps it in. Its GetMetricData finds dimensions by a pattern: a
metric of EndpointName and VariantName comes mixed with those of the same that have an InstanceType as well,
and one of endpoint "a" with that of "ab"; and it asks the database once per period.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaleproof.scaling.metrics import MetricStat, Window

Json = dict[str, Any]
"""A request, a response or a part of one, with the API's member names."""

STATISTICS: Mapping[str, Callable[[float, float, float, float], float]] = {
    "SampleCount": lambda count, _sum, _min, _max: count,
    "Sum": lambda _count, sum_, _min, _max: sum_,
    "Average": lambda count, sum_, _min, _max: sum_ / count,
    "Minimum": lambda _count, _sum, min_, _max: min_,
    "Maximum": lambda _count, _sum, _min, max_: max_,
}
"""Statistics from the number of samples, their sum, the smallest and the largest."""

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


@dataclass(frozen=True)
class CloudWatch:
    """The only door to CloudWatch.

    `client`: makes boto3 clients of the account; `alarms`: its metric alarms as DescribeAlarms has them;
    `database`: LocalStack's file of data points.
    """

    account: str
    region: str
    client: Callable[[str], Any]
    alarms: Callable[[], list[Json]]
    database: Path

    def read(self, metric: MetricStat, window: Window) -> dict[int, float]:
        """The data points of a metric within a window, by where their period starts (epoch seconds).

        Raises KeyError for a statistic that is none of STATISTICS.
        """
        statistic = STATISTICS[metric.statistic]
        parameters = {
            "account": self.account,
            "region": self.region,
            "namespace": metric.namespace,
            "name": metric.name,
            # As CloudwatchDatabase of localstack.services.cloudwatch writes them.
            "dimensions": "".join(f"{name}={value}\t" for name, value in metric.dimensions) or None,
            "unit": metric.unit,
            "start": window.start,
            "end": window.end,
            "period": window.period,
        }
        if not self.database.exists():  # nothing has asked for CloudWatch yet
            return {}
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", _TIMEOUT, uri=True)) as connection:
            rows = connection.execute(_SAMPLES, parameters).fetchall()
        # Whole numbers come back as int from columns that are NUMERIC.
        return {
            window.start + number * window.period: float(statistic(*samples)) for number, *samples in rows
        }

    def publish(self, endpoint: str, metrics: Mapping[str, float]) -> None:
        """Puts data points of an endpoint, now."""
        dimensions = [{"Name": "EndpointName", "Value": endpoint}]
        self.client("cloudwatch").put_metric_data(
            Namespace="AWS/SageMaker",
            MetricData=[
                {"MetricName": name, "Value": value, "Dimensions": dimensions}
                for name, value in metrics.items()
            ],
        )

    def states(self, names: list[str]) -> dict[str, str]:
        """The states of those of these alarms, metric and composite ones, that there are."""
        if not names:
            return {}
        found = self.client("cloudwatch").describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}

    def put_alarm(self, **alarm: Any) -> None:
        """Creates or replaces a metric alarm, with the members of PutMetricAlarm."""
        self.client("cloudwatch").put_metric_alarm(**alarm)

    def set_alarm_state(self, **state: Any) -> None:
        """Tells it of an alarm's state, with the members of SetAlarmState."""
        self.client("cloudwatch").set_alarm_state(**state)

    def delete_alarms(self, names: list[str]) -> None:
        """Deletes alarms; none is not a call."""
        if names:
            self.client("cloudwatch").delete_alarms(AlarmNames=names)
