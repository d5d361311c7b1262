"""Plots over time: what each shows of a simulation, and the data that a script draws."""

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from scaleproof.report.html import page as rendered
from scaleproof.report.plot import Plot, Series, Spans, visible, zone
from scaleproof.report.simulation import simulation_blocks
from scaleproof.report.timeline import folded
from scaleproof.simulation import Timeline
from scaleproof.simulation.behaviour import Shortage

from .made import PRICES, START, activity, day, outcome, page_of
from .parsed import Page

DEMAND, INSTANCES = "Does the capacity follow the demand?", "Which instances run?"
EVENTS, COST = "What did alarms and policies do?", "What does it cost?"
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
    figures = page_of(result).figures
    assert [list(figure.keys) for figure in figures if figure.question == question] == ([keys] if keys else [])


def test_pools_come_first_and_from_the_fifth_on_types_share_a_colour():
    kinds = ["ml.c5.large", *(f"ml.g6.{size}xlarge" for size in (2, 4, 8, 12)), "ml.g6e.2xlarge"]
    result = replace(
        day(),
        timeline=replace(LINE, in_service=dict.fromkeys(kinds, LINE.in_service["ml.g6.2xlarge"])),
        totals=replace(day().totals, instance_seconds=dict.fromkeys(kinds, 3_600.0)),
    )
    figure = page_of(result).plot(INSTANCES)
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
    keys = [*PRICES, "starting", "desired", "minimum", "maximum"]
    assert page.plot(INSTANCES).keys == dict.fromkeys(keys, True)
    result = day()
    # A maximum far above the 20 would flatten all others: it is there, but off.
    line = replace(result.timeline, desired=(20, *result.timeline.desired[1:]))
    for most, off in ((32, []), (33, ["maximum"]), (400, ["maximum"])):
        far = replace(result, timeline=replace(line, maximum=(2, *(most,) * 1439)))
        keys = page_of(far).plot(INSTANCES).keys
        assert [name for name, on in keys.items() if not on] == off


def test_the_zone_of_the_start_is_that_of_the_axis():
    start = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=5, minutes=30), "IST"))
    axis = page_of(replace(day(), start=start)).plot(DEMAND).axis
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
    figure = page_of(short).plot(INSTANCES)
    assert figure.spans("ml.g6.2xlarge out of stock") == [[80_000, 86_400]]
    assert figure.keys["ml.g6.2xlarge out of stock"]
    low, high = figure.data["spans"][-1]["part"]
    assert 0.9 < low < high == 1  # at the upper edge, where it hides nothing
    assert "ml.g6e.2xlarge out of stock" not in figure.keys
    # Keys are as pale as what they stand for.
    assert figure.looks["ml.g6.2xlarge out of stock"] == "stack"
    assert page.plot(DEMAND).looks["demand above capacity"] == "area"
    never = replace(result, timeline=replace(line, demand=(0,) * 1440))
    quiet = page_of(never).plot(DEMAND)
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
    assert "What failed" not in rendered(simulation_blocks([outcome(none, {})]))
    late = activity(50_000.0, 3, 4, status="Unfulfilled", message="It took <too> long.")
    found = page_of(replace(none, activities=(late,)))
    assert "Unfulfilled It took <too> long." in found.text
    assert found.plot(EVENTS).spans("failed") == [[50_000, 50_000]]


def test_changes_of_the_count_are_marked_by_their_direction():
    changes = [(2, 5), (5, 3), (0, 1), (1, 0), (3, 3), (0, 0)]
    made = tuple(activity(1_000.0 * number, *change) for number, change in enumerate(changes, 1))
    result = replace(day(), activities=made)
    figure = page_of(result).plot(EVENTS)
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
    free = page_of(result).plot(COST)
    assert free.data["unit"] == "instance-hours so far"
    hours = result.totals.instance_seconds["ml.g6.2xlarge"] / 3600
    assert free.values("ml.g6.2xlarge")[-1] == pytest.approx(hours, abs=0.001)


def test_a_row_stands_for_several():
    line = Timeline(
        step=60.0,
        time=(0.0, 60.0, 120.0, 180.0, 240.0),
        desired=(5, 1, 2, 4, 3),
        in_service={"a": (1, 3, 2, 5, 4)},
        starting=(5, 4, 3, 2, 1),
        draining=(1, 3, 2, 5, 4),
        demand=(1, 9, 2, 7, 8),
        in_flight=(6, 5, 4, 3, 2),
        waiting=(0, 3, 0, 0, 0),
        capacity=(8.0, 2.0, 5.0, 1.0, 3.0),
        refused=(1, 2, 4, 8, 16),
        minimum=(1, 3, 2, 5, 4),
        maximum=(10, 30, 20, 50, 40),
        signals={"p": (None, 0.5, 0.25, None, None)},
    )
    assert folded(line, 5) == line
    assert len(folded(line, 0)) == 1
    assert folded(line, 2) == Timeline(
        step=180.0,
        time=(0.0, 180.0),
        desired=(5, 4),
        in_service={"a": (2, 4)},
        starting=(3, 1),
        draining=(2, 4),
        demand=(9, 8),
        in_flight=(6, 3),
        waiting=(3, 0),
        capacity=(2.0, 1.0),
        refused=(7, 24),
        minimum=(2, 4),
        maximum=(20, 40),
        signals={"p": (0.5, None)},
    )


def test_no_overload_is_lost_by_fewer_rows():
    figure = Page(rendered(simulation_blocks([outcome()] * 20))).figures[0]
    assert len(figure.values("demand")) <= 200
    spans = figure.spans("demand above capacity")
    over = [time for time, want, have in zip(LINE.time, LINE.demand, LINE.capacity, strict=True) if want > have]
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
