"""The stand-ins plan and keep what the real providers do, of the configuration that those were recorded with.

That is the module and its examples of one commit (tests/recordings/real/README.md): what changes in them
since then makes no difference here.
"""

from collections.abc import Callable
from functools import cache

import pytest

from tests.apply.recordings import Difference, differences, entries
from tests.recordings import recorded

Differences = Callable[[str], list[Difference]]


@pytest.fixture(scope="module")
def found(open_stage, standins, tmp_path_factory):
    """Where the plans and the state of an example are not those of the real providers."""
    if standins is None:
        pytest.skip("compares the stand-ins with the real providers")
    examples = recorded.unpack(tmp_path_factory.mktemp("recorded"))

    @cache
    def of(example):
        stage = open_stage(str(examples / example), **recorded.variables(example))
        steps = {"plan": stage.plan().raw}
        stage.put()
        steps |= {"state": stage.state().raw, "second": stage.plan().raw}
        return [
            difference
            for step, raw in steps.items()
            for difference in differences(raw, recorded.content(example, step))
        ]

    return of


@pytest.mark.parametrize(
    "example",
    [pytest.param(name, marks=() if name == "async" else pytest.mark.nightly) for name in recorded.RECORDED],
)
def test_its_plans_and_its_state_are_those_of_the_real_providers(found, example):
    """Value by value, in null and "", in what is unknown, in order and in the text of documents."""
    assert [one for one in found(example) if not one.known()] == []


@pytest.mark.nightly
def test_each_known_difference_from_the_real_providers_is_still_one(found):
    seen = [one.known() for example in recorded.RECORDED for one in found(example)]
    assert entries() - set().union(*seen) == set()
