"""Lists that have to be as long as what they are about: what is added to one side is missed on the other."""

import re
import shutil
from pathlib import Path

import pytest

from scaleproof.pytest_plugin.casefile import CaseFile
from tests.static.directories import ROOT, read

EVERYTHING = sorted((ROOT / "tests/plan/everything").glob("*/main.tf"))
NOT_GIVEN = {
    "model.name": "an existing model has no other attribute beside it: tests/plan/test_root.py",
    "quota_check": "asks the cloud: tests/apply/test_quota.py",
}
"""Inputs of the root that no root in everything/ sets, and what tests them instead."""
REFERENCE = r"\b(?:local|var)\.[\w.]+"
COUNTS = {"var.capacity.initial", "var.capacity.min"}
"""What a configuration takes at its first creation only."""


def members(expression, *, outer=False):
    """The names before an equals sign in an object or its type; `outer`: without those of objects in it."""
    code = re.sub(r'"(?:\\.|[^"\\])*"|#.*', '""', expression)
    found, depth = set(), 0
    for token in re.finditer(r"[{}]|\b(\w+)\s*=(?![=>])", code):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if token[1] and (depth == 1 or not outer):
            found.add(token[1])
    return found


def names(expressions):
    """Of inputs by name: each, `INPUT.MEMBER` for each member, and `.MEMBER` for those of objects in it."""
    found = set(expressions)
    for name, expression in expressions.items():
        outer = members(expression, outer=True)
        found |= {f"{name}.{member}" for member in outer}
        found |= {f".{member}" for member in members(expression) - outer}
    return found


def test_each_input_of_the_root_is_set_somewhere_in_everything():
    """And each member of an object; one that is further inside in any input that has it."""
    given = set()
    for file in EVERYTHING:
        arguments = read(file.parent).calls["it"].block.attributes
        given |= names({name: argument.text for name, argument in arguments.items()})
    declared = names({name: variable.type for name, variable in read(ROOT).variables.items()})
    assert declared - given == NOT_GIVEN.keys()


def test_what_a_configuration_has_is_content_and_no_change_by_itself():
    """A replacement under the same name fails, so only a new hash may replace a configuration."""
    endpoint = read(ROOT / "modules/endpoint")
    block = endpoint.resources["awscc_sagemaker_endpoint_config.this"].block
    (lifecycle,) = (inner for inner in block.blocks if inner.type == "lifecycle")
    given = block.attributes.keys() - {"for_each", "endpoint_config_name", "tags"}
    assert set(re.findall(r"\w+", lifecycle.attributes["ignore_changes"].text)) == given
    (content,) = (inner.attributes["content"] for inner in endpoint.blocks if "content" in inner.attributes)
    hashed = set(re.findall(REFERENCE, content.text))
    named = {name: set(re.findall(REFERENCE, block.attributes[name].text)) - COUNTS for name in given}
    assert {name: references - hashed for name, references in named.items() if references - hashed} == {}


def test_no_policy_may_be_called_as_an_alarm_of_monitoring_is():
    """The regex of variables.tf has the name of each alarm that modules/monitoring makes."""
    [literal] = re.findall(r'"(\^\([^"]*\|stuck-at-max\|[^"]*\)\$)"', (ROOT / "variables.tf").read_text())
    refused = literal.replace(r"\\", "\\")
    text = "".join((ROOT / "modules/monitoring" / file).read_text() for file in ("alarms.tf", "signal.tf"))
    own = read(ROOT / "modules/monitoring").variables["alarms"].type
    keys = {
        *re.findall(r"^\s*(\w+)\s*=\s*optional\(object", own, re.MULTILINE),
        *re.findall(r"^\s*(\w+)\s*=\s*{\s*\n\s*alarm\s*=", text, re.MULTILINE),
        *re.findall(r'\? "(\w+)" : "\w+_\${where}"', text),
    }
    by_type = set(re.findall(r'"(\w+)_\${where}"', text))
    made = [key.replace("_", "-") for key in keys]
    made += [f"{key.replace('_', '-')}-ml.g6.2xlarge" for key in by_type]
    assert by_type
    assert [name for name in made if not re.search(refused, name)] == []
    assert not re.search(refused, "waiting")


def test_the_page_of_monitoring_has_a_row_for_each_alarm():
    page = (ROOT / "modules/monitoring/README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?) \|", page.split("| alarm |")[1].split("\n\n")[0], re.MULTILINE)
    alarms = members(read(ROOT / "modules/monitoring").variables["alarms"].type, outer=True)
    assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(alarms)


@pytest.mark.parametrize("name", ["everything", "examples"])
def test_a_case_file_is_as_a_rebuild_writes_it(name, tmp_path):
    """The difference that a rebuild makes is then what the change has changed."""
    committed = ROOT / f"tests/plan/{name}.scaleproof.yaml"
    copy = Path(shutil.copy(committed, tmp_path))
    CaseFile(copy).rewrite("", {})
    unchanged = copy.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
    assert unchanged, f"run pytest {committed.relative_to(ROOT)} --scaleproof-rebuild"
