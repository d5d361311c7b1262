"""Types that are often used with the module: planned from their schema, or refused with a message."""

from types import SimpleNamespace

import pytest

from scaleproof import times
from scaleproof.endpoints import from_plan
from scaleproof.localstack.connection import Connection
from scaleproof.providers.aws import hooks
from scaleproof.providers.aws.data import DATA_SOURCES, unreadable
from scaleproof.providers.standin import ProviderError
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.root import Root
from scaleproof.translation.schema import load

from .conftest import ROOTS

REQUIRED = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
QUEUE = 'resource "aws_sqs_queue" "results" {\n  name = "results"\n}\n'
NOWHERE = Connection("http://127.0.0.1:9", "000000000001")  # the discard port, on which nothing listens


@pytest.fixture(scope="module")
def around(aws):
    """The plan of a root with a network, a queue, a function, a repository and the module."""
    with Root(ROOTS / "around", standins=aws) as root:
        return root.plan()


@pytest.fixture
def plan(aws, tmp_path):
    """Plans a root of one file. With `connection` it is the plan of an apply."""

    def run(text, connection=None, **others):
        (tmp_path / "main.tf").write_text(REQUIRED + text, encoding="utf-8")
        for name, content in others.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "main.tf").write_text(REQUIRED + content, encoding="utf-8")
        with Root(tmp_path, standins=aws, connection=connection) as root:
            return root.plan()

    return run


def test_configured_values_are_planned_and_computed_ones_are_unknown(around):
    queue = around.resource("aws_sqs_queue.results")
    assert queue.actions == ("create",)
    assert queue.values["name"] == "nova-results"
    assert {name for name, mark in queue.unknown.items() if mark is True} >= {"arn", "id", "url"}
    function = around.resource("aws_lambda_function.results")
    assert function.values["environment"] == [{"variables": {"TABLE": "results"}}]
    assert function.unknown["image_uri"] is True
    rule = around.resource("aws_vpc_security_group_egress_rule.https")
    assert (rule.values["from_port"], rule.unknown["security_group_id"]) == (443, True)
    (egress,) = around.resource("aws_security_group.model").values["egress"]
    assert egress["cidr_blocks"] == ["0.0.0.0/0"]


def test_types_with_a_schema_only_get_region_and_default_tags(around):
    queue = around.resource("aws_sqs_queue.results").values
    assert (queue["region"], queue["tags_all"]) == ("eu-west-1", {"team": "speech"})


def test_the_endpoints_are_read_from_the_plan(around):
    assert {endpoint.name for endpoint in from_plan(around)} == {"nova-3-realtime", "nova-3-async"}


def test_a_data_source_of_the_root_is_known_after_the_apply(around):
    network = around.resource("data.aws_vpc.main")
    assert network.actions == ("read",)
    assert network.unknown["id"] is True
    assert around.resource("data.aws_iam_role.operator").values["name"] == "operator"
    (vpc,) = around.resource("module.speech.module.model[0].aws_sagemaker_model.this").unknown["vpc_config"]
    assert vpc["subnets"] is True


def test_a_data_source_of_another_module_is_refused_at_its_address(plan):
    module = 'data "aws_vpc" "main" {\n  default = true\n}\n'
    with pytest.raises(PlanFailed, match=r"cannot read aws_vpc.*use a variable.*module\.net\.data\.aws_vpc"):
        plan('module "net" {\n  source = "./net"\n}\n', net=module)


def test_a_data_source_in_a_comment_is_ignored(plan):
    assert plan(f'# data "aws_vpc" "main" {{}}\n{QUEUE}').changes


def test_a_required_argument_is_required(plan):
    with pytest.raises(PlanFailed, match='argument "principal" is required'):
        plan('resource "aws_lambda_permission" "p" {\n  action = "a"\n  function_name = "f"\n}\n')


def test_a_type_that_cannot_be_applied_is_refused_at_plan(plan):
    with pytest.raises(PlanFailed, match=r"plans aws_sqs_queue but cannot apply it.*=registry") as failed:
        plan(QUEUE, NOWHERE)
    assert failed.value.diagnostics[0].address == "aws_sqs_queue.results"


def test_a_type_that_cannot_be_applied_may_have_no_instances(plan):
    assert plan(QUEUE.replace("{\n", "{\n  count = 0\n", 1), NOWHERE).changes == []


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ('resource "aws_no_such_type" "t" {\n  name = "t"\n}\n', "resource type"),
        ('data "aws_no_such_source" "t" {\n}\n', "data source"),
    ],
)
def test_a_type_without_a_schema_is_refused_with_place_and_advice(plan, block, kind):
    name = block.split('"')[1]
    with pytest.raises(PlanFailed, match=rf'{kind} "{name}".*SCALEPROOF_PROVIDERS=registry.*main\.tf:6'):
        plan(block)


def test_sensitive_attributes_are_sensitive(plan):
    planned = plan('resource "aws_ssm_parameter" "p" {\n  name = "p"\n  type = "String"\n  value = "hunter2"\n}\n')
    assert planned.resource("aws_ssm_parameter.p").sensitive["value"] is True


def test_each_unreadable_data_source_has_an_argument_to_leave_unknown():
    schema = load("aws")
    left = unreadable(schema)
    assert left.keys() == schema.data_sources.keys() - DATA_SOURCES.keys()
    for name, argument in left.items():
        attribute = schema.data_sources[name].attributes[argument]
        assert attribute.type == "string"
        assert attribute.optional


def test_an_endpoint_is_not_awaited_for_ever(monkeypatch):
    """The provider gives up after an hour."""
    clock = iter(range(0, 10_000, 1_000))
    monkeypatch.setattr(times.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(times.time, "sleep", lambda _seconds: None)
    client = SimpleNamespace(describe_endpoint=lambda **_name: {"EndpointStatus": "Updating"})
    with pytest.raises(ProviderError, match=r"\(speech\): it is Updating"):
        hooks.await_endpoint(client, {"id": "speech"})
