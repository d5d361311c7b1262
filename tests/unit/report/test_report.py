"""A report is one file that says it all by itself."""

import math
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.report.blocks import Sentence, Table
from scaleproof.report.files import MADE, check_ours, write
from scaleproof.report.html import page as rendered
from scaleproof.report.plot import Plot, Series, Spans, visible, zone
from scaleproof.report.simulation import simulation_blocks, tiles
from scaleproof.report.timeline import folded
from scaleproof.simulation import Cause, Timeline, Waiting
from scaleproof.simulation.behaviour import Shortage
from scaleproof.simulation.recorder import ROWS
from scaleproof.studies.outcome import Advice, Change, Outcome, Variation

from .made import ENDPOINT, START, activity, day
from .parsed import Page

PRICES = {"ml.g6.2xlarge": 1.22, "ml.g6e.2xlarge": 2.9}
DEMAND, INSTANCES = "Does the capacity follow the demand?", "Which instances run?"
EVENTS, COST = "What did alarms and policies do?", "What does it cost?"


@pytest.fixture(scope="module")
def text():
    return rendered(
        simulation_blocks([Outcome.from_result(ENDPOINT, day(), PRICES)]), command="scaleproof simulate <dir>"
    )


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_needs_nothing_else(text, page):
    assert page.references() == []
    assert "url(" not in text
    assert "@import" not in text
    assert set(re.findall(r"https?://[^\s\"<)]*", text)) == {"https://github.com/leeoniya/uPlot"}


def test_what_it_says(page):
    for words in ("speech-realtime", "It fails", "Above capacity", "142", "scaleproof simulate <dir>"):
        assert words in page.text
    assert [figure.question for figure in page.figures] == [
        DEMAND,
        INSTANCES,
        "What does speech-realtime-concurrency see?",
        EVENTS,
        "Who waits?",
        COST,
    ]


def test_the_main_numbers():
    result = day()
    totals = replace(result.totals, overload_seconds=17_280.0, waiting=Waiting(1.0, 0.0, 3.0, 20.0, 58.0))
    two_days = Outcome.from_result(
        ENDPOINT, replace(result, totals=totals, duration=2 * 86_400.0, traffic_duration=2 * 86_400.0), PRICES
    )
    rest = [
        ("Instance-hours", "142", "peak 16 instances"),
        ("Cost", "$191.08", "$2,906 a month"),
        ("Changes", "34", "18 out, 16 in"),
    ]
    assert list(tiles(two_days)) == [
        ("Served", "99.976 %", "of 41,110 requests"),  # 94 of the 41,204 are in flight
        ("Above capacity", "4 h 48 min", "10.0 % of the time"),
        ("Waiting, 99 %", "20 s", "at most 58 s"),
        ("Cut by scale-in", "0", "a day, 0 in all"),
        *rest,
    ]
    assert {what: more for what, _, more in tiles(two_days, 2)}["Cost"] == "$2,906 a month, mean of 2 seeds"
    queue = replace(two_days.result, kind="async")
    assert list(tiles(replace(two_days, result=queue)))[1:] == [("Waiting, 95 %", "3 s", "at most 58 s"), *rest]
    assert "Cost" not in [what for what, *_ in tiles(Outcome.from_result(ENDPOINT, result, {}))]


OLD, NEW = (Outcome.from_result(ENDPOINT, day(), prices) for prices in ({}, PRICES))
DEAR = Outcome.from_result(ENDPOINT, day(), dict.fromkeys(PRICES, 2.9))
CALM = replace(day(), totals=replace(day().totals, refused=0, overload_seconds=0.0, overload=dict.fromkeys(Cause, 0.0)))


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (NEW, NEW, "It fails, as before: at the same cost."),
        (NEW, DEAR, "It fails, as before: $219.46 more, +115 %."),
        (OLD, DEAR, "It fails, as before: as many instance-hours."),
        (DEAR, OLD, "It fails, as before: as many instance-hours."),
        (NEW, Outcome.from_result(ENDPOINT, CALM, PRICES), "It holds, where it failed before: at the same cost."),
    ],
)
def test_a_change_is_said_beside_what_was_before(was, now, said):
    sentences = [block.text for block in simulation_blocks([now], [was]).blocks if isinstance(block, Sentence)]
    assert sentences == [said]


