"""Where programs are searched."""

import pytest

from scaleproof.processes import search_path


@pytest.mark.parametrize("path", ["/a:/b", ":/a:/b", "/a::/b:", ".:/a:bin:/b:/a", "/a:./x:../y:/b"])
def test_only_absolute_directories_count(path, monkeypatch):
    monkeypatch.setenv("PATH", path)
    assert search_path.directories() == ["/a", "/b"]


def test_without_a_path_the_systems_directories_do(monkeypatch):
    monkeypatch.delenv("PATH")
    assert "/bin" in search_path.directories()
