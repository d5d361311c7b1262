"""A user with an AWS account, and the cage for the user's commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .settings import CONFIG, KEYS

CAGE = Path(__file__).with_name("cage.py")


@pytest.fixture(scope="session")
def user_at(new_cache):
    """Makes a user's variables, with a home directory and a cache that has LocalStack's environment."""

    def make(directory):
        home = directory / "home"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "config").write_text(CONFIG)
        (home / ".aws" / "credentials").write_text(KEYS)
        dropped = ("AWS_", "LOCALSTACK_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return inherited | {"HOME": str(home), "SCALEPROOF_CACHE": str(new_cache(directory / "cache"))}

    return make


@pytest.fixture
def users(tmp_path, user_at):
    """The variables of the test's user."""
    return user_at(tmp_path)


@pytest.fixture(scope="session")
def no_cage(tmp_path_factory):
    """Why this system cannot run the cage, or an empty text."""
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("ip")):
        return "network namespaces need Linux with unshare and ip"
    words = cage(tmp_path_factory.mktemp("cage") / "report")
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    last = tried.stderr.strip().splitlines()[-1:]
    return f"this system allows no network namespaces: {''.join(last)}" if tried.returncode else ""


@pytest.fixture
def caged(tmp_path, no_cage):
    """The command that runs a program in the cage. Skips the test if the system cannot."""
    if no_cage:
        pytest.skip(no_cage)
    return cage(tmp_path / "report")


def cage(report):
    """The command that runs a program in the cage and writes `report`."""
    return [*("unshare", "--map-root-user", "--net"), sys.executable, str(CAGE), str(report)]
