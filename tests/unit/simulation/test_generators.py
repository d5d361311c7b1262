"""Made-up traffic has the shape that its name says, at the level that it was asked for."""

import math
from collections import Counter
from itertools import pairwise
from statistics import pstdev

import pytest

from scaleproof.simulation import Traffic, TrafficError, Work, generators
from scaleproof.simulation.delay import Delay
from scaleproof.simulation.generators import GENERATORS, LONGEST, length
from scaleproof.simulation.traffic import Rate
from scaleproof.times import DAY, HOUR

SMALLEST = {
    "constant": {"level": 5},
    "diurnal": {"peak": 20},
    "ramp": {"top": 20},
    "step": {"top": 20},
    "spike": {"top": 20},
    "batches": {"files": 20},
}


def demand(traffic, start, end):
    """The mean demand between two times if nobody had to wait."""
    inside = sum(max(0.0, min(end, time + seconds) - max(start, time)) for time, seconds in traffic.arrivals())
    return inside / (end - start)


def test_every_generator_is_tried():
    assert SMALLEST.keys() == GENERATORS.keys()


@pytest.mark.parametrize("name", GENERATORS)
def test_traffic_follows_from_its_seed(name):
    def arrivals(seed):
        return list(GENERATORS[name](**SMALLEST[name], seed=seed).arrivals())

    assert arrivals(1) == arrivals(1)
    assert arrivals(1) != arrivals(2)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("work", Work)
def test_no_request_is_longer_than_its_kind_can_be(name, work):
    traffic = GENERATORS[name](**SMALLEST[name], work=work)
    lengths = [seconds for _, seconds in traffic.arrivals()]
    assert min(lengths) > 0
    assert max(lengths) <= LONGEST[work]
    assert traffic.work is work


@pytest.mark.parametrize("work", Work)
def test_the_level_is_the_demand(work):
    traffic = generators.constant(level=50, work=work, days=0.5, seed=3)
    assert demand(traffic, HOUR, DAY / 2) == pytest.approx(50, rel=0.08)


