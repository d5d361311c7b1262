"""What the real providers gave reads as what the stand-ins give of the same example.

hashicorp/aws 5.32 has no `suspended_state` in them: that reads as nothing suspended, as the examples have it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scaleproof.endpoints import EndpointError, from_file, from_plan
from scaleproof.endpoints.documents import Document
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.endpoints.terraform import ALARM, Item, document
from scaleproof.pytest_plugin import inventories
from scaleproof.pytest_plugin.fixtures import SimulateEndpoint, TheEndpoint
from scaleproof.scaling.parsing import parse_alarm
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State
from scaleproof.translation.values import UNKNOWN
from tests.plan.planner import REPOSITORY

from .conftest import Example
from .test_state_and_api import plain

REAL = REPOSITORY / "tests" / "recordings" / "real"
SINCE = re.compile("mid.stream.errors|model.latency|stuck.at.max")
"""Alarms of monitoring that are new, or read something else, since the recordings."""
WATCHED_SINCE = ("mixed-fleet",)
"""The examples that monitoring watches since the recordings."""
EXAMPLES = sorted(path.name.partition(".")[0] for path in REAL.glob("*.plan.json"))
FORMS = ("plan", "second", "state")


def recorded(example: str, form: str) -> Path:
    return REAL / f"{example}.{form}.json"


def content(example: str, form: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(recorded(example, form).read_bytes())
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_endpoints_are_the_same(example: Example, name: str, form: str) -> None:
    """Pools, bounds, policies, alarms and schedules; before the apply, after it, and in a second plan."""
    real, ours = from_file(recorded(name, form)), from_plan(example(name))
    assert plain(real) == plain(ours)
    assert [one.pools for one in real] == [one.pools for one in ours]


@pytest.mark.parametrize("form", FORMS[:2])
@pytest.mark.parametrize("name", EXAMPLES)
def test_what_the_command_shows_is_the_same(example: Example, name: str, form: str) -> None:
    found = (Plan(content(name, form)), example(name))
    one, other = (
        [recorded_alarms(row, name) for row in rows(from_plan(plan, to_show=True))] for plan in found
    )
    assert one == other


def recorded_alarms(row: EndpointRow, name: str) -> EndpointRow:
    """A row of an example with the alarms that the recordings have in common with it."""
    of_policies = [alarm for alarm in row.alarms if ": Alarm" in alarm.name]
    kept = [alarm for alarm in row.alarms if not SINCE.search(alarm.name)]
    return replace(row, alarms=of_policies if name in WATCHED_SINCE else kept)


@pytest.mark.parametrize("form", FORMS)
def test_all_alarms_are_the_same(example: Example, form: str) -> None:
    """Those on several metrics as well, whose unset texts are "" and whose unset numbers are 0."""

    def settings(resources: Any) -> dict[str, Any]:
        found = {}
        for address, one in resources.items():
            if one.type == ALARM and not SINCE.search(address):
                values = one.values if isinstance(source, State) else one.overlaid(UNKNOWN)
                api = document(Item(address, one.type, values, values)).content
                alarm = parse_alarm({name: item for name, item in api.items() if item is not UNKNOWN})
                found[address] = {**vars(alarm), "source": described(alarm.source)}
        return found

    source: Plan | State = example("complete")
    ours = settings(source.resources)
    raw = content("complete", form)
    source = State(raw) if form == "state" else Plan(raw)
    assert settings(source.resources) == ours


def described(source: Any) -> Any:
    """What a set of queries reads and comes to, without the order of its queries."""
    return source if not hasattr(source, "metrics") else (source.metrics, source.period)


@pytest.mark.parametrize("name", EXAMPLES)
def test_inventories_read_it(example: Example, name: str) -> None:
    plan = Plan(content(name, "plan"))
    sections: dict[str, Any] = {"counts": {}, "endpoints": {}, "outputs": {}, "values": {}}
    assert inventories.rebuilt(sections, plan) == []
    assert inventories.differences(sections, plan) == []
    ours: dict[str, Any] = {"counts": {}, "endpoints": {}, "outputs": {}}
    inventories.rebuilt(ours, example(name))
    # Since the recording the module has two more for each endpoint: its logs, and when it was made.
    for later in ("aws_cloudwatch_log_group", "terraform_data"):
        ours["counts"][later] -= len(ours["endpoints"])
    assert ours["counts"].pop("aws_cloudwatch_log_group") == 0
    for alarms in ("aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm"):
        for counts in (sections["counts"], ours["counts"]):
            counts.pop(alarms, None)
    assert {section: sections[section] for section in ("counts", "endpoints")} == {
        section: ours[section] for section in ("counts", "endpoints")
    }
    assert sections["outputs"].keys() == ours["outputs"].keys()


def test_sentences_and_simulations_of_a_real_plan() -> None:
    planned = Plan(content("async", "plan"))
    endpoint = TheEndpoint()(planned).is_async().wakes_from_zero()
    SimulateEndpoint()(endpoint, "diurnal:peak=20,days=1,work=file")


VALUES = ("aws_appautoscaling_", "aws_cloudwatch_metric_alarm", "awscc_sagemaker_endpoint", "terraform_data")


@pytest.mark.parametrize("name", ["async", "scheduled", "mixed-fleet"])
def test_whatever_is_not_known_is_said_so(name: str) -> None:
    """Each value in turn that bears on scaling, as if only an apply would tell."""
    raw = content(name, "plan")
    told = 0
    for index, path in places(raw):
        plan = Plan({**raw, "resource_changes": hidden(raw["resource_changes"], index, path)})
        rows(from_plan(plan, to_show=True))
        inventories.differences({"values": {"none": {}}, "counts": {"modules": 0}}, plan)
        try:
            from_plan(plan)
        except EndpointError as error:
            told += "Known only after an apply" in str(error)
    assert told > 10


def places(raw: dict[str, Any]) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    """Resources by place among the changes, and the paths of all that is in them."""
    for index, item in enumerate(raw["resource_changes"]):
        if item["mode"] == "managed" and item["type"].startswith(VALUES):
            yield from ((index, path) for path in inner(item["change"]["after"]))


def inner(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from inner(item, (*path, key))


def hidden(changes: list[Any], index: int, path: tuple[str | int, ...]) -> list[Any]:
    """The changes with one value unknown as Terraform writes it: absent, or null in a list, and marked."""
    item = copy.deepcopy(changes[index])
    after, marks = item["change"]["after"], item["change"]["after_unknown"]
    for key, following in pairwise(path):
        after = after[key]
        empty: Any = {} if isinstance(following, str) else [False] * len(after)
        if isinstance(marks, list):
            marks[key] = marks[key] or empty
        elif not marks.get(key):
            marks[key] = empty
        marks = marks[key]
    if isinstance(after, list):
        after[path[-1]] = None
    else:
        after.pop(path[-1], None)
    marks[path[-1]] = True
    return [*changes[:index], item, *changes[index + 1 :]]


def test_a_document_of_an_unknown_block_is_named() -> None:
    with pytest.raises(EndpointError, match="it: Metric"):
        Document("it", {"Metric": UNKNOWN}).part("Metric", "MetricName")