def test_what_is_new_and_what_is_gone():
    report = simulation_blocks([NEW], [], ["speech-old"])
    assert [block.text for block in report.blocks if isinstance(block, Sentence)] == [
        "speech-realtime is new.",
        "speech-old is gone.",
    ]
    (compared,) = [
        block
        for block in simulation_blocks([NEW], [OLD]).blocks
        if isinstance(block, Table) and "before" in block.title
    ]
    assert (compared.columns, compared.words) == (["", "Before", "After"], ["", "Before", "After"])
    assert "is new" not in rendered(simulation_blocks([NEW]))


def test_what_an_activity_took(page):
    assert "Mon 02 Mar 10:50:00 18 to 19 Failed 4 min 20 s" in page.text
    assert "Mon 02 Mar 10:33:20 unchanged Failed 4 min 20 s" in page.text
    assert "triggered policy concurrency (AlreadyAtMaxCapacity)" in page.text
    assert "concurrency ()" not in page.text
    under_way = replace(day(), activities=(activity(39_000.0, 18, 19, status="InProgress", end=None, cause="why"),))
    text = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, under_way, {})]))).text
    assert "18 to 19 InProgress why" in text


LINE = day().timeline
NOTHING, SIGNAL = (0,) * 1440, "speech-realtime-concurrency"


@pytest.mark.parametrize(
    ("rows", "changes", "question", "keys"),
    [
        ({"signals": {SIGNAL: (None,) * 1440}}, {}, f"What does {SIGNAL} see?", None),
        ({"signals": {SIGNAL: (0.5,) * 1440}}, {}, f"What does {SIGNAL} see?", ["signal", "target 0.75"]),
        ({}, {"targets": {}}, f"What does {SIGNAL} see?", ["signal"]),
        ({"waiting": NOTHING, "refused": NOTHING}, {}, "Who waits?", None),
        ({"waiting": NOTHING}, {}, "Who waits?", ["waiting", "refused"]),
        ({"refused": NOTHING}, {}, "Who waits?", ["waiting"]),
        ({"starting": NOTHING}, {}, INSTANCES, [*PRICES, "desired", "minimum", "maximum", "not available"]),
        ({}, {"activities": (), "transitions": ()}, EVENTS, None),
        ({}, {"activities": ()}, EVENTS, ["no data", "in ALARM, for more", "in ALARM, for less"]),
        ({}, {"transitions": ()}, EVENTS, ["scaled out", "scaled in", "failed"]),
    ],
)
def test_a_plot_shows_what_there_is(rows, changes, question, keys):
    result = replace(day(), timeline=replace(LINE, **rows), **changes)
    figures = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, result, {})]))).figures
    assert [list(figure.keys) for figure in figures if figure.question == question] == ([keys] if keys else [])


def test_pools_come_first_and_from_the_fifth_on_types_share_a_colour():
    kinds = ["ml.c5.large", *(f"ml.g6.{size}xlarge" for size in (2, 4, 8, 12)), "ml.g6e.2xlarge"]
    result = replace(
        day(),
        timeline=replace(LINE, in_service=dict.fromkeys(kinds, LINE.in_service["ml.g6.2xlarge"])),
        totals=replace(day().totals, instance_seconds=dict.fromkeys(kinds, 3_600.0)),
    )
    figure = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, result, {})]))).plot(INSTANCES)
    order = ["ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.c5.large", *kinds[2:5]]
    assert list(figure.keys)[:6] == order
    colours = [series["colour"] for series in figure.data["series"]][:6]
    assert colours == ["pool1", "pool2", "pool3", "pool4", "pool5", "pool5"]


def test_every_axis_has_its_unit_and_every_plot_its_files(page):
    for figure in page.figures:
        assert figure.axis["across"] == "time, UTC"
        assert figure.data["unit"] or figure.data["lanes"], figure.question
        assert figure.label.startswith(figure.question)
        assert figure.files == ["png", "csv"]


