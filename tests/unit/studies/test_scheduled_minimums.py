"""Minimums of a usual week: from which days they are made, what they need, and the rules that make them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from scaleproof.scaling import schedules as expressions
from scaleproof.scaling.cron import local
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Traffic
from scaleproof.studies.proposal import Floor, Proposal
from scaleproof.studies.scheduled_minimums import TooLittleTrafficError, Week, alike, joined, rules, split
from scaleproof.studies.traffic import TrafficSpec, parse

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, DAY = 3_600, 86_400
MINUTES = 1_440


def traffic(
    *spans,
    start,
    end,
    gaps=(),
):
    """So many requests at a time between two moments, from a file."""

    def since(moment):
        # Not moment - start: that is by the clock.
        return moment.timestamp() - start.timestamp()

    requests = sorted(
        (since(first), since(last) - since(first)) for first, last, number in spans for _ in range(number)
    )
    missing = tuple((since(first), since(last)) for first, last in gaps)
    whole = Traffic.from_arrivals(requests, duration=since(end))
    return TrafficSpec("calls.csv", whole, start, gaps=missing)


def working_days(start, days, *, hour=9, number=24):
    """So many requests at a time for eight hours from an hour on by the clock, Monday to Friday."""
    spans = []
    for day in range(days):
        opened = (start + timedelta(days=day)).replace(hour=hour)
        if opened.weekday() < 5:
            spans.append((opened, opened + timedelta(hours=8), number))
    return traffic(*spans, start=start, end=start + timedelta(days=days))


def week_of(calls, timezone="UTC"):
    assert calls.start
    return Week.from_traffic([calls], calls.start, split(calls, calls.start, timezone))


# Days


def test_the_last_seven_complete_days_are_judged():
    start = datetime(2026, 1, 5, 13, tzinfo=UTC)
    found = split(traffic(start=start, end=start + timedelta(days=20)), start, "UTC")
    assert (found.fitted[0], found.fitted[-1]) == (date(2026, 1, 6), date(2026, 1, 17))
    assert (found.judged[0], found.judged[-1]) == (date(2026, 1, 18), date(2026, 1, 24))


def test_days_are_those_of_the_time_zone_and_of_its_clocks():
    """Clocks go forward on 29 March 2026: fourteen days last an hour less."""
    start = datetime(2026, 3, 20, tzinfo=BERLIN)
    end = start + timedelta(days=14)
    found = split(traffic(start=start, end=end), start, "Europe/Berlin")
    assert (found.fitted[0], found.judged[-1]) == (date(2026, 3, 20), date(2026, 4, 2))
    first, last = found.span
    assert last - first == 7 * DAY - HOUR
    assert local(first, BERLIN) == datetime(2026, 3, 27, tzinfo=BERLIN)
    with pytest.raises(TooLittleTrafficError, match=r"need 14 complete days of traffic, and this has 13"):
        split(traffic(start=start, end=end), start, "UTC")


def test_a_day_with_a_gap_is_no_complete_day():
    start, end = MONDAY, MONDAY + timedelta(days=16)
    gap = (MONDAY + timedelta(days=3, hours=4), MONDAY + timedelta(days=3, hours=5))
    found = split(traffic(start=start, end=end, gaps=[gap]), start, "UTC")
    assert len(found.fitted) == 8
    assert date(2026, 1, 8) not in found.fitted


def test_a_gap_until_midnight_leaves_the_next_day_complete():
    start, end = MONDAY, MONDAY + timedelta(days=16)
    gap = (MONDAY + timedelta(days=3, hours=4), MONDAY + timedelta(days=4))
    found = split(traffic(start=start, end=end, gaps=[gap]), start, "UTC")
    assert date(2026, 1, 9) in found.fitted


def test_gaps_come_from_the_comments_of_a_recording(tmp_path):
    first, last = (MONDAY + timedelta(days=3, hours=hours) for hours in (4, 5))
    (tmp_path / "calls.csv").write_text(
        f"# no data from {first.isoformat()} to {last.isoformat()}\n# start: {MONDAY.isoformat()}\n"
        f"# end: {(MONDAY + timedelta(days=16)).isoformat()}\ntime,duration\n{10 * HOUR},30\n"
    )
    found = parse("calls.csv", base=tmp_path)
    assert found.gaps == ((3 * DAY + 4 * HOUR, 3 * DAY + 5 * HOUR),)
    assert len(split(found, MONDAY, "UTC").fitted) == 8


def test_a_file_without_dates_has_no_week(tmp_path):
    (tmp_path / "calls.csv").write_text(f"time,duration\n0,30\n{20 * DAY},30\n")
    with pytest.raises(TooLittleTrafficError, match="its times have no dates"):
        split(parse("calls.csv", base=tmp_path), MONDAY, "UTC")


def test_described_traffic_needs_more_days():
    with pytest.raises(TooLittleTrafficError, match=r"this has 5. Set days=14"):
        split(parse("constant:level=1,days=5"), MONDAY, "UTC")


# The week


def test_the_same_hour_by_the_clock_is_the_same_hour_in_winter_and_in_summer():
    """Clocks go forward on the only Sunday but one of the days to fit on."""
    found = week_of(working_days(datetime(2026, 3, 16, tzinfo=BERLIN), 28), "Europe/Berlin")
    busy = [hour for hour, level in enumerate(found.demand) if level]
    assert busy == [24 * day + hour for day in range(5) for hour in range(9, 17)]
    assert set(found.demand) == {0, 24}


@pytest.mark.parametrize(("seconds", "level"), [(180, 4), (190, 24)])
def test_five_percent_of_an_hour_may_be_above_and_ten_seconds_more_may_not(seconds, level):
    """On Mondays, which are unlike the other days then."""
    opened = [MONDAY + timedelta(days=day, hours=9) for day in range(14)]
    busy = [(one, one + timedelta(seconds=seconds), 20) for one in opened[::7]]
    calm = [(one, one + timedelta(hours=1), 4) for one in opened]
    calls = traffic(*busy, *calm, start=MONDAY, end=MONDAY + timedelta(days=14))
    assert week_of(calls).demand[8:11] == (0, level, 0)


def test_hours_of_all_days_and_seeds_count():
    """Of twenty Mondays one is busier; of eight, one."""
    calls = [working_days(MONDAY, 14, number=number) for number in [24] + [10] * 19]
    days = split(calls[0], MONDAY, "UTC")
    assert Week.from_traffic(calls, MONDAY, days).demand[9] == 10
    assert Week.from_traffic(calls[:8], MONDAY, days).demand[9] == 24


def test_a_day_without_requests_is_left_out_where_others_like_it_have_some():
    """All Tuesdays but one of those to fit on have no requests; no Sunday has any."""
    calls = working_days(MONDAY, 35)
    quiet = [one for one in calls.traffic.arrivals() if not any(d * DAY <= one[0] < (d + 1) * DAY for d in (8, 15))]
    found = week_of(TrafficSpec("calls.csv", Traffic.from_arrivals(quiet, duration=35 * DAY), MONDAY))
    assert (found.demand[24 + 10], found.demand[6 * 24 + 10]) == (24, 0)


def test_one_busy_day_is_enough_where_all_others_like_it_are_quiet():
    """Of twenty seeds one has calls on Tuesday."""
    busy = working_days(MONDAY, 14)
    arrivals = [one for one in busy.traffic.arrivals() if not DAY <= one[0] < 2 * DAY]
    quiet = replace(busy, traffic=Traffic.from_arrivals(arrivals, duration=14 * DAY))
    found = Week.from_traffic([busy, *[quiet] * 19], MONDAY, split(busy, MONDAY, "UTC"))
    assert found.demand[24:48] == (*[0] * 9, *[24] * 8, *[0] * 7)


def test_each_weekday_needs_a_day():
    start = MONDAY
    gap = (MONDAY + timedelta(days=2), MONDAY + timedelta(days=2, hours=1))
    calls = traffic(start=start, end=start + timedelta(days=15), gaps=[gap])
    with pytest.raises(TooLittleTrafficError, match="no Wednesday is complete"):
        week_of(calls)


def test_weekdays_alike_are_one_group():
    def groups(*levels):
        return alike([[level] * 24 for level in levels])

    assert groups(100, 90, 95, 100, 98, 30, 28) == [[0, 1, 2, 3, 4], [5, 6]]
    assert groups(100, 100, 100, 100, 50, 30, 10) == [[0, 1, 2, 3], [4], [5], [6]]
    assert groups(*[0] * 7) == [[0, 1, 2, 3, 4, 5, 6]]
    assert len(groups(100, 88, 77, 68, 60, 53, 47)) > 2, "each is close to the next, the first far from the last"


@pytest.mark.parametrize(
    ("timezone", "start", "skipped"),
    [
        ("America/Santiago", datetime(2026, 8, 31), [0] + [50] * 23),  # no hour of the day is before it
        ("Europe/London", datetime(2026, 3, 23), [50] * 24),
        ("Europe/Berlin", datetime(2026, 3, 23), [50] * 24),
    ],
)
def test_clocks_may_jump_over_an_hour_of_a_day(timezone, start, skipped):
    """The only Sunday to fit on begins at one o'clock, or has no hour from one to two."""
    start = start.replace(tzinfo=ZoneInfo(timezone))
    always, sunday = (start, start + timedelta(days=14), 5), (start + timedelta(days=6), start + timedelta(days=7), 45)
    same = traffic(always, start=start, end=start + timedelta(days=14))
    assert set(week_of(same, timezone).demand) == {5}
    busy = traffic(always, sunday, start=start, end=start + timedelta(days=14))
    assert week_of(busy, timezone).demand == (*[5] * 144, *skipped)


