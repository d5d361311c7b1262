"""LocalStack's index of operations: made once, not missed where it cannot be made.

That every start uses it is in test_started.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.localstack import catalog, environment
from scaleproof.localstack.pinned import Environment


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
