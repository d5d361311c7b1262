"""One LocalStack for several processes."""

import threading

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.start import NAMED, LocalStack
from scaleproof.pytest_plugin.shared import Offer, ask

STACK = LocalStack("http://127.0.0.1:4566", "4.14.0", NAMED)


class Starts:
    """Counts how often a LocalStack is started."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.count = 0

    def __call__(self):
        self.count += 1
        outcome = self.outcomes[min(self.count, len(self.outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_nobody_asks_and_none_is_started():
    starts = Starts(STACK)
    Offer(starts).close()
    assert starts.count == 0


def test_it_is_started_once_for_all_who_ask():
    starts = Starts(STACK)
    offer = Offer(starts)
    found = []
    asking = [threading.Thread(target=lambda: found.append(ask(offer.directory))) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    offer.close()
    assert found == [STACK] * 8
    assert starts.count == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ScaleproofError("No Docker, no pip.", advice="Install one."), "No Docker, no pip. Install one."),
        (RuntimeError("odd"), "LocalStack could not be started: RuntimeError('odd')."),
    ],
)
def test_all_are_told_why_it_does_not_start(error, words):
    starts = Starts(error)
    offer = Offer(starts)
    for _ in range(2):
        with pytest.raises(ScaleproofError) as failed:
            ask(offer.directory)
        assert str(failed.value) == words
    offer.close()
    assert starts.count == 1


def test_after_the_end_nothing_is_told():
    offer = Offer(Starts(STACK))
    offer.close()
    offer.close()
    with pytest.raises(ScaleproofError, match="does not answer"):
        ask(offer.directory)
