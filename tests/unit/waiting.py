"""Waiting for what no clock of a test brings."""

import time


def until(true, patience=60.0):
    """Waits until it is true; returns it."""
    deadline = time.monotonic() + patience
    while not (outcome := true()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return outcome
