"""The cache directory."""

import os

import pytest

from scaleproof.errors import FailedError
from scaleproof.processes.cache import cache_directory


@pytest.mark.parametrize("missing", [os.W_OK, os.X_OK])
def test_a_directory_that_this_user_may_not_use_is_refused(missing, tmp_path, monkeypatch):
    """Root may use any."""
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & missing)
    with pytest.raises(FailedError, match=f"{tmp_path} cannot be written to.*Name another one"):
        cache_directory()