def test_plots_show_what_was_simulated(page):
    result = day()
    line = result.timeline
    figure = page.plot(DEMAND)
    assert figure.axis["start"] == START.timestamp()
    assert figure.axis["last"] == 86_400
    assert figure.axis["places"] == list(line.time)
    assert figure.values("demand") == list(line.demand)
    assert figure.values("capacity") == list(line.capacity)
    assert page.plot(INSTANCES).values("ml.g6e.2xlarge") == list(line.in_service["ml.g6e.2xlarge"])
    assert page.plot("Who waits?").values("refused") == list(line.refused)


def test_each_series_can_be_switched_off(page):
    assert page.plot(INSTANCES).keys == {
        "ml.g6.2xlarge": True,
        "ml.g6e.2xlarge": True,
        "starting": True,
        "desired": True,
        "minimum": True,
        "maximum": True,
    }
    result = day()
    # A maximum far above the 20 would flatten all others: it is there, but off.
    line = replace(result.timeline, desired=(20, *result.timeline.desired[1:]))
    for most, off in ((32, []), (33, ["maximum"]), (400, ["maximum"])):
        far = replace(result, timeline=replace(line, maximum=(2, *(most,) * 1439)))
        keys = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, far, {})]))).plot(INSTANCES).keys
        assert [name for name, on in keys.items() if not on] == off


def test_the_zone_of_the_start_is_that_of_the_axis():
    start = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=5, minutes=30), "IST"))
    axis = (
        Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, replace(day(), start=start), {})])))
        .plot(DEMAND)
        .axis
    )
    assert (axis["across"], axis["offset"], axis["start"]) == ("time, IST", 19_800, start.timestamp())


def test_shortages_are_shaded(page):
    result = day()
    spans = page.plot(DEMAND).spans("demand above capacity")
    assert sum(end - start for start, end in spans) == pytest.approx(result.totals.overload_seconds)
    assert "not available" not in page.plot(INSTANCES).keys

    line = result.timeline
    short = replace(
        result,
        shortages=(Shortage("ml.g6.2xlarge", 80_000.0, 90_000.0), Shortage("ml.g6e.2xlarge", 86_400.0, 1e6)),
        timeline=replace(line, starting=(*(0,) * 600, *line.starting[600:])),
    )
    figure = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, short, {})]))).plot(INSTANCES)
    assert figure.spans("ml.g6.2xlarge out of stock") == [[80_000, 86_400]]
    assert figure.keys["ml.g6.2xlarge out of stock"]
    low, high = figure.data["spans"][-1]["part"]
    assert 0.9 < low < high == 1  # at the upper edge, where it hides nothing
    assert "ml.g6e.2xlarge out of stock" not in figure.keys
    # Keys are as pale as what they stand for.
    assert figure.looks["ml.g6.2xlarge out of stock"] == "stack"
    assert page.plot(DEMAND).looks["demand above capacity"] == "area"
    never = replace(result, timeline=replace(line, demand=(0,) * 1440))
    quiet = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, never, {})]))).plot(DEMAND)
    assert (quiet.spans("demand above capacity"), quiet.looks["demand above capacity"]) == ([], "area")
    missing = [row for row in range(600) if line.starting[row]]
    assert missing
    assert sum(end - start for start, end in figure.spans("not available")) == 60 * len(missing)


def test_failed_activities_are_marked_and_listed_with_their_reasons(page):
    figure = page.plot(EVENTS)
    assert figure.spans("failed") == [[39_000, 39_000]]
    assert [39_000, 39_000] not in figure.spans("scaled out")
    assert "Mon 02 Mar 10:50:00 18 to 19 Failed ResourceLimitExceeded" in page.text
    result = day()
    none = replace(result, activities=result.activities[:-1])
    assert "What failed" not in rendered(simulation_blocks([Outcome.from_result(ENDPOINT, none, {})]))
    late = activity(50_000.0, 3, 4, status="Unfulfilled", message="It took <too> long.")
    found = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, replace(none, activities=(late,)), {})])))
    assert "Unfulfilled It took <too> long." in found.text
    assert found.plot(EVENTS).spans("failed") == [[50_000, 50_000]]


