"""Progress: silent while things are quick, and one spinner at most."""

import io
import time
from unittest.mock import Mock

import pytest

from scaleproof import progress
from scaleproof.progress import Screen, bar, step


@pytest.fixture
def shown(monkeypatch):
    """What is written where there is no terminal."""
    return use(monkeypatch, terminal=False)


def use(monkeypatch, *, terminal):
    text = io.StringIO()
    monkeypatch.setattr(progress, "console", Screen(file=text, force_terminal=terminal, width=80))
    return text


@pytest.fixture
def soon(monkeypatch):
    """Steps show themselves at once."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)


def until(text, words):
    """Waits until they are written."""
    deadline = time.monotonic() + 20
    while words not in text.getvalue():
        assert time.monotonic() < deadline, text.getvalue()
        time.sleep(0.01)


def test_what_is_quick_says_nothing(shown):
    with step("Quick"):
        pass
    assert shown.getvalue() == ""


def test_what_takes_long_says_so_as_it_is_written(shown, soon, monkeypatch):
    monkeypatch.setattr(progress, "time", Mock(monotonic=Mock(side_effect=[100.0, 107.2])))
    with step('Planning [dev] module.a["x"]') as update:
        until(shown, "...\n")
        assert shown.getvalue() == 'Planning [dev] module.a["x"] ...\n'
        update("more")
    assert shown.getvalue().splitlines()[1:] == ['Planning [dev] module.a["x"]: 7 s']


def test_a_bar_shows_itself_before_anything_is_done(shown, soon):
    with bar("Trying [dev]") as update:
        until(shown, "Trying [dev] ...\n")
        update(0.5)
    assert shown.getvalue().splitlines() == ["Trying [dev] ...", "Trying [dev]: 0 s"]


def test_a_bar_on_a_terminal(soon, monkeypatch):
    text = use(monkeypatch, terminal=True)
    with bar("Trying [dev]") as update:
        until(text, "Trying [dev]")
        update(0.5)
        until(text, "50%")
    assert "Trying [dev] ..." not in text.getvalue()


def test_a_failure_is_not_swallowed(shown):
    with pytest.raises(ValueError, match="inside"), step("Failing"):
        raise ValueError("inside")
    assert shown.getvalue() == ""


def test_a_step_within_a_step_on_a_terminal(soon, monkeypatch):
    text = use(monkeypatch, terminal=True)
    with step("Outer [dev]") as update:
        until(text, "Outer [dev]")
        with step("Inner"):
            until(text, "Inner ...")
        update("Outer [prod]")
        until(text, "Outer [prod]")
    with step("Later"):
        until(text, "Later")
    assert "Later ..." not in text.getvalue()
