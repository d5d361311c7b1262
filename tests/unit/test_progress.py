"""Progress: silent while things are quick, and one spinner at most."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from scaleproof import progress
from scaleproof.progress import step


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written where there is no terminal."""
    return use(monkeypatch, terminal=False)


def use(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr(
        progress, "console", Console(file=text, force_terminal=terminal, highlight=False, width=80)
    )
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    return text


def wait(seconds: float = 0.3) -> None:
    time.sleep(seconds)


def test_what_is_quick_says_nothing(shown: io.StringIO) -> None:
    with step("Quick"):
        pass
    assert shown.getvalue() == ""


def test_what_takes_long_says_so_as_it_is_written(shown: io.StringIO) -> None:
    with step('Planning [dev] module.a["x"]') as update:
        wait()
        assert shown.getvalue() == 'Planning [dev] module.a["x"] ...\n'
        update("more")
    assert shown.getvalue().splitlines()[1:] == ['Planning [dev] module.a["x"]: 0 s']


def test_a_failure_is_not_swallowed(shown: io.StringIO) -> None:
    with pytest.raises(ValueError, match="inside"), step("Failing"):
        raise ValueError("inside")
    assert shown.getvalue() == ""


def test_a_step_within_a_step_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = use(monkeypatch, terminal=True)
    with step("Outer [dev]") as update:
        wait()
        with step("Inner"):
            wait()
        update("Outer [prod]")
        wait()
    assert "Outer [dev]" in text.getvalue()
    assert "Outer [prod]" in text.getvalue()
    assert "Inner ..." in text.getvalue()
    with step("Later"):
        wait()
    assert "Later" in text.getvalue()
    assert "Later ..." not in text.getvalue()
