"""Several endpoints in one study: each has the outcome that it has alone."""

from dataclasses import replace

from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.run import Setting, simulate_each
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


def test_each_endpoint_has_its_own_outcome_and_variations():
    together = simulate_each(PAIRS, Setting(), uncertainty=True)
    alone = [simulate_each([pair], Setting(), uncertainty=True)[0] for pair in PAIRS]
    assert together == alone
    assert [outcome.result.endpoint for outcome in together] == ["speech", "voice"]
    assert together[0].uncertainty != together[1].uncertainty
    assert [outcome.result.seed for outcome in together] == [1, 1]
