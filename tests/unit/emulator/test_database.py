"""The data points that the emulator reads from LocalStack's database."""

import sqlite3
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from scaleproof.emulator.cloudwatch import CloudWatch, Samples
from scaleproof.scaling.metrics import MetricStat, Window


@pytest.fixture
def database(tmp_path):
    """The tables that LocalStack makes (localstack.services.cloudwatch.cloudwatch_database_helper)."""
    path = tmp_path / "metrics.db"
    fixed = "account_id, region, metric_name, namespace, timestamp, dimensions, unit"
    common = f"id INTEGER PRIMARY KEY, {fixed.replace('timestamp', 'timestamp NUMERIC')}"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE SINGLE_METRICS ({common}, value NUMERIC)")
        connection.execute(
            f"CREATE TABLE AGGREGATED_METRICS ({common}, sample_count NUMERIC, sum NUMERIC, min NUMERIC, max NUMERIC)"
        )
        rows = [
            (100, "EndpointName=a\t", None, 1),
            (109, "EndpointName=a\t", "Count", 3),
            (119, "EndpointName=a\t", None, 7),
            (105, "EndpointName=a\tInstanceType=x\t", None, 100),
            (105, "EndpointName=ab\t", None, 100),
            (105, None, None, 50),
        ]
        for moment, dimensions, unit, value in rows:
            connection.execute(
                f"INSERT INTO SINGLE_METRICS ({fixed}, value) VALUES ('1', 'r', 'm', 'n', ?, ?, ?, ?)",
                (moment, dimensions, unit, value),
            )
        connection.execute(
            f"INSERT INTO AGGREGATED_METRICS ({fixed}, sample_count, sum, min, max) "
            "VALUES ('1', 'r', 'm', 'n', 101, 'EndpointName=a\t', NULL, 2, 12, 5, 7)"
        )
    return CloudWatch("1", "r", lambda _service: None, list, path)


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("SampleCount", {100: 4.0, 110: 1.0}),
        ("Sum", {100: 16.0, 110: 7.0}),
        ("Average", {100: 4.0, 110: 7.0}),
        ("Minimum", {100: 1.0, 110: 7.0}),
        ("Maximum", {100: 7.0, 110: 7.0}),
    ],
)
def test_statistics_of_exactly_one_metric(database, statistic, expected):
    metric = MetricStat("n", "m", (("EndpointName", "a"),), statistic, 10)
    assert database.read(metric, Window(90, 120, 10)) == expected


def test_metrics_are_told_apart(database):
    window = Window(90, 120, 10)
    without = MetricStat("n", "m", (), "Sum", 10)
    assert database.read(without, window) == {100: 50.0}
    unit = MetricStat("n", "m", (("EndpointName", "a"),), "Sum", 10, "Count")
    assert database.read(unit, window) == {100: 3.0}
    assert database.read(MetricStat("other", "m", (), "Sum", 10), window) == {}
    assert database.read(without, Window(110, 130, 10)) == {}


def test_no_database_yet(tmp_path):
    cloudwatch = CloudWatch("1", "r", lambda _service: None, list, tmp_path / "none.db")
    assert cloudwatch.read(MetricStat("n", "m", (), "Sum", 10), Window(0, 10, 10)) == {}


def test_data_points_are_put_at_the_time_that_is_given(tmp_path):
    client = Mock()
    cloudwatch = CloudWatch("1", "r", lambda _service: client, list, tmp_path / "none.db")
    cloudwatch.put([Samples("m", {"EndpointName": "a"}, "None", [1.0, 2.0, 1.0])], 1_000.0)
    datum = {"MetricName": "m", "Dimensions": [{"Name": "EndpointName", "Value": "a"}], "Unit": "None"}
    datum |= {"Values": [1.0, 2.0], "Counts": [2, 1], "Timestamp": datetime.fromtimestamp(1_000, UTC)}
    client.put_metric_data.assert_called_once_with(Namespace="AWS/SageMaker", MetricData=[datum])
