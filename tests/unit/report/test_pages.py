"""The pages of comparisons and choices, from results made by hand."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from scaleproof.measuring.finding import Answer
from scaleproof.report import choice_page, comparison_page, measurement_page
from scaleproof.report.plot import Dot, apart, heights
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Result, Work
from scaleproof.studies.choose import Choice
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.rivals import Contender
from scaleproof.studies.search import Candidate
from scaleproof.studies.shape import Shape, feasible
from scaleproof.studies.traffic import parse
from tests.unit.measuring.made import FOUND

from .made import ENDPOINT, POOLS, day

PRICES = {"ml.g6.2xlarge": 1.22, "ml.g6e.2xlarge": 2.9}


def outcome(price: dict[str, float] = PRICES, **totals: float) -> Outcome:
    result: Result = day()
    return Outcome.of(ENDPOINT, replace(result, totals=replace(result.totals, **totals)), price)


def comparison(price: dict[str, float] = PRICES) -> Comparison:
    named = (
        (CONFIGURED, "the endpoint as it is", outcome(price), 2.5),
        (
            "no scaling",
            "2 instances for all time",
            outcome(price, overload_seconds=50_000.0, refused=9_000),
            1.0,
        ),
        ("<rival>", "quick & dirty", outcome(price, overload_seconds=0.0), None),
    )
    entries = tuple(Entry(Contender(name, about, ENDPOINT), one, eta) for name, about, one, eta in named)
    return Comparison(ENDPOINT, parse("diurnal:peak=180"), entries)


def well_formed(page: str) -> None:
    class Page(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "path"):
                opened.append(tag)

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            """An element without content."""

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    opened: list[str] = []
    Page().feed(page)
    assert opened == []


def test_a_comparison() -> None:
    page = comparison_page([comparison()], command="scaleproof compare")
    well_formed(page)
    assert page.count('class="spot') == 3
    assert "&lt;rival&gt;" in page
    assert "quick &amp; dirty" in page
    assert "<rival>" not in page
    assert "(USD, across)" in page
    assert '<th class="number">Cost</th>' in page
    assert "As configured: above capacity for 2 h 29 min, 10 requests lost, with " in page


def test_without_prices_hours_are_compared() -> None:
    page = comparison_page([comparison({})])
    assert "(instance-hours, across)" in page
    assert '<th class="number">Cost</th>' not in page


def test_a_choice() -> None:
    pools = tuple((pool.instance_type, float(pool.max_concurrency or 1)) for pool in POOLS)
    proposal = Proposal(Kind.REALTIME, pools, 2, 20, 0.75, 60, 300)
    shape = Shape(Work.STREAM, 1800.0, None, 0.0)
    best = Candidate(proposal, ENDPOINT, (outcome(overload_seconds=0.0),) * 3, 0.0)
    other = Candidate(replace(proposal, min=1), ENDPOINT, (outcome(),), 0.2)
    choice = Choice(shape, feasible(shape), best, (other,))
    page = choice_page(choice, 'module "x" {\n  name = "<y>"\n}\n', ["Mind the gap."])
    well_formed(page)
    assert "<h1>Real-time</h1>" in page
    assert "An asynchronous endpoint does not stream." in page
    assert "name = &#34;&lt;y&gt;&#34;" in page
    assert "Mind the gap." in page
    assert (
        '<a href="https://developers.deepgram.com/docs/auto-scaling-sagemaker">developers.deepgram.com</a>'
        in page
    )


def test_times_on_a_logarithmic_scale() -> None:
    place, marks = heights(700.0)
    assert [mark.label for mark in marks] == ["0", "10 s", "1 min", "10 min", "1 h"]
    assert place(0) == 0
    assert place(3600) == pytest.approx(100)
    assert 0 < place(10) < place(60) < place(700) < 100
    assert heights(0.0)[1]


def test_numbers_of_dots_that_are_close_stand_apart() -> None:
    near = [Dot("1", "", 50, 10), Dot("2", "", 51, 10), Dot("3", "", 90, 10), Dot("4", "", 50, 95)]
    first, second, third, top = (dot.shift for dot in apart(near))
    assert second > first == third > 0 > top


def test_a_measurement() -> None:
    page = measurement_page(
        FOUND, endpoint="<speech>", instance_type="ml.g6.2xlarge", pools="instance_pools = []"
    )
    well_formed(page)
    assert "&lt;speech&gt;" in page
    assert "<speech>" not in page
    assert page.count('class="spot oracle"') == page.count('class="spot failed"') == 2
    assert "One instance sustains 12 in flight (without doubt: 12)." in page
    assert "0.34 s to 0.36 s" in page
    assert "0.41 s to ?" in page
    assert "<code>instance_pools = []</code>" in page
    assert "Simulated in virtual time" not in page


def test_a_measurement_of_nothing() -> None:
    nothing = replace(FOUND, answer=Answer.UNFINISHED, max_concurrency=None, low=0, high=None, levels=())
    page = measurement_page(nothing, endpoint="speech", instance_type="ml.g6.2xlarge", pools="")
    well_formed(page)
    assert "before any level held" in page
    assert "For the module block" not in page
