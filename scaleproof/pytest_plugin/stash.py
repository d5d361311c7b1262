"""What the plugin stores in pytest's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scaleproof.pytest_plugin.run import Run
    from scaleproof.pytest_plugin.shared import Offer

ALLOW_NETWORK = pytest.StashKey[bool]()
"""Whether Terraform may reach beyond this machine."""
OFFER: pytest.StashKey[Offer] = pytest.StashKey()
"""The LocalStack for the workers, in the process that started them."""
REBUILT = pytest.StashKey[dict[Path, list[str]]]()
"""Files that --scaleproof-rebuild wrote, and what it removed from them."""
RUN: pytest.StashKey[Run] = pytest.StashKey()
"""The `Run` of this process, once something needs it."""
SOURCES = pytest.StashKey[Mapping[str, Path]]()
"""Local copies by module source."""
USED = pytest.StashKey[dict[str, None]]()
"""The parts that the run used, in words, in order."""


def run(config: pytest.Config) -> Run:
    """The `Run` of this process."""
    from scaleproof.pytest_plugin.run import Run

    if RUN not in config.stash:
        ticket = getattr(config, "workerinput", {}).get("scaleproof")
        config.stash[RUN] = Run(
            config.rootpath, config.stash[SOURCES], ticket, allow_network=config.stash[ALLOW_NETWORK]
        )
    return config.stash[RUN]
