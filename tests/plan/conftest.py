"""What becomes of the inputs that a test names: `it`, the plan, or the `refusal`.

The inputs that the tests of a file name are planned together, in a few runs of Terraform for each module.
"""

import inspect

import pytest

from tests.plan.planner import SMALLEST, command


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "inputs(module, choose=None, **changes): what `it` or `refusal` is planned with, where the smallest "
        "inputs are changed; `choose` makes changes of the test's parameters.",
    )


def pytest_collection_modifyitems(items):
    """Leaves to `make nightly` which examples are refused for the reason for which `complete` is."""
    same = {f"{example} without a model" for example in ("async", "mixed-fleet", "realtime", "scheduled")}
    for test in items:
        if test.path.name == "examples.scaleproof.yaml" and test.name in same:
            test.add_marker("nightly")


@pytest.fixture
def named_inputs(request, planner):
    """The module and the changes of the test; a failure shows a command that plans them alone."""
    module, changes = inputs(request.node)
    alone = planner.own({**SMALLEST[module], **changes})
    request.node.add_report_section("setup", "inputs of this test alone", command(module, alone))
    return module, changes


@pytest.fixture
def it(named_inputs, planner, planned_together):
    """The plan of the test's `inputs`, as `planner` would give it."""
    module, changes = named_inputs
    return planner(module, **changes)


@pytest.fixture
def verdict(request, named_inputs, judged_together):
    """What becomes of the test's `inputs`: resources, or what Terraform says against them."""
    return judged_together[request.node.nodeid]


@pytest.fixture
def refusal(verdict):
    """What Terraform says against the test's `inputs`, in one line."""
    assert not verdict.accepted, "This plans, and should not."
    return " ".join(" ".join(said.text.split()) for said in verdict.refusals)


@pytest.fixture(scope="module")
def planned_together(request, planner):
    for module, tests in _asking(request, "it").items():
        planner.together(module, tests.values())


@pytest.fixture(scope="module")
def judged_together(request, planner):
    verdicts_by_test = {}
    for module, tests in _asking(request, "verdict").items():
        verdicts = planner.judge(module, [{**SMALLEST[module], **changes} for changes in tests.values()])
        verdicts_by_test |= zip(tests, verdicts, strict=True)
    return verdicts_by_test


def _asking(request, fixture):
    """The changes by module and test, of all selected tests of the file that use a fixture."""
    changes_by_module = {}
    for test in request.session.items:
        if test.path == request.path and fixture in test.fixturenames:
            module, changes = inputs(test)
            changes_by_module.setdefault(module, {})[test.nodeid] = changes
    return changes_by_module


def inputs(test):
    """The module and the changes of a test's marker."""
    marker = test.get_closest_marker("inputs")
    assert marker, "a test of `it` or of a `refusal` is marked with its inputs"
    module, *choose = marker.args
    changes = dict(marker.kwargs)
    for chosen in choose:
        parameters = test.callspec.params
        changes |= chosen(**{name: parameters[name] for name in inspect.signature(chosen).parameters})
    return module, changes
