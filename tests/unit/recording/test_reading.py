"""Pages, throttling and refusals of the calls that read, and how long CloudWatch keeps what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from scaleproof.endpoints.metric_data import WAITS
from scaleproof.errors import FailedError
from scaleproof.recording.reading import Activity, Reader
from scaleproof.recording.retention import DAY, KEPT, Segment, segments
from scaleproof.recording.series import Point
from scaleproof.scaling.metrics import MetricStat

START = 1_800_000_000 // 3600 * 3600
METRICS = [
    MetricStat("AWS/SageMaker", name, (("EndpointName", "speech"),), "Sum", 60) for name in ("One", "Two")
]


class Stubbed:
    """Clients that answer as told, what was told, and the seconds that were waited."""

    def __init__(self, service: str) -> None:
        session = boto3.Session("id", "secret", region_name="us-east-1")
        self.client = session.client(service)  # type: ignore[call-overload]
        self.stub = Stubber(self.client)
        self.told: list[str] = []
        self.waited: list[float] = []
        self.shares: list[float] = []
        self.reader = Reader(
            lambda _service: self.client,
            tell=self.told.append,
            progress=self.shares.append,
            sleep=self.waited.append,
        )


@pytest.fixture
def cloudwatch() -> Iterator[Stubbed]:
    made = Stubbed("cloudwatch")
    with made.stub:
        yield made
    made.stub.assert_no_pending_responses()


@pytest.fixture
def scaling() -> Iterator[Stubbed]:
    made = Stubbed("application-autoscaling")
    with made.stub:
        yield made
    made.stub.assert_no_pending_responses()


def page(token: str | None, **values: list[tuple[int, float]]) -> dict[str, Any]:
    results = [
        {
            "Id": name,
            "Label": name,
            "StatusCode": "PartialData" if token else "Complete",
            "Timestamps": [datetime.fromtimestamp(START + at, UTC) for at, _ in points],
            "Values": [value for _, value in points],
        }
        for name, points in values.items()
    ]
    return {"MetricDataResults": results, **({"NextToken": token} if token else {})}


def asked(**members: Any) -> dict[str, Any]:
    return {
        "MetricDataQueries": ANY,
        "StartTime": START,
        "EndTime": START + 600,
        "ScanBy": "TimestampAscending",
        **members,
    }


def test_all_pages_are_read(cloudwatch: Stubbed) -> None:
    cloudwatch.stub.add_response("get_metric_data", page("next", m0=[(0, 1.0)], m1=[(0, 5.0)]), asked())
    cloudwatch.stub.add_response("get_metric_data", page("last", m1=[(60, 6.0)]), asked(NextToken="next"))
    cloudwatch.stub.add_response("get_metric_data", page(None, m0=[(120, 2.0)]), asked(NextToken="last"))
    found = cloudwatch.reader.metrics(METRICS, START, START + 600, START + 600)
    assert found[METRICS[0]] == [Point(START, 60, 1.0), Point(START + 120, 60, 2.0)]
    assert found[METRICS[1]] == [Point(START, 60, 5.0), Point(START + 60, 60, 6.0)]


def test_a_long_time_is_read_in_parts_and_shown(cloudwatch: Stubbed) -> None:
    for _ in range(3):
        cloudwatch.stub.add_response("get_metric_data", page(None, m0=[(0, 1.0)]))
    cloudwatch.reader.metrics(METRICS, START, START + 3 * DAY, START + 3 * DAY)
    assert cloudwatch.shares == [0.0, 1 / 3, 2 / 3, 1.0]


def test_throttling_is_waited_out(cloudwatch: Stubbed) -> None:
    for code in ("Throttling", "ThrottlingException"):
        cloudwatch.stub.add_client_error("get_metric_data", code, "Rate exceeded", 400)
    cloudwatch.stub.add_response("get_metric_data", page(None, m0=[(0, 1.0)]), asked())
    found = cloudwatch.reader.metrics(METRICS, START, START + 600, START + 600)
    assert found == {METRICS[0]: [Point(START, 60, 1.0)], METRICS[1]: []}
    assert cloudwatch.waited == [1.0, 2.0]
    assert cloudwatch.told == [f"AWS asks for fewer calls; the next one in {wait} s." for wait in (1, 2)]


def test_throttling_without_end(cloudwatch: Stubbed) -> None:
    for _ in range(len(WAITS) + 1):
        cloudwatch.stub.add_client_error("get_metric_data", "Throttling", "Rate exceeded", 400)
    with pytest.raises(FailedError, match=r"The API refuses to be read: .*Rate exceeded\."):
        cloudwatch.reader.metrics(METRICS, START, START + 600, START + 600)
    assert tuple(cloudwatch.waited) == WAITS


def test_a_refusal_is_told_at_once(cloudwatch: Stubbed) -> None:
    cloudwatch.stub.add_client_error("get_metric_data", "AccessDenied", "not allowed", 403)
    with pytest.raises(FailedError, match="not allowed"):
        cloudwatch.reader.metrics(METRICS, START, START + 600, START + 600)
    assert not cloudwatch.waited


@pytest.mark.parametrize(
    ("code", "advice"), [("InternalError", "Try again"), ("Forbidden", "Allow cloudwatch")]
)
def test_a_metric_that_is_not_given(cloudwatch: Stubbed, code: str, advice: str) -> None:
    answer = page(None, m0=[])
    answer["MetricDataResults"][0]["StatusCode"] = code
    cloudwatch.stub.add_response("get_metric_data", answer)
    with pytest.raises(FailedError, match=f"does not give One: {code}. {advice}"):
        cloudwatch.reader.metrics(METRICS, START, START + 600, START + 600)


def row(number: int, at: int, description: str, **members: Any) -> dict[str, Any]:
    return {
        "ActivityId": str(number),
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/speech/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "Description": description,
        "Cause": "monitor alarm",
        "StartTime": datetime.fromtimestamp(START + at, UTC),
        "StatusCode": "Successful",
        **members,
    }


def test_all_activities_are_read(scaling: Stubbed) -> None:
    done = datetime.fromtimestamp(START + 900, UTC)
    first = [
        row(1, 500, "Setting desired instance count to 4.", EndTime=done),
        row(2, 400, "Attempting to scale."),
    ]
    scaling.stub.add_response(
        "describe_scaling_activities", {"ScalingActivities": first, "NextToken": "more"}
    )
    scaling.stub.add_client_error("describe_scaling_activities", "ThrottlingException", "Rate exceeded", 400)
    later = [
        row(3, 300, "Setting desired instance count to 3.", StatusCode="InProgress"),
        row(4, -5, "Setting desired instance count to 2."),
    ]
    scaling.stub.add_response(
        "describe_scaling_activities",
        # What is older than the recording is not asked for.
        {"ScalingActivities": later, "NextToken": "older"},
        {
            "ServiceNamespace": "sagemaker",
            "ResourceId": "endpoint/speech/variant/AllTraffic",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "NextToken": "more",
        },
    )
    found = scaling.reader.activities("speech", "AllTraffic", START, START + 600)
    assert found == [
        Activity(START + 300, None, "InProgress", 3),
        Activity(START + 500, START + 900, "Successful", 4),
    ]
    assert scaling.waited == [1.0]


@pytest.mark.parametrize(
    ("config", "seconds"), [({}, 60), ({"MetricsConfig": {"MetricPublishFrequencyInSeconds": 10}}, 10)]
)
def test_how_often_instances_send_metrics(config: dict[str, Any], seconds: int) -> None:
    """Each minute, unless the configuration says otherwise."""

    class Api:
        def describe_endpoint(self, EndpointName: str) -> Any:  # noqa: N803
            return {"EndpointConfigName": f"{EndpointName}-3"}

        def describe_endpoint_config(self, EndpointConfigName: str) -> Any:  # noqa: N803
            return config if EndpointConfigName == "speech-3" else {}

    reader = Reader(lambda _service: Api(), tell=print, progress=print)
    assert reader.frequency("speech") == seconds


NOW = START + 123


@pytest.mark.parametrize(
    ("age", "shortest", "periods"),
    [
        (3600, 10, [10]),
        (DAY, 10, [60, 10]),
        (DAY, 60, [60]),
        (14 * DAY, 60, [60]),
        (16 * DAY, 60, [300, 60]),
        (62 * DAY, 60, [300, 60]),
        (100 * DAY, 10, [3600, 300, 60, 10]),
        (2 * DAY, 120, [120]),
        (16 * DAY, 180, [900, 180]),
    ],
)
def test_the_finest_period_of_an_age(age: int, shortest: int, periods: list[int]) -> None:
    found = segments(NOW - age, NOW, NOW, shortest)
    assert [one.period for one in found] == periods
    assert found[0].start <= NOW - age < found[0].start + found[0].period
    assert NOW <= found[-1].end < NOW + found[-1].period
    for one, following in zip(found, [*found[1:], None], strict=True):
        assert one.start % one.period == one.end % one.period == 0
        assert following is None or one.end == following.start
        kept = max(age for age, period in KEPT if period <= one.period)
        # It does not grow too old while it is read: what is older than `kept` comes back without data.
        assert one.start >= NOW - kept + 120 or one is found[0]


def test_what_is_old_only() -> None:
    assert segments(NOW - 80 * DAY, NOW - 70 * DAY, NOW, 10) == [
        Segment(START - 80 * DAY, START - 70 * DAY + 3600, 3600)
    ]
