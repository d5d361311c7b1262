"""One root for each module, initialized once; plans need no cloud."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scaleproof.providers.session import StandIns
from tests.contract.batches import Batches


@pytest.fixture(scope="session")
def batches(tmp_path_factory: pytest.TempPathFactory, standins: StandIns | None) -> Callable[[str], Batches]:
    """Plans many sets of inputs of a module at once."""
    made: dict[str, Batches] = {}

    def of(module: str) -> Batches:
        if module not in made:
            made[module] = Batches(module, tmp_path_factory.mktemp("contract"), standins)
        return made[module]

    return of
