"""How much is drawn, and one root for each module, initialized once; plans need no cloud."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from scaleproof.providers.session import StandIns
from tests.plan.batches import Batches

# The same examples in every run, or new and many more of them in `make fuzz`.
settings.register_profile(
    "contract", derandomize=True, max_examples=300, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("fuzz", settings.get_profile("contract"), derandomize=False, max_examples=3000)
settings.load_profile("fuzz" if os.environ.get("FUZZ_SECONDS") else "contract")


@pytest.fixture(scope="session")
def batches(tmp_path_factory: pytest.TempPathFactory, standins: StandIns | None) -> Callable[[str], Batches]:
    """Plans many sets of inputs of a module at once."""
    made: dict[str, Batches] = {}

    def of(module: str) -> Batches:
        if module not in made:
            made[module] = Batches(module, tmp_path_factory.mktemp("contract"), standins)
        return made[module]

    return of
