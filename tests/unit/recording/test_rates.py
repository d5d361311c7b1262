"""Little's law, and what rates would look like in CloudWatch, by hand."""

import pytest

from scaleproof.recording import rates
from scaleproof.recording.instances import Counts
from scaleproof.recording.metrics import Series, date
from scaleproof.recording.rates import Lengths, Rate, difference

START = 1_800_000_000 // 86_400 * 86_400
HOUR = 3600
TIMES = range(START, START + 300, 60)
"""Five minutes."""


def series(*values, period=60):
    """Values of periods from START on; None for those without data."""
    known = {START + period * place: value for place, value in enumerate(values) if value is not None}
    return Series(period, known)


def of(seconds, *per_minute):
    return [Rate(START + 60 * place, number / 60, seconds) for place, number in enumerate(per_minute)]


def test_the_length_is_the_time_that_all_are_there_by_their_number():
    steady = Lengths(series(*[30.0] * 5), series(*[10.0] * 5), TIMES, arriving=True)
    assert steady.at(START) == 20.0
    # 150 came and 10 more are there at the end: on average of both ends, 145 had their time.
    grows = Lengths(series(*[30.0] * 5), series(0, 1, 2, 3, 10), TIMES, arriving=True)
    assert grows.at(START) == 60 * 16 / 145
    # 150 went and 10 more are there at the end: 155 began.
    waits = Lengths(series(*[30.0] * 5), series(0, 1, 2, 3, 10), TIMES, arriving=False)
    assert waits.at(START) == 60 * 16 / 155


def test_what_is_not_known_is_left_out():
    lengths = Lengths(series(*[30.0] * 5), series(5, None, None, None, 5), TIMES, arriving=True)
    assert lengths.at(START + 120) == 600 / 60
    assert Lengths(series(1.0), series(), TIMES, arriving=True).at(START) is None


def test_one_request_says_how_long_it_takes():
    lengths = Lengths(series(0, 1, 0, 0, 0), series(0, 0.5, 0, 0, 0), TIMES, arriving=True)
    assert lengths.at(START) == 30.0


def test_who_does_not_end_takes_twice_as_long_as_the_recording():
    assert Lengths(series(0, 0), series(3, 3), TIMES, arriving=True).at(START) == 600.0
    assert Lengths(series(0.001), series(3, 3), TIMES, arriving=True).at(START) == 600.0
    assert Lengths(series(0, 0), series(0.005, 0.005), TIMES, arriving=True).at(START) == 600.0
    assert Lengths(series(0, 0), series(0, 0), TIMES, arriving=True).at(START) == 0.0


