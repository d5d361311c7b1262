"""Several endpoints in one study: each has the outcome that it has alone."""

from dataclasses import replace

import pytest

from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.assumptions import alternatives, spell
from scaleproof.studies.assumptions import parse as parse_assumptions
from scaleproof.studies.outcome import Change
from scaleproof.studies.run import Setting, other_assumptions, simulate_each
from scaleproof.studies.traffic import parse

SPEECH = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12),),
    1,
    ScalableTarget(1, 10, (TargetTracking("concurrency", CONCURRENCY, 9.0, 60, 300),)),
)
PAIRS = [
    (SPEECH, parse("step:top=30,days=0.1", seed=1)),
    (replace(SPEECH, name="voice", initial=2), parse("constant:level=20,days=0.1", seed=1)),
]


@pytest.mark.parametrize("words", [[], ["provisioning=60/0.2", "release=oldest"]])
def test_every_other_answer_and_three_other_seeds_are_tried(words):
    """But an answer that is assumed already."""
    setting, traffic = Setting(parse_assumptions(words)), parse("constant:level=1,days=0.1", seed=4)
    tried = list(other_assumptions(setting, traffic))
    answers = [(name, value) for name, value in alternatives() if f"{name}={spell(value)}" not in words]
    assert len(answers) == len(list(alternatives())) - len(words)
    for (name, value), (change, other, same) in zip(answers, tried[:-3], strict=True):
        assert change == Change(name, spell(setting.model.get(name)), spell(value))
        assert (other, same) == (replace(setting, model=setting.model.set(name, value)), traffic)
    assert [(change, other, seeded.seed) for change, other, seeded in tried[-3:]] == [
        (Change("seed", "4", str(seed)), setting, seed) for seed in (5, 6, 7)
    ]


def test_each_endpoint_has_its_own_outcome_and_variations():
    together = simulate_each(PAIRS, Setting(), uncertainty=True)
    alone = [simulate_each([pair], Setting(), uncertainty=True)[0] for pair in PAIRS]
    assert together == alone
    assert [outcome.result.endpoint for outcome in together] == ["speech", "voice"]
    assert together[0].uncertainty != together[1].uncertainty
    assert [outcome.result.seed for outcome in together] == [1, 1]


@pytest.mark.parametrize(
    ("words", "first", "redrawn"),
    [
        ("diurnal:peak=3,days=0.1", 2, True),
        ("speech=constant:level=3,days=0.1,seed=7", 7, True),
        ("batches:files=3,per_day=20,minutes=9,days=0.5,work=stream", 2, True),
        ("rates.csv", 2, True),
        ("rates.csv:seed=7", 7, True),
        ("calls.csv", 2, False),
    ],
)
def test_other_seeds_have_the_traffic_that_the_command_would_have_with_them(tmp_path, words, first, redrawn):
    (tmp_path / "calls.csv").write_text("time,duration\n0,30\n5,20.5\n")
    (tmp_path / "rates.csv").write_text("time,rate,duration\n0,0.5,60\n600,0.1,60\n")
    traffic = parse(words, ["speech"], seed=2, base=tmp_path)
    others = [other for change, _, other in other_assumptions(Setting(), traffic) if change.name == "seed"]
    assert [(other.seed, other.endpoint) for other in others] == [(first + n, traffic.endpoint) for n in (1, 2, 3)]
    arrivals = list(traffic.traffic.arrivals())
    for other in others:
        asked = parse(words.partition(",seed")[0].partition(":seed")[0], ["speech"], seed=other.seed, base=tmp_path)
        assert list(other.traffic.arrivals()) == list(asked.traffic.arrivals())
        assert (list(other.traffic.arrivals()) != arrivals) is redrawn