def test_minutes_have_as_many_arrivals_as_a_poisson_process():
    """Mean and variance are the same."""
    counts = Counter(int(time // 60) for time, _ in generators.constant(level=100, seed=4, days=4).arrivals())
    numbers = [counts[minute] for minute in range(4 * 24 * 60)]
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    assert variance / mean == pytest.approx(1.0, rel=0.08)


def test_a_call_centre_has_a_morning_a_night_and_a_weekend():
    traffic = generators.diurnal(peak=100, days=7, seed=2)
    assert demand(traffic, 9.5 * HOUR, 11.5 * HOUR) == pytest.approx(100, rel=0.1)
    assert demand(traffic, 2 * HOUR, 5 * HOUR) == pytest.approx(2, rel=0.5)
    saturday = 5 * DAY
    assert demand(traffic, saturday + 9.5 * HOUR, saturday + 11.5 * HOUR) == pytest.approx(25, rel=0.2)


@pytest.mark.parametrize(
    ("name", "settings", "levels"),
    [
        ("diurnal", {"peak": 100}, {6.9: 2, 8: 51, 9: 100, 11.9: 100, 12: 80.4, 13: 90.2, 17: 70.6, 20: 24.87, 21: 2}),
        ("diurnal", {"peak": 100, "base": 30}, {6: 30, 10: 100, 4 * 24 + 10: 100, 5 * 24 + 10: 30, 7 * 24 + 10: 100}),
        ("diurnal", {"peak": 100, "weekend": 0.5}, {5 * 24 + 10: 50, 6 * 24 + 10: 50}),
        ("ramp", {"top": 9, "after": 2, "hours": 4}, {1: 1, 2: 1, 4: 5, 5: 7, 6: 9, 7: 9}),
        ("ramp", {"top": 9, "after": 2, "hours": 0}, {1.9: 1, 2: 9}),
        ("step", {"top": 9}, {0.9: 1, 1: 9, 2: 9}),
        ("spike", {"top": 9, "minutes": 30}, {2.9: 1, 3: 9, 3.4: 9, 3.5: 1, 6: 1, 9: 9}),
    ],
)
def test_levels_by_the_hour(name, settings, levels):
    level = GENERATORS[name].level
    assert {hour: level(hour * HOUR, **settings) for hour in levels} == pytest.approx(levels, abs=0.01)


def test_a_step_and_a_ramp_end_at_the_top():
    for make in (generators.step, generators.ramp):
        traffic = make(top=80, base=4, after=3, seed=2)
        assert demand(traffic, HOUR, 3 * HOUR) == pytest.approx(4, rel=0.4)
        assert demand(traffic, 6 * HOUR, DAY) == pytest.approx(80, rel=0.06)


def test_spikes_come_at_equal_distances():
    traffic = generators.spike(top=60, base=0, every=6, minutes=15, seed=1)
    hours = {int(time // HOUR) for time, _ in traffic.arrivals()}
    assert hours == {3, 9, 15, 21}


def test_batches_leave_nothing_between_them():
    traffic = generators.batches(files=100, per_day=4, days=30, seed=2)
    times = [time for time, _ in traffic.arrivals()]
    batches = 1 + sum(later - earlier > 600 for earlier, later in pairwise(times))
    assert 80 <= batches <= 140
    assert len(times) / batches == pytest.approx(100, rel=0.25)
    assert all(earlier <= later for earlier, later in pairwise(times))


@pytest.mark.parametrize("work", Work)
def test_the_mean_length_is_that_of_what_is_drawn(work):
    lasting = length(work)
    days = 30_000 * lasting.mean / (200 * DAY)
    traffic = generators.constant(level=200, work=work, days=days, seed=1)
    lengths = [seconds for _, seconds in traffic.arrivals()]
    assert sum(lengths) / len(lengths) == pytest.approx(lasting.mean, rel=0.04)


def test_lengths_without_spread_are_all_the_same():
    traffic = generators.poisson(lambda _time: 0.1, HOUR, lasting=Delay(7.0))
    assert {seconds for _, seconds in traffic.arrivals()} == {7.0}
    assert Delay(7.0).mean == 7.0
    assert Delay(9.0, longest=7.0).mean == 7.0
    assert Delay(10.0, 1.0).mean == pytest.approx(10.0 * math.exp(0.5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: generators.constant(level=1, days=0), "days is a number above 0"),
        (lambda: generators.batches(files=0), "files is a number above 0"),
        (lambda: generators.constant(level=1, seconds=0), "median above 0"),
        (lambda: generators.constant(level=1, seconds=math.inf), "median above 0"),
        (lambda: generators.constant(level=1, seconds=1_800.1), "stream request 1800 s, not seconds=1800.1"),
        (lambda: list(generators.constant(level=math.inf).arrivals()), "constant stands for inf"),
        (lambda: generators.spike(top=2, every=0), "every is a number above 0"),
        (lambda: generators.batches(files=100_000_001, per_day=1), "batches stands for 1e.08 requests; at most"),
        (lambda: generators.constant(level=1e9), "constant stands for .* requests; at most"),
        (lambda: generators.batches(files=10**9, days=2), "batches stands for 8e.09 requests; at most"),
        (lambda: list(generators.constant(level=-1).arrivals()), "rate at 0.0 s is -"),
        (lambda: list(generators.constant(level=math.nan).arrivals()), "rate at 0.0 s is nan"),
        (lambda: generators.constant(level=1, days=math.nan), "days is a number above 0"),
    ],
)
def test_what_is_no_traffic_is_refused(make, message):
    with pytest.raises(TrafficError, match=message):
        make()


def test_the_edges_of_what_is_traffic():
    assert length(Work.SYNC, LONGEST[Work.SYNC]).median == 60.0
    assert list(generators.constant(level=0).arrivals()) == []
    generators.batches(files=100_000_000, per_day=1)
    generators.poisson(lambda _time: 0.0, 0.5)


def test_the_first_batch_may_come_at_once():
    assert next(generators.batches(files=1, per_day=DAY * 10, minutes=1e-9, days=0.001).arrivals())[0] < 1.0


@pytest.mark.parametrize(("files", "mean", "spread"), [(1, 1.385, 0.64), (100, 100, 10)])
def test_a_batch_has_about_as_many_files_and_one_at_least(files, mean, spread):
    """The number is normal with the spread of a Poisson process: rounded, and 1 instead of less."""
    traffic = generators.batches(files=files, per_day=24, minutes=1e-9, days=40, seed=1)
    batches = Counter(round(time, 3) for time, _ in traffic.arrivals())
    assert len(batches) == pytest.approx(24 * 40, rel=0.1)
    assert min(batches.values()) >= 1
    assert sum(batches.values()) / len(batches) == pytest.approx(mean, rel=0.03)
    assert pstdev(batches.values()) == pytest.approx(spread, rel=0.08)


def test_files_come_within_the_minutes_of_their_batch_and_batches_mix():
    """In the order of time, those of overlapping batches too, to the last one."""
    few = generators.batches(files=1_000, per_day=0.5, minutes=30, days=8, seed=3)
    times = [time for time, _ in few.arrivals()]
    starts = [0, *(place for place in range(1, len(times)) if times[place] > times[place - 1] + 600), len(times)]
    for first, after in pairwise(starts):
        assert times[after - 1] - times[first] == pytest.approx(1_800, rel=0.02)
        assert sum(times[first:after]) / (after - first) - times[first] == pytest.approx(900, rel=0.1)
    many = list(generators.batches(files=10, per_day=500, minutes=60, seed=3).arrivals())
    assert many == sorted(many, key=lambda arrival: arrival[0])
    assert len(many) == pytest.approx(5_000 * (1 - 1 / 48), rel=0.1)


def test_arrivals_are_the_same_in_the_integral_of_the_rate():
    """Whatever the rates are: unit exponential steps there, mapped back to time."""

    def integral(*rates):
        ends = [0.0, *(end for end, _ in rates)]
        pieces = [Rate(start, end, level, Delay(1.0)) for start, (end, level) in zip(ends, rates, strict=False)]
        traffic = Traffic.drawn("rates", Work.SYNC, 300.0, lambda: pieces, seed=4)
        return [
            sum((min(max(time, start), end) - start) * level for start, end, level, _ in pieces)
            for time, _ in traffic.arrivals()
        ]

    whole = integral((300.0, 1.0))
    assert 200 < len(whole) < 400
    assert integral((100.0, 1.0), (150.0, 2.0), (250.0, 0.0), (350.0, 2.0), (400.0, 9.0)) == pytest.approx(whole)
    assert integral((300.0, 0.1)) == pytest.approx([value for value in whole if value < 30.0])
