"""A plan against what a file says of it, and the file brought up to date."""

import json

import pytest

from scaleproof.pytest_plugin.casefile import CaseFile
from scaleproof.pytest_plugin.inventories import compare
from scaleproof.terraform.plan import Plan

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]})


def change(address, after, **more):
    """One entry of resource_changes."""
    kind = address.rsplit(".", 2)[-2]
    actions = more.pop("actions", ["create"])
    return {"address": address, "type": kind, "change": {"actions": actions, "after": after, **more}}


PLAN = Plan(
    {
        "resource_changes": [
            change(
                "module.it.aws_iam_role_policy.this",
                {"name": "speech", "policy": POLICY, "role": None},
                after_unknown={"id": True, "role": True},
                after_sensitive={},
            ),
            change(
                "module.it.aws_appautoscaling_target.this",
                {
                    "min_capacity": 1,
                    "max_capacity": 4.0,
                    "suspended_state": [{"scheduled": False}],
                    "tags": None,
                },
                after_unknown={"arn": True, "suspended_state": [{}]},
            ),
            change(
                "aws_secret.token",
                {"name": "token", "value": "s3cret"},
                after_unknown={},
                after_sensitive={"value": True},
            ),
            change("aws_iam_role.gone", None, actions=["delete"]),
            change("aws_iam_role.forgotten", None, actions=["forget"]),
        ],
        "planned_values": {
            "root_module": {"child_modules": [{"address": "module.it", "child_modules": [{}]}]},
        },
        "output_changes": {
            "name": {"actions": ["create"], "after": "speech", "after_unknown": False},
            "arn": {"actions": ["create"], "after_unknown": True},
            "live": {"actions": ["create"], "after": {"name": "x"}, "after_unknown": {"arn": True}},
            "token": {"actions": ["create"], "after": "s3cret", "after_sensitive": True},
            "gone": {"actions": ["delete"], "after": None, "after_unknown": False},
        },
    }
)
TARGET = "module.it.aws_appautoscaling_target.this"
ROLE_POLICY = "module.it.aws_iam_role_policy.this"
COUNTS = {"aws_appautoscaling_target": 1, "aws_iam_role_policy": 1, "aws_secret": 1}


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"values": {TARGET: {"min_capacity": 1}}},
        {"values": {TARGET: {"max_capacity": 4, "suspended_state": [{"scheduled": False}]}}},
        {"values": {TARGET: {"arn": "(known after apply)", "tags": None, "not_there": None}}},
        {"values": {ROLE_POLICY: {"policy": {"Statement": [{"Action": "s3:GetObject"}]}}}},
        {"values": {ROLE_POLICY: {"policy": POLICY, "role": "(known after apply)"}}},
        {"counts": COUNTS},
        {"counts": {**COUNTS, "resources": 3, "modules": 2, "aws_iam_role": 0}},
        {"counts": {"resources": 3}},
        {"outputs": {"name": "speech", "arn": "(known after apply)"}},
        {"outputs": {"live": {"name": "x", "arn": "(known after apply)"}}},
    ],
    ids=str,
)
def test_a_plan_that_is_as_the_file_says(sections):
    assert compare(sections, PLAN).differences == []


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        (
            {"values": {TARGET: {"min_capacity": 2}}},
            [f"values: {TARGET}: min_capacity is 1, expected 2"],
        ),
        (
            {"values": {TARGET: {"min_capacity": "1"}}},
            [f'values: {TARGET}: min_capacity is 1, expected "1"'],
        ),
        (
            {"values": {TARGET: {"min_capacity": True}}},
            [f"values: {TARGET}: min_capacity is 1, expected true"],
        ),
        (
            {"values": {TARGET: {"arn": "arn:aws:x"}}},
            [f'values: {TARGET}: arn is "(known after apply)", expected "arn:aws:x"'],
        ),
        (
            {"values": {TARGET: {"max_capacities": 4}}},
            [f"values: {TARGET}: there is no max_capacities. Did you mean max_capacity, min_capacity?"],
        ),
        (
            {"values": {TARGET: {"suspended_state": [{"scheduled": True}]}}},
            [f"values: {TARGET}: suspended_state[0]: scheduled is false, expected true"],
        ),
        (
            {"values": {TARGET: {"suspended_state": []}}},
            [f'values: {TARGET}: suspended_state has 1 elements, expected 0: [{{"scheduled": false}}]'],
        ),
        (
            {"values": {TARGET: {"suspended_state": [{"scheduled": False}, {}]}}},
            [f'values: {TARGET}: suspended_state has 1 elements, expected 2: [{{"scheduled": false}}]'],
        ),
        (
            {"values": {TARGET: {"suspended_state": [{"scheduled": 0}]}}},
            [f"values: {TARGET}: suspended_state[0]: scheduled is false, expected 0"],
        ),
        ({"values": {TARGET: {"alarms": 0}}}, [f"values: {TARGET}: there is no alarms."]),
        (
            {"values": {TARGET: {"suspended_state": {"scheduled": False}}}},
            [f'values: {TARGET}: suspended_state is [{{"scheduled": false}}], expected {{"scheduled": false}}'],
        ),
        (
            {"values": {ROLE_POLICY: {"policy": {"Statement": [{"Effect": "Deny"}]}}}},
            [f'values: {ROLE_POLICY}: policy: Statement[0]: Effect is "Allow", expected "Deny"'],
        ),
        (
            {"values": {"aws_iam_role.gone": {}}},
            ["values: there is no aws_iam_role.gone."],
        ),
        (
            {"counts": {**COUNTS, "aws_secret": 2}},
            ["counts: aws_secret is 1, expected 2"],
        ),
        (
            {"counts": {"aws_secret": 1, "aws_iam_role": 1}},
            [
                "counts: aws_iam_role is 0, expected 1",
                "counts: aws_appautoscaling_target is 1, expected none",
                "counts: aws_iam_role_policy is 1, expected none",
            ],
        ),
        ({"counts": {"resources": 4}}, ["counts: resources is 3, expected 4"]),
        ({"counts": {"modules": 1}}, ["counts: modules is 2, expected 1"]),
        (
            {"values": {}, "outputs": None},
            [f"{name}: nothing is expected yet" for name in ("values", "outputs")],
        ),
        ({"counts": {}}, ["counts: nothing is expected yet"]),
        ({"outputs": {"nam": "speech"}}, ["outputs: there is no nam. Did you mean name?"]),
        ({"outputs": {"name": "other"}}, ['outputs: name is "speech", expected "other"']),
    ],
    ids=str,
)
def test_a_plan_that_is_otherwise(sections, words):
    found = compare(sections, PLAN).differences
    assert found == words


