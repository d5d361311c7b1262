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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """With a test that fails, a command that plans its inputs alone."""
    report = yield
    planner = getattr(item, "funcargs", {}).get("planner")
    if report.failed and planner and item.get_closest_marker("inputs"):
        module, changes = inputs(item)
        alone = planner.own({**SMALLEST[module], **changes})
        report.sections.append(("inputs of this test alone", command(module, alone)))
    return report


@pytest.fixture
def it(request, planner, planned_together):
    """The plan of the test's `inputs`, as `planner` would give it."""
    module, changes = inputs(request.node)
    return planner(module, **changes)


@pytest.fixture
def verdict(request, judged_together):
    """What becomes of the test's `inputs`: resources, or what Terraform says against them."""
    return judged_together[request.node.nodeid]


@pytest.fixture
def refusal(verdict):
    """What Terraform says against the test's `inputs`, in one line."""
    assert not verdict.accepted, "This plans, and should not."
    return " ".join(" ".join(one.text.split()) for one in verdict.refusals)


@pytest.fixture(scope="module")
def planned_together(request, planner):
    for module, tests in _asking(request, "it").items():
        planner.together(module, tests.values())


@pytest.fixture(scope="module")
def judged_together(request, planner):
    found = {}
    for module, tests in _asking(request, "verdict").items():
        verdicts = planner.judge(module, [{**SMALLEST[module], **changes} for changes in tests.values()])
        found |= zip(tests, verdicts, strict=True)
    return found


def _asking(request, fixture):
    """The changes by module and test, of all selected tests of the file that use a fixture."""
    found = {}
    for test in request.session.items:
        if test.path == request.path and fixture in test.fixturenames:
            module, changes = inputs(test)
            found.setdefault(module, {})[test.nodeid] = changes
    return found


def inputs(test):
    """The module and the changes of a test's marker."""
    marker = test.get_closest_marker("inputs")
    assert marker, "a test of `it` or of a `refusal` is marked with its inputs"
    module, *choose = marker.args
    changes = dict(marker.kwargs)
    for chosen in choose:
        given = test.callspec.params
        changes |= chosen(**{name: given[name] for name in inspect.signature(chosen).parameters})
    return module, changes
