"""Arrivals that are asked for again are drawn twice, and no more are kept than there is room for."""

from array import array
from itertools import chain

from scaleproof.simulation import arrival_cache, traffic
from scaleproof.simulation.arrival_cache import CHUNK, ArrivalCache, replayed
from scaleproof.simulation.generators import constant


class Drawn:
    """Counts how often arrivals are drawn."""

    def __init__(self, number):
        self.whole = [(float(place), 0.5) for place in range(number)]
        self.times = 0

    def __call__(self):
        self.times += 1
        return iter([self.whole[first : first + CHUNK] for first in range(0, len(self.whole), CHUNK)])


def asked(cache, drawn, times=1):
    for _ in range(times):
        assert list(chain.from_iterable(cache.chunks(drawn, drawn))) == drawn.whole


def test_they_are_drawn_twice():
    cache, drawn = ArrivalCache(), Drawn(3 * CHUNK)
    asked(cache, drawn, 5)
    assert drawn.times == 2


def test_events_are_drawn_once(monkeypatch):
    drawn, cache = [], ArrivalCache()
    monkeypatch.setattr(traffic, "ARRIVALS", cache)
    monkeypatch.setattr(traffic, "_events", lambda chunks, events=traffic._events: drawn.append(1) or events(chunks))
    day = constant(level=40, days=0.5, seed=3)
    first, *others = [[tuple(chunk) for chunk in day.events()] for _ in range(3)]
    assert others == [first, first]
    assert len(drawn) == 1


def test_what_was_not_read_to_its_end_is_not_kept():
    cache, drawn = ArrivalCache(), Drawn(2 * CHUNK)
    for _ in range(3):
        next(cache.chunks(drawn, drawn))
    asked(cache, drawn, 2)
    assert drawn.times == 4


def test_what_does_not_fit_is_drawn_each_time():
    cache, drawn = ArrivalCache(CHUNK), Drawn(CHUNK + 1)
    asked(cache, drawn, 4)
    assert drawn.times == 4


def test_what_fits_to_the_last_one_is_kept():
    cache, large, small = ArrivalCache(CHUNK + 1), Drawn(CHUNK + 1), Drawn(1)
    asked(cache, large, 4)
    assert large.times == 2
    asked(cache, small)
    asked(cache, large)
    assert large.times == 2
    asked(cache, small, 2)
    asked(cache, large)
    assert (large.times, small.times) == (3, 2)


def test_of_too_many_that_were_asked_for_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(arrival_cache, "_MOST_KEYS", 2)
    cache, drawn = ArrivalCache(), [Drawn(1) for _ in range(3)]
    for one in (*drawn, *drawn[1:], *drawn[1:], drawn[0], drawn[2]):
        asked(cache, one)
    assert [one.times for one in drawn] == [2, 2, 2]


def test_what_is_replayed_comes_in_chunks():
    whole = [(float(place), place / 2) for place in range(2 * CHUNK + 1)]
    times, lengths = (array("d", values) for values in zip(*whole, strict=True))
    chunks = list(replayed(times, lengths))
    assert [len(chunk) for chunk in chunks] == [CHUNK, CHUNK, 1]
    assert list(chain.from_iterable(chunks)) == whole


def test_what_was_asked_for_longest_ago_goes_first():
    cache, first, second, third = ArrivalCache(20), Drawn(10), Drawn(10), Drawn(10)
    for one in (first, second):
        asked(cache, one, 2)
    asked(cache, first)
    asked(cache, third, 2)
    asked(cache, first)
    assert (first.times, second.times, third.times) == (2, 2, 2)
    asked(cache, second)
    assert second.times == 3


def test_generated_traffic_stays_the_same():
    day = constant(level=40, days=0.5, seed=3)
    assert len({tuple(day.arrivals()) for _ in range(4)}) == 1