def test_changes_of_the_count_are_marked_by_their_direction():
    changes = [(2, 5), (5, 3), (0, 1), (1, 0), (3, 3), (0, 0)]
    made = tuple(activity(1_000.0 * number, *change) for number, change in enumerate(changes, 1))
    result = replace(day(), activities=made)
    figure = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, result, {})]))).plot(EVENTS)
    assert figure.spans("scaled out") == [[time, time] for time in (1_000, 3_000, 5_000, 6_000)]
    assert figure.spans("scaled in") == [[time, time] for time in (2_000, 4_000)]


def test_alarms_are_shown_by_state(page):
    figure = page.plot(EVENTS)
    assert figure.data["lanes"] == ["desired count", "speech-realtime-AlarmHigh", "speech-realtime-AlarmLow"]
    assert figure.spans("in ALARM, for more") == [[28_000, 37_000]]
    assert figure.spans("in ALARM, for less") == [[300, 27_000], [70_000, 86_400]]
    assert figure.spans("no data") == [[0, 300], [0, 300]]


def test_cost_over_time(page):
    result = day()
    figure = page.plot(COST)
    assert figure.data["unit"] == "USD so far"
    for kind, price in PRICES.items():
        spent = figure.values(kind)
        assert spent == sorted(spent)
        counts = result.timeline.in_service[kind]
        assert spent[0] == pytest.approx(spent[-1] * counts[0] / sum(counts), abs=0.001)
        assert spent[-1] == pytest.approx(price * result.totals.instance_seconds[kind] / 3600, abs=0.001)
    free = Page(rendered(simulation_blocks([Outcome.from_result(ENDPOINT, result, {})]))).plot(COST)
    assert free.data["unit"] == "instance-hours so far"
    hours = result.totals.instance_seconds["ml.g6.2xlarge"] / 3600
    assert free.values("ml.g6.2xlarge")[-1] == pytest.approx(hours, abs=0.001)


def test_advice_stands_with_the_findings(text):
    advice = Advice(("It holds with capacity.min = 4 <or> more.", "No single input is enough."))
    advised = rendered(simulation_blocks([replace(Outcome.from_result(ENDPOINT, day(), PRICES), advice=advice)]))
    card = advised.partition('<section class="verdict fails">')[2].partition("</section>")[0]
    assert "Of the overload, " in card
    assert "It holds with capacity.min = 4 &lt;or&gt; more. No single input is enough." in card
    assert "What to change" not in text


def test_what_is_assumed_stands_in_a_box(page):
    assert (
        "Assumptions Assumed: an instance serves 4 min 20 s after it is requested (provisioning 3 "
        "min, start-up 1 min 20 s), as seen once by a public benchmark, on ml.g5.xlarge. To use your own "
        "times, add --assume provisioning=SECONDS --assume start_up=SECONDS."
    ) in page.text


def test_names_are_text_whatever_they_hold():
    evil = "</script><script>alert(1)</script>"
    result = replace(day(), endpoint=evil, traffic='"><img src=x>')
    line = result.timeline
    pools = {evil: line.in_service["ml.g6.2xlarge"], "ml.g6e.2xlarge": line.in_service["ml.g6e.2xlarge"]}
    signals = {evil: line.signals["speech-realtime-concurrency"]}
    result = replace(
        result,
        totals=replace(result.totals, instance_seconds=dict.fromkeys(pools, 3_600.0)),
        timeline=replace(line, in_service=pools, signals=signals),
        transitions=tuple(replace(one, alarm=evil) for one in result.transitions),
    )
    text = rendered(simulation_blocks([Outcome.from_result(ENDPOINT, result, {})]), command=evil)
    found = Page(text)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert f"What does {evil} see?" in found.text
    assert found.plot(EVENTS).data["lanes"] == ["desired count", evil]
    assert found.plot(INSTANCES).values(evil) == list(line.in_service["ml.g6.2xlarge"])


