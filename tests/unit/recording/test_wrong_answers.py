"""What AWS would not answer is named with its call, and nothing is recorded of it."""

import itertools

import pytest

from scaleproof.endpoints import answers
from scaleproof.errors import FailedError
from scaleproof.recording.metrics import CONCURRENCY, CPU, INVOCATIONS, date
from scaleproof.recording.recording import record
from tests.unit.recording.truth import HOUR, MINUTE, START, Account, change, each_minute
from tests.unit.simulation.endpoints import realtime


class Spoiled(Account):
    """An account with an hour of data, one of whose answers is spoiled by a function of it."""

    def __init__(self, operation, spoil):
        data = [*each_minute(CONCURRENCY, 6), *each_minute(INVOCATIONS, 1), *each_minute(CPU, 1)]
        super().__init__(data, [change(START + 60, START + 300, 2)])
        self._operation, self._spoil = operation, spoil

    def describe_endpoint_config(self, **request):
        answer = super().describe_endpoint_config(**request)
        if self._operation == "describe_endpoint_config":
            self._spoil(answer)
        return answer

    def get_paginator(self, operation):
        pages = super().get_paginator(operation)
        return Pages(pages, self._spoil) if operation == self._operation else pages


class Pages:
    """Pages that are spoiled."""

    def __init__(self, pages, spoil):
        self._pages, self._spoil = pages, spoil

    def paginate(self, **request):
        for page in self._pages.paginate(**request):
            for elements in page.values():
                self._spoil(elements[0])
            yield page


def refused(account):
    """What is said of an account with a wrong answer."""
    with pytest.raises(FailedError) as caught:
        record(account, realtime(), START, START + HOUR, START + HOUR)
    return caught.value.message


def refused_answer(operation, name, spoil):
    """What is said of one wrong answer, which is named first."""
    message = refused(Spoiled(operation, spoil))
    assert message.startswith(f"{name} answered ")
    return message


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda row: row.update(Description="Setting desired instance count to 999999999999999."), "more than 10,000"),
        (lambda row: row.pop("Cause"), "without Cause"),
        (lambda row: row.pop("StartTime"), "without StartTime"),
        (lambda row: row.update(StatusCode="Done"), "'Done' is not a valid Status"),
        (lambda row: row.update(StartTime="noon"), "cannot be read"),
    ],
)
def test_wrong_activities_are_named(spoil, said):
    assert said in refused_answer("describe_scaling_activities", "DescribeScalingActivities", spoil)


def test_as_many_instances_as_there_may_be_are_read():
    end = START + HOUR
    account = Account(each_minute(CPU, 1), [change(START, START + 60, 10_000)])
    assert record(account, realtime(), START, end, end).counts.source == "samples of CPUUtilization"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda result: result.pop("Id"), "without Id"),
        (lambda result: result.update(Id="m99"), "without m99"),
        (lambda result: result["Values"].pop(), "CPUUtilization has 60 times and 59 values"),
        *(
            (lambda result, value=value: result["Values"].__setitem__(0, value), said)
            for value, said in (
                (float("nan"), "CPUUtilization is nan"),
                (float("inf"), "CPUUtilization is inf"),
                (1e300, "CPUUtilization is 1e+300"),
                (-1.0, "CPUUtilization is -1.0"),
                ("one", "cannot be read"),
                (None, "cannot be read"),
            )
        ),
        *(
            (lambda result, time=time: result["Timestamps"].__setitem__(0, date(time)), "CPUUtilization is 1.0 at")
            for time in (START - MINUTE, START + HOUR)
        ),
    ],
)
def test_wrong_data_is_named(spoil, said):
    assert said in refused_answer("get_metric_data", "GetMetricData", spoil)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda config: config["ProductionVariants"].clear(), "cannot be read"),
        (lambda config: config.pop("ProductionVariants"), "without ProductionVariants"),
        *(
            (lambda config, every=every: config.update(MetricsConfig={"MetricPublishFrequencyInSeconds": every}), said)
            for every, said in ((0, "Seconds is 0"), (-7, "Seconds is -7"), (10**18, "Seconds is 10"), ("x", "'x'"))
        ),
    ],
)
def test_a_wrong_configuration_is_named(spoil, said):
    assert said in refused_answer("describe_endpoint_config", "DescribeEndpointConfig", spoil)


@pytest.mark.parametrize(
    ("operation", "page", "name"),
    [
        ("describe_scaling_activities", {"ScalingActivities": []}, "DescribeScalingActivities"),
        ("get_metric_data", {"MetricDataResults": []}, "GetMetricData"),
    ],
)
def test_endless_pages_are_refused(monkeypatch, operation, page, name):
    monkeypatch.setattr(answers, "MOST_PAGES", 3)
    account = Spoiled(None, None)
    setattr(account, f"_{operation}", lambda **_: itertools.repeat(page))
    assert refused(account) == f"{name} answered more than 3 pages."
