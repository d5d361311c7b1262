"""`it`: the plan of a module with the inputs that a test names; those of a file are planned together."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import Planner


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "inputs(module, choose=None, **changes): what `it` is planned with, beside the smallest inputs; "
        "`choose` is a function that makes changes of the test's parameters.",
    )


@pytest.fixture
def it(request: pytest.FixtureRequest, planner: Planner, planned_together: None) -> Plan:
    """The plan of the test's `inputs`, as `planner` would give it."""
    module, changes = inputs(request.node)
    return planner(module, **changes)


@pytest.fixture(scope="module")
def planned_together(request: pytest.FixtureRequest, planner: Planner) -> None:
    """The inputs of all selected tests of the file, planned in one run of Terraform for each module."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in request.session.items:
        if item.path == request.path and item.get_closest_marker("inputs"):
            module, changes = inputs(item)
            found[module].append(changes)
    for module, variants in found.items():
        planner.together(module, variants)


def inputs(test: pytest.Item) -> tuple[str, dict[str, Any]]:
    """The module and the changes of a test's marker."""
    marker = test.get_closest_marker("inputs")
    assert marker, "a test of `it` is marked with its inputs"
    module, *choose = marker.args
    changes = dict(marker.kwargs)
    for chosen in choose:
        given = test.callspec.params
        changes |= chosen(**{name: given[name] for name in inspect.signature(chosen).parameters})
    return module, changes
