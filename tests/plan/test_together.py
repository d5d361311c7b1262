"""What is planned together with other inputs is what a plan of its own would be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.pytest_plugin.fixtures import PlanRoot
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.plan import Plan
from tests.plan.planner import ASYNC, ENDPOINT, Planner

VARIANTS: list[dict[str, Any]] = [{"capacity": {"min": 1, "max": 3}}, {}]


class Counted:
    """Plans roots, and counts."""

    def __init__(self, plan: PlanRoot) -> None:
        self.plans = 0
        self._plan = plan

    def __call__(self, directory: Path, **variables: Any) -> Plan:
        self.plans += 1
        return self._plan(directory, **variables)


@pytest.fixture
def counted(plan: PlanRoot) -> Counted:
    return Counted(plan)


def told(plan: Plan) -> str:
    """All that a plan says, without the time of it and the names that hang on that."""
    checks = sorted(map(str, plan.checks))
    text = f"{plan.resources} {checks} {plan.raw['output_changes']} {plan.warnings}"
    return re.sub(r"-[0-9a-f]{8}\b|\d{4}-\d\d-\d\dT[\d:]+Z", "", text)


def test_it_says_the_same(counted: Counted, tmp_path: Path) -> None:
    many, single = Planner(tmp_path, counted), Planner(tmp_path, counted)
    many.together(ASYNC, VARIANTS)
    assert counted.plans == 1
    for changes in VARIANTS:
        found, alone = many(ASYNC, **changes), single(ASYNC, **changes)
        assert told(found) == told(alone)
        assert from_plan(found) == from_plan(alone)
    assert counted.plans == 1 + len(VARIANTS)


def test_what_is_refused_or_warned_of_is_told_to_who_asks_for_it(counted: Counted, tmp_path: Path) -> None:
    planner = Planner(tmp_path, counted)
    planner.together(ENDPOINT, [{"volume_size_gb": 0}, {"tags": {"A": "b"}}])
    planner.together(ENDPOINT, [{"volume_size_gb": 100}, {"tags": {"A": "c"}}])
    planner.together(ENDPOINT, [{"volume": 100}])
    with pytest.raises(PlanFailed, match="whole number from 1 to 512"):
        planner(ENDPOINT, volume_size_gb=0)
    with pytest.raises(PlanFailed, match="declares no variable named volume"):
        planner(ENDPOINT, volume=100)
    assert planner(ENDPOINT, volume_size_gb=100).warnings
    assert not planner(ENDPOINT, tags={"A": "b"}).warnings
    assert counted.plans == 6
    assert planner(ENDPOINT, volume_size_gb=100).warnings
    assert counted.plans == 6  # equal inputs are planned once
