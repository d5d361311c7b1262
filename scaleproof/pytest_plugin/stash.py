"""The keys under which the plugin stores its objects in pytest's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from scaleproof.pytest_plugin.run import Run
    from scaleproof.pytest_plugin.shared import Offer

OFFER: pytest.StashKey[Offer] = pytest.StashKey()
"""The LocalStack for the workers, in the process that started them."""
OUTSIDE = pytest.StashKey[Mapping[str, Any]]()
"""What Terraform may use from outside, as arguments of a `Root`."""
REBUILT = pytest.StashKey[dict[Path, list[str]]]()
"""Files that --scaleproof-rebuild wrote, and what it removed from them."""
RUN: pytest.StashKey[Run] = pytest.StashKey()
"""The `Run` of this process, once something needs it."""
USED = pytest.StashKey[dict[str, None]]()
"""The parts that the run used, in words, in order."""


def run(config: pytest.Config) -> Run:
    """The `Run` of this process."""
    from scaleproof.pytest_plugin.run import Run

    if RUN not in config.stash:
        offer = getattr(config, "workerinput", {}).get("scaleproof")
        config.stash[RUN] = Run(config.rootpath, config.stash[OUTSIDE], Path(offer) if offer else None)
    return config.stash[RUN]
