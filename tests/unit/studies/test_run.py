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
    assert [(change, other, seeded) for change, other, seeded in tried[-3:]] == [
        (Change("seed", "4", str(seed)), setting, replace(traffic, seed=seed)) for seed in (5, 6, 7)
    ]


def test_each_endpoint_has_its_own_outcome_and_variations():
    together = simulate_each(PAIRS, Setting(), uncertainty=True)
    alone = [simulate_each([pair], Setting(), uncertainty=True)[0] for pair in PAIRS]
    assert together == alone
    assert [outcome.result.endpoint for outcome in together] == ["speech", "voice"]
    assert together[0].uncertainty != together[1].uncertainty
    assert [outcome.result.seed for outcome in together] == [1, 1]
