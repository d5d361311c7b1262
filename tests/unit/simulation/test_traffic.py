"""Traffic: in chunks, in order, the same again each time."""

import math
import random
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest

from scaleproof.simulation import Traffic, TrafficError, Work
from scaleproof.simulation.delay import Delay
from scaleproof.simulation.demand import longest, offered
from scaleproof.simulation.traffic import Rate

NAN = float("nan")


def test_traffic_lasts_until_the_last_request_ends_unless_it_says():
    assert Traffic.from_arrivals([(1.0, 10.0), (3.0, 2.0)]).duration == 11.0
    assert Traffic.from_arrivals([(1.0, 10.0)], duration=5.0).duration == 5.0


def test_ends_are_between_the_arrivals_and_who_is_in_flight_has_a_place_alone():
    arrivals = [(1.0, 3.0), (2.0, 0.0), (2.0, 2.0), (4.0, 1.0), (9.0, 5.0), (11.0, 1.0)]
    traffic = Traffic("events", Work.SYNC, 10.0, lambda: iter([arrivals[:3], arrivals[3:]]))
    for _ in range(3):  # the third time they come from the cache
        parts, events, holders = list(traffic.events()), [], {}
        for time, place in (event for part in parts for event in zip(part.times, part.places, strict=True)):
            if place < 0:
                events.append((time, "end", holders.pop(~place)))
            else:
                assert place not in holders
                holders[place] = sum(kind == "arrival" for _, kind, _ in events)
                events.append((time, "arrival", holders[place]))
        assert events == [
            (1.0, "arrival", 0),
            (2.0, "arrival", 1),
            (2.0, "end", 1),
            (2.0, "arrival", 2),
            (4.0, "end", 0),
            (4.0, "end", 2),
            (4.0, "arrival", 3),
            (5.0, "end", 3),
            (9.0, "arrival", 4),
            (14.0, "end", 4),
            (math.inf, "arrival", 5),
        ]
        assert [seconds for part in parts for seconds in part.lengths] == [3.0, 0.0, 2.0, 1.0, 5.0, 0.0]
        assert parts[-1].most == 4  # those of the first chunk are taken again


def test_chunks_are_cut_at_the_duration_and_no_more_are_asked_for():
    asked = []

    def chunks():
        for number in range(10):
            asked.append(number)
            yield [(number * 10.0, 1.0), (number * 10.0 + 5.0, 1.0)]

    traffic = Traffic("chunks", Work.SYNC, 25.0, chunks)
    assert [time for time, _ in traffic.arrivals()] == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [
        ([(5.0, 1.0), (4.0, 1.0)], "4.0 s comes after that at 5.0 s"),
        ([(-1.0, 1.0)], "-1.0 s comes after that at 0.0 s"),
        ([(1.0, 1.0), (NAN, 1.0), (2.0, 1.0)], "nan s comes after"),
        ([(float("inf"), 1.0)], "inf s comes after"),
        ([(1.0, -2.0)], "arrives at 1.0 s lasts -2.0 s"),
        ([(0.0, 0.0), (0.0, 0.0), (2.0, 3.0), (1.0, 1.0)], "1.0 s comes after that at 2.0 s"),
        ([(0.0, 1.0), (0.0, 0.0), (0.0, -0.5)], "arrives at 0.0 s lasts -0.5 s"),
        ([(1.0, NAN)], "lasts nan s"),
        ([(1.0, float("inf"))], "lasts inf s"),
    ],
)
def test_impossible_arrivals_are_named(arrivals, message):
    with pytest.raises(TrafficError, match=message):
        list(Traffic.from_arrivals(arrivals, duration=100.0).arrivals())


def test_order_is_checked_from_chunk_to_chunk():
    traffic = Traffic("two", Work.FILE, 100.0, lambda: iter(([(5.0, 1.0)], [], [(4.0, 1.0)])))
    with pytest.raises(TrafficError, match="comes after that at"):
        list(traffic.arrivals())


def test_what_is_drawn_is_checked_when_it_is_drawn_and_not_when_it_is_cached(monkeypatch):
    length = Delay(1.0)

    def rates():
        return [Rate(0.0, 50.0, 1.0, length)]

    def later_first():
        return [Rate(50.0, 100.0, 1.0, length), *rates()]

    drawn, wrong = (Traffic.drawn("drawn", Work.SYNC, 100.0, given) for given in (rates, later_first))
    first, second = (list(drawn.arrivals()) for _ in range(2))
    with pytest.raises(TrafficError, match="comes after that at"):
        list(wrong.arrivals())
    monkeypatch.setattr("scaleproof.simulation.traffic._check", pytest.fail)
    assert list(drawn.arrivals()) == second == first