@pytest.mark.parametrize(("endpoints", "listed"), [(1, 200), (2, 100), (40, 10)])
def test_the_months_activities_are_counted_not_all_listed(endpoints, listed):
    failed = day().activities[-1]
    outcome = Outcome.from_result(ENDPOINT, replace(day(), activities=(failed,) * 300), {})
    blocks = simulation_blocks([outcome] * endpoints).blocks
    tables = {table.title or table.folded: table for table in blocks if isinstance(table, Table)}
    for title in ("What failed", "Scaling activities (300)"):
        assert len(tables[title].rows) == listed
        assert tables[title].note == f"{300 - listed} more; --json has them all."
    whole = simulation_blocks([Outcome.from_result(ENDPOINT, day(), {})]).blocks
    assert not any(block.note for block in whole if isinstance(block, Table))


def test_uncertainty():
    base = Outcome.from_result(ENDPOINT, day(), {})
    totals = replace(base.result.totals, overload_seconds=420.0)
    other = Outcome.from_result(ENDPOINT, replace(day(), totals=totals), {})
    varied = Variation((Change("repeat_high_resolution", "10", "60"),), other.bare)
    same = Variation((Change("release", "newest", "idlest"),), base.bare)
    outcome = replace(base, uncertainty=(same, varied))
    text = rendered(simulation_blocks([outcome]))
    assert "speech-realtime with one assumption changed" in text
    assert "No difference: release=idlest." in text
    assert "idlest</td>" not in text
    assert "No difference" not in rendered(simulation_blocks([replace(base, uncertainty=(varied,))]))
    assert "<td>repeat_high_resolution</td><td>10</td><td>60</td>" in text


def test_a_failed_write_leaves_nothing(tmp_path):
    place = tmp_path / "none" / "report.html"
    for call in (lambda: check_ours(place), lambda: write("x", place)):
        with pytest.raises(ScaleproofError, match=r"none/report.html cannot be written: there is no directory"):
            call()
    for text in (f"{MADE}\nx", f"{MADE}\ny"):
        write(text, tmp_path / "report.html")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == f"{MADE}\ny"


def test_fewer_rows_hide_no_peak():
    line = day().timeline
    line = replace(line, refused=(0, 7, *line.refused[2:]), capacity=(24.0, 3.0, *line.capacity[2:]))
    for most in (1440, 500, 10):
        found = folded(line, most)
        assert len(found) <= most
        assert len(found) * found.step >= 86_400
        assert max(found.demand) == max(line.demand)
        assert max(found.waiting) == max(line.waiting)
        assert max(found.desired) == max(line.desired)
        assert min(found.capacity) == min(line.capacity)
        assert sum(found.refused) == sum(line.refused)
        seen, all_seen = (one.signals["speech-realtime-concurrency"] for one in (found, line))
        assert max(filter(None, seen)) == max(filter(None, all_seen))


def test_a_row_stands_for_several():
    line = Timeline(
        step=60.0,
        time=(0.0, 60.0, 120.0, 180.0, 240.0),
        desired=(5, 1, 2, 4, 3),
        in_service={"a": (1, 2, 3, 4, 5)},
        starting=(5, 4, 3, 2, 1),
        draining=(1, 3, 2, 5, 4),
        demand=(1, 9, 2, 7, 8),
        in_flight=(6, 5, 4, 3, 2),
        waiting=(0, 0, 3, 0, 0),
        capacity=(8.0, 2.0, 5.0, 1.0, 3.0),
        refused=(1, 2, 4, 8, 16),
        minimum=(1, 2, 3, 4, 5),
        maximum=(10, 20, 30, 40, 50),
        signals={"p": (None, 0.5, 0.25, None, None)},
    )
    assert folded(line, 5) == line
    assert folded(line, 2) == Timeline(
        step=180.0,
        time=(0.0, 180.0),
        desired=(5, 4),
        in_service={"a": (3, 5)},
        starting=(3, 1),
        draining=(2, 4),
        demand=(9, 8),
        in_flight=(6, 3),
        waiting=(3, 0),
        capacity=(2.0, 1.0),
        refused=(7, 24),
        minimum=(3, 5),
        maximum=(30, 50),
        signals={"p": (0.5, None)},
    )


def test_no_overload_is_lost_by_fewer_rows():
    outcome = Outcome.from_result(ENDPOINT, day(), {})
    figure = Page(rendered(simulation_blocks([outcome] * 20))).figures[0]
    assert len(figure.values("demand")) <= 200
    spans, line = figure.spans("demand above capacity"), outcome.result.timeline
    over = [time for time, want, have in zip(line.time, line.demand, line.capacity, strict=True) if want > have]
    assert over
    assert all(any(start <= time < end for start, end in spans) for time in over)


