"""A report is one file that says it all by itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.report import simulation_page, write
from scaleproof.report.drawing import area, bars, columns, line
from scaleproof.report.plot import times, values
from scaleproof.studies.outcome import Outcome, Variation

from .made import ENDPOINT, START, day

PRICES = {"ml.g6.2xlarge": 1.22, "ml.g6e.2xlarge": 2.9}
VOID = {"meta", "br", "link", "path", "img", "input"}


class Page(HTMLParser):
    """Elements in their order, and a check that they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return simulation_page([Outcome.of(ENDPOINT, day(), PRICES)], command="scaleproof simulate <dir>")


def test_it_is_well_formed_and_needs_nothing_else(page: str) -> None:
    found = Page(page)
    references = [
        value
        for _, attributes in found.found
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "xlink:href", "action")
    ]
    assert references == []
    assert "url(" not in page
    assert "http" not in re.sub(r"https?://[^\s\"<]*w3\.org", "", page)
    assert found.all("link") == []
    assert len(page) < 400_000


def test_what_it_says(page: str) -> None:
    for words in ("speech-realtime", "It fails", "Above capacity", "142", "scaleproof simulate &lt;dir&gt;"):
        assert words in page
    for question in (
        "Does the capacity follow the demand?",
        "Which instances run?",
        "What does speech-realtime-concurrency see?",
        "What did alarms and policies do?",
        "Who waits?",
    ):
        assert f'aria-label="{question}"' in page


def test_names_are_escaped() -> None:
    result = replace(day(), endpoint="<script>alert(1)</script>", traffic='"><img src=x>')
    text = simulation_page([Outcome.of(ENDPOINT, result, {})])
    assert "<script>alert" not in text
    assert "<img" not in text


def test_the_pointer_reads_what_was_drawn(page: str) -> None:
    read = [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    found = columns(day())
    assert read[0] == [
        {"label": "demand", "values": list(found.demand)},
        {"label": "capacity", "values": list(found.capacity)},
    ]


def test_the_months_activities_are_counted_not_all_listed() -> None:
    result = day()
    many = replace(result, activities=result.activities * 20)
    text = simulation_page([Outcome.of(ENDPOINT, many, {})])
    assert f"{len(many.activities) - 200} more; <code>--json</code> has them all." in text


def test_uncertainty() -> None:
    varied = Variation("repeat_high_resolution", "10", "60", 0.98, 420.0, 3.0, 130.5, 12.0)
    outcome = replace(Outcome.of(ENDPOINT, day(), {}), uncertainty=(varied,))
    text = simulation_page([outcome])
    assert "How much does it hang on assumptions?" in text
    assert "<td>repeat_high_resolution</td><td>10</td><td>60</td>" in text


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        ScaleproofError, match=r"none/report.html cannot be written: there is no directory .*none\."
    ):
        write("x", tmp_path / "none" / "report.html")
    write("x", tmp_path / "report.html")
    write("y", tmp_path / "report.html")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "y"


@pytest.mark.parametrize(
    ("top", "end", "labels"),
    [
        (0, 1, ["0", "1"]),
        (1, 1, ["0", "0.25", "0.5", "0.75", "1"]),
        (13, 15, ["0", "5", "10", "15"]),
        (171, 200, ["0", "50", "100", "150", "200"]),
        (45_000, 60_000, ["0", "20 k", "40 k", "60 k"]),
    ],
)
def test_round_values(top: float, end: float, labels: list[str]) -> None:
    found = values(top)
    assert found[0] == end
    assert [mark.label for mark in found[1]] == labels


def test_round_times() -> None:
    assert [mark.label for mark in times(START, 86_400)][:3] == ["00:00", "03:00", "06:00"]
    found = times(datetime(2026, 3, 2, 0, 55, tzinfo=UTC), 3600)
    assert (found[0].label, found[0].place) == ("01:00", pytest.approx(100 / 12))
    assert [mark.label for mark in times(START, 7 * 86_400)][1] == "Tue 3 Mar"
    assert len(times(START, 31 * 86_400)) < 12


def test_shapes() -> None:
    assert line([1, 1, 2, None, 4], 4) == "M0 750 400 750 400 500 600 500M800 0 1000 0"
    assert area([2, 4], None, 4) == "M0 500 500 500 500 0 1000 0L1000 1000 0 1000Z"
    assert bars([(0.25, 0.5)], 0.0, 0.5) == "M250 500H500V1000H250Z"
    assert line([], 1) == area([], None, 1) == ""


def test_no_overload_is_lost_by_drawing_fewer_columns() -> None:
    result = day()
    for most in (1440, 100, 10):
        found = columns(result, most)
        share = sum(end - start for start, end in found.overloaded)
        assert share * result.duration == pytest.approx(result.totals.overload_seconds)
        assert max(found.demand) == max(result.timeline.demand)
        assert len(found.times) <= most