def rebuild(path):
    """Rebuilds the one case of a file, and says what is gone."""
    file = CaseFile(path)
    (case,) = file.cases()
    comparison = compare(case.sections, PLAN)
    file.rewrite(case.name, comparison.rebuilt)
    return comparison.gone


def sections_of(path):
    (case,) = CaseFile(path).cases()
    return case.sections


def test_what_is_rebuilt_is_what_the_plan_has(tmp_path):
    path = tmp_path / "speech.yaml"
    path.write_text(
        f"""\
# Stays.

root: .
values:
  {TARGET}:
    min_capacity: 7  # is lost
    suspended_state:
      - scheduled: true
    arn: "some"
  {ROLE_POLICY}:
    policy:
      Statement:
        - Effect: Deny
  aws_iam_role.gone:
    name: gone
counts:
  aws_secret: 3
  aws_iam_role: 1
  resources: 9
outputs:
  "name": 'other'
  gone: 1
"""
    )
    assert rebuild(path) == ["values: aws_iam_role.gone", "outputs: gone"]
    assert compare(sections_of(path), PLAN).differences == []
    assert path.read_text() == (
        f"""\
# Stays.

root: .
values:
  {TARGET}:
    min_capacity: 1
    suspended_state:
      - scheduled: false
    arn: (known after apply)
  {ROLE_POLICY}:
    policy:
      Statement:
        - Effect: Allow
counts:
  aws_secret: 1
  resources: 3
  aws_appautoscaling_target: 1
  aws_iam_role_policy: 1
outputs:
  name: speech
"""
    )


def test_empty_sections_are_filled_but_not_with_secrets(tmp_path):
    path = tmp_path / "speech.yaml"
    path.write_text("root: .\nvalues:\ncounts:\noutputs: {}\n")
    rebuild(path)
    assert "s3cret" not in path.read_text()
    sections = sections_of(path)
    assert compare(sections, PLAN).differences == []
    assert sections["counts"] == COUNTS
    later = "(known after apply)"
    assert sections["outputs"] == {"name": "speech", "arn": later, "live": {"name": "x", "arn": later}}
    assert sections["values"] == {
        "aws_secret.token": {"name": "token"},
        TARGET: {"min_capacity": 1, "max_capacity": 4, "suspended_state": [{"scheduled": False}]},
        ROLE_POLICY: {"name": "speech", "policy": POLICY},
    }


def test_a_list_with_a_secret_keeps_its_length():
    actions = {
        "alarm_actions": ["arn:secret", "arn:topic"],
        "ok_actions": ["arn:topic"],
        "tags": {"topic": "arn:topic"},
    }
    plan = Plan(
        {
            "resource_changes": [
                change(
                    "aws_alarm.it",
                    actions,
                    after_unknown={},
                    after_sensitive={"alarm_actions": True, "ok_actions": [True]},
                )
            ]
        }
    )
    sections = compare({"values": {}}, plan).rebuilt
    assert sections == {
        "values": {"aws_alarm.it": {"ok_actions": ["(sensitive value)"], "tags": {"topic": "arn:topic"}}}
    }
    assert compare(sections, plan).differences == []


@pytest.mark.parametrize(
    "head",
    [
        "# Mine.\n",
        "\ufeff# Mine.\n",
        "\n  # Mine.\n",
        "---\n# Mine.\n",
        "# Mine.\n%YAML 1.2\n--- # Mine.\n\n",
    ],
)
def test_a_rebuilt_file_stays_as_it_is(head, tmp_path):
    path = tmp_path / "speech.yaml"
    path.write_bytes(f"{head}root: .\nvalues:\ncounts:\noutputs:\n".encode())
    rebuild(path)
    once = path.read_bytes()
    rebuild(path)
    assert path.read_bytes() == once
    assert once.startswith(f"{head}root: .\nvalues:\n".encode())


def test_the_account_that_plans_is_written_as_the_same_number():
    """Each LocalStack that the registry's providers plan against has another one; the stand-ins have none."""

    def made_in(account):
        caller = change("data.aws_caller_identity.own", {"account_id": account})
        topic = change("aws_sns_topic.it", {"arn": f"arn:aws:sns:us-east-1:{account}:it"})
        return Plan({"resource_changes": [{**caller, "mode": "data"}, topic]})

    sections = compare({"values": {}}, made_in("111122223333")).rebuilt
    assert sections == {"values": {"aws_sns_topic.it": {"arn": "arn:aws:sns:us-east-1:123456789012:it"}}}
    for account in ("123456789012", "444455556666"):
        assert compare(sections, made_in(account)).differences == []
