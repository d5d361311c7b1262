"""Floors of a usual week: which days it is fitted on, what it needs, and the rules that make it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scaleproof.scaling import schedules as expressions
from scaleproof.scaling.cron import local
from scaleproof.simulation import Shortage, Traffic
from scaleproof.studies.assumptions import DEFAULT
from scaleproof.studies.days import TooLittleTrafficError, part, setting_of, split
from scaleproof.studies.floors import MINUTES, floors, joined, rules
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.studies.weekly import Day, alike, exceeded_by, fitted

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, DAY = 3_600, 86_400


def traffic(
    *spans: tuple[datetime, datetime, int],
    start: datetime,
    end: datetime,
    gaps: Sequence[tuple[datetime, datetime]] = (),
) -> TrafficSpec:
    """So many requests at a time between two moments, from a file."""

    def since(moment: datetime) -> float:
        # Not moment - start: that is by the clock.
        return moment.timestamp() - start.timestamp()

    requests = sorted(
        (since(first), since(last) - since(first)) for first, last, number in spans for _ in range(number)
    )
    missing = tuple((since(first), since(last)) for first, last in gaps)
    whole = Traffic.of(requests, duration=since(end))
    return TrafficSpec("calls.csv", whole, start, gaps=missing)


def working_days(start: datetime, days: int, *, hour: int = 9, number: int = 24) -> TrafficSpec:
    """So many requests at a time for eight hours from an hour on by the clock, Monday to Friday."""
    spans = []
    for day in range(days):
        opened = (start + timedelta(days=day)).replace(hour=hour)
        if opened.weekday() < 5:
            spans.append((opened, opened + timedelta(hours=8), number))
    return traffic(*spans, start=start, end=start + timedelta(days=days))


# Days


def test_the_last_seven_complete_days_are_judged() -> None:
    start = datetime(2026, 1, 5, 13, tzinfo=UTC)
    found = split(traffic(start=start, end=start + timedelta(days=20)), start, ZoneInfo("UTC"))
    assert (found.fitted[0], found.fitted[-1]) == (date(2026, 1, 6), date(2026, 1, 17))
    assert (found.judged[0], found.judged[-1]) == (date(2026, 1, 18), date(2026, 1, 24))


def test_days_are_those_of_the_time_zone_and_of_its_clocks() -> None:
    """Clocks go forward on 29 March 2026: fourteen days last an hour less."""
    start = datetime(2026, 3, 20, tzinfo=BERLIN)
    end = start + timedelta(days=14)
    found = split(traffic(start=start, end=end), start, BERLIN)
    assert (found.fitted[0], found.judged[-1]) == (date(2026, 3, 20), date(2026, 4, 2))
    first, last = found.span(found.judged)
    assert last - first == 7 * DAY - HOUR
    with pytest.raises(TooLittleTrafficError, match=r"need 14 complete days of traffic, and this has 13"):
        split(traffic(start=start, end=end), start, ZoneInfo("UTC"))


def test_a_day_with_a_gap_is_no_complete_day() -> None:
    start, end = MONDAY, MONDAY + timedelta(days=16)
    gap = (MONDAY + timedelta(days=3, hours=4), MONDAY + timedelta(days=3, hours=5))
    found = split(traffic(start=start, end=end, gaps=[gap]), start, ZoneInfo("UTC"))
    assert len(found.fitted) == 8
    assert date(2026, 1, 8) not in found.fitted


def test_a_gap_until_midnight_leaves_the_next_day_complete() -> None:
    start, end = MONDAY, MONDAY + timedelta(days=16)
    gap = (MONDAY + timedelta(days=3, hours=4), MONDAY + timedelta(days=4))
    found = split(traffic(start=start, end=end, gaps=[gap]), start, ZoneInfo("UTC"))
    assert date(2026, 1, 9) in found.fitted


def test_gaps_come_from_the_comments_of_a_recording(tmp_path: Path) -> None:
    first, last = (MONDAY + timedelta(days=3, hours=hours) for hours in (4, 5))
    (tmp_path / "calls.csv").write_text(
        f"# no data from {first.isoformat()} to {last.isoformat()}\n# start: {MONDAY.isoformat()}\n"
        f"# end: {(MONDAY + timedelta(days=16)).isoformat()}\ntime,duration\n{10 * HOUR},30\n"
    )
    found = parse("calls.csv", base=tmp_path)
    assert found.gaps == ((3 * DAY + 4 * HOUR, 3 * DAY + 5 * HOUR),)
    assert len(split(found, MONDAY, ZoneInfo("UTC")).fitted) == 8


def test_a_file_without_dates_has_no_week(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(f"time,duration\n0,30\n{20 * DAY},30\n")
    with pytest.raises(TooLittleTrafficError, match="its times have no dates"):
        split(parse("calls.csv", base=tmp_path), MONDAY, ZoneInfo("UTC"))


def test_described_traffic_needs_more_days() -> None:
    with pytest.raises(TooLittleTrafficError, match=r"this has 5. Give days=14"):
        split(parse("constant:level=1,days=5"), MONDAY, ZoneInfo("UTC"))


def test_a_part_has_its_requests_and_starts_at_its_own_time() -> None:
    whole = working_days(MONDAY, 3, number=1)
    first = MONDAY.timestamp() + DAY
    found = part(whole, MONDAY, first, first + DAY)
    assert found.start == MONDAY + timedelta(days=1)
    assert found.traffic.duration == DAY
    assert list(found.traffic.arrivals()) == [(9 * HOUR, 8 * HOUR)]


def test_shortages_count_from_the_start_of_a_part() -> None:
    short = (Shortage("ml.g6.2xlarge", DAY - HOUR, DAY + HOUR), Shortage("ml.g6.2xlarge", 0, HOUR))
    behaviour = DEFAULT.behaviour.__class__(shortages=short)
    setting = Setting(model=DEFAULT.__class__(behaviour=behaviour))
    found = setting_of(setting, MONDAY, MONDAY.timestamp() + DAY)
    assert found.model.behaviour.shortages == (Shortage("ml.g6.2xlarge", -HOUR, HOUR),)


# The week


def test_the_same_hour_by_the_clock_is_the_same_hour_in_winter_and_in_summer() -> None:
    start = datetime(2026, 3, 16, tzinfo=BERLIN)
    calls = working_days(start, 28)
    days = split(calls, start, BERLIN)
    assert date(2026, 3, 29) in days.fitted
    found = dict(fitted(calls, start, days))
    assert found[date(2026, 3, 29)][8:12] == [None] * 4
    for day in (date(2026, 3, 27), date(2026, 3, 30)):
        busy = [quarter for quarter, number in enumerate(found[day]) if number]
        assert (busy[0], busy[-1]) == (36, 67)


def test_a_quarter_has_the_most_of_its_minutes() -> None:
    opened = [MONDAY + timedelta(days=day, hours=9) for day in range(14)]
    busy = [(one, one + timedelta(minutes=5), 20) for one in opened]
    calm = [(one, one + timedelta(minutes=15), 4) for one in opened]
    calls = traffic(*busy, *calm, start=MONDAY, end=MONDAY + timedelta(days=14))
    found = fitted(calls, MONDAY, split(calls, MONDAY, ZoneInfo("UTC")))
    assert {tuple(row[35:38]) for _, row in found} == {(0, 24, 0)}


def test_a_day_without_requests_is_left_out_where_others_like_it_have_some() -> None:
    """The second Tuesday has no requests; no Sunday has any."""
    calls = working_days(MONDAY, 28)
    kept = [one for one in calls.traffic.arrivals() if not 8 * DAY <= one[0] < 9 * DAY]
    quiet = TrafficSpec("calls.csv", Traffic.of(kept, duration=28 * DAY), MONDAY)
    found = [day for day, _ in fitted(quiet, MONDAY, split(quiet, MONDAY, ZoneInfo("UTC")))]
    assert date(2026, 1, 13) not in found
    assert date(2026, 1, 11) in found


def test_each_weekday_needs_a_day() -> None:
    start = MONDAY
    gap = (MONDAY + timedelta(days=2), MONDAY + timedelta(days=2, hours=1))
    calls = traffic(start=start, end=start + timedelta(days=15), gaps=[gap])
    with pytest.raises(TooLittleTrafficError, match="no Wednesday is complete"):
        fitted(calls, start, split(calls, start, ZoneInfo("UTC")))


def week(*levels: int) -> list[Day]:
    """Two weeks with a demand all day, from Monday on."""
    return [(date(2026, 1, 5) + timedelta(days=number), [levels[number % 7]] * 96) for number in range(14)]


def test_weekdays_alike_are_one_group() -> None:
    assert alike(week(100, 90, 95, 100, 98, 30, 28)) == [(0, 1, 2, 3, 4), (5, 6)]
    assert alike(week(100, 100, 100, 100, 50, 30, 10)) == [(0, 1, 2, 3), (4,), (5,), (6,)]
    assert alike(week(*[0] * 7)) == [(0, 1, 2, 3, 4, 5, 6)]


def test_weekdays_are_not_alike_by_small_steps() -> None:
    """Each is close to the next, but the first is far from the last."""
    assert len(alike(week(100, 88, 77, 68, 60, 53, 47))) > 2


def test_a_share_of_the_days_may_be_above() -> None:
    found: list[Day] = [(date(2026, 1, 5) + timedelta(weeks=n), [n] * 96) for n in range(1, 5)]
    assert exceeded_by(found, (0,), 0.0)[0] == 4
    assert exceeded_by(found, (0,), 0.25)[0] == 3
    assert exceeded_by(found, (0,), 0.5)[0] == 2


def test_clocks_may_jump_over_the_first_hour_of_a_day() -> None:
    """In Santiago the only Sunday to fit on begins at one o'clock."""
    santiago = ZoneInfo("America/Santiago")
    start = datetime(2026, 8, 31, tzinfo=santiago)
    calls = traffic((start, start + timedelta(days=14), 5), start=start, end=start + timedelta(days=14))
    days = fitted(calls, start, split(calls, start, santiago))
    assert dict(days)[date(2026, 9, 6)][:5] == [None] * 4 + [5]
    assert exceeded_by(days, (6,), 0.0) == [5] * 96