def test_a_part_has_the_rates_of_its_time():
    rates = Rate(0.0, 100.0, 1.0, Delay(1.0)), Rate(100.0, 200.0, 2.0, Delay(1.0))
    whole = Traffic.drawn("halves", Work.SYNC, 200.0, partial(iter, rates))

    def of(traffic):
        return [rate[:3] for rate in traffic.rates()]

    assert of(whole.part(0.0, 100.0)) == [(0.0, 100.0, 1.0)]
    assert of(whole.part(50.0, 150.0)) == [(0.0, 50.0, 1.0), (50.0, 100.0, 2.0)]
    assert of(whole.part(100.0, 200.0)) == [(0.0, 100.0, 2.0)]
    assert of(whole.by_parts([(150.0, 200.0), (50.0, 100.0), (50.0, 100.0)])) == [
        (0.0, 50.0, 2.0),
        (50.0, 100.0, 1.0),
        (100.0, 150.0, 1.0),
    ]


@pytest.mark.parametrize("duration", [0.0, -1.0, NAN, float("inf")])
def test_a_duration_is_a_time(duration):
    with pytest.raises(TrafficError, match="above 0"):
        Traffic.from_arrivals([], duration=duration)


@pytest.mark.parametrize("seed", range(30))
def test_the_demand_offered_is_the_most_at_any_moment_of_each_step(seed):
    """Beside a look at every quarter of a second, in chunks of any size."""
    chance, duration = random.Random(seed), 90.0 + seed % 3
    times = sorted(chance.randrange(4 * 100) / 4 for _ in range(chance.choice((0, 1, 5, 12, 60))))
    arrivals = [(time, chance.choice((0, 1, 2, 40, 41, 80, 400)) / 4) for time in times]
    cuts = sorted({0, *(chance.randrange(len(arrivals) + 1) for _ in range(3 * (seed % 4))), len(arrivals)})
    chunks = [arrivals[first:after] for first, after in pairwise(cuts)]
    traffic = Traffic("steps", Work.SYNC, duration, lambda: iter(chunks))
    levels = [
        sum(time <= moment / 4 < time + seconds for time, seconds in arrivals if time < duration)
        for moment in range(math.ceil(duration / 10) * 40)
    ]
    assert list(offered(traffic)) == [max(levels[first : first + 40]) for first in range(0, len(levels), 40)]
    assert longest(traffic) == max((seconds for time, seconds in arrivals if time < duration), default=0.0)


@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_parts_have_the_arrivals_of_their_time(drawn, size):
    """A request at the end of one is the first of the next."""
    rates = [Rate(10.0 * place, 10.0 * place + 10.0, 0.5 * (place % 4), Delay(1.0)) for place in range(10)]
    arrivals = [(place / 2, place % 3 + 1.0) for place in range(240)]
    chunks = [arrivals[first : first + size] for first in range(0, 240, size)]
    whole = (
        Traffic.drawn("whole", Work.SYNC, 100.0, partial(iter, rates), seed=3)
        if drawn
        else Traffic("whole", Work.FILE, 100.0, partial(iter, chunks))
    )

    def of(start, end):
        return [(time - start, seconds) for time, seconds in whole.arrivals() if start <= time < end]

    for start, end in ((0.0, 25.0), (20.5, 60.0), (60.0, 100.0), (99.5, 100.0)):
        part = whole.part(start, end)
        assert (part.name, part.work, part.duration) == ("whole", whole.work, end - start)
        assert [list(part.arrivals()) for _ in range(3)] == [of(start, end)] * 3
    order = (3, 1, 1, 0)
    again = whole.by_parts([(25.0 * part, 25.0 * part + 25.0) for part in order])
    assert (again.name, again.work, again.duration) == ("whole", whole.work, 100.0)
    if not drawn:
        expected = [
            (25.0 * place + time, s)
            for place, part in enumerate(order)
            for time, s in of(25.0 * part, 25.0 * part + 25.0)
        ]
        assert list(again.arrivals()) == expected
        return
    levels = {time: rate.per_second for rate in again.rates() for time in range(int(rate.start), int(rate.end))}
    assert levels == {
        25 * place + time: 0.5 * ((25 * part + time) // 10 % 4)
        for place, part in enumerate(order)
        for time in range(25)
    }
    assert whole.expected == sum(10.0 * rate.per_second for rate in rates)
    assert whole.part(15.0, 45.0).expected == 5 * 0.5 + 10 * 1.0 + 10 * 1.5
    assert replace(whole, duration=25.0).expected == 10 * 0.5 + 5 * 1.0
