"""What `choose` and the advice answer where a formula takes the place of simulations, and what they try for that."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import fmean

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation import Tally, Traffic, Waiting, Work
from scaleproof.studies.advice import advise
from scaleproof.studies.choose import choose
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Setting
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import MONDAY, TrafficSpec
from scaleproof.studies.verdict import CutLimit
from tests.unit.report.made import day
from tests.unit.studies.test_search import plan

HOUR, DAY = 3_600.0, 86_400.0


@cache
def bare(kind):
    return day(kind).bare


@dataclass(frozen=True)
class Formula(Setting):
    """The day of an endpoint by a formula, with the first harm and what was paid by each quarter of it.

    A fleet that may shrink cuts off requests, fewer with long cooldowns and a high minimum, and is overloaded with a
    high target; one that is too small is overloaded all day, and loses requests. A long cooldown keeps instances.
    """

    tried: list[tuple[int, int]] = field(default_factory=list)
    """The seed of each trial, and the quarters after which it was stopped."""

    def outcome(self, endpoint, traffic, progress=None, enough=None):
        target, result = endpoint.target, bare(endpoint.kind)
        tracking = next(policy for policy in target.policies if isinstance(policy, TargetTracking))
        aim, out, inward = tracking.target, tracking.scale_out_cooldown, tracking.scale_in_cooldown
        first, slots, days = (
            endpoint.pools[0].instance_type,
            endpoint.pools[0].max_concurrency,
            traffic.traffic.duration / DAY,
        )
        need = math.ceil(int(traffic.spec) / slots)
        floors = [action.min for action in target.schedules] or [target.min]
        short = max(need - target.max, 0)
        full = aim / slots
        idle = max(min(need, target.max) - max(floors), 0) if target.min < target.max else 0
        lost = int(days * 8 * short)
        late = max(full - 0.75, 0.0) * idle + out / 3_000 * (idle > 0)
        cut = int(days * 30 * idle * max(1 - inward / 9_000, 0.1) * full)
        over = 86.4 * days * (4.0 * short + late)
        hours = 24.0 * days * (fmean(floors) + idle * (0.7 - 0.3 * full + inward / 60_000))
        waiting = Waiting(mean=0.0, p50=0.0, p95=600.0 * (short + late), p99=0.0, max=0.0)
        elasticity = replace(result.totals.elasticity, reversals=int(idle * (5 if inward < 600 else 2)))
        totals = replace(
            result.totals, arrivals=100_000, served=100_000 - cut - lost, refused=lost, expired=0,
            cut=cut, unfinished=0, overload_seconds=over, waiting=waiting, elasticity=elasticity,
            instance_seconds={first: 3_600 * hours}, scale_outs=int(idle), scale_ins=int(idle), still_waiting=0,
            oldest_waiting=0.0,
        )  # fmt: skip
        quarters = 4
        for done in (1, 2, 3) if enough else ():
            spent = {first: done / 4 * seconds for first, seconds in totals.instance_seconds.items()}
            if enough(Tally(done * lost // 4, done * cut // 4, done / 4 * over, spent)):
                quarters = done
                break
        self.tried.append((traffic.seed, quarters))
        return Outcome.from_result(
            endpoint,
            replace(result, totals=totals, seed=traffic.seed, duration=DAY * days),
            self.price,
            limit=self.max_cut,
        )


def one_day(number, seed):
    """So many requests at once."""
    return TrafficSpec(str(number), Traffic.from_arrivals([(0.0, 30.0)] * number, duration=DAY), seed=seed)


def working_days(number, seed):
    """Two weeks, with so many requests at a time for eight hours of five days of each."""
    requests = [(day * DAY + 9 * HOUR, 8 * HOUR) for day in range(12) if day % 7 < 5 for _ in range(number)]
    return TrafficSpec(str(number), Traffic.from_arrivals(requests, duration=14 * DAY), MONDAY, seed=seed)


POOLS = (("ml.g6.2xlarge", 12.0), ("ml.g6e.2xlarge", 16.0))
LIVE, FILES = Shape(Work.STREAM, 900.0), Shape(Work.FILE, 30.0, 20, 1_200)
PRICES = {"ml.g6.2xlarge": 1.2, "ml.g6e.2xlarge": 1.5}
DEAR = {**PRICES, "ml.g6e.2xlarge": 1.9}
USUAL, ONE_BUSY = (60, 60, 50), (50,) * 9 + (80,) + (70,) * 10
CASES = {
    "one type": (LIVE, POOLS[:1], {}, "0.1%", (40, 60, 50), (), None),
    "one type, a busier day": (LIVE, POOLS[:1], {}, "0.1%", USUAL, ONE_BUSY, None),
    "one type, one day on which it flaps": (LIVE, POOLS[:1], {}, "any", (90, 30, 50), (), None),
    "one type, one day on which it cuts off": (LIVE, POOLS[:1], {}, "100", (60, 10, 10), (), None),
    "two types, a busier day": (LIVE, POOLS, PRICES, "20", USUAL, ONE_BUSY, None),
    "two types, more than there may be": (
        LIVE,
        POOLS,
        PRICES,
        "20",
        USUAL,
        (80, 90, 100, 110, 120, *[50] * 5, *[130] * 10),
        None,
    ),
    "two types, one of them dear": (LIVE, POOLS[::-1], DEAR, "20", USUAL, (50,) * 20, None),
    "two types, too few of the first": (LIVE, POOLS, {**PRICES, "ml.g6.2xlarge": 3.0}, "20", USUAL, (50,) * 20, 4),
    "nothing holds": (LIVE, POOLS[:1], {}, "0", USUAL, (), 3),
    "two weeks of working days": (LIVE, POOLS[:1], {}, "0.1%", (60, 50), (50,) * 20, None),
    "files": (FILES, POOLS[:1], {}, "any", USUAL, ONE_BUSY, None),
    "files, few cut off": (FILES, POOLS[:1], PRICES, "30", USUAL, (*[50] * 9, *[90] * 11), 6),
    "files, no flapping": (replace(FILES, flaps=False), POOLS[:1], {}, "any", USUAL, (), None),
}
ANSWERS = json.loads((Path(__file__).parents[2] / "vectors" / "landscapes.json").read_text(encoding="utf-8"))
"""The answers as they were looked at, on 30 November 2026. Where one changes users get another: it should be a
better one, or take fewer trials."""


WITHIN = Proposal(Kind.REALTIME, POOLS[:1], 1, 9, 0.75, 60, 300)
QUEUED = Proposal(Kind.ASYNC, POOLS[:1], 0, 3, 12.0, 60, 300, invocations=12)
SHORT = {
    "the maximum is too low": (replace(WITHIN, max=3), {}, "any", 60),
    "too many are cut off": (WITHIN, {"ml.g6.2xlarge": 2.0}, "20", 60),
    "it is late": (replace(WITHIN, target=0.95, scale_out_cooldown=300), {}, "any", 90),
    "it is too small, and none may be cut off": (replace(WITHIN, min=3, max=3), {}, "0", 50),
    "the maximum of a queue is too low": (QUEUED, {}, "any", 60),
    "too many files are cut off": (QUEUED, {}, "10", 100),
}


def written(candidate):
    """A candidate in a line."""
    proposal, type_name = candidate.proposal, candidate.proposal.pools[0][0]
    cooldowns = f"{proposal.scale_out_cooldown}/{proposal.scale_in_cooldown}"
    settings = f"{proposal.min} to {proposal.max} at {proposal.target:g}, {cooldowns}"
    settings += "".join(f", {floor.name} {floor.min}" for floor in proposal.schedules)
    misses = f", misses by {candidate.misses:.2f}" if candidate.misses else ""
    return f"{candidate.role}: {proposal.kind} on {type_name}, {settings}: {candidate.price:.2f}{misses}"


def chosen(case):
    """What is chosen for a case, and what is tried for it."""
    shape, pools, price, limit, own, unseen, most = CASES[case]
    setting, shares = Formula(price=price, max_cut=CutLimit.parse(limit)), list[float]()
    spell = working_days if "weeks" in case else one_day
    specs = [spell(number, seed) for seed, number in enumerate(own + unseen)]
    choice = choose(
        shape,
        pools,
        specs[: len(own)],
        setting,
        plan,
        most=most,
        unseen=specs[len(own) :],
        progress=lambda share: shares.append(8 * share),
    )
    candidates = [choice.best, *choice.runners_up, *([choice.steady] if choice.steady else [])]
    tried = Counter(seed for seed, _ in setting.tried)
    return {
        "candidates": [written(candidate) for candidate in candidates],
        "schedules": choice.schedules.sentence,
        "seeds of the proposal": [outcome.result.seed for outcome in choice.best.outcomes],
        "unseen": [choice.unseen.seeds, choice.unseen.missed, choice.unseen.sentence],
        "trials by seed": [tried[seed] for seed in range(len(specs))],
        "quarters": sum(quarters for _, quarters in setting.tried),
        "progress in eighths": shares,
    }


@pytest.mark.parametrize("case", CASES)
def test_what_is_chosen_and_how_much_is_tried_for_it(case):
    assert chosen(case) == ANSWERS["choose"][case]


def advised(case):
    """What is advised for an endpoint, and what is tried for it."""
    proposal, price, limit, number = SHORT[case]
    setting, shares, traffic = Formula(price=price, max_cut=CutLimit.parse(limit)), list[float](), one_day(number, 0)
    found = advise(setting.outcome(plan(proposal), traffic), traffic, setting, progress=shares.append)
    return {
        "sentences": list(found.sentences),
        "trials": [found.simulations, len(setting.tried)],
        "quarters": sum(quarters for _, quarters in setting.tried),
        "progress": shares,
    }


@pytest.mark.parametrize("case", SHORT)
def test_what_is_advised_and_how_much_is_tried_for_it(case):
    assert advised(case) == ANSWERS["advise"][case]
