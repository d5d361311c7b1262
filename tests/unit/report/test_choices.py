"""The page and the summary of choices for many endpoints: a row for each, and what all cost together."""

from dataclasses import replace

import pytest

from scaleproof.report.choice import choices_blocks
from scaleproof.report.html import page as rendered
from scaleproof.report.markdown import markdown
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget, ScheduledAction
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.many import EndpointChoice, Fleet, Savings, footnotes, settings_of, summary, totals
from scaleproof.studies.verdict import Level

from .parsed import Page

BLOCK = 'module "speech" {\n  name = "<speech>"\n}\n'


def chosen(name, before, after, **members):
    made = EndpointChoice(
        name,
        f"{name}.csv",
        today=Fleet("realtime, 3 instances", Level.HOLDS, before),
        proposed=Fleet("realtime, 1 to 4 instances", Level.STRAINED, after),
        meets_what_was_asked=True,
        block=BLOCK,
        saved=1 - after / before if before else None,
        footnotes=("Assumed: much.", "Prices: mine."),
    )
    return replace(made, **members)


FOUND = [
    chosen("one", 100.0, 60.0),
    EndpointChoice("two", reason="two: It has 2 variants."),
    chosen("three", 50.0, 60.0, meets_what_was_asked=False),
    chosen("idle", 0.0, 0.0),
]


def test_all_cost_together():
    assert totals(FOUND) == Savings(3, 150.0, 120.0, pytest.approx(0.2))
    assert totals(FOUND[1:2]) == Savings(0, 0.0, 0.0, None)
    assert summary(FOUND, True) == [
        "Proposed for 3 endpoints: $120.00 instead of $150.00, 20 % less, on the traffic of each.",
        "The requirements are not met for three: these settings are the nearest.",
        "Nothing was chosen for two: It has 2 variants.",
    ]
    assert "60.0 instance-hours instead of 50.0, 20 % more" in summary(FOUND[2:3], False)[0]


def test_little_traffic_is_named_first():
    (first, *_) = summary([chosen("one", 100.0, 60.0, little="8 requests in 10 min"), *FOUND[1:]], True)
    assert first == "Too little traffic: one (8 requests in 10 min). Settings need 1,000 requests and a day."


def test_a_page_has_a_row_for_each_endpoint():
    text = rendered(choices_blocks(FOUND, True), command="scaleproof choose --all <dir>")
    page = Page(text)
    assert page.references() == []
    for said in (*summary(FOUND, True), "scaleproof choose --all <dir>", "Assumed: much.", "Prices: mine."):
        assert said in page.text
    assert text.count("Assumed: much.") == 1
    assert "&lt;speech&gt;" in text
    for row in (
        '<td class="number">$60.00</td><td class="number">40.0 %</td>',
        '<td class="word fails">no</td><td class="number">$60.00</td><td class="number">-20.0 %</td>',
        '<td class="number">$0.00</td><td class="number">-</td>',
        '<th>Endpoint</th><th>Today</th><th>Today it</th><th class="number">Cost today</th>',
        '<td>realtime, 3 instances</td><td class="word holds">holds</td>',
    ):
        assert row in text


def test_a_summary_has_a_row_for_each_endpoint():
    text = markdown(choices_blocks(FOUND, False), command="scaleproof choose --all")
    assert "| one | realtime, 3 instances | holds | 100 | realtime, 1 to 4 instances | strained | yes |" in text
    assert "| Instance-hours today |" in text
    assert "Nothing was chosen for two: It has 2 variants." in text
    assert text.count("Assumed: much.") == 1
    assert "|" not in markdown(choices_blocks(FOUND[1:2], False), command="")
    assert "```" not in text


def test_what_is_not_assumed_for_all_names_its_endpoints():
    own = chosen("four", 1.0, 1.0, footnotes=("Assumed: little.", "Prices: mine."))
    assert footnotes([*FOUND, own]) == [
        "one, three, idle: Assumed: much.",
        "Prices: mine.",
        "four: Assumed: little.",
    ]


def test_the_settings_of_today_are_one_line():
    pools = (Pool("ml.g6e.2xlarge", 2, 16), Pool("ml.g6.2xlarge", 1, 12))
    tracking = TargetTracking("concurrency", CONCURRENCY, 9.0, 60, 300)
    steps = StepScaling("wake-up", "ChangeInCapacity", (Step(1, 0.0),), {}, 300)
    weekdays = ScheduledAction("morning", "cron(0 8 * * ? *)", min=2, max=4)

    def fleet(target):
        return settings_of(Endpoint("speech", "AllTraffic", Kind.REALTIME, pools, 3, target))

    on = "on ml.g6.2xlarge, ml.g6e.2xlarge"
    assert fleet(None) == f"realtime, 3 instances, {on}"
    assert fleet(ScalableTarget(2, 2, (tracking,))) == f"realtime, 2 instances, {on}"
    both = "concurrency at 9, cooldowns 60/300 s; wake-up at ChangeInCapacity +1, cooldowns 300/300 s"
    assert fleet(ScalableTarget(1, 4, (tracking, steps))) == f"realtime, 1 to 4 instances; {both}, {on}"
    assert fleet(ScalableTarget(2, 2, (), (weekdays,))) == f"realtime, 2 to 2 instances; 1 schedule, {on}"
