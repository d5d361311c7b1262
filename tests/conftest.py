"""What the tiers share: the stand-ins, one LocalStack for the whole run, an account for each test."""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scaleproof.cloud.connection import Connection
from scaleproof.cloud.localstack import LocalStack, find_or_start
from scaleproof.providers.session import StandIns
from scaleproof.terraform.environment import provider_kind

REPOSITORY = Path(__file__).resolve().parent.parent
_CLOUD_TIERS = ("apply", "harness")
_shared: list[LocalStack] = []
_accounts = itertools.count(1)


def pytest_configure_node(node: Any) -> None:
    """Gives every worker of pytest-xdist the one LocalStack, which this process starts and stops."""
    if not _needs_cloud(node.config):
        return
    if not _shared:
        _shared.append(find_or_start())
    node.workerinput["localstack"] = (_shared[0].endpoint_url, _shared[0].version, _shared[0].external)


def pytest_unconfigure() -> None:
    """Stops what `pytest_configure_node` started."""
    while _shared:
        _shared.pop().stop()


def _needs_cloud(config: pytest.Config) -> bool:
    """True unless the run is of tiers that need no cloud."""
    selected = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    tiers = [REPOSITORY / "tests" / tier for tier in _CLOUD_TIERS]
    return any(path in (tier, *tier.parents) or tier in path.parents for path in selected for tier in tiers)


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest) -> Iterator[LocalStack]:
    """The LocalStack of this run."""
    given = getattr(request.config, "workerinput", {}).get("localstack")
    if given:
        yield LocalStack(*given)
        return
    with find_or_start() as started:
        yield started


@pytest.fixture(scope="session")
def new_account() -> Callable[[], str]:
    """Gives an account that nothing has been put into, at each call."""
    worker = zlib.crc32(os.environ.get("PYTEST_XDIST_WORKER", "").encode()) % 900 + 100
    return lambda: f"{worker}{os.getpid() % 100000:05d}{next(_accounts) % 10000:04d}"


@pytest.fixture
def account(new_account: Callable[[], str]) -> str:
    """An account of its own for the test: nothing of another test is in it."""
    return new_account()


@pytest.fixture
def connection(cloud: LocalStack, account: str) -> Connection:
    """The test's own account in the LocalStack of this run."""
    return cloud.connection(account)


@pytest.fixture(scope="session")
def standins() -> Iterator[StandIns | None]:
    """The in-process providers, or None where SCALEPROOF_PROVIDERS asks for the registry's."""
    if provider_kind() == "registry":
        yield None
        return
    with StandIns() as running:
        yield running