# Minimums


def test_instances_are_asked_for_before_the_hour_and_kept_until_its_end():
    found = week_of(working_days(MONDAY, 14)).minimums(10, 7)
    tuesday = found[MINUTES : 2 * MINUTES]
    assert [tuesday[60 * 9 - 8], tuesday[60 * 9 - 7]] == [1, 3]
    assert [tuesday[60 * 17 - 1], tuesday[60 * 17]] == [3, 1]
    assert set(found[5 * MINUTES :]) == {1}


def test_what_monday_needs_at_midnight_is_asked_for_on_sunday():
    found = Week("UTC", (50, *[1] * 167)).minimums(10, 5)
    assert found[-6:] == [1, 5, 5, 5, 5, 5]


def test_hours_alike_are_one_level():
    """An hour that needs one instance more is not worth a change of its own; a night is."""
    needed = [1] * 7 + [20] * 5 + [19] * 2 + [20] * 1 + [1] * 9
    assert joined(needed) == [1] * 7 + [20] * 8 + [1] * 9


def test_a_level_is_nowhere_too_low():
    needed = [hour % 3 + hour // 2 for hour in range(24)]
    found = joined(needed)
    assert all(level >= need for level, need in zip(found, needed, strict=True))
    assert sum(one != other for one, other in pairwise(found)) < 10


@pytest.mark.parametrize(("minute", "first"), [(0, 2), (472, 2), (473, 4), (1_019, 4), (1_020, 2)])
def test_they_stay_within_the_bounds_and_begin_with_the_one_in_force(minute, first):
    """The clock in Berlin is an hour ahead."""
    begins = MONDAY + timedelta(days=1, minutes=minute)
    week = Week("Europe/Berlin", tuple([1] * 33 + [50] * 9 + [1] * 126))
    proposal = Proposal(Kind.REALTIME, (("ml.g6.2xlarge", 10.0),), 2, 4, 0.8, 60, 300)
    found = week.applied(proposal, week.minimums(10, 7), begins.timestamp())
    assert found.min == first
    assert [(one.name, one.min) for one in found.schedules] == [("tue-0853", 4), ("tue-1800", 2)]


def test_the_rules_make_the_minimums_at_every_minute():
    """As Application Auto Scaling runs them, in the week when clocks go back. Monday's begin on Sunday at 23:59."""
    demand = [level for level in (50, 50, 30, 50, 50, 10, 10) for _ in range(24)]
    found = Week("Europe/Berlin", tuple(demand)).minimums(10, 1)
    found[3 * MINUTES + 600 : 3 * MINUTES + 700] = [8] * 100
    actions = [(expressions.parse(rule.schedule, rule.timezone), rule.min) for rule in rules(found, "Europe/Berlin")]
    start = datetime(2026, 10, 19, tzinfo=BERLIN).timestamp()
    level = found[0]
    for minute in range(14 * MINUTES):
        time = start + 60 * minute
        for schedule, low in actions:
            if schedule.next_after(time - 1) == time:
                level = low
        at = local(time, BERLIN)
        assert level == found[at.weekday() * MINUTES + 60 * at.hour + at.minute], at


def test_weekdays_alike_share_a_rule():
    low, high = [1] * MINUTES, [1] * 420 + [5] * 720 + [1] * 300

    def named(week):
        return [(rule.name, rule.min) for rule in rules(week, "UTC")]

    found = rules([*high * 5, *low * 2], "UTC")
    assert [(rule.name, rule.schedule, rule.min) for rule in found] == [
        ("mon-fri-0700", "cron(0 7 ? * MON-FRI *)", 5),
        ("mon-fri-1900", "cron(0 19 ? * MON-FRI *)", 1),
    ]
    assert rules(high * 7, "UTC")[0] == Floor("daily-0700", "cron(0 7 ? * * *)", "UTC", 5)
    assert rules([*high, *low, *high * 2, *low, *high * 2], "UTC")[0].schedule == (
        "cron(0 7 ? * MON,WED,THU,SAT,SUN *)"
    )
    assert rules(low * 7, "UTC") == ()
    assert named([5] * MINUTES + low * 6) == [("mon-0000", 5), ("tue-0000", 1)]
    assert named([5] * MINUTES + (low * 6)[1:] + [5]) == [("sun-2359", 5), ("tue-0000", 1)]
