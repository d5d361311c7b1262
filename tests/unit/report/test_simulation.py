"""The page of a simulation says it all by itself."""

import re
from dataclasses import replace

import pytest

from scaleproof.report.blocks import Table
from scaleproof.report.html import page as rendered
from scaleproof.report.simulation import simulation_blocks, tiles
from scaleproof.simulation import Waiting
from scaleproof.simulation.recorder import ROWS
from scaleproof.studies.outcome import Advice, Change, Variation

from .made import activity, day, outcome, page_of
from .parsed import Page

DEMAND, INSTANCES = "Does the capacity follow the demand?", "Which instances run?"
EVENTS, COST = "What did alarms and policies do?", "What does it cost?"


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
    two_days = outcome(replace(result, totals=totals, duration=2 * 86_400.0, traffic_duration=2 * 86_400.0))
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
    assert "Cost" not in [what for what, *_ in tiles(outcome(result, {}))]


def test_what_an_activity_took(page):
    assert "Mon 02 Mar 10:50:00 18 to 19 Failed 4 min 20 s" in page.text
    assert "Mon 02 Mar 10:33:20 unchanged Failed 4 min 20 s" in page.text
    assert "triggered policy concurrency (AlreadyAtMaxCapacity)" in page.text
    assert "concurrency ()" not in page.text
    under_way = replace(day(), activities=(activity(39_000.0, 18, 19, status="InProgress", end=None, cause="why"),))
    assert "18 to 19 InProgress why" in page_of(under_way).text


def test_advice_stands_with_the_findings(text):
    advice = Advice(("It holds with capacity.min = 4 <or> more.", "No single input is enough."))
    advised = rendered(simulation_blocks([replace(outcome(), advice=advice)]))
    card = advised.partition('<section class="verdict fails">')[2].partition("</section>")[0]
    assert "Overload: " in card
    assert "It holds with capacity.min = 4 &lt;or&gt; more. No single input is enough." in card
    assert "What to change" not in text


def test_what_is_assumed_stands_in_a_box(page):
    assert " ".join(["Assumptions", *outcome().beneath]) in page.text


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
    text = rendered(simulation_blocks([outcome(result, {})]), command=evil)
    found = Page(text)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert f"What does {evil} see?" in found.text
    assert found.plot(EVENTS).data["lanes"] == ["desired count", evil]
    assert found.plot(INSTANCES).values(evil) == list(line.in_service["ml.g6.2xlarge"])


@pytest.mark.parametrize(("endpoints", "listed"), [(1, 200), (2, 100), (40, 10)])
def test_the_months_activities_are_counted_not_all_listed(endpoints, listed):
    failed = day().activities[-1]
    busy = outcome(replace(day(), activities=(failed,) * 300))
    blocks = simulation_blocks([busy] * endpoints).blocks
    tables = {table.title or table.folded: table for table in blocks if isinstance(table, Table)}
    for title in ("What failed", "Scaling activities (300)"):
        assert len(tables[title].rows) == listed
        assert tables[title].note == f"{300 - listed} more; --json has them all."
    whole = simulation_blocks([outcome()]).blocks
    assert not any(block.note for block in whole if isinstance(block, Table))


def test_uncertainty():
    base = outcome()
    varied = Variation((Change("repeat_high_resolution", "10", "60"),), outcome(overload_seconds=420.0).bare)
    same = Variation((Change("release", "newest", "idlest"),), base.bare)
    text = rendered(simulation_blocks([replace(base, uncertainty=(same, varied))]))
    assert "speech-realtime with one assumption changed" in text
    assert "No difference: release=idlest." in text
    assert "idlest</td>" not in text
    assert "No difference" not in rendered(simulation_blocks([replace(base, uncertainty=(varied,))]))
    assert "<td>repeat_high_resolution</td><td>10</td><td>60</td>" in text


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
    text = rendered(simulation_blocks([outcome(busy)] * endpoints))
    assert len(text.encode()) < 1_000_000
