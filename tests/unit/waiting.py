"""Waiting for what no clock of a test brings."""

import os
import time
from pathlib import Path


def until(true, patience=60.0):
    """Waits until it is true; returns it."""
    deadline = time.monotonic() + patience
    while not (outcome := true()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return outcome


def alive(pid):
    """Whether the process runs. A zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())
