"""The pages of comparisons and choices, from results made by hand."""

import re
from dataclasses import replace

import pytest

from scaleproof.measuring.measurement import Answer, measurement
from scaleproof.report.blocks import Table
from scaleproof.report.choice import choice_blocks
from scaleproof.report.comparison import comparison_blocks, scatter
from scaleproof.report.html import page as rendered
from scaleproof.report.markdown import markdown
from scaleproof.report.measurement import measurement_blocks
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Waiting, Work
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.choice import Choice, Schedules
from scaleproof.studies.compare import CONFIGURED
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.shape import Shape, feasible
from tests.unit.measuring.made import FOUND, OBJECTIVE

from .made import ENDPOINT, POOLS, comparison, day, outcome
from .parsed import Page

FAILED, WHO, COST = (
    f"What do{words} cost?" for words in (" fewer failed requests", "es less overload", "es less waiting")
)


def test_a_comparison():
    one = comparison()
    page = Page(rendered(comparison_blocks([one]), command="scaleproof compare"))
    dots = page.plot(WHO).data["dots"]
    assert [(dot["number"], dot["x"], dot["y"]) for dot in dots] == [
        ("1", pytest.approx(191.08, abs=0.01), 8_940),
        ("2", pytest.approx(191.08, abs=0.01), 50_000),
        ("3", pytest.approx(191.08, abs=0.01), 0),
    ]
    assert [dot["label"].split(":")[0] for dot in dots] == [CONFIGURED, "no scaling", "<rival>"]
    failed = page.plot(FAILED).data
    assert failed["unit"] == "lost or cut off"
    ended, lost = 41_204 - 94, (10, 9_000, 10)
    cut = (0, 0, 30)
    shares = [pytest.approx(sum(pair) / ended, rel=1e-3) for pair in zip(lost, cut, strict=True)]
    assert [dot["y"] for dot in failed["dots"]] == shares
    assert failed["dots"][2]["label"] == "<rival>: $191.08, 0.097 % lost or cut off"
    axis = page.plot(WHO).axis
    assert (axis["across"], axis["last"]) == ("cost, USD", pytest.approx(1.08 * 191.08, abs=0.02))
    assert page.plot(WHO).data["unit"] == "time above capacity"
    assert "quick & dirty" in page.text
    assert " ".join(one.rows[0]) in page.text
    for number, row in enumerate(one.rows, 1):
        name, *cells = row.values()
        assert f"{number} {name} {one.contenders[number - 1].about} {' '.join(cells)}" in page.text
    text = markdown(comparison_blocks([one]), command="")
    assert all(f" {' | '.join(list(row.values())[1:])} |" in text for row in one.rows)
    assert "As configured: above capacity for 2 h 29 min, 10 requests lost, with " in page.text
    assert "Assumptions" in page.text


def test_the_endpoint_as_it_is_and_the_best_possible_stand_out():
    one = comparison()
    own, other, rival = one.contenders
    first = replace(own.outcome, result=replace(own.outcome.result, seed=7, group_size=2))
    named = replace(one, contenders=(replace(own, outcome=first), replace(other, name="clairvoyant"), rival))
    report = comparison_blocks([named])
    text = rendered(report)
    page = Page(text)
    assert [dot["colour"] for dot in page.plot(WHO).data["dots"]] == ["capacity", "good", "soft"]
    assert re.findall('<tr class="(own|oracle)">', text) == ["own", "oracle"]
    assert "seed 7 " in page.text
    assert "in groups of 2 on average" in page.text
    assert 'class="plots smalls"' in text
    assert "<rival> 1.20 % 40.0 % 3.00 % 90.0 % 6" in page.text
    assert "θ" not in markdown(report)  # for a close look


@pytest.mark.parametrize(("paid", "last"), [((0.0, 0.0), 0.0108), ((2.0, 0.5), 2.16), ((0.2, 0.5), 0.54)])
def test_the_axis_of_costs_ends_beyond_the_highest(paid, last):
    points = [("", usd, [outcome()], "") for usd in paid]
    assert scatter(True, points).last == pytest.approx(last)


def test_contenders_are_drawn_on_one_scale_and_zoomed_together():
    one = comparison()
    plots = Page(rendered(comparison_blocks([one]))).figures[2:]
    assert [plot.question for plot in plots] == [f"1. {CONFIGURED}", "2. no scaling", "3. <rival>"]
    assert len({id(plot.axis) for plot in plots}) == len({plot.data["top"] for plot in plots}) == 1
    line = day().timeline
    assert plots[2].values("demand") == list(line.demand)
    assert plots[2].values("capacity") == list(line.capacity)
    assert plots[2].spans("demand above capacity")


