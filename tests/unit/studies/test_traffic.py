"""Traffic as a command line names it."""

import pickle
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scaleproof.scaling.cron import local
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Delay, Traffic, TrafficError, Work
from scaleproof.simulation.generators import GENERATORS, MOST, diurnal
from scaleproof.simulation.traffic import Rate
from scaleproof.studies.traffic import MONDAY, TrafficSpec, check, parse, resampled, usage


def test_a_generator_with_settings():
    found = parse("diurnal:peak=20,days=2,seed=3")
    assert found.traffic.duration == 2 * 86_400
    assert list(found.traffic.arrivals()) == list(diurnal(peak=20, days=2, seed=3).arrivals())
    assert found.traffic.name == "diurnal:peak=20,days=2,seed=3"


def test_the_commands_seed_counts_unless_another_is_set():
    plain = list(parse("constant:level=5", seed=7).traffic.arrivals())
    assert plain == list(parse("constant:level=5,seed=7").traffic.arrivals())
    other = parse("constant:level=5,seed=8", seed=7)
    assert plain != list(other.traffic.arrivals())
    assert other == replace(parse("constant:level=5,seed=6", more=2), spec=other.spec, traffic=other.traffic)
    assert list(parse("constant:level=5,seed=6", more=2).traffic.arrivals()) == list(other.traffic.arrivals())


def test_work_and_the_kind_of_endpoint_it_suits():
    files = parse("batches:files=20")
    calls = parse("diurnal:peak=20,work=sync")
    assert (files.traffic.work, calls.traffic.work) == (Work.FILE, Work.SYNC)
    assert files.suits(Kind.ASYNC)
    assert not files.suits(Kind.REALTIME)
    assert calls.suits(Kind.REALTIME)
    assert not calls.suits(Kind.ASYNC)


def test_for_one_endpoint():
    found = parse("speech-async=diurnal:peak=20", ["speech-async"])
    assert (found.endpoint, found.traffic.name) == ("speech-async", "diurnal:peak=20")


def test_a_file(tmp_path):
    file = tmp_path / "my: calls.csv"
    file.write_text("time,duration\n2026-03-02T08:00:10Z,10\n")
    found = parse(f"{file}:work=sync")
    assert found.traffic.work is Work.SYNC
    assert list(found.traffic.arrivals()) == [(10, 10)]
    assert found.start == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_says_what_it_takes(name):
    assert "days=1.0" in usage(name)


def test_the_page_has_each_generator_with_settings_that_it_takes():
    page = (Path(__file__).parents[3] / "docs/simulation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*`) \|", page.split("| generator |")[1].split("\n\n")[0], re.MULTILINE)
    specs = re.findall(r"`(.+?)`", " ".join(rows))
    assert [spec.partition(":")[0] for spec in specs] == list(GENERATORS)
    for spec in specs:
        assert parse(spec).described
    assert f"At most {MOST:,} requests are simulated" in " ".join(page.split())


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("tsunami", "There is no traffic 'tsunami'. Name a CSV file, or one of constant, diurnal,"),
        ("", "There is no traffic ''"),
        ("diurnal", "diurnal needs peak. As in diurnal:peak=100; it has peak, base, weekend=0.25"),
        ("diurnal:peak", "There is no traffic 'diurnal:peak'"),
        ("diurnal:peak=", "'peak=' in 'diurnal:peak=' is not of the form NAME=VALUE"),
        ("diurnal:peak=x", "peak=x of diurnal is not a number, 0 or more"),
        ("diurnal:peak=nan", "peak=nan of diurnal is not a number, 0 or more"),
        ("diurnal:peak=-3", "peak=-3 of diurnal is not a number, 0 or more"),
        ("diurnal:peak=5,peak=6", "peak is set twice"),
        ("diurnal:peak=5,height=6", "diurnal has no setting 'height'. It has peak"),
        ("diurnal:peak=5,seed=1.5", "seed=1.5 of diurnal is not a whole number"),
        ("diurnal:peak=5,work=play", "work=play is not one of stream, sync, file"),
        ("constant:level=1e308", "constant stands for inf requests"),
        ("spike:top=5,every=0", "every is a number above 0, not 0.0"),
        ("constant:level=1e9", "constant stands for 2.13e+11 requests; at most 10,000,000,000 are simulated"),
        ("batches:files=100000,per_day=1e6", "batches stands for 1e+11 requests"),
        ("diurnal:peak=5,days=1e9", "days=1e+09 is more than 455"),
        ("diurnal:peak=5,days=0", "days is a number above 0"),
        ("none.csv", "none.csv cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("x" * 5000, "There is no traffic 'xxx"),
        ("calls\0", "There is no traffic 'calls"),
    ],
)
def test_what_is_wrong_is_said(spec, reason):
    with pytest.raises(TrafficError) as raised:
        parse(spec)
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("spec", "endpoints", "said"),
    [
        ("sound=constant:level=5", ["speech"], "endpoint 'sound' for constant:level=5. There are speech"),
        ("sound=constant:level=5", [], "traffic 'sound=constant'"),
        ("sound", ["speech"], "traffic 'sound'"),
        ("sound:level=5", ["speech"], "traffic 'sound'"),
    ],
)
def test_an_endpoint_that_is_not_there(spec, endpoints, said):
    with pytest.raises(TrafficError, match=rf"^There is no {said}\."):
        parse(spec, endpoints)


