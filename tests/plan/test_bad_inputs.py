"""Every bad input stops at plan, with a message of the module that says what to change (bad_inputs.yaml)."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scaleproof.terraform.diagnostics import PlanFailed
from tests.plan.planner import ASYNC, REALTIME, REPOSITORY, ROOT, SMALLEST

Row = tuple[str, dict[str, Any], str | None]


def read():
    """The table by module."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("!long", _long)
    table = yaml.load(Path(__file__).with_name("bad_inputs.yaml"))
    return {module: rows for module, rows in table.items() if module != "shared"}


def _long(_, node):
    text, _, count = node.value.rpartition("*")
    return text + "x" * int(count)


def own_policies():
    """How the modules call their own policies and the alarms that drive them."""
    files = [(REPOSITORY / "modules" / kind / "main.tf").read_text() for kind in ("realtime", "async")]
    named = re.findall(r'"\$\{module\.endpoint\.name\}-([\w-]+)"', "\n".join(files))
    return sorted([*named, "wake_up"])  # as policy_arns calls it


def cases():
    table = read()
    tracking = {"custom_metric": {"metric_name": "Load"}, "target_value": 5}
    table[REALTIME] += [
        (f"policy called {name}", {"policies": {name: {"target_tracking": tracking}}}, "Rename the entries")
        for name in own_policies()
    ]
    return [
        pytest.param(
            message,
            change,
            marks=pytest.mark.inputs(module, **change),
            id=f"{module}-{name.replace(' ', '-')}",
        )
        for module, rows in table.items()
        for name, change, message in rows
    ]


@pytest.mark.parametrize(("message", "change"), cases())
def test_bad_input_stops_at_plan(verdict, message, change):
    said = "\n".join(" ".join(one.text.split()) for one in verdict.refusals)
    assert verdict.accepted == (message is None), said
    assert (message or "") in said


@pytest.mark.parametrize(
    ("module", "change", "message"),
    [
        (REALTIME, {"variant_name": "All Traffic"}, "hyphens in variant_name"),
        (REALTIME, {"capacity": {"min": 0, "max": 4}}, "a real-time endpoint never scales to zero"),
        # Two modules refuse it, and beside others only the outer one may be heard.
        (ASYNC, {"capacity": {"min": 0, "max": 0}}, "Set capacity.max to 1 or more"),
    ],
)
def test_a_plan_of_its_own_stops(planner, module, change, message):
    with pytest.raises(PlanFailed) as failure:
        planner(module, **change)
    told = " ".join(diagnostic.detail for diagnostic in failure.value.diagnostics)
    assert message in " ".join(told.split())


@pytest.mark.parametrize(
    "endpoint",
    [
        {"deployment": {"strategy": "ROLLING"}},
        {"deployment": {"strategy": "ROLLING", "step": {"type": None, "value": None}}},
        {"capacity": {"min": 1, "max": None}},
    ],
    ids=["no step", "empty step", "no max"],
)
def test_what_is_missing_is_told_by_the_module_alone(planner, endpoint):
    """And not by the count of instances that need a quota."""
    with pytest.raises(PlanFailed) as failure:
        planner(ROOT, realtime={**SMALLEST[ROOT]["realtime"], **endpoint})
    assert {found.summary for found in failure.value.diagnostics} == {"Invalid value for variable"}


@pytest.mark.parametrize("module", [REALTIME, ASYNC])
def test_no_pool_is_told_by_the_module_alone(planner, module):
    """And not by whatever would have been made of the pools."""
    with pytest.raises(PlanFailed) as failure:
        planner(module, instance_pools=[])
    assert {found.summary for found in failure.value.diagnostics} == {"Invalid value for variable"}