@pytest.mark.parametrize("factor", [0.1, 1.2, 10.0])
def test_the_scale_reaches_to_the_most_but_to_twice_the_demand_only(factor):
    one = comparison()
    own, line = one.contenders[0], day().timeline
    other = replace(line, capacity=tuple(factor * have for have in line.capacity))
    changed = replace(own, outcome=replace(own.outcome, result=replace(day(), timeline=other)))
    (*_, plot, _) = Page(rendered(comparison_blocks([replace(one, contenders=(own, changed))]))).figures
    most = max(max(line.capacity), *line.demand, *other.capacity)
    assert plot.data["top"] == min(most, 2 * max(line.demand))


def test_a_scale_has_an_end_where_nothing_runs():
    line = day().timeline
    idle = replace(day(), timeline=replace(line, demand=(0,) * 1440, capacity=(0.0,) * 1440))
    one = comparison()
    own = replace(one.contenders[0], outcome=outcome(idle))
    *_, plot = Page(rendered(comparison_blocks([replace(one, contenders=(own,))]))).figures
    assert plot.data["top"] == 1
    most = replace(idle, timeline=replace(idle.timeline, capacity=(24.0,) * 1440))
    own = replace(own, outcome=outcome(most))
    *_, plot = Page(rendered(comparison_blocks([replace(one, contenders=(own,))]))).figures
    assert plot.data["top"] == 2


def test_a_comparison_stays_under_a_megabyte():
    one = comparison()
    many = replace(one, contenders=one.contenders * 8)
    assert len(rendered(comparison_blocks([many] * 6)).encode()) < 1_000_000


def test_where_requests_queue_their_wait_is_plotted():
    one = comparison()
    queued = outcome(waiting=Waiting(900.0, 0.0, 1_200.0, 1_800.0, 3_600.0))
    queued = replace(queued, result=replace(queued.result, kind=Kind.ASYNC.value))
    contenders = replace(one.contenders[0], outcome=queued), one.contenders[1]
    page = Page(rendered(comparison_blocks([replace(one, contenders=contenders)])))
    assert [dot["y"] for dot in page.plot(COST).data["dots"]] == [1_200, 0]
    assert page.plot(COST).data["dots"][0]["label"] == f"{CONFIGURED}: $191.08, 20 min"
    assert page.plot(COST).data["unit"] == "95th percentile of waiting"


def test_without_prices_hours_are_compared():
    page = rendered(comparison_blocks([comparison({})]))
    assert Page(page).plot(WHO).axis["across"] == "instance-hours"
    assert '<th class="number">Cost</th>' not in page
    assert '<th class="number">Cost</th>' in rendered(comparison_blocks([comparison()]))


def test_a_choice():
    pools = tuple((pool.instance_type, float(pool.max_concurrency or 1)) for pool in POOLS)
    proposal = Proposal(Kind.REALTIME, pools, 2, 20, 0.75, 60, 300)
    shape = Shape(Work.STREAM, 1800.0, None, 0.0)
    outcomes = [outcome(overload_seconds=0.0, refused=lost) for lost in (10, 0, 10)]
    assert [one.verdict.level for one in outcomes] == ["strained", "holds", "strained"]
    priced = zip(outcomes, (100.0, 200.0, 600.0), strict=True)
    outcomes = [replace(outcome, cost=replace(outcome.cost, usd=usd)) for outcome, usd in priced]
    best = Candidate(proposal, ENDPOINT, tuple(outcomes), 0.0, "proposal")
    other = Candidate(replace(proposal, min=1), ENDPOINT, (outcome(),), 0.2, "constant fleet")
    none = Schedules(False, "No schedules: they would cost more.", "UTC")
    choice = Choice(feasible(shape), best, (other,), none)
    page = rendered(choice_blocks(choice, 'module "x" {\n  name = "<y>"\n}\n', ["Mind the gap."]))
    found = Page(page)
    assert [(dot["number"], dot["y"]) for dot in found.plot(WHO).data["dots"]] == [("1", 0), ("2", 8_940)]
    assert [dot["colour"] for dot in found.plot(WHO).data["dots"]] == ["capacity", "soft"]
    assert found.plot("What does it cost?").data["unit"] == "USD so far"
    assert found.plot("Which instances run?").values("desired") == list(day().timeline.desired)
    first, second = choice.rows
    assert list(first.values())[:5] == ["proposal", "real-time", "ml.g6.2xlarge", proposal.words, "yes"]
    assert (second["As asked"], second["Lost"], second["Cost"]) == ("no", "10", "$191.08")
    assert first["Cost"] == "$300.00"
    assert "Cost $300.00 $9,125 a month, mean of 3 seeds" in found.text
    settings = second.pop("Settings")
    role, kind, instance, *cells = second.values()
    assert f"2 {role} {kind} {instance} {settings} {' '.join(cells)}" in found.text
    summary = markdown(choice_blocks(choice, "", []), command="")
    assert " | ".join(first.values()) in summary
    assert f"**Proposed: {proposal.words}.**" in summary
    short = replace(choice, best=replace(best, misses=0.1))
    assert f"**Nearest: {proposal.words}.**" in markdown(choice_blocks(short, "", []), command="")
    assert "Assumptions" in found.text
    assert "It holds on 1 of 3 seeds." in found.text
    assert "<h1>Real-time. An asynchronous endpoint does not stream." in page
    assert "name = &#34;&lt;y&gt;&#34;" in page
    assert "Mind the gap." in page
    assert "None" not in found.text
    (decides,) = [
        block
        for block in choice_blocks(choice, "", []).blocks
        if isinstance(block, Table) and block.title == "What decides"
    ]
    assert {(row.style, row.cells[3]) for row in decides.rows} == {("own", "real-time"), ("", "")}
    assert "No schedules: they would cost more." in page
    assert '<a href="https://developers.deepgram.com/docs/auto-scaling-sagemaker">developers.deepgram.com</a>' in page


