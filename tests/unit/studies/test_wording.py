"""Numbers as people read them."""

import pytest

from scaleproof.studies.wording import count, duration, hours, little, money, more, per_day, share


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (0.42, "0.4 s"), (3, "3 s"), (59.7, "1 min"), (250, "4 min 10 s"), (3599, "59 min 59 s"),
        (12_000, "3 h 20 min"), (12_031, "3 h 21 min"), (3_599.6, "1 h"), (86_399, "1 d"), (86_400, "1 d"),
        (190_000, "2 d 5 h"), (9.94, "9.9 s"), (9.96, "10 s"), (10.4, "10 s"), (59.4, "59 s"), (60, "1 min"),
        (3_600, "1 h"), (3_630, "1 h"), (3_631, "1 h 1 min"), (86_369, "23 h 59 min"), (172_800, "2 d"),
    ],
)  # fmt: skip
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.012, "1.2 %"),
        (0.00012, "0.012 %"), (1e-9, "< 0.001 %"),
        (0.99987, "99.987 %"), (0.9999999, "> 99.999 %"), (0.0000101, "0.001 %"), (0.0999, "10 %"), (0.1, "10.0 %"),
        (0.99, "99.0 %"), (0.9901, "99.01 %"),
    ],
)  # fmt: skip
def test_what_is_neither_all_nor_nothing_never_reads_so(value, words):
    assert share(value) == words


@pytest.mark.parametrize(
    ("requests", "seconds", "words"),
    [
        (1_000, 86_400.0, ""),
        (999, 86_400.0, "999 requests in 1 d"),
        (1_000, 86_340.0, "1,000 requests in 23 h 59 min"),
    ],
)
def test_what_is_too_little_to_choose_on(requests, seconds, words):
    assert little(requests, seconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (0.04, "0.04"), (9.94, "9.9"), (9.96, "10"), (10.4, "10"), (1_204.4, "1,204")],
)
def test_what_happens_a_day_need_not_be_whole(number, words):
    assert per_day(number) == words


def test_counts_hours_and_money():
    assert (count(1, "request"), count(1204, "request")) == ("1 request", "1,204 requests")
    assert (hours(0.42), hours(12.54), hours(100), hours(1240.4)) == ("0.4", "12.5", "100", "1,240")
    assert (money(0.4), money(12.5), money(1000), money(1240.3)) == ("$0.40", "$12.50", "$1,000", "$1,240")


@pytest.mark.parametrize(
    ("before", "after", "priced", "words"),
    [
        (100.0, 110.0, False, "10.0 instance-hours more, +10.0 %"),
        (100.0, 150.0, True, "$50.00 more, +50 %"),
        (100.0, 99.8, True, "$0.20 less, -0.2 %"),
        (100.0, 110.1, False, "10.1 instance-hours more, +10 %"),
        (1_000.0, 1_000.5, True, "$0.50 more, +0.1 %"),
        (1.0, 0.5, False, "0.5 instance-hours less, -50 %"),
        (100.0, 100.04, False, "as many instance-hours"),
        (0.0, 0.0, True, "at the same cost"),
        (0.0, 5.0, False, "5.0 instance-hours more"),
    ],
)
def test_what_a_change_costs(before, after, priced, words):
    assert more(before, after, priced=priced) == words