def test_the_hour_around_a_time_says_it_if_enough_came():
    """An hour of 20 s, one of 40 s, at 120 requests an hour."""
    times = range(START, START + 48 * HOUR, 60)
    numbers = series(*[2.0] * len(times))
    levels = series(*(120 / 3600 * (20 if time // HOUR % 2 == START // HOUR % 2 else 40) for time in times))
    lengths = Lengths(numbers, levels, times, arriving=True)
    assert lengths.at(START + 24 * HOUR + 1800) == pytest.approx(20)
    assert lengths.at(START + 25 * HOUR + 1800) == pytest.approx(40)
    assert lengths.at(START + 25 * HOUR) == pytest.approx(30, rel=0.01)
    hundred = Lengths(series(*[5.0, 0.0, 0.0] * (len(times) // 3)), levels, times, arriving=True)
    assert hundred.at(START + 25 * HOUR + 1800) == pytest.approx(48)
    # With fewer, the day around it does, and with hardly any all of the time.
    fewer = Lengths(series(*[0.5] * len(times)), levels, times, arriving=True)
    assert fewer.at(START + 25 * HOUR + 1800) == pytest.approx(120, rel=0.01)
    few = Lengths(series(*[0.01] * len(times)), levels, times, arriving=True)
    assert few.at(START + 25 * HOUR + 1800) == pytest.approx(6000, rel=0.05)


@pytest.mark.parametrize(
    ("levels", "first"),
    [
        ((4, 4), 4),
        ((2, 4), 1),
        ((1, 4), 0),
        ((4, 2), 5),
        ((3, None), 3),
        ((None, 3), 3),
        ((None, None, 3), 0),
    ],
)
def test_how_many_are_there_when_it_begins(levels, first):
    assert rates.edge(series(*levels), TIMES) == first


def test_rates_of_a_real_time_endpoint():
    found = rates.realtime(series(*[30.0] * 5), series(*[10.0] * 5), series(1.0, 25.0), TIMES)
    assert [rate.start for rate in found] == list(TIMES)
    assert [rate.seconds for rate in found[1:]] == [25.0, 20.0, 20.0, 20.0]
    assert [rate.per_second for rate in found[1:]] == [0.5] * 4
    # Ten more are there at the start, and half through.
    assert found[0] == Rate(START, 40 / 60, pytest.approx((30 * 20 + 10 * 10) / 40))
    few = rates.realtime(series(*[30.0] * 5), series(*[0.5] * 5), series(), TIMES)
    assert few[0].per_second == 30.5 / 60
    # Ten are there, and nobody else is known to have come.
    unknown = rates.realtime(series(None, *[30.0] * 4), series(*[10.0] * 5), series(), TIMES)
    assert unknown[0] == Rate(START, 10 / 60, unknown[1].seconds / 2)


def test_no_request_is_shorter_than_a_millisecond():
    found = rates.realtime(series(*[30.0] * 5), series(*[0.0] * 5), series(), TIMES)
    assert {rate.seconds for rate in found} == {0.001}


def test_rates_of_a_queue():
    """Two instances of one place each: eight wait, and two a minute end, then twelve come."""
    counts = Counts(((0.0, 2),), "made", 60.0)
    backlog = series(8, 6, 4, 14, 12)
    found = rates.queued(series(*[2.0] * 5), backlog, series(), TIMES, counts, 1)
    # 9 are there at the start; at the edges 7, 5, 9, 13 and 12.
    assert [rate.per_second * 60 for rate in found] == pytest.approx([9, 0, 6, 6, 1])
    assert {rate.seconds for rate in found} == {60.0}
    double = rates.queued(series(*[2.0] * 5), backlog, series(), TIMES, counts, 2)
    assert {rate.seconds for rate in double} == {120.0}
    # Where places are free, 10 ended and one more is there than at the start: 10.5 had their time.
    free = rates.queued(series(*[2.0] * 5), backlog, series(), TIMES, Counts(((0.0, 9),), "made", 60.0), 1)
    assert {rate.seconds for rate in free} == {60 * (8 + 6 + 4 + 9 + 9) / 10.5}


def test_who_is_there_does_not_go_without_having_ended():
    counts = Counts(((0.0, 1),), "made", 60.0)
    found = rates.queued(series(0, 0, 1, 0, 0), series(4, 4, 0, 0, 0), series(), TIMES, counts, 1)
    assert [rate.per_second * 60 for rate in found] == pytest.approx([1, 0, 0, 0, 0])


def test_requests_of_rates_are_in_flight_for_as_long_as_they_last():
    # One a second: of those that last 20 s, 20; of those that last 90 s, 30, 75 (not 90 yet), 90.
    assert list(rates.levels_of(of(20, 60, 60, 60, 0, 0), TIMES).values()) == pytest.approx([20, 20, 20, 0, 0])
    assert list(rates.levels_of(of(90, 60, 60, 60, 0, 0), TIMES).values()) == pytest.approx([30, 90, 90, 60, 0])
    mixed = [Rate(START, 1.0, 200.0), *of(20, 0, 60, 0, 0, 0)[1:]]
    assert list(rates.levels_of(mixed, TIMES)) == list(TIMES)
    assert list(rates.levels_of(mixed, TIMES).values()) == pytest.approx([30, 80, 60, 50, 0])


def test_requests_of_rates_wait_where_no_instance_is_free():
    counts = Counts(((0.0, 0), (START + 60.0, 1)), "made", 60.0)
    # Six come at once. One instance takes two at a time, for 60 s each: two a minute from the second on.
    found = rates.backlog_of(of(60, 6, 0, 0, 0, 0), TIMES, counts, 2)
    assert list(found) == list(TIMES)
    assert list(found.values()) == pytest.approx([3, 7, 5, 3, 0])
    many = Counts(((0.0, 9),), "made", 60.0)
    steady = rates.backlog_of(of(6, *[60] * 5), TIMES, many, 2)
    assert list(steady.values()) == pytest.approx([6] * 5)  # one a second, of 6 s


def test_differences_are_those_of_hours():
    begin = START + 1200  # not a full hour of the clock
    expected = {begin + 60 * minute: 2.0 + minute % 2 for minute in range(120)} | {begin - 60: 99.0}
    recorded = {begin + 60 * minute: 2.0 if minute < 60 else 4.0 for minute in range(120)}
    found = difference(expected, recorded)
    assert found
    assert (found.hours, found.recorded, found.mean, found.largest) == (2, 3.0, 1.0, 1.5)
    assert found.at == date(begin + HOUR)
    assert not found.refutes
    assert difference(expected, {}) is None


@pytest.mark.parametrize(
    ("expected", "recorded", "refutes"),
    [
        (14.9, 10.0, False),
        (15.0, 10.0, False),
        (15.1, 10.0, True),
        (5.1, 10.0, False),
        (4.9, 10.0, True),
        (0.0, 0.0, False),
        # Few samples: 0.05 in flight are three samples a minute in an hour, of which all may miss.
        (0.0, 0.05, False),
        (0.05, 0.0, False),
        (0.08, 0.0, True),
    ],
)
def test_a_difference_of_half_of_all_is_no_recording(expected, recorded, refutes):
    times = range(START, START + 2 * HOUR, 60)
    found = difference(dict.fromkeys(times, expected), dict.fromkeys(times, recorded))
    assert found
    assert found.refutes is refutes