def test_a_measurement():
    page = rendered(
        measurement_blocks(FOUND, endpoint="<speech>", instance_type="ml.g6.2xlarge", pools="instance_pools = []")
    )
    found = Page(page)
    assert "<speech>" not in page
    assert "<speech> one instance of ml.g6.2xlarge" in found.text
    latency, throughput = found.figures
    assert latency.axis["across"] == "requests in flight"
    assert latency.axis["places"] == [12, 13]
    assert latency.values("p95 of the latency") == [0.35, 0.43]
    assert latency.values("the objective, 0.4 s") == [0.4, 0.4]
    (band,) = [one for one in latency.data["series"] if one["look"] == "band"]
    assert (band["lower"], band["values"]) == ([0.34, 0.41], [0.36, None])
    assert latency.spans("max_concurrency") == [[12, 12]]
    assert [dot["label"] for dot in latency.data["dots"]] == ["12 in flight held", "13 in flight failed"]
    assert (latency.data["unit"], throughput.data["unit"]) == ("seconds", "requests a second that succeed")
    assert throughput.values("throughput") == [30.1, 30.1]
    assert "One instance sustains 12 in flight (without doubt: 12)." in page
    assert "P95 of the latency 0.35 s the objective allows 0.4 s Requests a second 30.1 at" in found.text
    assert "0.34 s to 0.36 s" in page
    assert "0.41 s to ?" in page
    assert "in doubt" not in page
    assert "Values above the scale" not in page
    assert latency.axis["last"] == throughput.axis["last"] == pytest.approx(13.65)
    assert [dot["colour"] for dot in latency.data["dots"]] == ["good", "overload"]
    assert re.findall(r'<tr class="own"><td class="number">(\d+)</td>', page) == ["12"]
    assert re.findall(r'class="word (\w+)">(\w+)</td>', page) == [("holds", "yes"), ("fails", "no")]
    doubt = replace(FOUND, levels=(replace(FOUND.levels[0], sure=False),))
    doubted = rendered(measurement_blocks(doubt, endpoint="speech", instance_type="x", pools=""))
    assert 'class="word strained">yes, in doubt</td>' in doubted
    assert [dot["label"] for dot in Page(doubted).figures[0].data["dots"]] == ["12 in flight held, in doubt"]
    assert "<code>instance_pools = []</code>" in page
    assert "Simulated in virtual time" not in page


def test_failures_are_a_share_of_all_requests():
    failing = replace(FOUND.levels[0], requests=1_000, errors={"503": 200, "500": 50})
    found = measurement(OBJECTIVE, Answer.FOUND, 12, [failing], 125.0)
    page = rendered(measurement_blocks(found, endpoint="speech", instance_type="x", pools=""))
    assert "Failed 25.0 % 250 of 1,000 requests" in Page(page).text


def test_what_fails_by_far_does_not_press_the_rest_to_the_axis():
    far = replace(FOUND.levels[1], concurrency=40, value=30.0, low=29.0, high=31.0)
    page = Page(
        rendered(
            measurement_blocks(
                replace(FOUND, levels=(*FOUND.levels, far)), endpoint="speech", instance_type="x", pools=""
            )
        )
    )
    latency = page.figures[0]
    assert latency.axis["places"] == [12, 13, 40]
    assert latency.data["top"] == pytest.approx(1.32)
    assert latency.values("its confidence interval") == [0.36, None, 31.0]
    assert "Values above the scale are drawn at its upper end." in page.text


def test_a_measurement_of_nothing():
    nothing = measurement(OBJECTIVE, Answer.UNFINISHED, 0, [], 125.0)
    page = rendered(measurement_blocks(nothing, endpoint="speech", instance_type="ml.g6.2xlarge", pools=None))
    assert Page(page).figures == []
    text = Page(page).text
    assert "before any level held" in text
    assert "max_concurrency none without doubt" in text
    assert "Failed none 0 of 0 requests" in text
    assert "For the module block" not in page