@pytest.mark.parametrize(
    "spec",
    [
        *(f"{name}:{usage(name).partition(',')[0]}=20" for name in GENERATORS),
        *("calls.csv", "rates.csv:work=sync"),
    ],
)
def test_traffic_is_the_same_in_another_process(tmp_path, spec):
    (tmp_path / "calls.csv").write_text("time,duration\n0,30\n5,20.5\n")
    (tmp_path / "rates.csv").write_text("time,rate,duration\n0,0.5,60\n600,0.1,60\n")
    found = parse(spec, seed=3, base=tmp_path)
    sent = pickle.loads(pickle.dumps(found))
    assert list(sent.traffic.arrivals()) == list(found.traffic.arrivals()) != []


def recording(days, gaps=()):
    """A request at noon of each day from a Monday on, as long as the day's number."""
    requests = [(86_400.0 * day + 43_200, float(day)) for day in range(int(days))]
    return TrafficSpec("calls.csv", Traffic.from_arrivals(requests, duration=86_400 * days), MONDAY, gaps)


def with_other_days(recorded, seed=1, start=MONDAY, timezone="UTC"):
    return resampled(recorded, seed, start, timezone)


def drawn(recorded, seed=1, **clock):
    """Which day each day of another seed is."""
    found = list(with_other_days(recorded, seed, **clock).traffic.arrivals())
    assert [time for time, _ in found] == [86_400.0 * day + 43_200 for day in range(len(found))]
    return [int(seconds) for _, seconds in found]


def test_each_seed_has_other_days_of_a_recording():
    three_weeks, found = recording(21), {tuple(drawn(recording(21), seed)) for seed in range(10)}
    assert len(found) == 10
    assert all(one % 7 == day % 7 for days in found for day, one in enumerate(days)), "of the same weekday"
    assert {days[3] for days in found} == {3, 10, 17}
    assert drawn(three_weeks) == drawn(three_weeks)
    assert "days of it that were drawn at random" in with_other_days(three_weeks).by_seed