# Floors


def test_instances_are_asked_for_before_the_hour_and_kept_until_its_end() -> None:
    calls = working_days(MONDAY, 14)
    usual = fitted(calls, MONDAY, split(calls, MONDAY, ZoneInfo("UTC")))
    found = floors(usual, days=0.0, per_instance=10, ahead=7, most=20)
    tuesday = found[MINUTES : 2 * MINUTES]
    assert [tuesday[60 * 9 - 8], tuesday[60 * 9 - 7]] == [1, 3]
    assert [tuesday[60 * 17 - 1], tuesday[60 * 17]] == [3, 1]
    assert set(found[5 * MINUTES :]) == {1}
    assert max(floors(usual, days=0.0, per_instance=10, ahead=7, most=2)) == 2


def test_what_monday_needs_at_midnight_is_asked_for_on_sunday() -> None:
    found = floors(week(50, 1, 1, 1, 1, 1, 1), days=0.0, per_instance=10, ahead=5, most=9)
    assert found[-6:] == [1, 5, 5, 5, 5, 5]


def test_hours_alike_are_one_level() -> None:
    """A quarter that needs one instance more is not worth a change of its own; a night is."""
    needed = [1] * 28 + [20] * 20 + [19] * 2 + [20] * 10 + [1] * 36
    assert joined(needed) == [1] * 28 + [20] * 32 + [1] * 36


