"""A simulated endpoint is recorded from its metrics and simulated again."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.recording import metrics
from scaleproof.recording.instances import Counts
from scaleproof.recording.metrics import (
    BACKLOG,
    CONCURRENCY,
    CPU,
    FIRST_CHUNK,
    INVOCATIONS,
    LATENCY,
    date,
)
from scaleproof.recording.recording import NoDataError, record
from scaleproof.scaling.autoscaling import Status
from scaleproof.simulation import Traffic, Work
from scaleproof.studies import traffic_csv
from tests.unit.recording.truth import (
    HOUR,
    MINUTE,
    START,
    STREAMS,
    Account,
    Datum,
    change,
    each_minute,
    happened,
    waves,
)
from tests.unit.simulation.endpoints import asynchronous, backlog, pools, realtime, steady, wake_up

DAY = 86400


def recorded(
    truth,
    age=0.0,
    data=None,
    start=START,
    end=None,
):
    """The recording of what happened, so many seconds after it."""
    account = Account(truth.data if data is None else data, truth.activities)
    # The API does not say what an instance sustains.
    pools = tuple(replace(one, max_concurrency=None) for one in truth.endpoint.pools)
    return record(account, replace(truth.endpoint, pools=pools), start, end or truth.end, truth.end + age)


def of(data, endpoint=None, **account):
    """The recording of an hour of data."""
    end = START + HOUR
    return record(Account(data, **account), endpoint or realtime(), START, end, end)


def lines(found):
    return "".join(found.lines(["made by hand"])).splitlines()


def work_in(found):
    """Seconds of work that the rates stand for."""
    return sum(rate.per_second * found.resolution * rate.seconds for rate in found.rates)


@pytest.mark.parametrize(("age", "period"), [(0, 60), (DAY, 60), (14.5 * DAY, 60), (20 * DAY, 300), (70 * DAY, 3600)])
def test_streams(age, period):
    truth = happened(STREAMS, waves(6, 40, 120))
    found = recorded(truth, age)
    assert (found.resolution, found.work, found.notes, found.gaps) == (period, Work.STREAM, [], [])
    assert (found.start, found.end) == (date(START), date(truth.end))
    assert found.requests == pytest.approx(truth.result.totals.arrivals, rel=0.01)
    assert work_in(found) == pytest.approx(sum(seconds for _, seconds in truth.traffic.arrivals()), rel=0.01)
    assert found.difference
    assert found.difference.hours == 6
    assert found.difference.recorded > 15
    assert found.difference.mean < 0.3
    assert found.difference.largest < 0.5
    for rate in found.rates[1:]:
        assert 105 < rate.seconds < 140
    assert found.metrics == [
        *("/aws/sagemaker/Endpoints CPUUtilization", "AWS/SageMaker ModelLatency"),
        *("AWS/SageMaker ConcurrentRequestsPerModel", "AWS/SageMaker Invocations"),
        "AWS/SageMaker FirstChunkLatency",
    ]


def test_the_page_has_each_metric_that_is_read():
    page = (Path(__file__).parents[3] / "docs/simulation.md").read_text(encoding="utf-8")
    named = [text for name, text in vars(metrics).items() if name.isupper() and isinstance(text, str)]
    assert [text for text in named if f"`{text}`" not in page] == [metrics.SAGEMAKER, metrics.INSTANCES]


def test_the_file_has_rates_that_a_simulation_replays(tmp_path):
    truth = happened(STREAMS, waves(6, 40, 120))
    found = recorded(truth)
    (tmp_path / "recorded.csv").write_text("".join(found.lines(["made by hand"])))
    read = traffic_csv.read(tmp_path / "recorded.csv", {})
    assert read.start == date(START)
    assert read.traffic.duration == 6 * HOUR
    assert read.traffic.work is Work.STREAM
    arrivals = list(read.traffic.arrivals())
    assert len(arrivals) == pytest.approx(found.requests, rel=0.06)
    for half in range(12):  # the waves are there
        number, expected = (
            sum(1 for time, _ in some if half * 1800 <= time < (half + 1) * 1800)
            for some in (arrivals, truth.traffic.arrivals())
        )
        assert abs(number - expected) < 5 * expected**0.5 + 5


def test_the_lines_of_the_file():
    data = [*each_minute(CONCURRENCY, 6, 2.0), *each_minute(CPU, 1), *each_minute(INVOCATIONS, 1, 0.0)]
    busy = [
        replace(one, sum=6.0) if one.name == INVOCATIONS and one.time >= START + HOUR / 2 else one
        for one in data
        if not (one.name == CONCURRENCY and one.time < START + HOUR / 2)
    ]
    missing = [one for one in busy if one.name != CONCURRENCY or one.time < START + 3000]
    assert lines(of(missing)) == [
        "# made by hand",
        "# no data from 2026-11-02T00:00:00+00:00 to 2026-11-02T00:30:00+00:00",
        "# no data from 2026-11-02T00:50:00+00:00 to 2026-11-02T01:00:00+00:00",
        "# work: sync",
        "# start: 2026-11-02T00:00:00+00:00",
        "# end: 2026-11-02T01:00:00+00:00",
        "time,rate,duration",
        "2026-11-02T00:00:00+00:00,0,0.000",
        "2026-11-02T00:30:00+00:00,0.1,20.000",
    ]


def test_short_requests():
    truth = happened(STREAMS, steady(8.0, 2 * HOUR, lambda chance: chance.uniform(0.2, 0.6)))
    found = recorded(truth)
    assert work_in(found) == pytest.approx(sum(seconds for _, seconds in truth.traffic.arrivals()), rel=0.02)
    assert max(rate.seconds for rate in found.rates) < 0.5


def test_the_length_of_few_requests_is_that_of_all():
    """Samples every ten seconds see half of requests of five: no hour by itself says how long they are."""
    truth = happened(STREAMS, steady(0.005, 12 * HOUR, lambda _chance: 5.0))
    found = recorded(truth)
    assert 150 < found.requests < 300
    assert len({rate.seconds for rate in found.rates}) < 3
    assert found.rates[300].seconds == pytest.approx(5.0, rel=0.3)


def test_lengths_that_change_follow():
    """The first half takes 30 s, the second 90."""
    first = steady(0.5, 4 * HOUR, lambda _chance: 30.0)
    second = [(4 * HOUR + time, 90.0) for time, _ in first.arrivals()]
    truth = happened(STREAMS, Traffic.from_arrivals([*first.arrivals(), *second], duration=8 * HOUR))
    found = recorded(truth)
    for minute, seconds in ((30, 30), (200, 30), (275, 90), (450, 90)):
        assert found.rates[minute].seconds == pytest.approx(seconds, rel=0.05)


def test_what_is_in_flight_at_the_start_comes_then_and_has_half_of_its_length_to_go():
    truth = happened(STREAMS, steady(0.1, 4 * HOUR, lambda _chance: 600.0))
    found = recorded(truth, start=START + HOUR)
    present = truth.samples[HOUR // 10][0]
    assert found.rates[0].per_second * MINUTE == pytest.approx(present + 6, abs=7)
    assert found.rates[0].seconds == pytest.approx(300, rel=0.15)
    assert found.rates[1].seconds == pytest.approx(600, rel=0.05)
    assert found.difference
    assert found.difference.mean < 2


def test_streams_that_last_longer_than_the_recording():
    """None of them came, so none of them is counted."""
    truth = happened(STREAMS, Traffic.from_arrivals([(5.0, 3 * HOUR)] * 7, duration=2 * HOUR))
    found = recorded(truth, start=START + HOUR)
    assert found.requests == 7
    assert found.rates[0].seconds == HOUR
    assert found.difference
    assert found.difference.mean < 0.1


def batches():
    chance = random.Random(5)
    files = [
        (batch * HOUR + 600 + chance.uniform(0, 120), chance.uniform(40, 80)) for batch in range(4) for _ in range(50)
    ]
    traffic = Traffic.from_arrivals(sorted(files), work=Work.FILE, duration=5 * HOUR)
    return happened(asynchronous(backlog(), wake_up(), initial=0, invocations=2), traffic)


def test_what_is_asynchronous(tmp_path):
    truth = batches()
    assert min(count for _, count in truth.samples) == 0
    found = recorded(truth)
    assert found.work is Work.FILE
    assert abs(found.requests - 200) <= 2
    assert found.difference
    assert found.difference.recorded > 4
    assert found.difference.mean < 0.2
    assert work_in(found) == pytest.approx(sum(seconds for _, seconds in truth.traffic.arrivals()), rel=0.05)
    come = [rate.start - START for rate in found.rates if rate.per_second > 0.05]
    assert {time // HOUR for time in come} == {0, 1, 2, 3}
    assert all(480 <= time % HOUR <= 780 for time in come)
    assert (found.counts.source, found.counts.at(START)) == ("samples of CPUUtilization", 0)
    (tmp_path / "recorded.csv").write_text("".join(found.lines([])))
    assert traffic_csv.read(tmp_path / "recorded.csv", {}).traffic.work is Work.FILE


def test_files_that_wait_at_the_start_come_then():
    files = Traffic.from_arrivals([(0.0, 600.0)] * 8, work=Work.FILE, duration=2 * HOUR)
    truth = happened(asynchronous(invocations=1), files)
    found = recorded(truth, start=START + 1260)
    assert found.requests == 6
    assert found.rates[0].per_second * MINUTE == pytest.approx(6, abs=0.6)
    assert found.rates[1].seconds == pytest.approx(600, rel=0.1)


def test_an_instance_works_on_as_many_as_it_says():
    files = [(60.0 * pair, 50.0) for pair in range(120) for _ in range(2)]
    truth = happened(asynchronous(invocations=2), Traffic.from_arrivals(files, work=Work.FILE, duration=2 * HOUR))
    assert recorded(truth).rates[60].seconds == pytest.approx(50.0, rel=0.1)
    # Even where it is said that it sustains less.
    less = replace(truth.endpoint, pools=pools(g6=1.0))
    found = record(Account(truth.data), less, START, truth.end, truth.end)
    assert found.rates[60].seconds == pytest.approx(50.0, rel=0.1)


@pytest.mark.parametrize("name", ["InvocationsProcessed", "InvocationsProcesssed"])
def test_whatever_its_end_a_request_left_the_queue(name):
    """The two spellings are one metric: who has both counts once."""
    ended = {name: 3, "InvocationsProcesssed": 3, "InvocationFailures": 1, "ExpiredRequests": 1}
    data = [*each_minute(BACKLOG, 1, 0.0), *each_minute(CPU, 1), *each_minute(LATENCY, 1, 0.2e6)]
    data += [datum for one, number in ended.items() for datum in each_minute(one, number)]
    assert of(data, asynchronous()).requests == 5 * 60


def test_a_latency_is_the_least_length():
    """Nothing is ever in flight, or in the backlog, at a sample."""
    for endpoint, names in (
        (realtime(), (CONCURRENCY, INVOCATIONS)),
        (asynchronous(), (BACKLOG, "InvocationsProcesssed")),
    ):
        data = [*each_minute(names[0], 1, 0.0), *each_minute(names[1], 5), *each_minute(CPU, 1)]
        data += [
            Datum(LATENCY, time, 5, 5 * (0.4e6 if time < START + HOUR / 2 else 0.8e6))
            for time in range(START, START + HOUR, MINUTE)
            if time != START + 600
        ]
        found = of(data, endpoint)
        assert [rate.seconds for rate in found.rates[::20]] == pytest.approx([0.4, 0.4, 0.8])
        assert found.rates[10].seconds == pytest.approx(0.6, rel=0.02)  # where none is, the mean
        assert found.requests == 300


def without(truth, name, start=0, end=10 * DAY):
    return [one for one in truth.data if one.name != name or not START + start <= one.time < START + end]


def test_gaps_are_named_and_have_the_lengths_around_them():
    truth = happened(STREAMS, steady(2.0, 2 * HOUR, lambda _chance: 20.0))
    found = recorded(truth, data=without(truth, CONCURRENCY, 1800, 5400))
    assert [(one.start, one.end) for one in found.gaps] == [(date(START + 1800), date(START + 5400))]
    assert "# no data from 2026-11-02T00:30:00+00:00 to 2026-11-02T01:30:00+00:00" in lines(found)
    assert found.rates[60].seconds == pytest.approx(20.0, rel=0.05)
    assert found.requests == pytest.approx(truth.result.totals.arrivals, rel=0.01)


@pytest.mark.parametrize(("minutes", "number"), [(1, 0), (2, 1)])
def test_a_lost_minute_is_no_gap(minutes, number):
    truth = happened(STREAMS, steady(2.0, HOUR, lambda _chance: 20.0))
    assert len(recorded(truth, data=without(truth, CONCURRENCY, 1800, 1800 + 60 * minutes)).gaps) == number


def test_a_backlog_that_is_missing_goes_on():
    data = [*each_minute(BACKLOG, 1, 4.0), *each_minute("InvocationsProcessed", 2), *each_minute(CPU, 2)]
    found = of([one for one in data if one.name != BACKLOG or one.time < START + 1800], asynchronous())
    assert [rate.per_second * MINUTE for rate in found.rates] == pytest.approx([6.0, *[2.0] * 59])


def test_without_a_concurrency_requests_last_as_long_as_their_latency():
    truth = happened(STREAMS, replace(steady(2.0, HOUR, lambda _chance: 20.0), work=Work.SYNC))
    found = recorded(truth, data=without(truth, CONCURRENCY))
    assert found.work is Work.SYNC
    assert found.rates[30].seconds == pytest.approx(20.0, rel=0.02)
    assert found.difference is None


def test_metrics_that_contradict_each_other_are_refused():
    """As many were in flight as before, and hardly anybody came."""
    truth = happened(STREAMS, waves(4, 40, 120))
    data = [replace(one, sum=0.0) if one.name == INVOCATIONS else one for one in truth.data]
    with pytest.raises(ScaleproofError, match=r"^The metrics of speech contradict each other: by the req") as it:
        recorded(truth, data=data)
    assert "requests in flight would differ by" in str(it.value)
    assert "Record another time, with --from and --to." in str(it.value)


def test_idle_hours_are_traffic_of_nothing(tmp_path):
    for data, endpoint in (
        ([*each_minute(CONCURRENCY, 6, 0.0), *each_minute(CPU, 1)], realtime()),
        (each_minute(CPU, 1), realtime()),
        (each_minute(BACKLOG, 1, 0.0), asynchronous(initial=0)),
    ):
        found = of(data, endpoint)
        assert (found.requests, found.start, found.end) == (0, date(START), date(START + HOUR))
        assert lines(found)[-2:] == ["time,rate,duration", "2026-11-02T00:00:00+00:00,0,0.000"]
        (tmp_path / "idle.csv").write_text("".join(found.lines([])))
        read = traffic_csv.read(tmp_path / "idle.csv", {}).traffic
        assert (read.duration, list(read.arrivals())) == (HOUR, [])


def test_quiet_ends_are_left_out():
    truth = happened(STREAMS, steady(2.0, HOUR, lambda _chance: 20.0))
    later = truth.end + HOUR
    found = record(Account(truth.data), truth.endpoint, START - DAY, later, later)
    assert (found.start, found.end) == (date(START), date(truth.end))
    more = [Datum(CONCURRENCY, truth.end + 20, 4, 8.0)]
    assert record(Account(truth.data + more), truth.endpoint, START - DAY, later, later).end == date(truth.end + 60)


def test_whole_periods_are_recorded_of_what_was_asked_for():
    truth = happened(STREAMS, steady(2.0, 4 * HOUR, lambda _chance: 20.0))
    found = recorded(truth, 70 * DAY, start=START + 600 + HOUR, end=START + 9000)
    assert (found.start, found.end, len(found.rates)) == (date(START + HOUR), date(START + 3 * HOUR), 2)
    # A sample of five minutes that began before it.
    later = START + 60
    found = record(Account([Datum(CPU, START, 1, 50.0)], every=300), realtime(), later, START + HOUR, START + HOUR)
    assert found.start == date(later)
    found = recorded(truth, start=START + 600, end=START + 1200)
    assert (found.start, found.end, len(found.rates)) == (date(START + 600), date(START + 1200), 10)


def test_data_that_grows_too_old_while_it_is_read_is_not_asked_for():
    truth = happened(STREAMS, steady(2.0, HOUR, lambda _chance: 20.0))
    for spare, period in ((0, 300), (110, 300), (180, 60)):
        assert recorded(truth, 15 * DAY - HOUR - spare).resolution == period


@pytest.mark.parametrize(
    ("data", "endpoint", "said"),
    [
        ([], realtime(), "no ConcurrentRequestsPerModel, Invocations or CPUUtilization. Record a time"),
        ([], asynchronous(), "no ApproximateBacklogSize, InvocationsProcessed or CPUUtilization. Record"),
        (each_minute(BACKLOG, 1), asynchronous(), "it does not say how many ended. Record a time in which"),
        (each_minute(INVOCATIONS, 1), realtime(), "Invocations of speech from 2026-11-02T00:00:00+00:00 to "),
        (each_minute("ExpiredRequests", 1), asynchronous(), "it does not say how long requests took. Record"),
    ],
)
def test_too_little_to_record(data, endpoint, said):
    with pytest.raises(NoDataError) as it:
        of(data, endpoint)
    assert said in str(it.value)


# Instances


def test_a_queue_without_samples_has_no_instance():
    truth = batches()
    found = recorded(truth)
    counted = [found.counts.at(START + 10 * place) for place in range(len(truth.samples))]
    same = sum(ours == theirs for ours, (_, theirs) in zip(counted, truth.samples, strict=True))
    assert same > 0.97 * len(counted)


def test_where_no_metric_counts_instances_the_activities_do():
    """Requests that ended before the queue was looked at, on an endpoint that is empty by now."""
    ended = [*each_minute("InvocationsProcesssed", 5), *each_minute(LATENCY, 5, 0.4e6)]
    data = each_minute(BACKLOG, 1, 0.0) + [one for one in ended if one.time < START + HOUR // 2]
    gone = START + HOUR // 2
    activities = [
        change(gone - 3 * HOUR, gone - 3 * HOUR, 2),
        change(gone, gone + 20.0, 0),
        change(gone + 30, gone + 40, 9, Status.FAILED),
        change(gone + 60, None, 1, Status.IN_PROGRESS),
    ]
    found = of(data, asynchronous(initial=0), activities=activities, initial=4)
    steps = ((0.0, 4), (gone - 3 * HOUR, 2), (gone + 20.0, 0))
    assert found.counts == Counts(steps, "scaling activities", 0.0)
    for now in (asynchronous(initial=3), replace(asynchronous(initial=9), instances={"ml.g6.2xlarge": 3})):
        assert of(data, now, initial=4).counts == Counts(((0.0, 3),), "DescribeEndpoint", 0.0)


@pytest.mark.parametrize(("every", "period"), [(10, 60), (120, 120), (300, 300)])
def test_instances_that_send_metrics_more_or_less_often(every, period):
    data = [Datum(CPU, time, 3, 150.0) for time in range(START, START + HOUR, every)]
    data += [*each_minute(CONCURRENCY, 18, 2.0), *each_minute(INVOCATIONS, 1, 6.0)]
    account = Account(data, every=every)
    found = record(account, realtime(), START, START + HOUR, START + HOUR)
    assert found.counts.steps == ((START, 3),)
    assert found.counts.period == period
    assert found.notes == []
    assert found.difference
    assert found.difference.recorded == 6.0


@pytest.mark.parametrize(
    ("change", "level", "samples"),
    [
        (lambda one: one, 6.0, []),
        # One sample of the variant, with what each instance has.
        (lambda one: replace(one, count=one.count / 3, sum=one.sum / 3), 6.0, ["0.33"]),
        # Twice as many samples.
        (lambda one: replace(one, count=one.count * 2, sum=one.sum * 2), 6.0, ["2"]),
    ],
)
def test_a_metric_without_a_sample_of_each_instance(change, level, samples):
    data = [*map(change, each_minute(CONCURRENCY, 18, 2.0)), *each_minute(CPU, 3)]
    found = of([*data, *each_minute(INVOCATIONS, 1, 6.0)])
    assert found.difference
    assert found.difference.recorded == pytest.approx(level)
    assert [note.partition(" samples for each instance every 10 s, not one")[0] for note in found.notes] == [
        f"{CONCURRENCY} has {number}" for number in samples
    ]


def test_without_samples_of_the_cpu_those_of_the_concurrency_count_instances():
    found = of([*each_minute(CONCURRENCY, 18, 2.0), *each_minute(INVOCATIONS, 1, 6.0)])
    assert (found.counts.source, found.counts.steps) == (*("samples of ConcurrentRequestsPerModel", ((START, 3),)),)


@pytest.mark.parametrize(("chunks", "requests", "work"), [(3, 2, Work.STREAM), (2, 2, Work.SYNC)])
def test_what_sends_first_chunks_streams(chunks, requests, work):
    data = [*each_minute(CONCURRENCY, 6), *each_minute(INVOCATIONS, 1), *each_minute(CPU, 1)]
    data += [*each_minute(FIRST_CHUNK, chunks), *each_minute(LATENCY, requests, 1e6)]
    assert of(data).work is work
