"""Traffic from CSV files, and what is wrong with those that are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scaleproof.simulation import TrafficError, Work
from scaleproof.studies.traffic_csv import read

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(*lines: str, encoding: str = "utf-8") -> Path:
        file = tmp_path / "calls.csv"
        file.write_text("\n".join(lines) + "\n" if lines else "", encoding=encoding)
        return file

    return make


def test_arrivals_with_durations(write: Write) -> None:
    found = read(write("time,duration", "0,30", "1.5,60", "1.5,5", "", "70,10"), {})
    assert list(found.traffic.arrivals()) == [(0, 30), (1.5, 60), (1.5, 5), (70, 10)]
    assert (found.traffic.duration, found.traffic.work, found.start) == (80, Work.STREAM, None)
    assert list(found.traffic.arrivals()) == list(found.traffic.arrivals())


def test_sizes_are_worked_on_at_a_pace(write: Write) -> None:
    found = read(write("Time;Size_MB", "0;10", "5;200"), {"per": "1.5"})
    assert list(found.traffic.arrivals()) == [(0, 15), (5, 300)]
    assert (found.traffic.work, found.largest) == (Work.FILE, 200)
    with pytest.raises(TrafficError, match=r"but not how long an instance works on a MB\. Add it, as in"):
        read(write("time,size", "0,10"), {})


def test_dates_say_when_it_began(write: Write) -> None:
    lines = ("timestamp\tduration", "2026-03-29T01:59:30+01:00\t10", "2026-03-29T03:00:30+02:00\t10")
    found = read(write(*lines), {})
    # The clock goes forward in between: a minute passes.
    assert list(found.traffic.arrivals()) == [(30, 10), (90, 10)]
    assert found.start == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("first", ["2023-11-16 18:15:46.6805900", "1700158546.68059"])
def test_dates_without_zone_and_seconds_since_1970_are_utc(first: str, write: Write) -> None:
    found = read(
        write("TIMESTAMP,GeneratedTokens", f"{first},50"), {"duration": "GeneratedTokens", "per": "0.02"}
    )
    assert found.start == datetime(2023, 11, 16, 18, 15, tzinfo=UTC)
    ((time, seconds),) = found.traffic.arrivals()
    assert (time, seconds) == (pytest.approx(46.68059, abs=1e-5), 1.0)


def test_a_length_for_all(write: Write) -> None:
    same = read(write("time", "0", "10"), {"seconds": "240"})
    assert [seconds for _, seconds in same.traffic.arrivals()] == [240, 240]
    drawn = read(write("time", *map(str, range(2000))), {"seconds": "240", "spread": "0.5", "seed": "4"})
    lengths = sorted(seconds for _, seconds in drawn.traffic.arrivals())
    assert lengths[1000] == pytest.approx(240, rel=0.05)
    assert lengths[0] < 120 < 480 < lengths[-1]


def test_rates_are_drawn_from_a_seed(write: Write) -> None:
    file = write("time,rate", "0,2", "600,0", "1200,4", "1800,1")
    one, same, other = (read(file, {"seconds": "30", "seed": seed}).traffic for seed in ("1", "1", "2"))
    arrivals = list(one.arrivals())
    assert arrivals == list(same.arrivals()) == list(one.arrivals()) != list(other.arrivals())
    counts = [sum(start <= time < start + 600 for time, _ in arrivals) for start in range(0, 2400, 600)]
    for number, expected in zip(counts, (1200, 0, 2400, 600), strict=True):
        assert abs(number - expected) <= 4 * expected**0.5
    assert one.duration == 2400


def test_work_can_be_named(write: Write) -> None:
    file = write("time,duration", "0,3")
    assert read(file, {"work": "sync"}).traffic.work is Work.SYNC


def test_a_byte_order_mark_is_no_part_of_a_name(write: Write) -> None:
    assert list(read(write("time,duration", "0,3", encoding="utf-8-sig"), {}).traffic.arrivals()) == [(0, 3)]


@pytest.mark.parametrize(
    ("lines", "options", "reason"),
    [
        ((), {}, "is empty. Write a header"),
        (("time,duration",), {}, "has a header but no arrival"),
        (("a,b", "1,2"), {}, "has no column with a time: it has a, b. Columns are time with duration"),
        (("time,b", "1,2"), {}, "has no column with a duration, a size or a rate: it has time, b"),
        (("time,duration", "1,x"), {}, "line 2: 'x' is not a number from 0 on"),
        (("time,duration", "1,nan"), {}, "line 2: 'nan' is not a number from 0 on"),
        (("time,duration", "1,inf"), {}, "line 2: 'inf' is not a number from 0 on"),
        (("time,duration", "1,-2"), {}, "line 2: '-2' is not a number from 0 on"),
        (("time,duration", "1,2", "2"), {}, "line 3: a value is missing"),
        (("time,duration", "-1,2"), {}, "line 2: the time -1 is negative"),
        (("time,duration", "nan,2"), {}, "line 2: 'nan' is not a time"),
        (("time,duration", "1767225600000,2"), {}, "is not a time before the year 2100. A time is a number"),
        (("time,duration", "0001-01-01T00:00:00+14:00,2"), {}, "is not between the years 1971 and 2099"),
        (("time,duration", "0001-01-01T00:00:00+23:59,2"), {}, "is not between the years 1971 and 2099"),
        (("time,duration", "9999-12-31T23:59:59-23:59,2"), {}, "is not between the years 1971 and 2099"),
        (("time,duration", "1e300,2"), {}, "is not a time before the year 2100"),
        (("time,duration", "yesterday,2"), {}, "is not a time in ISO 8601. A time is a number of seconds"),
        (("time,duration", "0,2", "85795200,2"), {}, "line 3: 85795200 is 993 days on. Traffic lasts"),
        (("time,duration", "0,1", "9000000000,1"), {}, "line 3: '9000000000' is not a time before the year"),
        (("time,duration", "1980-01-01,1", "2090-01-01,1"), {}, "line 3: 2090-01-01 is 40,178 days on"),
        (("time,duration", "0,2e300"), {}, "days with its last request. Traffic lasts at most 455 days"),
        (("time,rate", "0,0", "39000000,0"), {"seconds": "3"}, "lasts 903 days with its last request"),
        (("time,duration", "5,2", "4,2"), {}, "line 3: 4 comes after a later time. Sort the rows by time."),
        (
            ("time,duration", "2026-01-01T00:00Z,2", "2026-01-01T00:01,2"),
            {},
            "line 3: 2026-01-01T00:01 is a date without a time zone, but others are a date with",
        ),
        (("time,duration", "0,2"), {"duration": "seconds_"}, "has no column seconds_. It has time, duration"),
        (("time,duration", "0,2"), {"color": "red"}, "has no option 'color'. It has time, rate,"),
        (("time,duration", "0,2"), {"work": "play"}, "work=play is not one of stream, sync, file"),
        (("time,duration", "0,2"), {"per": "x"}, "per=x is not a number from 0 on"),
        (("time,rate", "0,2", "60,1"), {}, "but not how long a request takes"),
        (("time,rate", "0,2"), {"seconds": "3"}, "needs two rows or more"),
        (("time,rate", "0,2", "0,3"), {"seconds": "3"}, "line 3: there are two rates for the same time"),
        (("time,rate", "0,1e9", "86400,1"), {"seconds": "3"}, "stands for 8.64e+13 requests; at most"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    lines: tuple[str, ...], options: dict[str, str], reason: str, write: Write
) -> None:
    with pytest.raises(TrafficError) as raised:
        read(write(*lines), options)
    assert reason in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TrafficError, match="cannot be read: No such file"):
        read(tmp_path / "none.csv", {})
    binary = tmp_path / "x.csv"
    binary.write_bytes(b"time,duration\n\xff\xfe\x00,1\n")
    with pytest.raises(TrafficError, match="is not text in UTF-8"):
        read(binary, {})


def test_too_many_rows(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaleproof.studies.traffic_csv.MOST_ROWS", 10)
    with pytest.raises(TrafficError, match=r"has more than 10 rows\. Use rates instead of arrivals"):
        read(write("time,duration", *(f"{n},1" for n in range(20))), {})


RECORDED = (
    "# made by somebody",
    "# work: file",
    "# start: 2026-03-02T08:00:00+00:00",
    "# end: 2026-03-02T09:00:00+00:00",
    "time,duration",
    "2026-03-02T08:10:00+00:00,30",
)


def test_comments_say_when_it_starts_and_ends(write: Write) -> None:
    found = read(write(*RECORDED), {})
    assert list(found.traffic.arrivals()) == [(600, 30)]
    assert (found.traffic.duration, found.traffic.work) == (3600, Work.FILE)
    assert found.start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert read(write(*RECORDED), {"work": "sync"}).traffic.work is Work.SYNC


def test_empty_lines_before_the_header_are_left_out(write: Write) -> None:
    lines = ["", RECORDED[0], "", *RECORDED[1:]]
    assert list(read(write(*lines), {}).traffic.arrivals()) == [(600, 30)]


def test_rates_last_until_the_end_of_a_comment(write: Write) -> None:
    lines = [*RECORDED[:4], "time,rate", "2026-03-02T08:00:00+00:00,0", "2026-03-02T08:01:00+00:00,1"]
    found = read(write(*lines), {"seconds": "5"}).traffic
    assert found.duration == 3600
    assert all(60 <= time < 120 for time, _ in found.arrivals())


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        (2, "# start: 2026-03-02T08:00:30+00:00", "line 3: the start 2026-03-02T08:00:30+00:00 is no whole"),
        (2, "# start: yesterday", "line 3: 'yesterday' is not a time in ISO 8601. Write it as in"),
        (2, "# start: 2026-03-02T08:30:00+00:00", "line 6: the time 2026-03-02T08:10:00+00:00 is before the"),
        (3, "# end: 2026-03-02T07:00:00+00:00", "ends before it starts"),
        (3, "# end: 2026-03-02T07:00:00", "line 4: '2026-03-02T07:00:00' is not a time with a time zone"),
        (
            3,
            "# end: 2999-03-02T07:00:00Z",
            "line 4: '2999-03-02T07:00:00Z' is not between the years 1971 and",
        ),
        (3, "# end: 0001-01-01T00:00:00+23:59", "is not between the years 1971 and"),
        (3, "# end: 2098-03-02T07:00:00Z", "lasts 26,298 days with its last request. Traffic lasts at most"),
        (1, "# work: sleep", "work=sleep is not one of"),
    ],
)
def test_wrong_comments(write: Write, line: int, text: str, said: str) -> None:
    lines = list(RECORDED)
    lines[line] = text
    with pytest.raises(TrafficError, match=re.escape(said)):
        read(write(*lines), {})
