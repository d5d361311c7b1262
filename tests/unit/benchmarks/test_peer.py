"""The two models of one endpoint, ours and the one on SimPy, find the same, number by number."""

import os
from dataclasses import replace

import pytest

from benchmarks import peer, simulation
from scaleproof.scaling.endpoint import ScheduledAction
from scaleproof.simulation import Behaviour, Delay, Shortage, Work, generators, simulate

MORNING = ScheduledAction("morning", "cron(0 6 * * ? *)", min=4)
SCHEDULED = replace(simulation.SMALL, target=replace(simulation.SMALL.target, schedules=(MORNING,)))
SCARCE = Behaviour(
    shortages=(Shortage("ml.g6.2xlarge", 20_000, 40_000), Shortage("ml.g6e.2xlarge", 30_000, 33_000)),
    provision_timeout=600.0,
)
HURRIED = Behaviour(
    provisioning=Delay(60.0, 0.5),
    start_up=Delay(20.0, 0.5),
    patience=10.0,
    stop_grace_seconds=120.0,
    metric_delay=25.0,
)
CASES = {
    "a call centre": (simulation.SMALL, generators.diurnal(peak=60, days=0.6, seed=1), Behaviour()),
    "a mixed fleet": (simulation.MIXED, generators.diurnal(peak=60, days=0.6, seed=2), Behaviour()),
    "shortages": (simulation.MIXED, generators.diurnal(peak=60, days=0.6, seed=3), SCARCE),
    "short requests": (simulation.SMALL, generators.spike(top=40, days=0.2, work=Work.SYNC), HURRIED),
    "spikes": (simulation.SMALL, generators.spike(top=80, every=2, days=0.5, seed=5), HURRIED),
    "schedules": (SCHEDULED, generators.constant(level=3, days=0.5, seed=6), Behaviour()),
}


@pytest.mark.parametrize("seed", [0, 7] if os.environ.get("FUZZ_SECONDS") else [7])
@pytest.mark.parametrize("case", CASES)
def test_both_models_find_the_same(case, seed):
    """With another seed as well where FUZZ_SECONDS is set."""
    endpoint, traffic, behaviour = CASES[case]
    result = simulate(endpoint, traffic, start=simulation.START, behaviour=behaviour, seed=seed)
    found = peer.Peer(endpoint, traffic, behaviour, simulation.START, seed).run()
    assert peer.differences(found, result) == []
    assert found.activities
    assert found.served > 100 or case == "schedules"


def test_differences_are_seen():
    endpoint, traffic, behaviour = CASES["a call centre"]
    result = simulate(endpoint, traffic, start=simulation.START, behaviour=behaviour)
    found = peer.Peer(endpoint, traffic, behaviour, simulation.START, 0).run()
    found.served += 1
    found.instance_seconds["ml.g6.2xlarge"] += 0.01
    found.transitions[3] = (found.transitions[3][0] + 1.0, *found.transitions[3][1:])
    wrong = peer.differences(found, result)
    assert [line.split(":")[0] for line in wrong] == ["served", "seconds of ml.g6.2xlarge", "transition"]
    other = peer.Peer(endpoint, traffic, behaviour, simulation.START, 1).run()
    assert peer.differences(other, result)
