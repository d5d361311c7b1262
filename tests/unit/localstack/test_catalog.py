"""LocalStack's index of operations: made once, not missed where it cannot be made.

That every start uses it is in test_started.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.localstack import catalog, environment
from scaleproof.localstack.pinned import Environment

# What podman puts into every container; LocalStack looks for Docker's mark as well.
CONTAINER = ("unshare", "--map-root-user", "--mount", "sh", "-c",
             'mount -t tmpfs none /run && touch /run/.containerenv && exec "$@"', "sh")  # fmt: skip
FILES = """
from scaleproof.localstack.start import FILESYSTEM, find_or_start
with find_or_start() as stack:
    stack.connection().client("sts").get_caller_identity()
    for found in (stack.data / FILESYSTEM).glob("*/lib/localstack/**/*"):
        print(found.relative_to(stack.data / FILESYSTEM))
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Environment:
    """LocalStack's environment under a name where nothing has been made yet."""
    built = environment.ensure()
    directory = tmp_path / "cache" / built.directory.name
    directory.mkdir(parents=True)
    for part in built.directory.iterdir():
        if part.name != "catalog":
            (directory / part.name).symlink_to(part)
    return replace(built, directory=directory)


def test_it_is_made_once_and_nothing_else_is_left(elsewhere: Environment) -> None:
    before = {path.name for path in elsewhere.directory.iterdir()}
    catalog.ensure(elsewhere)
    assert {path.name for path in elsewhere.directory.iterdir()} == before | {"catalog"}
    (made,) = (elsewhere.directory / "catalog").iterdir()
    stamp = made.stat().st_mtime_ns
    catalog.ensure(elsewhere)
    assert made.stat().st_mtime_ns == stamp


def test_without_it_localstack_starts_all_the_same(elsewhere: Environment, tmp_path: Path) -> None:
    (elsewhere.directory / "bin").unlink()
    catalog.ensure(elsewhere)
    catalog.link(elsewhere, tmp_path / "filesystem")
    assert not (elsewhere.directory / "catalog").exists()
    assert not (tmp_path / "filesystem").exists()
    assert list(elsewhere.directory.glob("scaleproof-*")) == []


def test_a_container_is_not_taken_for_localstacks_own_image(elsewhere: Environment) -> None:
    """There it would keep its files, the index among them, in /usr/lib and /var/lib."""
    if subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no mount namespaces: run the tests in a container for this one")
    ran = subprocess.run(
        [*CONTAINER, sys.executable, "-c", FILES],
        env=os.environ | {"SCALEPROOF_CACHE": str(elsewhere.directory.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (index,) = (elsewhere.directory / "catalog").iterdir()
    assert f"usr/lib/localstack/{index.name}" in ran.stdout.split()
    assert "var/lib/localstack/cache" in ran.stdout.split()
