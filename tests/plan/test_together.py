"""What is planned together is what a plan of its own would be, and what fails can be planned alone."""

import json
import re
import subprocess
import sys

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.plan import Plan
from tests.contract.judging import check
from tests.plan.batches import Refusal, Verdict
from tests.plan.planner import ASYNC, MODEL, REALTIME, REPOSITORY, SMALLEST, Planner

VARIANTS = [{"capacity": {"min": 1, "max": 3}}, {}]
FAILING = """
import pytest
from tests.plan.planner import REALTIME

@pytest.mark.inputs(REALTIME, capacity={"min": 2, "max": 9}, tags={"Who": "you and me"})
def test_of_a_plan(it):
    assert not it.of_type("aws_appautoscaling_target")

@pytest.mark.inputs(REALTIME, volume_size_in_gb=513)
def test_of_a_refusal(refusal):
    assert "from 1 to 511" in refusal
"""


class Counted:
    """Plans roots, and counts."""

    def __init__(self, plan):
        self.plans = 0
        self._plan = plan

    def __call__(self, directory, **variables):
        self.plans += 1
        return self._plan(directory, **variables)


@pytest.fixture
def counted(plan):
    return Counted(plan)


def told(plan):
    """All that a plan says, without the time of it and the names that hang on that."""
    checks = sorted(json.dumps(check, sort_keys=True) for check in plan.raw.get("checks", ()))
    text = f"{plan.resources} {checks} {plan.raw['output_changes']} {plan.warnings}"
    return re.sub(r"-[0-9a-f]{8}\b|\d{4}-\d\d-\d\dT[\d:]+Z", "", text)


def test_it_says_the_same(planner, counted, tmp_path):
    alone = Planner(tmp_path, counted)
    for changes, verdict in zip(
        VARIANTS, planner.judge(ASYNC, [{**SMALLEST[ASYNC], **one} for one in VARIANTS]), strict=True
    ):
        single = alone(ASYNC, **changes)
        assert verdict.plan
        assert told(verdict.plan) == told(single)
        assert from_plan(verdict.plan) == from_plan(single)


def test_what_is_refused_or_warned_of_is_told_to_who_asks_for_it(counted, standins, planner, tmp_path):
    fresh = Planner(tmp_path, counted, standins, planner.connection)
    assert fresh.account  # a plan of its own, which every rule on plans takes
    counted.plans = 0
    fresh.together(REALTIME, [{"volume_size_in_gb": 0}, {"tags": {"A": "b"}}, {"volume": 100}])
    assert not fresh(REALTIME, tags={"A": "b"}).warnings
    assert counted.plans == 0
    fresh.together(REALTIME, [{"volume_size_in_gb": 100}])
    with pytest.raises(PlanFailed, match="volume_size_in_gb"):
        fresh(REALTIME, volume_size_in_gb=0)
    with pytest.raises(PlanFailed, match="declares no variable named volume"):
        fresh(REALTIME, volume=100)
    for _ in range(2):  # equal inputs are planned once
        assert fresh(REALTIME, volume_size_in_gb=100).warnings
    assert counted.plans == 3


def test_a_plan_that_aws_would_not_take_fails_the_test(planner, tmp_path):
    raw = json.dumps(planner(REALTIME).raw)
    wrong = Plan(json.loads(raw.replace('"AllTraffic"', '"All Traffic"')))
    fresh = Planner(tmp_path, lambda *_, **__: wrong, check=check)
    with pytest.raises(AssertionError, match=r"VariantName.*All Traffic"):
        fresh(REALTIME)


def test_what_is_planned_together_is_checked_too(counted, standins, planner, tmp_path):
    checked = []
    fresh = Planner(tmp_path, counted, standins, planner.connection, check=lambda *case: checked.append(case))
    (verdict,) = fresh.judge(MODEL, [{**SMALLEST[MODEL], "name": ""}])
    assert checked == [(MODEL, [{**SMALLEST[MODEL], "name": ""}], [verdict], fresh.account)]
    with pytest.raises(AssertionError, match=r"not in the module's words: no(.|\n)*scaleproof plan .*modules/model"):
        check(MODEL, [SMALLEST[MODEL]], [Verdict(refusals=(Refusal("other", "no"),))])


def test_a_test_that_fails_prints_a_command_that_plans_its_inputs_alone(tmp_path):
    (tmp_path / "test_failing.py").write_text(FAILING)
    plugins = ("-p", "tests.conftest", "-p", "tests.plan.conftest")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-c",
            REPOSITORY / "pyproject.toml",
            *plugins,
            tmp_path,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    planned, refused = re.findall(r"-- Captured inputs of this test alone setup -+\n(.+)\n", run.stdout)
    first, second = (
        subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        for command in (planned, refused)
    )
    assert first.returncode == 0, first.stderr
    assert " 2 to 9 " in first.stdout
    assert second.returncode != 0
    assert "volume_size_in_gb" in second.stderr
