"""Everything that is assumed has a name and can be set."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import Assumptions
from scaleproof.simulation import Behaviour, Delay, Release, Shortage
from scaleproof.studies.assumptions import DEFAULT, alternatives, names, parse, shortages, spell


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [
        ("release=idlest", "release", Release.IDLEST),
        ("provisioning=300", "provisioning", Delay(300)),
        ("provisioning=300/0.1", "provisioning", Delay(300, 0.1)),
        ("patience=5", "patience", 5.0),
        ("largest_scale_in=2", "largest_scale_in", 2),
        ("largest_scale_in=none", "largest_scale_in", None),
        ("tracked_value=newest", "tracked_value", "newest"),
        ("repeat_high_resolution=60", "repeat_high_resolution", 60.0),
    ],
)
def test_an_answer_can_be_set(word: str, name: str, value: Any) -> None:
    assert parse([word]).get(name) == value


def test_every_default_can_be_spelled() -> None:
    assert len(names()) > 30
    for name in names():
        assert parse([f"{name}={spell(DEFAULT.get(name))}"]) == DEFAULT


def test_alternatives_are_other_answers() -> None:
    for name, value in alternatives():
        assert DEFAULT.get(name) != value
        assert parse([f"{name}={spell(value)}"]).get(name) == value


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("x=1", "There is no assumption 'x'. There are action_delay"),
        ("patience", "'patience' is not of the form NAME=VALUE"),
        ("patience=long", "patience=long is not a number"),
        ("patience=-1", "patience is 0 or more, not -1.0"),
        ("release=explode", "release=explode is not one of newest, oldest, idlest"),
        ("extra_periods=1.5", "extra_periods=1.5 is not a whole number"),
        ("provisioning=slow", "provisioning=slow is not a number"),
        ("provisioning=-4", "A delay has a median from 0 on and a spread from 0 to 10, not -4 and 0."),
        (
            "provisioning=60/1e9",
            "A delay has a median from 0 on and a spread from 0 to 10, not 60 and 1e+09.",
        ),
    ],
)
def test_what_is_wrong_is_said(word: str, reason: str) -> None:
    with pytest.raises(ScaleproofError) as raised:
        parse([word])
    assert reason in str(raised.value)


def test_shortages_in_hours() -> None:
    assert shortages(["ml.g6.2xlarge=8-12.5"]) == (Shortage("ml.g6.2xlarge", 28_800, 45_000),)
    for word in (
        "ml.g6.2xlarge",
        "ml.g6.2xlarge=8",
        "ml.g6.2xlarge=9-8",
        "=1-2",
        "a=x-y",
        "a=0-inf",
        "a=nan-2",
    ):
        with pytest.raises(ScaleproofError, match="is not of the form TYPE=FROM-TO"):
            shortages([word])


def test_a_name_is_of_one_assumption_only() -> None:
    parts = [Behaviour, *(type(part) for part in vars(Assumptions()).values())]
    every = [field.name for part in parts for field in fields(part)]
    assert sorted(every) == sorted([*names(), "shortages"])
