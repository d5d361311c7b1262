"""A user with an account of AWS, and the cage in which the user's commands run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .settings import CONFIG, KEYS

CAGE = Path(__file__).with_name("cage.py")


@pytest.fixture(scope="session")
def user_at(new_cache: Callable[[Path], Path]) -> Callable[[Path], dict[str, str]]:
    """The environment of a user whose home is in a directory; the cache has LocalStack's environment."""

    def make(directory: Path) -> dict[str, str]:
        home = directory / "home"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "config").write_text(CONFIG)
        (home / ".aws" / "credentials").write_text(KEYS)
        dropped = ("AWS_", "LOCALSTACK_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return kept | {"HOME": str(home), "SCALEPROOF_CACHE": str(new_cache(directory / "cache"))}

    return make


@pytest.fixture
def users(tmp_path: Path, user_at: Callable[[Path], dict[str, str]]) -> dict[str, str]:
    """The environment of a user of this test."""
    return user_at(tmp_path)


@pytest.fixture(scope="session")
def no_cage(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Why this system has no cage; empty where it has one."""
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("ip")):
        return "network namespaces need Linux with unshare and ip"
    words = cage(tmp_path_factory.mktemp("cage") / "report")
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    last = tried.stderr.strip().splitlines()[-1:]
    return f"this system allows no network namespaces: {''.join(last)}" if tried.returncode else ""


@pytest.fixture
def caged(tmp_path: Path, no_cage: str) -> list[str]:
    """The words before a program that runs in the cage; skips where there can be none."""
    if no_cage:
        pytest.skip(no_cage)
    return cage(tmp_path / "report")


def cage(report: Path) -> list[str]:
    """The words before a program that runs in the cage and is written about in `report`."""
    return [*("unshare", "--map-root-user", "--net"), sys.executable, str(CAGE), str(report)]