@pytest.mark.parametrize(
    "clock",
    [
        {},
        {"start": datetime(2026, 3, 1, 23, tzinfo=UTC), "timezone": "Europe/Berlin"},
        {"start": datetime(2026, 3, 1, 11, tzinfo=UTC), "timezone": "Pacific/Auckland"},
        {"start": datetime(2026, 2, 2, 8, tzinfo=UTC), "timezone": "America/Los_Angeles"},
    ],
)
def test_of_a_week_working_days_and_weekends_are_drawn_apart(clock):
    found = {tuple(drawn(recording(7), seed, **clock)) for seed in range(20)}
    assert {day for days in found for day in days[:5]} == set(range(5))
    assert {day for days in found for day in days[5:]} == {5, 6}


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        ("2026-03-02T08:00+01:00", 20 * 24 + 5),  # parts of days come from the same hours
        ("2026-03-16T00:00+01:00", 21 * 24),  # 29 March has 23 hours
        ("2026-10-12T00:00+02:00", 21 * 24),  # 25 October has 25
    ],
)
@pytest.mark.parametrize("rates", [False, True])
def test_hours_of_other_days_are_those_of_the_clock(start, hours, rates):
    """A request in the middle of each hour, or thirty at random, as long as the hour's number."""
    start, where = datetime.fromisoformat(start), ZoneInfo("Europe/Berlin")
    traffic = (
        Traffic.drawn("x", Work.STREAM, 3_600.0 * hours, partial(hourly, hours))
        if rates
        else Traffic.from_arrivals([(3_600.0 * n + 1_800, float(n)) for n in range(hours)], duration=3_600.0 * hours)
    )
    for seed in range(5):
        other = with_other_days(TrafficSpec("x.csv", traffic, start), seed, start, "Europe/Berlin").traffic
        found = {int(at // 3_600): int(number) for at, number in other.arrivals()}
        assert set(found) == set(range(hours))
        assert len(set(found.values())) < hours
        for place, number in found.items():
            now, then = (local(start.timestamp() + 3_600 * n, where) for n in (place, number))
            if now.hour > 2:  # where clocks change, they do so before
                assert (now.hour, now.weekday()) == (then.hour, then.weekday())


def hourly(hours):
    return [Rate(3_600.0 * n, 3_600.0 * (n + 1), 30 / 3_600, Delay(float(n))) for n in range(hours)]


@pytest.mark.parametrize(("days", "drawn_again"), [(14, {3, 10}), (7, {0, 1, 2, 3, 4}), (10, {0, 1, 2, 3, 4, 7, 8, 9})])
def test_a_weekday_that_comes_twice_is_drawn_from_these_two(days, drawn_again):
    assert {drawn(recording(days), seed)[3] for seed in range(60)} == drawn_again


def test_days_with_a_gap_and_half_days_are_not_drawn():
    found = {day for seed in range(20) for day in drawn(recording(4.5, ((86_400.0 + 60, 86_400.0 + 90),)), seed)}
    assert found == {0, 2, 3}


def test_too_few_days_are_as_they_were_recorded_and_that_is_said():
    few = recording(2)
    assert with_other_days(few).traffic is few.traffic
    assert with_other_days(few).by_seed == (
        "The traffic is recorded and has fewer than 3 complete days, so seeds differ in instances only."
    )
    rates = Traffic.drawn("x", Work.STREAM, 86_400.0, lambda: [Rate(0, 86_400.0, 0.1, Delay(10.0))])
    assert "in arrivals and instances" in with_other_days(replace(few, traffic=rates)).by_seed


def test_many_days_of_rates_take_no_more_time_than_their_number():
    """A rate a minute for 300 days."""
    rates = tuple(Rate(60.0 * n, 60.0 * (n + 1), 0.1, Delay(10.0)) for n in range(300 * 1_440))
    traffic = Traffic.drawn("x", Work.STREAM, 300 * 86_400.0, partial(tuple, rates))
    began = time.process_time()
    other = with_other_days(TrafficSpec("x.csv", traffic, MONDAY)).traffic
    assert sum(1 for _ in other.rates()) == len(rates)
    assert time.process_time() - began < 3.0


def test_rates_of_a_recording_are_drawn_by_day():
    """The third day has no requests."""
    rates = [Rate(86_400.0 * day, 86_400.0 * (day + 1), 0.1 * (day != 2), Delay(10.0)) for day in range(5)]
    traffic = Traffic.drawn("x", Work.STREAM, 5 * 86_400.0, partial(tuple, rates), 3)
    quiet = set()
    for seed in range(10):
        counts = Counter(
            int(time // 86_400) for time, _ in with_other_days(TrafficSpec("x.csv", traffic), seed).traffic.arrivals()
        )
        quiet |= {day for day in range(5) if day not in counts}
        assert all(8_000 < number < 9_300 for number in counts.values())
    assert len(quiet) > 2


def test_what_is_too_long_for_the_name_of_a_file_is_no_traffic():
    for name in ("x" * 300, f"speech={'x' * 300}"):
        with pytest.raises(TrafficError, match="There is no traffic 'x"):
            check(name)
