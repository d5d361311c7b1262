"""The table has every assumption, and says of each what small recordings show."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import Assumptions
from scaleproof.simulation import Behaviour
from scaleproof.verifying import observed, recording
from scaleproof.verifying.findings import Finding, Verdict
from scaleproof.verifying.recording import Kind, Recorder
from scaleproof.verifying.table import judged

from . import made
from .made import changes, metric, update
from .test_sharing import CAPTURE, NAME

Given = tuple[str, Kind, dict[str, Any]]


def finding(name: str, *entries: Given, cloud: str = "aws") -> Finding:
    (found,) = (one for one in judged(made.recording(*entries, cloud=cloud)).findings if one.name == name)
    return found


def test_every_assumption_is_there_once_and_open_if_nothing_was_seen() -> None:
    found = judged(made.recording()).findings
    names = [field.name for part in fields(Assumptions) for field in fields(part.default)]  # type: ignore[arg-type]
    names += [field.name for field in fields(Behaviour)]
    assert [one.name for one in found] == [*names, *observed.QUESTIONS]
    assert {one.verdict for one in found} == {Verdict.OPEN}
    assert all(one.found and one.assumed and one.entry is None for one in found)


TAGS = ("tags", Kind.TAGS, {"statuses": ["InService"]})
REDEPLOYED = ("tags", Kind.TAGS, {"statuses": ["InService", "Updating", "InService"]})
UNKNOWN = {"call": "unknown alarm", "message": "The alarm does not exist."}


@pytest.mark.parametrize(
    ("name", "confirms", "refutes"),
    [
        ("idle", [metric("idle", 0)], [metric("idle", 3)]),
        (
            "concurrency_by_type",
            [metric("load", 5), metric("load", 5, "InstanceType")],
            [metric("load", 5), metric("load", 0, "InstanceType")],
        ),
        ("redeployed", [TAGS], [REDEPLOYED]),
        (
            "forgotten",
            [update("update", returned={"DeploymentConfig": {}})],
            [update("update", returned={"EndpointName": "e"})],
        ),
        (
            "rewritten",
            [("update", Kind.CONFIGURATION, {"differs": []})],
            [("update", Kind.CONFIGURATION, {"differs": ["ProductionVariants"]})],
        ),
        (
            "unchecked_alarms",
            [("failed", Kind.REFUSED, {**UNKNOWN, "refused": True})],
            [("failed", Kind.REFUSED, {**UNKNOWN, "refused": False})],
        ),
        ("silent", [update("failed", "FAILED", failure="an alarm")], [update("failed", "SUCCESS")]),
        ("silent", [update("failed", "FAILED", failure="an alarm")], [update("failed", "FAILED")]),
        (
            "provisioning",
            [("steps", Kind.CAPTURE, changes((60, 2, 200)))],
            [("steps", Kind.CAPTURE, changes((60, 2, 20)))],
        ),
        (
            "start_up",
            [("steps", Kind.CAPTURE, changes((60, 2, 300)))],
            [("steps", Kind.CAPTURE, changes((60, 2, 900)))],
        ),
        (
            "scale_in_time",
            [("load", Kind.CAPTURE, changes((60, 2, 200), (500, 1, 70)))],
            [("load", Kind.CAPTURE, changes((60, 2, 200), (500, 1, 400)))],
        ),
    ],
)
def test_either_answer_is_found(name: str, confirms: list[Given], refutes: list[Given]) -> None:
    for entries, verdict in ((confirms, Verdict.CONFIRMED), (refutes, Verdict.REFUTED)):
        found = finding(name, *entries)
        assert found.verdict is verdict
        assert found.entry in range(2, 2 + len(entries))


@pytest.mark.parametrize(
    ("delays", "verdict"),
    [
        ((0.2,), Verdict.CONFIRMED),
        ((1.5,), Verdict.REFUTED),
        ((30.0,), Verdict.OPEN),
        # What else the machine had to do makes it later, never sooner.
        ((1.5, 0.2), Verdict.CONFIRMED),
    ],
)
def test_how_soon_an_alarm_acts(delays: tuple[float, ...], verdict: Verdict) -> None:
    """What comes much later follows from a repeat."""
    entries: list[Given] = []
    for delay in delays:
        # It was up earlier, too.
        before = [(3, "OK to ALARM"), (6, "ALARM to OK")]
        acted = [
            *CAPTURE["rows"][:-1],
            *([made.START + at, f"{NAME}-probe-first", moved] for at, moved in before),
            [made.START + 9 + delay, "activity_start", f"desired to 2, cause: alarm {NAME}-probe-first"],
            *CAPTURE["rows"][-1:],
        ]
        entries.append(("steps", Kind.CAPTURE, {"rows": acted, "notes": []}))
    assert finding("action_delay", *entries).verdict is verdict


def test_an_update_that_goes_on_says_nothing_of_its_end() -> None:
    assert finding("silent", update("failed", "IN_PROGRESS")).verdict is Verdict.OPEN


def test_what_was_measured_is_told() -> None:
    """The median of what came off, with the entry that is nearest to it."""
    failed = ("steps", Kind.CAPTURE, changes((60, 2, 5), status="Failed"))
    far = ("steps", Kind.CAPTURE, changes((60, 2, 90)))
    near = ("load", Kind.CAPTURE, changes((60, 2, 20), (500, 3, 30), (900, 1, 9)))
    found = finding("start_up", failed, far, near)
    assert found.found == (
        "30 s from a scale-out to its instances, provisioning and start-up together; assumed are 4 min 20 s"
    )
    assert found.entry == 4


@pytest.mark.parametrize(("cloud", "delay"), [("aws", 5.0), ("localstack", 0.0)])
def test_data_of_localstack_can_be_read_at_once(cloud: str, delay: float) -> None:
    assert finding("metric_delay", cloud=cloud).assumed == f"{delay:g}"


@pytest.mark.parametrize("name", ["start_up", "scale_in_time", "action_delay"])
def test_localstack_does_not_say_how_long_things_take(name: str) -> None:
    capture = ("load", Kind.CAPTURE, changes((60, 2, 1), (500, 1, 1)))
    assert finding(name, capture, cloud="localstack").verdict is Verdict.OPEN


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("idle", metric("load", 5)),  # after the first request
        ("forgotten", update("update", "FAILED")),
        ("concurrency_by_type", metric("load", 0)),
    ],
)
def test_what_shows_nothing_settles_nothing(name: str, entry: Given) -> None:
    assert finding(name, entry).verdict is Verdict.OPEN


def test_a_recording_is_in_its_file_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    with Recorder(file, lambda: 7.0) as recorder:
        recorder.add(Kind.BEGAN, cloud="aws", region="eu-west-1", instance_type="ml.m5.xlarge")
        recorder.phase = "tags"
        recorder.add(Kind.TAGS, statuses=["InService"])
        assert recording.load(file) == recorder.recording
    assert [(one.number, one.time, one.phase) for one in recording.load(file).entries] == [
        (1, 7.0, ""),
        (2, 7.0, "tags"),
    ]
    assert file.stat().st_mode & 0o077 == 0
    with file.open("a") as opened:  # killed while it wrote
        opened.write('{"number": 3, "ti')
    assert len(recording.load(file).entries) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no entries"),
        ("hello\n", "line 1 is no entry"),
        ('{"kind": "tags"}\n', "line 1 is no entry"),
        ('{"kind": "party", "number": 1}\n', "'party' is not a valid Kind"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(text)
    with pytest.raises(ScaleproofError, match=said):
        recording.load(file)
