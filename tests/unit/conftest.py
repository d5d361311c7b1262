"""LocalStack's environment, looked for once in a run, and caches that have it already."""

import time
from contextlib import suppress

import pytest

from scaleproof.cli import demo_streams
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment


@pytest.fixture(scope="session")
def localstack_environment():
    """LocalStack's environment, built."""
    return environment.ensure()


@pytest.fixture
def elsewhere(monkeypatch):
    """The clock of this machine is not that of UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def new_cache(localstack_environment):
    """Makes a directory for SCALEPROOF_CACHE with LocalStack's environment in it, and that of AWS's client of
    streams where a Python can run it, and nothing else."""
    environments = [localstack_environment]
    with suppress(ScaleproofError):
        environments.append(demo_streams.environment())

    def make(directory):
        directory.mkdir()
        for built in environments:
            (directory / built.directory.name).symlink_to(built.directory)
        return directory

    return make
