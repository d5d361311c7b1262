"""What flapping costs is said before a setting that flaps is proposed, and it can be forbidden."""

from dataclasses import replace

import pytest

from scaleproof.studies import verdict
from scaleproof.studies.choose import choose
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import parse
from scaleproof.studies.wording import per_day
from tests.unit.studies.made import POOLS, plan
from tests.unit.studies.test_search import FILES

BATCHES = [parse("batches:files=12,per_day=40,days=0.2,seconds=60", seed=seed) for seed in range(2)]


@pytest.fixture(scope="module", autouse=True)
def few():
    """Four changes of direction are flapping, so that some hours suffice."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(verdict, "FLAPPING", 4)
        yield


def flaps(candidate):
    return any(verdict.flapping(outcome.result) for outcome in candidate.outcomes)


def chosen(shape):
    return choose(shape, POOLS[:1], BATCHES, Setting(), plan)


@pytest.fixture(scope="module")
def found(few):
    return chosen(FILES)


def test_its_price_is_told_before_and_without_it_there_is_another_setting(found):
    """An endpoint that goes to zero after each batch is the cheapest."""
    best, steady = found.best, found.steady
    assert flaps(best)
    assert steady is not None
    assert (flaps(steady), steady.misses) == (False, 0)
    assert steady.price > best.price
    assert best.changes_per_day > steady.changes_per_day
    assert found.flapping == (
        "The proposal flaps: it changes the number of instances "
        f"{per_day(best.changes_per_day)} times a day and cuts off 0 requests a day. With --no-flapping it "
        f"is {steady.proposal.words}: {steady.price - best.price:.1f} instance-hours more, "
        f"{100 * (steady.price / best.price - 1):+.0f} %."
    )
    forbidden = chosen(replace(FILES, flaps=False))
    assert not flaps(forbidden.best)
    assert forbidden.best.price == pytest.approx(steady.price, rel=0.02)
    assert (forbidden.best.misses, forbidden.flapping, forbidden.steady) == (0, None, None)


def test_where_only_flapping_does_what_was_asked_it_says_so(found):
    assert found.steady is not None
    missed = replace(found, steady=replace(found.steady, misses=1.0))
    assert str(missed.flapping).endswith("No setting that does not flap meets what was asked.")
