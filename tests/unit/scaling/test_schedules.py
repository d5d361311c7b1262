"""Schedule expressions: documented meanings (tests/vectors/schedule_expressions.csv), time zones, errors."""

from datetime import UTC, datetime

import pytest

from scaleproof.scaling.cron import ScheduleError
from scaleproof.scaling.schedules import parse

from .alarm_helpers import seconds
from .vectors import Row, rows


def runs(expression, after, number, timezone="UTC", in_gap="skipped"):
    """The next times as UTC day and minute."""
    schedule, time = parse(expression, timezone, in_gap=in_gap), seconds(after)
    found = []
    for _ in range(number):
        following = schedule.next_after(time)
        if following is None:
            break
        time = following
        found.append(stamp(time))
    return found


def stamp(time):
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("row", rows("schedule_expressions.csv"), ids=Row.name)
def test_the_documented_meaning(row):
    found = parse(row["expression"]).next_after(seconds(row["after_utc"]))
    assert found == seconds(row["expected_next_utc"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 12 L * ? *)", ["2026-02-28 12:00", "2026-03-31 12:00"]),
        ("cron(0 12 LW * ? *)", ["2026-02-27 12:00", "2026-03-31 12:00"]),
        ("cron(0 12 1W * ? *)", ["2026-03-02 12:00", "2026-04-01 12:00"]),  # the 1st of March is a Sunday
        ("cron(0 12 15W * ? *)", ["2026-02-16 12:00", "2026-03-16 12:00"]),
        ("cron(0 12 31W * ? *)", ["2026-03-31 12:00", "2026-05-29 12:00"]),
        ("cron(0 12 ? * 6L *)", ["2026-02-27 12:00", "2026-03-27 12:00"]),
        ("cron(0 12 ? 7 6L *)", ["2026-07-31 12:00"]),  # the 24th is a Friday as well
        ("cron(0 12 1W 8 ? *)", ["2026-08-03 12:00"]),  # the 1st is a Saturday, and July ends before it
        ("cron(0 12 ? * MON#3 *)", ["2026-02-16 12:00", "2026-03-16 12:00"]),
        ("cron(0 12 ? 6 MON#1 *)", ["2026-06-01 12:00", "2027-06-07 12:00"]),
        ("cron(0 12 ? * L *)", ["2026-02-14 12:00", "2026-02-21 12:00"]),
        ("cron(0 12 ? * SAT-MON *)", ["2026-02-14 12:00", "2026-02-15 12:00", "2026-02-16 12:00"]),
        ("cron(0 22-1/2 10 * ? *)", ["2026-02-10 22:00", "2026-03-10 00:00"]),
        ("cron(0 12 1 NOV-FEB ? *)", ["2026-11-01 12:00", "2026-12-01 12:00", "2027-01-01 12:00", "2027-02-01 12:00"]),
        ("cron(5,50 0 1 JAN,12 ? 2027-2028)", ["2027-01-01 00:05", "2027-01-01 00:50", "2027-12-01 00:05"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 30 2 ? *)", []),
        ("cron(0 0 1 1 ? 2020)", []),
        ("at(2026-02-10T13:00:00)", ["2026-02-10 13:00"]),
        ("at(2026-02-10T12:00:00)", []),
    ],
)
def test_what_expressions_name(expression, expected):
    assert runs(expression, "2026-02-10T12:00:00Z", max(len(expected), 1)) == expected


def test_rates_count_from_their_start():
    start = seconds("2026-02-10T12:00:30Z")
    schedule = parse("rate(2 hours)", start=start)
    assert schedule.next_after(start - 86_400) == start
    assert schedule.next_after(start) == start + 7_200
    assert schedule.next_after(start + 7_199.9) == start + 7_200
    assert parse("rate(1 day)", start=start).next_after(start) == start + 86_400
    assert parse("rate(10 minutes)", start=start).next_after(start + 1) == start + 600


def test_a_local_morning_moves_with_daylight_saving():
    # Europe/Berlin goes forward on Sunday, 29 March 2026.
    found = runs("cron(30 7 ? * FRI-MON *)", "2026-03-27T12:00:00Z", 3, "Europe/Berlin")
    assert found == ["2026-03-28 06:30", "2026-03-29 05:30", "2026-03-30 05:30"]
    assert runs("at(2026-07-01T07:30:00)", "2026-01-01T00:00:00Z", 1, "America/New_York") == ["2026-07-01 11:30"]


def test_a_time_that_clocks_jump_over():
    daily = "cron(30 2 * * ? *)"
    assert runs(daily, "2026-03-28T00:00:00Z", 2, "Europe/Berlin") == ["2026-03-28 01:30", "2026-03-30 00:30"]
    later = runs(daily, "2026-03-28T00:00:00Z", 3, "Europe/Berlin", "after")
    assert later == ["2026-03-28 01:30", "2026-03-29 01:30", "2026-03-30 00:30"]
    # With the hour after it named as well, what runs later keeps the order of time.
    both = runs("cron(0,30 2,3 29 3 ? 2026)", "2026-03-28T12:00:00Z", 9, "Europe/Berlin", "after")
    assert both == ["2026-03-29 01:00", "2026-03-29 01:30"]


def test_a_time_that_comes_twice_is_run_the_first_time():
    # Europe/Berlin goes back on Sunday, 25 October 2026.
    found = runs("cron(30 2 ? * SUN,MON *)", "2026-10-24T12:00:00Z", 2, "Europe/Berlin")
    assert found == ["2026-10-25 00:30", "2026-10-26 01:30"]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("every day", "'every day' is no schedule"),
        ("cron(0 10 * * ?)", "has 5 fields, but needs 6"),
        ("cron(0 10 * * * *)", r"One of them must be \?"),
        ("cron(0 10 ? * ? *)", r"One of them must be \?"),
        ("cron(60 10 * * ? *)", "'60' is no minute. It is 0-59"),
        ("cron(0 24 * * ? *)", "'24' is no hour"),
        ("cron(0 -1 * * ? *)", "'' is no hour"),
        ("cron(0 0 32 * ? *)", "'32' is no day of the month"),
        ("cron(0 0 0W * ? *)", "'0' is no day of the month"),
        ("cron(0 0 * 13 ? *)", "'13' is no month. It is 1-12 or JAN-DEC"),
        ("cron(0 0 ? * 8 *)", "'8' is no day of the week. It is 1-7 or SUN-SAT"),
        ("cron(0 0 ? * MON#6 *)", "'MON#6' is no day of the week"),
        ("cron(0 0 * * ? 1969)", "'1969' is no year"),
        ("cron(0/0 0 * * ? *)", "'0/0' in the minute field has no step"),
        ("cron(0/x 0 * * ? *)", "'0/x' in the minute field has no step"),
        ("cron(¹ 0 * * ? *)", "'¹' is no minute"),
        ("rate(0 minutes)", "is no rate"),
        ("rate(1 week)", "is no rate"),
        ("at(2026-02-30T00:00:00)", "is no date and time"),
        ("at(2026-02-03)", "is no date and time"),
    ],
)
def test_what_is_wrong_is_said(expression, problem):
    with pytest.raises(ScheduleError, match=problem):
        parse(expression)


@pytest.mark.parametrize("timezone", ["Europe", "Mars/Olympus", "", "/etc/localtime", "../zoneinfo/UTC"])
def test_time_zones_that_do_not_exist(timezone):
    with pytest.raises(ScheduleError, match=r"There is no time zone .* Europe/Berlin"):
        parse("cron(0 10 * * ? *)", timezone)
