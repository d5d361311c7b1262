"""The script of a page: what Python gives it is what it knows, and it draws and writes what it was given."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path

import pytest
import quickjs

from scaleproof.auditing.audit import audited
from scaleproof.report.audit import audit_blocks
from scaleproof.report.comparison import comparison_blocks
from scaleproof.report.html import page as rendered
from scaleproof.report.measurement import measurement_blocks
from scaleproof.report.plot import Plot
from scaleproof.report.simulation import simulation_blocks
from scaleproof.report.timeline import scale_of
from tests.unit.auditing.made import two_policies
from tests.unit.measuring.made import FOUND

from .made import START, comparison, day, outcome, page_of
from .parsed import Page

TEMPLATES = files("scaleproof.report") / "templates"
SCRIPT = "".join((TEMPLATES / name).read_text() for name in ("plot.js", "page.js"))
BROWSER = Path(__file__).with_name("browser.js").read_text()


@pytest.fixture(scope="module")
def pages():
    return [
        Page(text)
        for text in (
            rendered(simulation_blocks([outcome(day(), {})])),
            rendered(comparison_blocks([comparison()])),
            rendered(measurement_blocks(FOUND, endpoint="speech", instance_type="ml.g6.2xlarge", pools="")),
            rendered(audit_blocks(audited(two_policies().case()), "a file")),
        )
    ]


def test_every_colour_is_in_the_style_sheet_for_light_and_dark(pages):
    light, dark = (TEMPLATES / "style.css").read_text().split("@media (prefers-color-scheme: dark)")
    names = [set(re.findall(r"--(\w+): #[0-9a-f]{6};", part.split("}")[0])) for part in (light, dark)]
    used = {
        one["colour"]
        for page in pages
        for figure in page.figures
        for what in ("series", "spans", "dots")
        for one in figure.data[what]
    }
    assert len(used) > 12
    assert used <= names[0] == names[1]


def told(expression, *figures):
    """The value of an expression of the script, as JSON, on a page with figures over one axis."""
    drawn = [{"data": one.data, "title": one.question, "keys": list(one.keys.items())} for one in figures]
    sections = [{"axis": figures[0].axis, "figures": drawn}] if figures else []
    engine = quickjs.Context()
    engine.eval(f"const sections = {json.dumps(sections)};\n{BROWSER}{SCRIPT}")
    return json.loads(engine.eval(f"JSON.stringify(({expression}))"))


def test_stacks_stand_on_each_other_and_on_nothing_that_is_off(pages):
    figure, line = pages[0].plot("Which instances run?"), day().timeline
    first, second = line.in_service.values()
    # Higher stacks are drawn first; a value lasts until the next one, the last one until the end.
    across, starting, upper, lower, *_ = told("figures[0].plot.data", figure)
    assert across == [START.timestamp() + time for time in (*line.time, 86_400)]
    assert lower == [*first, first[-1]]
    assert upper[:-1] == [one + other for one, other in zip(first, second, strict=True)]
    assert starting[:-1] == [one + other for one, other in zip(upper[:-1], line.starting, strict=True)]
    _, _, upper, lower, *_ = told("figures[0].buttons[0].click(), figures[0].plot.data", figure)
    assert (set(lower), upper[:-1]) == ({None}, list(second))
    switch = "[0, 1].map(() => (figures[0].buttons[0].click(), figures[0].buttons[0].attributes['aria-pressed']))"
    assert told(switch, figure) == ["false", "true"]


def test_an_interval_without_an_upper_end_reaches_the_top(pages):
    figure = pages[2].figures[0]
    across, upper, lower, *_ = told("figures[0].plot.data", figure)
    assert (across, lower) == ([12, 13], [0.34, 0.41])
    assert upper == [0.36, figure.data["top"]]
    assert told("table(figures[0])", figure).splitlines()[2] == '13,0.41,"",0.43,0.4'
    assert told("(figures[0].plot.setCursor({ left: 12 }), figures[0].readings[0].textContent)", figure) == (
        "0.34 to 0.36"
    )


def test_scales_end_above_what_is_drawn(pages):
    def scale(most):
        return f"figures[0].plot.options.scales.y.range(null, 0, {most})"

    assert told(scale(100), pages[0].figures[0]) == [0, 105]
    assert told(scale("null"), pages[0].figures[0]) == [0, 1]
    assert told(scale("null"), pages[1].figures[1]) == [0, 100_000]  # dots alone
    assert told(scale("null"), pages[1].figures[0])[1] == pytest.approx(2 * 9_000 / 41_110, rel=1e-3)
    assert told(scale("null"), pages[3].figures[1]) == [0, 3]  # lanes
    assert told(scale(99), pages[2].figures[0]) == [0, pages[2].figures[0].data["top"]]


def test_what_is_painted_in_a_lane_lies_in_it(pages):
    drawn = [figure.data for page in pages for figure in page.figures]
    with_lanes = [data for data in drawn if data["lanes"]]
    assert len(with_lanes) == 2
    for data in with_lanes:
        assert {span["lane"] for span in data["spans"]} == set(range(len(data["lanes"])))
        assert all(0 <= span["part"][0] < span["part"][1] <= 1 for span in data["spans"])
    assert min(data["height"] for data in drawn) >= 200
    assert Plot("", lanes=("lane",) * 10).data["height"] >= 500


def test_what_is_painted_leaves_the_font_of_the_axes(pages):
    for figure in (pages[1].figures[0], pages[2].figures[0]):
        assert figure.data["dots"]
        assert told("(figures[0].paint(), figures[0].plot.ctx)", figure)["font"] == "normal"
        assert told("(figures[0].paint(), figures[0].plot.ctx)", figure)["textAlign"] == "left"


def test_counts_have_ticks_at_whole_numbers(pages):
    line = day().timeline
    halves = replace(day(), timeline=replace(line, capacity=tuple(have + 0.5 for have in line.capacity)))
    (demand, instances, signal, *_, cost) = Page(
        rendered(simulation_blocks([outcome(halves, {"ml.g6.2xlarge": 1.0})]))
    ).figures

    def least(figure, axis):
        return told(f"figures[0].plot.options.axes[{axis}].incrs?.[0] ?? null", figure)

    assert (least(demand, 1), least(instances, 1)) == (1, 1)
    assert (least(signal, 1), least(cost, 1)) == (None, None)
    assert least(pages[2].figures[0], 0) == 1  # requests in flight
    assert least(pages[1].figures[0], 0) is None  # USD
    assert least(demand, 0) is None  # time


def test_a_queue_of_thousands_and_the_few_that_work_on_it_are_both_seen():
    line = day().timeline
    queue = replace(day(), timeline=replace(line, demand=tuple(40 * want for want in line.demand)))
    figure = page_of(queue).figures[0]
    scale = "figures[0].plot.options.scales.y"
    assert told(f"[{scale}.distr, {scale}.asinh]", figure) == [4, 1]
    ticks = "figures[0].plot.options.axes[1]"
    plot = "{ scales: { y: { max: 13000 } } }"
    assert told(f"{ticks}.splits({plot})", figure) == [0, 1, 10, 100, 1000, 10_000]
    assert told(f"{ticks}.values({plot})", figure)[-2:] == ["1000", "10 k"]
    assert scale_of(100, 10) == scale_of(10, 100) == scale_of(0, 100) == "counts"
    assert scale_of(101, 10) == scale_of(10, 101) == scale_of(100, 0.1) == "orders"


def test_shares_of_all_orders_are_told_apart(pages):
    figure = pages[1].figures[0]
    scale, ticks = "figures[0].plot.options.scales.y", "figures[0].plot.options.axes[1]"
    assert told(f"[{scale}.distr, {scale}.asinh]", figure) == [4, 0.0001]
    plot = "{ scales: { y: { max: 0.4 } } }"
    assert told(f"{ticks}.values({plot})", figure) == ["0", "0.01 %", "0.1 %", "1 %", "10 %"]


def test_plots_are_zoomed_together_and_not_beyond_their_ends(pages):
    def zoomed(*moves):
        done = "".join(f"groups[0].move('{how}'), " for how in moves)
        both = told(f"({done}figures.map(({{ plot }}) => plot.scales.x))", *pages[0].figures[:2])
        assert both[0] == both[1]
        return [both[0][end] - START.timestamp() for end in ("min", "max")]

    assert zoomed() == zoomed("out") == zoomed("left") == zoomed("in", "all") == [0, 86_400]
    assert zoomed("in") == [21_600, 64_800]
    assert zoomed("in", "left") == zoomed("in", "left", "left") == [0, 43_200]
    assert zoomed("in", "right") == zoomed("in", "right", "right") == [43_200, 86_400]
    assert zoomed("in", "right", "in", "out", "out") == [0, 86_400]
    disabled = "[...groups[0].controls.querySelectorAll('button')].map(({ disabled }) => disabled)"
    assert told(disabled, pages[0].figures[0]) == [True, True, True, False, True]
    assert told(f"groups[0].move('in'), {disabled}", pages[0].figures[0]) == [False] * 5


def test_a_plot_is_read_with_keys(pages):
    def after(*keys, held="{}"):
        pressed = "".join(f"figures[0].holder.press('{key}', {held}), " for key in keys)
        return told(f"({pressed}[groups[0].said.textContent, groups[0].zoomed])", pages[0].figures[0])

    line, whole = day().timeline, [START.timestamp(), START.timestamp() + 86_400]
    words = f"Mon 02 Mar 00:01:00, demand {line.demand[1]}, capacity {line.capacity[1]:g}"
    assert after("ArrowRight", "ArrowRight") == after(*["ArrowRight"] * 3, "ArrowLeft") == [words, whole]
    assert after("+")[1] != whole
    assert after("+", "0")[1] == whole
    # The browser's own keys stay the browser's.
    for held in ("ctrlKey", "metaKey", "altKey"):
        assert after("+", "ArrowRight", held=f"{{ {held}: true }}") == ["", whole]


def test_moments_are_in_the_zone_of_the_start():
    start = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=5, minutes=30), "IST"))
    figure = page_of(replace(day(), start=start)).figures[0]
    at = start.timestamp() + 3600
    assert told(f"(groups[0].tell({at}), groups[0].moment.textContent)", figure) == "Mon 02 Mar 09:00:00"
    assert told("table(figures[0])", figure).splitlines()[1].startswith('"2026-03-02T02:30:00.000Z",')


def test_a_table_of_values(pages):
    head, first, *rest = told("table(figures[0])", pages[0].plot("Who waits?")).splitlines()
    assert head == '"time","waiting","refused"'
    assert first == '"2026-03-02T00:00:00.000Z",0,0'
    assert len(rest) == 1439
    assert '"2026-03-02T10:40:00.000Z",0,1' in rest


def test_a_table_of_lanes_tells_record_and_replay_apart():
    case = two_policies().case()
    first = tuple(one for one in case.activities if one not in case.changes[1:])
    figure = Page(rendered(audit_blocks(audited(replace(case, activities=first)), "a file"))).figures[1]
    head, *rows = told("table(figures[0])", figure).splitlines()
    assert head == '"row","side","what","from","to"'
    assert rows[0].startswith('"differences","","8 to 14 instances, by o","2026-')
    sides = [row.split(",")[1] for row in rows if '"changed the count"' in row]
    assert sides == ['"recorded"', '"replayed"', '"replayed"']


def test_a_table_of_dots(pages):
    head, first, *_ = told("table(figures[0])", pages[1].figures[1]).splitlines()
    assert head == '"number","what","cost, USD","time above capacity"'
    assert first.startswith('"1","as configured: $191.08, 2 h 29 min",191.0')


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_table_has_no_formulas_of_others(sign):
    evil = f'{sign}HYPERLINK("x")'
    result = replace(day(), transitions=tuple(replace(one, alarm=evil) for one in day().transitions))
    figure = page_of(result).plot("What did alarms and policies do?")
    text = told("table(figures[0])", figure)
    assert f'"\'{sign}HYPERLINK(""x"")"' in text
    assert f',"{sign}' not in text


def test_a_file_has_the_name_of_its_endpoint_and_plot(pages):
    saved = "(save(figures[0], 'csv'), made.at(-1).download)"
    assert told(saved, pages[0].plot("Who waits?")) == "speech-more-Who-waits.csv"


def test_numbers_are_those_of_the_data():
    assert told("[0, 0.25, 150, 9000, 20000, 1500000, 0.1 + 0.2].map(short)") == [
        *("0", "0.25", "150", "9000", "20 k", "1.5 M", "0.3")
    ]
