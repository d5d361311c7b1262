"""The committed schemas have the form in which Terraform tells them, and the tool writes that form."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scaleproof.terraform import environment, executable
from scaleproof.terraform.runner import Runner
from tools import provider_schemas
from tools.provider_schemas import PROVIDERS, SCHEMAS, render, select


def committed(name):
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def answer(standins, tmp_path_factory):
    """What `terraform providers schema -json` says of the stand-ins, which serve the committed schemas."""
    if standins is None:
        pytest.skip("the registry's providers have all types in their newest versions")
    directory = tmp_path_factory.mktemp("schemas")
    required = {name: {"source": f"hashicorp/{name}"} for name in PROVIDERS}
    (directory / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}))
    terraform = Runner(executable.find(), directory, environment.variables(None, standins.reattach))
    terraform.init(input=False, color=False)
    return json.loads(terraform.execute_command("providers", "schema", "-json").out)


def test_terraform_says_the_committed_schemas(answer, monkeypatch, tmp_path):
    for name in PROVIDERS:
        (tmp_path / f"{name}.json").write_bytes((SCHEMAS / f"{name}.json").read_bytes())
    (tmp_path / "answer.json").write_text(json.dumps(answer))
    monkeypatch.setattr(provider_schemas, "SCHEMAS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["provider_schemas", "--schemas", str(tmp_path / "answer.json")])
    provider_schemas.main()
    for name in PROVIDERS:
        assert (tmp_path / f"{name}.json").read_text("utf-8") == (SCHEMAS / f"{name}.json").read_text("utf-8")


def test_a_type_is_added_to_those_that_are_there(answer):
    document = committed("aws")
    few = {"resource_schemas": {"aws_sns_topic"}, "data_source_schemas": {"aws_vpc"}}
    selected = select(answer, "aws", "6.70.0", few)
    assert selected["version"] == "6.70.0"
    assert selected["resource_schemas"] == {"aws_sns_topic": document["resource_schemas"]["aws_sns_topic"]}
    assert selected["data_source_schemas"] == {"aws_vpc": document["data_source_schemas"]["aws_vpc"]}


def test_a_type_that_the_provider_has_not_is_named(answer):
    with pytest.raises(SystemExit, match=r"hashicorp/aws 6\.0\.0 has no aws_queue in its resource_schemas\."):
        select(answer, "aws", "6.0.0", {"resource_schemas": {"aws_queue"}})


def test_what_the_stand_ins_do_not_read_is_left_out():
    attribute = {
        "type": "string",
        "optional": True,
        "write_only": True,
        "description": "x",
        "description_kind": "plain",
    }
    block = {"attributes": {"a": attribute}, "description_kind": "plain"}
    schema = {"version": 2, "block": block}
    schemas = {"provider": schema, "resource_schemas": {"aws_a": schema}}
    answer = {"provider_schemas": {"registry.terraform.io/hashicorp/aws": schemas}}
    selected = select(answer, "aws", "1.0.0", {"resource_schemas": {"aws_a"}})
    expected = {"version": 2, "block": {"attributes": {"a": {"type": "string", "optional": True}}}}
    assert selected["resource_schemas"] == {"aws_a": expected}
    assert json.loads(render(selected)) == selected


def test_every_rule_names_a_member():
    rules = committed("rules")
    for name in PROVIDERS:
        document = committed(name)
        for kind, types in rules[name].items():
            for type_name, rule in types.items():
                for path in rule["attributes"]:
                    assert _member(document[kind][type_name]["block"], path.split(".")), (type_name, path)


def _member(block, path):
    for step in path:
        members = {**block.get("attributes", {}), **block.get("block_types", {})}
        if step not in members:
            return False
        block = members[step].get("block") or members[step].get("nested_type") or {}
    return True


def test_it_asks_the_registry_at_the_versions_that_are_committed(monkeypatch, answer):
    """A terraform that notes how it was called, as no registry is in reach of a test."""
    calls = []

    def run(command, cwd, **options):
        calls.append((command, json.loads((Path(cwd) / "main.tf.json").read_text())))
        return subprocess.CompletedProcess(command, 0, json.dumps(answer))

    monkeypatch.setattr(subprocess, "run", run)
    assert provider_schemas.ask({"aws": "6.1.0", "awscc": "1.2.0"}) == answer
    assert [command[1] for command, _ in calls] == ["init", "providers"]
    required = calls[0][1]["terraform"]["required_providers"]
    assert required["aws"] == {"source": "hashicorp/aws", "version": "6.1.0"}
