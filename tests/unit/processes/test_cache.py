"""The cache directory, and files for this user only."""

import os

import pytest

from scaleproof.errors import FailedError
from scaleproof.processes.cache import cache_directory, private_file


@pytest.mark.parametrize("missing", [os.W_OK, os.X_OK])
def test_a_directory_that_this_user_may_not_use_is_refused(missing, tmp_path, monkeypatch):
    """Root may use any."""
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & missing)
    with pytest.raises(FailedError, match=f"{tmp_path} cannot be written to.*Name another one"):
        cache_directory()


def test_a_private_file_has_nothing_of_the_one_before(tmp_path):
    (tmp_path / "log").write_text("old")
    (tmp_path / "log").chmod(0o644)
    made = private_file(tmp_path / "log")
    assert (made.read_text(), made.stat().st_mode & 0o777) == ("", 0o600)
