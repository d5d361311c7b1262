"""A simulated endpoint is recorded from its metrics and simulated again."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.recording import check, file, instances, metrics, recording
from scaleproof.recording.check import Difference
from scaleproof.recording.file import Header
from scaleproof.recording.instances import Counts
from scaleproof.recording.metrics import BACKLOG, CONCURRENCY, CPU, INVOCATIONS, LATENCY, PER_INSTANCE
from scaleproof.recording.reading import DONE, Activity
from scaleproof.recording.recording import Recording, record
from scaleproof.recording.requests import Line, Rate, rates_at_once
from scaleproof.recording.series import Curve, Point, Series
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation import Traffic, Work
from scaleproof.studies import traffic_csv
from tests.unit.recording.truth import START, Datum, Replayed, Truth, happened
from tests.unit.simulation.endpoints import asynchronous, backlog, pools, realtime, steady, tracking, wake_up

HOUR, DAY = 3600, 86400


def waves(hours: float, level: float, seconds: float, work: Work = Work.STREAM, seed: int = 1) -> Traffic:
    """Requests whose number goes up and down every hour, with log-normal lengths."""
    chance = random.Random(seed)
    made, time = [], 0.0
    most = level / seconds
    while (time := time + chance.expovariate(most)) < hours * HOUR:
        if chance.random() < 0.55 + 0.45 * (1 if time % HOUR < HOUR / 2 else -1):
            made.append((time, seconds * chance.lognormvariate(-0.125, 0.5)))
    return Traffic.of(made, work=work, duration=hours * HOUR)


def recorded(
    truth: Truth, age: float = 0.0, data: list[Datum] | None = None, start: int = START
) -> Recording:
    """The recording of what happened, so many seconds after it."""
    reader = Replayed(truth.data if data is None else data, truth.activities)
    # The API does not say what an instance sustains.
    pools = tuple(replace(one, max_concurrency=None) for one in truth.endpoint.pools)
    return record(reader, replace(truth.endpoint, pools=pools), start, truth.end, truth.end + age)


def replayed(found: Recording, path: Path) -> tuple[Traffic, Difference]:
    """The traffic of the file, and how far it is from the recording."""
    header = Header(found.work, found.start, found.end, ["made"], found.gaps)
    path.write_text("".join(file.lines(header, found.rows())))
    read = traffic_csv.read(path, {})
    assert read.start is not None
    assert read.start.timestamp() == found.start
    distance = check.compare(
        found.endpoint, read.traffic, found.start, found.counts, found.levels, lambda _share: None
    )
    assert distance is not None
    return read.traffic, distance


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "recorded.csv"


STREAMS = realtime(tracking(4.0), fleet=pools(g6=10.0), low=4, high=20)


def test_streams_by_ten_seconds(csv: Path) -> None:
    truth = happened(STREAMS, waves(2.5, 40, 120))
    found = recorded(truth)
    traffic, distance = replayed(found, csv)
    assert found.resolution == [(START, 10)]
    assert traffic.work is Work.STREAM
    assert distance.points == 900
    assert distance.recorded > 15
    assert distance.mean < 0.02
    assert distance.largest <= 1
    assert found.line.number == pytest.approx(truth.result.totals.arrivals, rel=0.002)


@pytest.mark.parametrize(
    ("age", "period", "mean"), [(DAY, 60, 0.2), (20 * DAY, 300, 0.2), (70 * DAY, 3600, 0.1)]
)
def test_streams_of_older_data(csv: Path, age: float, period: int, mean: float) -> None:
    truth = happened(STREAMS, waves(6, 40, 120))
    found = recorded(truth, age)
    traffic, distance = replayed(found, csv)
    assert found.resolution == [(START, period)]
    assert distance.mean < mean
    assert distance.recorded > 15
    assert found.line.number == pytest.approx(truth.result.totals.arrivals, rel=0.01)
    worked = [sum(seconds for _, seconds in one.arrivals()) for one in (traffic, truth.traffic)]
    assert worked[0] == pytest.approx(worked[1], rel=0.03)


def test_both_resolutions_of_one_day(csv: Path) -> None:
    truth = happened(STREAMS, waves(6, 40, 120))
    found = recorded(truth)
    _, distance = replayed(found, csv)
    assert [period for _, period in found.resolution] == [60, 10]
    assert distance.mean < 0.2


def test_short_requests(csv: Path) -> None:
    truth = happened(STREAMS, steady(8.0, 2 * HOUR, lambda chance: chance.uniform(0.2, 0.6)))
    found = recorded(truth)
    traffic, distance = replayed(found, csv)
    assert distance.mean < 0.1
    worked = [sum(seconds for _, seconds in one.arrivals()) for one in (traffic, truth.traffic)]
    assert worked[0] == pytest.approx(worked[1], rel=0.1)


def test_what_is_asynchronous(csv: Path) -> None:
    chance = random.Random(5)
    files = [
        (batch * HOUR + 600 + chance.uniform(0, 120), chance.uniform(40, 80))
        for batch in range(4)
        for _ in range(50)
    ]
    traffic = Traffic.of(sorted(files), work=Work.FILE, duration=5 * HOUR)
    endpoint = asynchronous(backlog(), wake_up(), initial=0, invocations=2)
    truth = happened(endpoint, traffic)
    assert min(count for _, count in truth.samples) == 0
    found = recorded(truth)
    replay, distance = replayed(found, csv)
    assert replay.work is Work.FILE
    assert abs(found.line.number - 200) <= 2
    assert distance.recorded > 4
    assert distance.mean < 0.5
    worked = [sum(seconds for _, seconds in one.arrivals()) for one in (replay, truth.traffic)]
    assert worked[0] == pytest.approx(worked[1], rel=0.1)


def test_streams_that_last_longer_than_the_recording(csv: Path) -> None:
    """What is in flight at both ends was not counted in between."""
    truth = happened(STREAMS, Traffic.of([(5.0, 3 * HOUR)] * 7, duration=2 * HOUR))
    found = recorded(truth, start=START + HOUR)
    traffic, distance = replayed(found, csv)
    assert list(traffic.arrivals()) == [(0.0, HOUR + 10)] * 7
    assert distance.largest == 0
    assert found.notes == []  # they had come before


def test_what_no_metric_counts_is_believed_and_told(csv: Path) -> None:
    truth = happened(STREAMS, waves(2, 40, 120))
    data = [replace(one, sum=0.0) if one.name == INVOCATIONS else one for one in truth.data]
    found = recorded(truth, data=data)
    _, distance = replayed(found, csv)
    assert distance.mean < 0.1
    assert "the number of requests that came and of those that were there differ by" in found.notes[0]


def test_gaps_are_named_and_have_what_else_is_known(csv: Path) -> None:
    truth = happened(STREAMS, steady(2.0, 2 * HOUR, lambda _chance: 20.0))
    gap = (START + 1800, START + 3600)
    data = [one for one in truth.data if one.name != CONCURRENCY or not gap[0] <= one.time < gap[1]]
    found = recorded(truth, data=data)
    traffic, _ = replayed(found, csv)
    assert [(one.start, one.end) for one in found.gaps] == [gap]
    assert f"# no data from {file.moment(gap[0])} to {file.moment(gap[1])}" in csv.read_text().splitlines()
    inside = [seconds for time, seconds in traffic.arrivals() if 1900 <= time < 3500]
    assert len(inside) > 2000  # they came, and nobody says how long they lasted
    sync = replace(truth.traffic, work=Work.SYNC)
    data = [
        one
        for one in happened(STREAMS, sync).data
        if one.name != CONCURRENCY or not gap[0] <= one.time < gap[1]
    ]
    traffic, _ = replayed(recorded(truth, data=data), csv)
    inside = [seconds for time, seconds in traffic.arrivals() if 1900 <= time < 3500]
    assert sum(inside) / len(inside) == pytest.approx(20.0, rel=0.05)


def test_two_lost_samples_are_no_gap() -> None:
    truth = happened(STREAMS, steady(2.0, HOUR, lambda _chance: 20.0))
    lost = (START + 1800, START + 1810)
    data = [one for one in truth.data if one.name != CONCURRENCY or one.time not in lost]
    found = recorded(truth, data=data)
    assert found.gaps == []
    assert found.line.number == pytest.approx(truth.result.totals.arrivals, rel=0.01)


def test_without_a_concurrency_requests_last_as_long_as_their_latency() -> None:
    truth = happened(STREAMS, replace(steady(2.0, HOUR, lambda _chance: 20.0), work=Work.SYNC))
    found = recorded(truth, data=[one for one in truth.data if one.name != CONCURRENCY])
    lengths = [one.seconds for one in found.requests()]
    assert sum(lengths) / len(lengths) == pytest.approx(20.0, rel=0.02)


def test_a_latency_is_that_of_the_middle_of_its_period() -> None:
    latency = metrics.seconds([Point(START, 60, 2e6), Point(START + 60, 60, 4e6)])
    assert latency
    assert [latency.at(START + time) for time in (0, 30, 60, 90)] == [2.0, 2.0, 3.0, 4.0]


def test_quiet_ends_are_left_out(csv: Path) -> None:
    truth = happened(STREAMS, steady(2.0, HOUR, lambda _chance: 20.0))
    for more, end in (([], truth.end), ([Datum(CONCURRENCY, truth.end + 20, 4, 8.0)], truth.end + 60)):
        later = truth.end + HOUR
        found = record(Replayed(truth.data + more), truth.endpoint, START - DAY, later, later)
        assert (found.start, found.end) == (START, end)


def test_long_periods_begin_before_what_was_asked_for() -> None:
    truth = happened(STREAMS, steady(2.0, 4 * HOUR, lambda _chance: 20.0))
    found = recorded(truth, 70 * DAY, start=START + 600)
    assert (found.start, found.end) == (START + 600, truth.end)
    assert [one.start for one in found.levels] == [START + hour * HOUR for hour in (1, 2, 3)]


def test_a_metric_without_a_sample_of_each_instance(csv: Path) -> None:
    """If a variant sent one sample, with what each instance has: the samples of the CPU count instances."""
    truth = happened(STREAMS, waves(2, 40, 120))
    data = [
        replace(one, count=1, sum=one.sum / one.count) if one.name == CONCURRENCY else one
        for one in truth.data
    ]
    found = recorded(truth, data=data)
    assert "samples for each instance every 10 s" in found.notes[0]
    mean = sum(number for number, _ in truth.samples) / len(truth.samples)
    assert sum(one.value for one in found.levels) / len(found.levels) == pytest.approx(mean, rel=0.05)


def test_a_rate_has_the_requests_in_flight_at_its_samples() -> None:
    """One comes each second and none goes: 10, 20 ... 60 at the samples."""
    line = Line(Curve([(0.0, 0.0), (60.0, 60.0)]), Curve([(0.0, 0.0), (60.0, 0.0)]), 0.0)
    assert list(rates_at_once(line, None)) == [Rate(0, 1.0, 35.0)]


def test_rates_where_there_are_too_many_requests(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_REQUESTS", 1000)
    truth = happened(STREAMS, waves(2, 40, 120))
    found = recorded(truth)
    traffic, distance = replayed(found, csv)
    assert "time,rate,duration" in csv.read_text()
    assert traffic.duration == 2 * HOUR
    assert distance.mean < 6  # their arrivals are drawn again
    number = sum(1 for _ in traffic.arrivals())
    assert number == pytest.approx(truth.result.totals.arrivals, rel=0.1)
    worked = [sum(seconds for _, seconds in one.arrivals()) for one in (traffic, truth.traffic)]
    assert worked[0] == pytest.approx(worked[1], rel=0.1)


def test_rates_of_many_files(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_REQUESTS", 100)
    files = steady(0.1, 2 * HOUR, lambda chance: chance.uniform(20, 40))
    truth = happened(asynchronous(initial=4), replace(files, work=Work.FILE))
    traffic, _ = replayed(recorded(truth), csv)
    assert traffic.duration == 2 * HOUR
    lengths = [seconds for _, seconds in traffic.arrivals()]
    assert len(lengths) == pytest.approx(720, rel=0.15)
    assert sum(lengths) / len(lengths) == pytest.approx(30, rel=0.15)


@pytest.mark.parametrize(
    ("kind", "without"), [("realtime", ()), ("async", ()), ("async", (BACKLOG, PER_INSTANCE))]
)
def test_nothing_to_record(kind: str, without: tuple[str, ...]) -> None:
    endpoint = realtime() if kind == "realtime" else asynchronous()
    truth = happened(asynchronous(), Traffic.of([(5.0, 3.0)], work=Work.FILE, duration=HOUR))
    data = [one for one in truth.data if one.name in without]
    said = (
        "no InvocationsProcessed" if without else "CloudWatch has no data of speech from 2026-11-02T00:00:00"
    )
    with pytest.raises(ScaleproofError, match=said):
        record(Replayed(data), endpoint, START, truth.end, truth.end)


def test_a_clerk_that_has_no_count(csv: Path) -> None:
    """Without samples of the CPU, an asynchronous endpoint is counted by what it says of its backlog."""
    truth = happened(
        asynchronous(backlog(), wake_up(), initial=0),
        Traffic.of([(60.0, 50.0)] * 40, work=Work.FILE, duration=2 * HOUR),
    )
    data = [one for one in truth.data if one.name != CPU]
    found = recorded(truth, data=data)
    assert found.counts.source == "ApproximateBacklogSize / ApproximateBacklogSizePerInstance"
    busiest = max(count for _, count in truth.samples)
    assert max(count for _, count in found.counts.steps) == busiest > 1
    assert min(count for _, count in found.counts.steps) == 0


def test_where_no_metric_counts_instances_the_activities_do(csv: Path) -> None:
    """Requests that ended before the queue was looked at, on an endpoint that is empty by now."""
    data = [Datum(BACKLOG, time, 1, 0.0) for time in range(START, START + HOUR, 10)]
    for minute in range(START, START + HOUR // 2, 60):
        data += [Datum("InvocationsProcesssed", minute, 5, 5.0), Datum(LATENCY, minute, 5, 5 * 0.4e6)]
    gone = START + HOUR // 2
    activities = [
        Activity(gone - 3 * HOUR, gone - 3 * HOUR, DONE, 2),
        Activity(gone, gone + 20.0, DONE, 0),
        Activity(gone + 60, None, "InProgress", 1),
    ]
    reader = Replayed(data, activities, initial=4)
    found = record(reader, asynchronous(initial=0), START, START + HOUR, START + HOUR)
    assert found.counts.source == "scaling activities"
    assert found.counts.within(START) == [(START, 2), (gone + 20.0, 0)]
    _, distance = replayed(found, csv)
    assert distance.largest == 0
    assert record(
        Replayed(data, activities[1:], initial=4), asynchronous(initial=0), START, START + HOUR, START + HOUR
    ).counts.within(START) == [(START, 4), (gone + 20.0, 0)]


def test_what_is_too_short_for_the_samples_lasts_as_long_as_its_latency(csv: Path) -> None:
    """Nothing is ever in flight, or in the backlog, at a sample."""
    minutes = range(START, START + HOUR, 60)
    for endpoint, names in (
        (realtime(), (CONCURRENCY, INVOCATIONS)),
        (asynchronous(), (BACKLOG, "InvocationsProcesssed")),
    ):
        data = [Datum(names[0], time, 1, 0.0) for time in range(START, START + HOUR, 10)]
        for minute in minutes:
            data += [Datum(names[1], minute, 5, 5.0), Datum(LATENCY, minute, 5, 5 * 0.4e6)]
            data.append(Datum(CPU, minute, 1, 50.0))
        found = record(Replayed(data), endpoint, START, START + HOUR, START + HOUR)
        lengths = [one.seconds for one in found.requests()]
        assert len(lengths) == 300
        assert lengths == pytest.approx([0.4] * 300)


@pytest.mark.parametrize("name", ["InvocationsProcessed", "InvocationsProcesssed"])
def test_whatever_its_end_a_request_left_the_queue(name: str) -> None:
    """The two spellings are one metric: who has both counts once."""
    data = [Datum(BACKLOG, time, 1, 0.0) for time in range(START, START + HOUR, 10)]
    for minute in range(START, START + HOUR, 60):
        ended = {name: 3, "InvocationsProcesssed": 3, "InvocationFailures": 1, "ExpiredRequests": 1}
        data += [Datum(one, minute, number, number) for one, number in ended.items()]
        data.append(Datum(CPU, minute, 1, 50.0))
    found = record(Replayed(data), asynchronous(), START, START + HOUR, START + HOUR)
    assert found.line.number == 5 * 60


def test_an_instance_works_on_as_many_as_it_says() -> None:
    files = [(60.0 * pair, 50.0) for pair in range(120) for _ in range(2)]
    truth = happened(asynchronous(invocations=2), Traffic.of(files, work=Work.FILE, duration=2 * HOUR))
    lengths = [one.seconds for one in recorded(truth).requests()]
    assert sum(lengths) / len(lengths) == pytest.approx(50.0, rel=0.1)


def test_what_goes_on_at_the_end_takes_as_long_as_the_others() -> None:
    files = Traffic.of([(0.0, 600.0)] * 8, work=Work.FILE, duration=HOUR)
    lengths = [one.seconds for one in recorded(happened(asynchronous(invocations=1), files)).requests()]
    assert lengths == pytest.approx([600.0] * 8, rel=0.05)


def test_a_queue_that_disagrees_is_told() -> None:
    """Ten are gone from the queue, and one ended."""
    half = START + HOUR // 2
    data = [Datum(BACKLOG, time, 1, 10.0 * (time < half)) for time in range(START, START + HOUR, 10)]
    data.append(Datum("InvocationsProcessed", half, 1, 1.0))
    found = record(Replayed(data), asynchronous(), START, START + HOUR, START + HOUR)
    (note,) = found.notes
    assert re.search(r"number of requests that ended and of those that were there differ by 1\d of 1\.", note)


def test_without_a_backlog_nothing_says_how_many_instances_there_are() -> None:
    sizes = [Point(START, 60, 4.0), Point(START + 60, 60, 0.0), Point(START + 120, 60, 3.0)]
    counts = instances.by_division(sizes, [Point(START, 60, 2.0)])
    assert counts
    assert counts.steps == ((START, 2), (START + 120, 0))


@pytest.mark.parametrize(
    ("endpoint", "work", "lengths", "counts", "hours"),
    [
        # One of two instances goes, and its stream goes on for as long as it did.
        (realtime(fleet=pools(g6=1.0)), Work.STREAM, [3000.0] * 2, {0: 2, 600: 1}, 1),
        # So does the file of the only instance that goes.
        (asynchronous(), Work.FILE, [3000.0], {0: 1, 600: 0}, 1),
        # It waits for longer than it may; if it had expired, no backlog would have it.
        (asynchronous(), Work.FILE, [60.0], {0: 0, 7 * HOUR: 1}, 8),
    ],
)
def test_the_check_cuts_nothing_short(
    endpoint: Endpoint, work: Work, lengths: list[float], counts: dict[int, int], hours: int
) -> None:
    traffic = Traffic.of([(0.0, seconds) for seconds in lengths], work=work, duration=hours * HOUR)
    steps = tuple((START + float(time), count) for time, count in counts.items())
    ends = lengths[0] if counts[0] else max(counts) + lengths[0]
    levels = [
        Point(START + time, 10, float(len(lengths) * (time < ends))) for time in range(0, hours * HOUR, 10)
    ]
    found = check.compare(endpoint, traffic, START, Counts(steps, "made", 60.0), levels, lambda _: None)
    assert found
    assert (found.points, found.largest) == (hours * 360, 0.0)


def test_differences_do_not_cancel() -> None:
    found = check.difference([3, 1], START, [Point(START, 10, 2.0), Point(START + 10, 10, 2.0)])
    assert found
    assert (found.points, found.recorded, found.mean, found.largest) == (2, 2.0, 1.0, 1.0)


@pytest.mark.parametrize("every", [10, 120])
def test_instances_that_send_metrics_more_or_less_often(every: int) -> None:
    data = [Datum(CPU, time, 3, 150.0) for time in range(START, START + HOUR, every)]
    data += [Datum(CONCURRENCY, time, 3, 6.0) for time in range(START, START + HOUR, 10)]
    found = record(Replayed(data, every=every), realtime(), START, START + HOUR, START + HOUR)
    assert found.counts.steps == ((START, 3),)
    assert {one.value for one in found.levels} == {6.0}


@pytest.mark.parametrize("points", ["one a minute", "none"])
def test_a_concurrency_that_is_not_kept_in_high_resolution(points: str, csv: Path) -> None:
    truth = happened(STREAMS, waves(2, 40, 120))

    class Coarse(Replayed):
        def metrics(
            self, wanted: Iterable[MetricStat], start: int, end: int, now: float
        ) -> dict[MetricStat, Series]:
            found = super().metrics(wanted, start, end, now)
            for metric, series in found.items():
                if metric.period == 10:
                    by_minute = found[replace(metric, period=60)]
                    found[metric] = [one._replace(period=10) for one in by_minute if points != "none"]
                    assert len(series) == 720
            return found

    endpoint = realtime(fleet=pools(g6=None))
    found = record(Coarse(truth.data), endpoint, START, truth.end, truth.end)
    _, distance = replayed(found, csv)
    assert found.resolution == [(START, 60)]
    assert distance.recorded == pytest.approx(sum(number for number, _ in truth.samples) / 720, rel=0.01)
    assert distance.mean < 0.2
