"""What the real providers gave reads the same before the apply, after it, and in a second plan.

What they gave is compared with the stand-ins in tests/apply/test_recordings.py, value by value.
"""

import copy
from contextlib import suppress
from itertools import pairwise

import pytest

from scaleproof.endpoints import EndpointError, from_file, from_plan
from scaleproof.endpoints.documents import Document
from scaleproof.endpoints.render import rows
from scaleproof.endpoints.terraform import ALARM, Item, document, planned
from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin import fixtures, inventories
from scaleproof.scaling.parsing import parse_alarm
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State
from scaleproof.translation.values import UNKNOWN
from tests.recordings.recorded import RECORDED, content, file

from .plain import plain

TWO = ("complete", "multi-region")
"""The examples with two endpoints."""


@pytest.mark.parametrize("name", RECORDED)
def test_endpoints_are_the_same(name):
    """Pools, bounds, policies, alarms and schedules."""
    planned, *later = (from_file(file(name, form)) for form in ("plan", "state", "second"))
    assert len(planned) == (2 if name in TWO else 1)
    for found in later:
        assert plain(found) == plain(planned)
        assert [one.pools for one in found] == [one.pools for one in planned]


@pytest.mark.parametrize("name", RECORDED)
def test_what_the_command_shows_is_the_same(name):
    first, second = (rows(planned(Plan(content(name, form)))) for form in ("plan", "second"))
    assert first == second
    assert all(row.alarms for row in first)


def test_all_alarms_are_the_same():
    """Those on several metrics as well, whose unset texts are "" and whose unset numbers are 0."""
    planned, second = (settings(Plan(content("complete", form))) for form in ("plan", "second"))
    assert planned == second == settings(State(content("complete", "state")))
    assert len(planned) > 20


def settings(source):
    """What each alarm says, by address."""
    found = {}
    for address, one in source.resources.items():
        if one.type == ALARM:
            values = one.values if isinstance(source, State) else one.overlaid(UNKNOWN)
            api = document(Item(address, one.type, values, values)).content
            alarm = parse_alarm({name: item for name, item in api.items() if item is not UNKNOWN})
            found[address] = {**vars(alarm), "source": described(alarm.source)}
    return found


def described(source):
    """What a set of queries reads and comes to, without the order of its queries."""
    return source if not hasattr(source, "metrics") else (source.metrics, source.period)


@pytest.mark.parametrize("name", RECORDED)
def test_inventories_read_it(name):
    plan = Plan(content(name, "plan"))
    sections = {"counts": {}, "endpoints": {}, "outputs": {}, "values": {}}
    comparison = inventories.compare(sections, plan)
    sections = comparison.rebuilt
    assert comparison.gone == []
    assert inventories.compare(sections, plan).differences == []
    assert all(sections.values())
    second = inventories.compare({"endpoints": {}}, Plan(content(name, "second"))).rebuilt
    assert sections["endpoints"] == second["endpoints"]


def test_sentences_and_simulations_of_a_real_plan():
    planned = Plan(content("async", "plan"))
    endpoint = fixtures.endpoint(planned).is_async().wakes_from_zero()
    fixtures.simulate(endpoint, "diurnal:peak=20,days=1,work=file")


VALUES = ("aws_appautoscaling_", "aws_cloudwatch_", "awscc_sagemaker_endpoint", "terraform_data")


@pytest.mark.parametrize("name", ["async", "scheduled", "mixed-fleet"])
def test_whatever_is_not_known_is_said_so(name):
    """Each value in turn that bears on scaling, as if only an apply would tell."""
    raw = content(name, "plan")
    told = 0
    for index, path in places(raw):
        plan = Plan({**raw, "resource_changes": hidden(raw["resource_changes"], index, path)})
        rows(planned(plan))
        inventories.compare({"values": {"none": {}}, "counts": {"modules": 0}}, plan)
        try:
            from_plan(plan)
        except EndpointError as error:
            told += "Known only after an apply" in str(error)
    assert told > 10


@pytest.mark.parametrize("name", ["async", "mixed-fleet"])
def test_a_block_that_is_sensitive_as_a_whole_is_refused_or_passed_over(name):
    """As Terraform marks a set of which a part is. Its texts are hidden everywhere, so rows may be refused too."""
    raw = content(name, "plan")
    for index, path in places(raw):
        item = copy.deepcopy(raw["resource_changes"][index])
        if len(path) > 1 or not isinstance(item["change"]["after"][path[0]], list):
            continue
        item["change"]["after_sensitive"] = {path[0]: True}
        changes = [*raw["resource_changes"][:index], item, *raw["resource_changes"][index + 1 :]]
        for read in (lambda plan: rows(planned(plan)), from_plan):
            with suppress(ScaleproofError):
                read(Plan({**raw, "resource_changes": changes}))


def places(raw):
    """Resources by place among the changes, and the paths of all that is in them."""
    for index, item in enumerate(raw["resource_changes"]):
        if item["mode"] == "managed" and item["type"].startswith(VALUES):
            yield from ((index, path) for path in inner(item["change"]["after"]))


def inner(value, path=()):
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from inner(item, (*path, key))


def hidden(changes, index, path):
    """The changes with one value unknown as Terraform writes it: absent, or null in a list, and marked."""
    item = copy.deepcopy(changes[index])
    after, marks = item["change"]["after"], item["change"]["after_unknown"]
    for key, following in pairwise(path):
        after = after[key]
        empty = {} if isinstance(following, str) else [False] * len(after)
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


def test_a_document_of_an_unknown_block_is_named():
    with pytest.raises(EndpointError, match="it: Metric"):
        Document("it", {"Metric": UNKNOWN}).part("Metric", "MetricName")