def test_a_level_is_nowhere_too_low() -> None:
    needed = [quarter % 3 + quarter // 10 for quarter in range(96)]
    found = joined(needed)
    assert all(level >= need for level, need in zip(found, needed, strict=True))
    assert sum(one != other for one, other in pairwise(found)) < 15


def test_the_rules_make_the_floors_at_every_minute() -> None:
    """As Application Auto Scaling runs them, over the week in which clocks go back."""
    found = floors(week(50, 50, 30, 50, 50, 10, 10), days=0.0, per_instance=10, ahead=0, most=9)
    found[3 * MINUTES + 600 : 3 * MINUTES + 700] = [8] * 100
    actions = [
        (expressions.parse(rule.schedule, rule.timezone), rule.min) for rule in rules(found, "Europe/Berlin")
    ]
    start = datetime(2026, 10, 19, tzinfo=BERLIN).timestamp()
    level = found[0]
    for minute in range(14 * MINUTES):
        time = start + 60 * minute
        for schedule, low in actions:
            if schedule.next_after(time - 1) == time:
                level = low
        at = local(time, BERLIN)
        assert level == found[at.weekday() * MINUTES + 60 * at.hour + at.minute], at


def test_weekdays_alike_share_a_rule() -> None:
    low, high = [1] * MINUTES, [1] * 420 + [5] * 720 + [1] * 300
    found = rules([*high * 5, *low * 2], "UTC")
    assert [(rule.name, rule.schedule, rule.min) for rule in found] == [
        ("mon-fri-0700", "cron(0 7 ? * MON-FRI *)", 5),
        ("mon-fri-1900", "cron(0 19 ? * MON-FRI *)", 1),
    ]
    assert rules(high * 7, "UTC")[0].schedule == "cron(0 7 ? * * *)"
    assert rules([*high, *low, *high * 2, *low, *high * 2], "UTC")[0].schedule == (
        "cron(0 7 ? * MON,WED,THU,SAT,SUN *)"
    )
    assert rules(low * 7, "UTC") == ()
