"""LocalStack's environment, looked for once in a run, and caches that have it already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaleproof.localstack import environment
from scaleproof.localstack.pinned import Environment


@pytest.fixture(scope="session")
def localstack_environment() -> Environment:
    """LocalStack's environment, built."""
    return environment.ensure()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of this machine is not that of UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def new_cache(localstack_environment: Environment) -> Callable[[Path], Path]:
    """Makes a directory for SCALEPROOF_CACHE with LocalStack's environment in it, and nothing else."""

    def make(directory: Path) -> Path:
        directory.mkdir()
        built = localstack_environment.directory
        (directory / built.name).symlink_to(built)
        return directory

    return make
