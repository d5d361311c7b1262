"""The contract between a module's inputs and AWS, judged for many inputs at a time.

What plans must suit AWS: every call that it leads to passes botocore's validator, the rules of the service
model and the documented rules of the service. What does not plan must be refused in the module's own words.
What was drawn without an edge must plan.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from tests.contract import messages
from tests.contract.generation import Case
from tests.plan.planner import breaches, command

BATCH = 250
"""Cases in one plan: starting Terraform costs as much as some ten cases."""


@dataclass(frozen=True)
class Breach:
    """Inputs of a module that break the contract, and how."""

    module: str
    case: Case
    how: str

    def __str__(self):
        """How, where, and the command that plans these inputs alone."""
        touched = ", ".join(self.case.touched) or "nothing"
        return f"{self.how}\n    touched: {touched}\n    {command(self.module, self.case.inputs)}"


@dataclass(frozen=True)
class Outcome:
    """What became of many cases: `accepted` says of each, in their order, whether it plans."""

    accepted: tuple[bool, ...]
    seconds: float
    breaches: tuple[Breach, ...]


def draw(strategy, count, seed):
    """At most `count` different cases, always the same for a seed."""
    found = {}

    def gather(case):
        found.setdefault(_text(case), case)
        return False

    try:
        find(strategy, gather, settings=_settings(count, Phase.generate), random=Random(seed))
    except NoSuchExample:
        return list(found.values())
    raise AssertionError("nothing was looked for")


def judge(planner, module, cases):
    """Plans the cases and holds each against the contract."""
    start = time.monotonic()
    verdicts = []
    for place in range(0, len(cases), BATCH):
        verdicts += planner.judge(module, [case.inputs for case in cases[place : place + BATCH]])
    breaches = [
        Breach(module, case, how)
        for case, verdict in zip(cases, verdicts, strict=True)
        for how in broken(case, verdict)
    ]
    accepted = tuple(verdict.accepted for verdict in verdicts)
    return Outcome(accepted, time.monotonic() - start, tuple(breaches))


def broken(case, verdict):
    """How a verdict on a case breaks the contract."""
    if verdict.accepted:
        yield from breaches(verdict.resources)
        return
    yield from messages.faults(verdict.refusals)
    if not case.touched:
        yield f"refused, though every value in it is a good one: {verdict.refusals[0].text}"


def smallest(planner, strategy, breach, count, seed, limit):
    """The simplest case that Hypothesis finds, within `limit` seconds, to break the contract in the same way.

    Draws as `draw` did, so that it comes by the breach at once, and plans case by case only to shrink it.
    """
    deadline = time.monotonic() + limit
    wanted, known = _kind(breach.how), _text(breach.case)
    seen = {}
    reached = False

    def same(case):
        nonlocal reached
        text = _text(case)
        if text == known:
            reached = True
            return True
        if not reached or time.monotonic() > deadline:
            return False
        if text not in seen:
            (verdict,) = planner.judge(breach.module, [case.inputs])
            seen[text] = any(_kind(how) == wanted for how in broken(case, verdict))
        return seen[text]

    options = _settings(count, Phase.generate, Phase.shrink)
    return find(strategy, same, settings=options, random=Random(seed))


def distinct(breaches):
    """One breach of each kind, of the shortest inputs."""
    kinds = {}
    for breach in sorted(breaches, key=lambda one: (len(one.case.touched), len(_text(one.case)))):
        kinds.setdefault(_kind(breach.how), breach)
    return list(kinds.values())


def _kind(how):
    """A breach without the values in it: its first twelve words."""
    return " ".join(how.split()[:12])


def _text(case):
    return json.dumps(case.inputs, sort_keys=True)


def _settings(count, *phases):
    return settings(
        max_examples=count,
        phases=phases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