def test_spans_that_no_screen_tells_apart_are_one():
    spans = [(10.0 * index, 10.0 * index + 4) for index in range(8_640)]
    found = visible(spans, 86_400, 2_000)
    assert len(found) <= 2_000
    assert (found[0][0], found[-1][1]) == (0, 86_394)
    assert visible([(0, 10), (50, 60.4)], 86_400, 2_000) == [(0, 60)]
    assert visible([(0, 10), (54, 60.4)], 86_400, 2_000) == [(0, 10), (54, 60)]
    assert visible([(0, 90), (10, 20)], 100, 10) == [(0, 90)]
    assert visible([(0, 1), (50, 51), (54, 60.4), (62, 63)], 100, 10) == [(0, 1), (50, 63)]
    assert visible([(0, 10), (60, 70)], 100, 2) == [(0, 10), (60, 70)]


@pytest.mark.parametrize(
    ("spans", "changes", "look"),
    [
        ([(0, 9)], {}, "area"),
        ([(0, 9), (10, 10)], {}, "area"),
        ([], {}, "area"),
        ([(0, 0), (10, 10)], {}, "stack"),
        ([(0, 9)], {"lane": 0}, "stack"),
        ([(0, 9)], {"part": (0.5, 1.0)}, "stack"),
    ],
)
def test_what_a_whole_plot_is_seen_through_is_pale(spans, changes, look):
    assert Spans("", spans, "", **changes).look == look


def test_the_pointer_reads_series_and_no_spans():
    shaded = Spans("a", [(0, 1)], "calm"), Spans("b", [(0, 1)], "alarm"), Spans("a", [(2, 3)], "calm", 1)
    keys = Plot("", series=(Series("s", [1], "ink"),), spans=(shaded[0], *shaded)).keys
    assert [(key["label"], key["look"], key["read"]) for key in keys] == [
        ("s", "line", True),
        ("a", "area", False),
        ("b", "area", False),
        ("a", "stack", False),
    ]


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (START, "UTC"),
        (START.astimezone(ZoneInfo("Europe/London")), "UTC"),
        (START.astimezone(ZoneInfo("Europe/Berlin")), "CET"),
    ],
)
def test_a_zone_has_its_name(start, name):
    assert zone(start) == name


def test_numbers_are_as_long_as_a_plot_can_show():
    values = [None, math.nan, math.inf, 0.0, 1.0, 12.34567, -12.34567, 0.123456, 7.99996]
    (series,) = Plot("", series=(Series("", values, ""),)).data["series"]
    assert series["values"] == [None, None, None, 0, 1, 12.346, -12.346, 0.1235, 8]
    assert [type(value) for value in series["values"][3:5]] == [int, int]


@pytest.mark.parametrize("endpoints", [1, 2, 20])
def test_it_stays_under_a_megabyte(endpoints):
    """Also with as many rows, changes and states of alarms as a busy month has."""
    result = day()
    line = result.timeline

    def longer(values):
        return tuple(0.123456789 * row + (values[row % 1440] or 0) for row in range(ROWS))

    names = ("step", "time", "in_service", "signals")
    columns = {name: longer(column) for name, column in vars(line).items() if name not in names}
    busy = replace(
        result,
        duration=30 * 86_400.0,
        timeline=replace(
            line,
            **columns,
            step=1_296.0,
            time=tuple(1_296.0 * row for row in range(ROWS)),
            in_service={name: longer(column) for name, column in line.in_service.items()},
            signals={name: longer(column) for name, column in line.signals.items()},
        ),
        activities=tuple(replace(one, time=450.0 * index) for index, one in enumerate(result.activities * 150)),
        transitions=tuple(replace(one, time=300.0 * index) for index, one in enumerate(result.transitions * 1_400)),
    )
    text = rendered(simulation_blocks([Outcome.from_result(ENDPOINT, busy, PRICES)] * endpoints))
    assert len(text.encode()) < 1_000_000
