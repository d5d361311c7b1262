"""Traffic files, and what is wrong with those that are none."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scaleproof.simulation import TrafficError, Work
from scaleproof.studies import traffic_csv
from scaleproof.studies.traffic_csv import read

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path):
    def make(*lines, encoding="utf-8"):
        file = tmp_path / "calls.csv"
        file.write_text("\n".join(lines) + "\n" if lines else "", encoding=encoding)
        return file

    return make


def test_requests_with_durations(write):
    found = read(write("time,duration", "0,30", " 1.5 , 60", "1.5,5", "", "70,10"), {})
    assert list(found.traffic.arrivals()) == [(0, 30), (1.5, 60), (1.5, 5), (70, 10)]
    assert (found.traffic.duration, found.traffic.work, found.start) == (80, Work.STREAM, None)
    assert list(found.traffic.arrivals()) == list(found.traffic.arrivals())


def test_dates_say_when_it_began(write):
    lines = ("time,duration", "2026-03-29T01:59:30+01:00,10", "2026-03-29T03:00:30+02:00,10")
    found = read(write(*lines), {})
    # The clock goes forward in between: a minute passes.
    assert list(found.traffic.arrivals()) == [(30, 10), (90, 10)]
    assert found.start == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


def test_rates_are_drawn_from_a_seed(write):
    file = write("time,rate,duration", "0,2,30", "600,0,0", "1200,4,40", "1800,1,50")
    one, same, other = (read(file, {"seed": seed}).traffic for seed in ("1", "1", "2"))
    arrivals = list(one.arrivals())
    assert arrivals == list(same.arrivals()) == list(one.arrivals()) != list(other.arrivals())
    assert list(read(file, {}).traffic.arrivals()) == list(read(file, {"seed": "0"}).traffic.arrivals())
    for start, expected, seconds in ((0, 1200, 30), (600, 0, 0), (1200, 2400, 40), (1800, 600, 50)):
        lengths = [length for time, length in arrivals if start <= time < start + 600]
        assert abs(len(lengths) - expected) <= 4 * expected**0.5
        assert set(lengths) <= {seconds}
    assert one.duration == 2400


def test_a_header_may_be_quoted(write):
    file = write("# work: sync", '"time","rate","duration"', '"2026-03-02T08:00Z",1,2', '"2026-03-02T08:01Z",0,2')
    assert read(file, {}).traffic.expected == 60


def test_work_can_be_named(write):
    file = write("time,duration", "0,3")
    assert read(file, {"work": "sync"}).traffic.work is Work.SYNC


def test_traffic_lasts_as_long_as_cloudwatch_keeps_it(write):
    file = write("time,duration", "0,3", "39312000,0")
    assert read(file, {}).traffic.duration == 39_312_000


@pytest.mark.parametrize(("rate", "many"), [("1", False), ("1.01", True)])
def test_rates_are_of_as_many_requests_as_are_simulated(rate, many, write, monkeypatch):
    monkeypatch.setattr(traffic_csv, "MOST", 600)
    file = write("time,rate,duration", f"0,{rate},1", "600,0,1")
    if many:
        with pytest.raises(TrafficError, match="contains 606 requests; at most 600 are simulated"):
            read(file, {})
    else:
        assert read(file, {}).traffic.expected == 600


def test_rates_may_change_after_a_millionth_of_a_second(write):
    rates = list(read(write("time,rate,duration", "0,1,1", "0.000001,2,1", "60,0,1"), {}).traffic.rates())
    assert [(rate.start, rate.end) for rate in rates] == [(0.0, 1e-6), (1e-6, 60.0), (60.0, 119.999999)]


@pytest.mark.parametrize(("row", "lasts"), [("0,0", 1.0), ("0.5,0.25", 1.0), ("0.5,1", 1.5)])
def test_traffic_lasts_a_second_at_least(row, lasts, write):
    assert read(write("time,duration", row), {}).traffic.duration == lasts


def test_a_byte_order_mark_is_no_part_of_a_name(write):
    assert list(read(write("time,duration", "0,3", encoding="utf-8-sig"), {}).traffic.arrivals()) == [(0, 3)]


MOST = "the most is 455."
SECONDS = (
    "Times and lengths are in seconds, times from the start: divide milliseconds by 1000, and write times since 1970 "
    "as dates."
)
HEADERS = "Write time,duration above a row for each request, or time,rate,duration."


@pytest.mark.parametrize(
    ("lines", "options", "reason"),
    [
        ((), {}, "is empty. Write the header time,duration and rows."),
        (("", "# x", ""), {}, "is empty. Write the header"),
        (("time,duration",), {}, "has a header but no request"),
        (("a,b", "1,2"), {}, f"line 1: the header is a,b. {HEADERS}"),
        (("# mine", "time;duration", "1;2"), {}, f"line 2: the header is time;duration. {HEADERS}"),
        (("time,duration", "1,x"), {}, "line 2: 'x' is not a number, 0 or more"),
        (("time,duration", "1,nan"), {}, "line 2: 'nan' is not a number, 0 or more"),
        (("time,duration", "1,inf"), {}, "line 2: 'inf' is not a number, 0 or more"),
        (("time,duration", "1,-2"), {}, "line 2: '-2' is not a number, 0 or more"),
        (("time,duration", "1,2", "2"), {}, "line 3: it has not 2 values"),
        (("time,duration", "1,2", "2,"), {}, "line 3: it has not 2 values"),
        (("time,duration", "1,2,3"), {}, "line 2: it has not 2 values"),
        (("time,duration", "-1,2"), {}, "line 2: '-1' is not a time from the start on"),
        (("time,duration", "nan,2"), {}, "line 2: 'nan' is not a time from the start on"),
        (("time,duration", "1_0,2"), {}, "line 2: '1_0' is not a time from the start on"),
        (("time,duration", "\u0661,2"), {}, "line 2: '\u0661' is not a time from the start on"),
        (("time,duration", "1767225600000,2"), {}, f"days with its last request; {MOST} {SECONDS}"),
        (("time,duration", "1772438414,2"), {}, f"lasts 20,514 days with its last request; {MOST} {SECONDS}"),
        (("time,duration", "1e999,2"), {}, "line 2: '1e999' is not a time from the start on"),
        (("time,duration", "yesterday,2"), {}, "is not a time in ISO 8601. Write it as in 2026-03"),
        (("time,duration", "2026-03-02T08:00,2"), {}, "is not a time with a time zone. Write it as in"),
        (("time,duration", "1980-01-01T00:00Z,1", "2090-01-01T00:00Z,1"), {}, "lasts 40,178 days with its last"),
        (("time,duration", "20000000,20000000"), {}, f"lasts 463 days with its last request; {MOST} {SECONDS}"),
        (("time,rate,duration", "0,0,1", "39000000,0,1"), {}, "lasts 903 days with its last request"),
        (("time,duration", "5,2", "4,2"), {}, "line 3: 4 comes after a later time. Sort the rows by time."),
        (("time,duration", "2026-01-01T00:00Z,2", "5,2"), {}, "line 3: 5 is a number, unlike the times"),
        (("time,duration", "5,2", "2026-01-01T00:00Z,2"), {}, "line 3: 2026-01-01T00:00Z is a date, unlike"),
        (("time,duration", "0,2"), {"per": "2"}, "has no setting 'per'. It has work and seed."),
        (("time,duration", "0,2"), {"work": "play"}, "work=play is not one of stream, sync, file"),
        (("time,rate,duration", "0,2,1", "60,1,1"), {"seed": "x"}, "'x' is not a number, 0 or more"),
        (("time,rate,duration", "0,2,3"), {}, "when its last rate ends. Add `# end: ...`, or a row."),
        (("time,rate,duration",), {}, "does not say when its last rate ends"),
        (("time,rate,duration", "0,2,1", "0,3,1"), {}, "line 3: there are two rates for the same time"),
        (("time,rate,duration", "0,1e9,1", "86400,1,1"), {}, "contains 8.64e+13 requests; at most"),
        (("# end: 2026-03-02T08:00Z", "time,duration", "1,2"), {}, "has an end, but no start. Add `# start"),
        (
            ("# no data from 2026-03-02T08:00Z to 2026-03-02T08:30Z", "time,duration", "1,2"),
            {},
            "has gaps, but no start. Add `# start",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(lines, options, reason, write):
    with pytest.raises(TrafficError) as raised:
        read(write(*lines), options)
    assert reason in str(raised.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(TrafficError, match="cannot be read: No such file"):
        read(tmp_path / "none.csv", {})
    binary = tmp_path / "x.csv"
    binary.write_bytes(b"time,duration\n\xff\xfe\x00,1\n")
    with pytest.raises(TrafficError, match="is not text in UTF-8"):
        read(binary, {})


def test_gaps_are_in_order_and_apart(write):
    def gap(first, last):
        return f"# no data from 2026-03-02T{first}:00+00:00 to 2026-03-02T{last}:00+00:00"

    gaps = gap("08:30", "09:30"), gap("07:00", "08:01"), gap("08:10", "08:30"), gap("08:12", "08:20")
    gaps += gap("10:00", "11:00"), gap("08:05", "08:05")
    found = read(write(*gaps, *RECORDED[2:4], *RECORDED[5:]), {})
    assert found.gaps == ((0, 60), (600, 1800), (1800, 3600))


RECORDED = (
    "# made by somebody",
    "# work: file",
    "# start: 2026-03-02T08:00:00+00:00",
    "# end: 2026-03-02T09:00:00+00:00",
    "# no data from 2026-03-02T08:20:00+00:00 to 2026-03-02T08:30:00+00:00",
    "time,duration",
    "2026-03-02T08:10:00+00:00,30",
)


def test_comments_say_when_it_starts_and_ends(write):
    found = read(write(*RECORDED), {})
    assert list(found.traffic.arrivals()) == [(600, 30)]
    assert (found.traffic.duration, found.traffic.work) == (3600, Work.FILE)
    assert found.start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert found.gaps == ((1200, 1800),)
    assert read(write(*RECORDED), {"work": "sync"}).traffic.work is Work.SYNC


def test_numbers_count_from_the_start(write):
    found = read(write(*RECORDED[:-1], "600,30"), {})
    assert list(found.traffic.arrivals()) == [(600, 30)]
    assert (found.traffic.duration, found.start) == (3600, datetime(2026, 3, 2, 8, tzinfo=UTC))


def test_empty_lines_before_the_header_are_left_out(write):
    lines = ["", RECORDED[0], "", *RECORDED[1:]]
    assert list(read(write(*lines), {}).traffic.arrivals()) == [(600, 30)]


def test_rates_last_until_the_end_of_a_comment(write):
    rows = ["time,rate,duration", "2026-03-02T08:00:00+00:00,0,5", "2026-03-02T08:01:00+00:00,1,5"]
    found = read(write(*RECORDED[:4], *rows), {}).traffic
    assert found.duration == 3600
    assert sum(1 for time, _ in found.arrivals() if time >= 120) == pytest.approx(3480, rel=0.1)
    assert all(time >= 60 for time, _ in found.arrivals())
    one = read(write(*RECORDED[:4], *rows[:2]), {}).traffic
    assert (one.duration, list(one.arrivals())) == (3600, [])


def test_a_row_may_be_at_the_end(write):
    rows = ["time,rate,duration", "0,0.1,5", "3600,0,0"]
    assert read(write(*RECORDED[:4], *rows), {}).traffic.duration == 3600
    with pytest.raises(TrafficError, match="line 7: 3601 is after the end"):
        read(write(*RECORDED[:4], *rows[:-1], "3601,0,0"), {})


@pytest.mark.parametrize(("end", "seconds"), [("09:00:00", 3600), ("08:00:01", 1)])
def test_a_file_of_nothing_lasts_until_its_end(end, seconds, write):
    found = read(write(*(line.replace("T09:00:00", f"T{end}") for line in RECORDED[:-1])), {}).traffic
    assert (found.duration, list(found.arrivals())) == (seconds, [])


@pytest.mark.parametrize(
    "comments",
    [
        "# Work=sync\n# END = 2026-03-03T00:00Z\n# No data from 2026-03-02T08:04Z to 2026-03-02T08:05Z\n",
        "#work:sync\n# a comment\n# End:2026-03-03T00:00Z\n#no Data from 2026-03-02T08:04Z to 2026-03-02T08:05Z\n",
    ],
)
def test_comments_as_people_write_them(write, comments):
    found = read(write(comments, "time,duration", "2026-03-02T08:00:00Z,5"), {})
    assert found.traffic.work is Work.SYNC
    assert found.traffic.duration == 16 * 3600
    assert found.gaps == ((240.0, 300.0),)


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        (2, "# start: 2026-03-02T08:00:30+00:00", "line 3: the start 2026-03-02T08:00:30+00:00 is no whole"),
        (2, "# start: yesterday", "line 3: 'yesterday' is not a time in ISO 8601. Write it as in"),
        (2, "# start: 2026-03-02T08:30:00+00:00", "line 7: '2026-03-02T08:10:00+00:00' is not a time from"),
        (3, "# end: 2026-03-02T07:00:00+00:00", "ends before it starts"),
        (3, "# end: 2026-03-02T08:00:00+00:00", "ends before it starts"),
        (3, "# end: 2026-03-02T08:09:59+00:00", "line 7: 2026-03-02T08:10:00+00:00 is after the end. Correct"),
        (3, "# end: 2026-03-02T07:00:00", "line 4: '2026-03-02T07:00:00' is not a time with a time zone"),
        (3, "# end: 2098-03-02T07:00:00Z", f"lasts 26,298 days with its last request; {MOST}"),
        (4, "# no data from 2026-01-08 to Friday", "line 5: '2026-01-08' is not a time with a time zone"),
        (4, "# no data from 2026-03-02T08:00Z to Friday", "line 5: 'Friday' is not a time in ISO 8601"),
        (4, "# no data from 2026-03-02T08:05Z to 2026-03-02T08:04Z", "line 5: the gap ends before it starts."),
        (1, "# wrok: file", "line 2: wrok: file has no effect. Write work: file, or leave"),
        (1, "# work: sleep", "line 2: work: sleep is not one of stream, sync, file."),
    ],
)
def test_wrong_comments(write, line, text, said):
    lines = list(RECORDED)
    lines[line] = text
    with pytest.raises(TrafficError, match=re.escape(said)):
        read(write(*lines), {})
