"""What is said of many endpoints together."""

from dataclasses import replace

import pytest

from scaleproof.scaling.endpoint import Kind, ScheduledAction
from scaleproof.studies.assumptions import USUAL_START_UP
from scaleproof.studies.choice import Choice, Schedules
from scaleproof.studies.many import (
    EndpointChoice,
    Fleet,
    Savings,
    compared,
    footnotes,
    settings_of,
    summary,
    table,
    totals,
)
from scaleproof.studies.shape import Feasible
from scaleproof.studies.verdict import Level
from tests.unit.studies.made import LIVE, QUEUED, candidate, made, outcome

NIGHT = ScheduledAction("night", "cron(0 0 * * ? *)", "UTC", 1, 4)
TARGET = LIVE.target
TODAY, THEN = (
    Fleet("realtime, 9 instances", Level.HOLDS, 1_000.0),
    Fleet("realtime, 2 instances", Level.STRAINED, 250.0),
)
SAVES = EndpointChoice(
    "speech",
    today=TODAY,
    proposed=THEN,
    meets_what_was_asked=True,
    saved=0.75,
    footnotes=("Assumed: quick.", "Prices: list."),
)
COSTS = EndpointChoice(
    "files", today=THEN, proposed=TODAY, saved=-3.0, little="8 requests in 10 min", footnotes=("Assumed: quick.",)
)
NONE = EndpointChoice("other", reason="other: no traffic is for it.")


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (replace(LIVE, target=None), "realtime, 5 instances, on ml.g6.2xlarge, ml.g6e.2xlarge"),
        (
            replace(LIVE, target=replace(TARGET, min=3, max=3), pools=LIVE.pools[::-1]),
            "realtime, 3 instances, on ml.g6.2xlarge, ml.g6e.2xlarge",
        ),
        (
            replace(LIVE, target=replace(TARGET, min=3, max=3, policies=(), schedules=(NIGHT, NIGHT))),
            "realtime, 3 to 3 instances; 2 schedules, on ml.g6.2xlarge, ml.g6e.2xlarge",
        ),
        (
            replace(QUEUED, pools=QUEUED.pools[:1]),
            "async, 0 to 5 instances; backlog at 4, cooldowns 60/300 s; "
            "wake-up at ChangeInCapacity +1, cooldowns 300/300 s, on ml.g6.2xlarge",
        ),
    ],
)
def test_settings_in_a_line(endpoint, words):
    assert settings_of(endpoint) == words


@pytest.mark.parametrize(
    ("choices", "priced", "sentences"),
    [
        ([], True, []),
        ([NONE], True, ["Nothing was chosen for other: no traffic is for it."]),
        (
            [SAVES, NONE],
            True,
            [
                "Proposed for 1 endpoint: $250.00 instead of $1,000, 75 % less, on the traffic of each.",
                "Nothing was chosen for other: no traffic is for it.",
            ],
        ),
        (
            [COSTS],
            False,
            [
                "Too little traffic: files (8 requests in 10 min). Settings need 1,000 requests and a day.",
                "Proposed for 1 endpoint: 1,000 instance-hours instead of 250, 300 % more, on the traffic of each.",
                "The requirements are not met for files: these settings are the nearest.",
            ],
        ),
        (
            [SAVES, replace(COSTS, little="", meets_what_was_asked=True)],
            True,
            ["Proposed for 2 endpoints: $1,250 instead of $1,250, on the traffic of each."],
        ),
    ],
)
def test_all_in_sentences(choices, priced, sentences):
    assert summary(choices, priced) == sentences


@pytest.mark.parametrize(("proposed", "said"), [(995.1, ""), (995.0, ", 1 % less"), (1_006.0, ", 1 % more")])
def test_less_than_half_a_percent_is_no_change(proposed, said):
    (sentence,) = summary([replace(SAVES, proposed=replace(THEN, price=proposed))], False)
    assert sentence.split("instead of 1,000")[1] == f"{said}, on the traffic of each."


def test_what_all_cost_is_that_of_the_endpoints_with_a_proposal():
    assert totals([SAVES, NONE, replace(COSTS, proposed=None)]) == Savings(1, 1_000.0, 250.0, 0.75)
    assert totals([SAVES, COSTS, COSTS]) == Savings(3, 1_500.0, 2_250.0, -0.5)
    assert totals([replace(SAVES, today=replace(TODAY, price=0.0))]) == Savings(1, 0.0, 250.0, None)
    assert totals([NONE]) == Savings(0, 0.0, 0.0, None)


def test_a_row_for_each_endpoint_with_a_proposal():
    rows = table([SAVES, NONE, COSTS], priced=True)
    assert rows == [
        {
            "Endpoint": "speech",
            "Today": "realtime, 9 instances",
            "Today it": "holds",
            "Cost today": "$1,000",
            "Proposed": "realtime, 2 instances",
            "Then it": "strained",
            "As asked": "yes",
            "Cost then": "$250.00",
            "Saved": "75.0 %",
        },
        {
            "Endpoint": "files",
            "Today": "realtime, 2 instances",
            "Today it": "strained",
            "Cost today": "$250.00",
            "Proposed": "realtime, 9 instances",
            "Then it": "holds",
            "As asked": "no",
            "Cost then": "$1,000",
            "Saved": "-300 %",
        },
    ]
    assert [row["Instance-hours then"] for row in table([SAVES], priced=False)] == ["250"]


def test_what_counts_for_some_names_them():
    assert footnotes([SAVES, COSTS]) == ["Assumed: quick.", "speech: Prices: list."]
    assert footnotes([SAVES, COSTS, replace(SAVES, endpoint="third")]) == [
        "Assumed: quick.",
        "speech, third: Prices: list.",
    ]


def test_an_endpoint_beside_what_was_chosen_for_it():
    best = candidate(usd=(3.0, 5.0))
    choice = Choice(Feasible((Kind.REALTIME,), ()), best, (), Schedules(False, "", "UTC"))
    quiet, busy = outcome(made(arrivals=999), usd=4.0), outcome(made(arrivals=2_000, refused=9), usd=12.0)
    constant = replace(LIVE, target=None)
    assert compared(constant, "calls.csv", [quiet, busy], choice, "module {}") == EndpointChoice(
        "speech",
        "calls.csv",
        today=Fleet("realtime, 5 instances, on ml.g6.2xlarge, ml.g6e.2xlarge", Level.STRAINED, 8.0),
        proposed=Fleet(f"realtime, {best.proposal.words}", Level.HOLDS, 4.0),
        meets_what_was_asked=True,
        block="module {}",
        saved=0.5,
        little="999 requests in 1 d",
        footnotes=(USUAL_START_UP.sentence,),
    )
