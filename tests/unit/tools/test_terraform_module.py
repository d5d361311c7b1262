from collections.abc import Callable
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from tools.terraform_module import Module, RequiredProvider, flush_left, inputs_read

WriteModule = Callable[..., Path]

VARIABLES = """
    # The first input.
    variable "capacity" {
      description = <<-EOT
        Bounds of the "count".

        Real-time needs min >= 1.
      EOT
      type = object({
        min     = number # instances
        max     = number
        initial = optional(number)
        wake_up = optional(object({
          instances = optional(number, 1)
          labels    = optional(map(string), { "a" = "b" })
        }), {})
      })
      nullable = false

      validation {
        condition     = var.capacity.min <= var.capacity.max
        error_message = "Set capacity.min to at most capacity.max."
      }

      validation {
        condition = (
          var.capacity.max < 100 # the quota
        )
        error_message = "Set capacity.max below ${100}."
      }
    }

    variable "token" {
      type      = string
      default   = null
      sensitive = true
      ephemeral = true
    }

    variable "unset" {}
"""
VERSIONS = """
    terraform {
      required_version = ">= 1.9"

      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = ">= 6.0, < 7.0"
        }
        awscc = { version = ">= 1.100", source = "hashicorp/awscc" }
      }
    }
"""
MAIN = """
    provider "aws" {
      region = "us-east-1"
    }

    data "aws_region" "this" {}

    resource "aws_iam_role" "this" {
      name = "x"
    }

    module "endpoint" {
      source   = "./modules/endpoint"
      capacity = var.capacity
    }

    module "registry" {
      source  = "acme/thing/aws"
      version = "~> 1.0"
    }

    check "quota" {
      data "aws_servicequotas_service_quota" "of_a_check" {}

      assert {
        condition     = true
        error_message = "Ask for more."
      }
    }

    output "role_arn" {
      description = "ARN of the role."
      value       = aws_iam_role.this.arn
      sensitive   = true
    }
"""


@pytest.fixture
def module(write_module):
    return Module.read(write_module(variables_tf=VARIABLES, versions_tf=VERSIONS, main_tf=MAIN))


def test_variables_come_in_the_order_of_the_file(module):
    assert list(module.variables) == ["capacity", "token", "unset"]


def test_a_variable_is_read_in_full(module, tmp_path):
    capacity = module.variables["capacity"]
    assert capacity.description == 'Bounds of the "count".\n\nReal-time needs min >= 1.'
    assert capacity.type.startswith("object({\n  min     = number # instances\n")
    assert '    labels    = optional(map(string), { "a" = "b" })\n  }), {})\n})' in capacity.type
    assert (capacity.has_default, capacity.default) == (False, None)
    assert not capacity.nullable
    assert capacity.location == f"{tmp_path / 'variables.tf'}:3"


def test_validations_keep_condition_and_message(module):
    first, second = module.variables["capacity"].validations
    assert first.condition == "var.capacity.min <= var.capacity.max"
    assert first.error_message == "Set capacity.min to at most capacity.max."
    assert second.condition == "(\n  var.capacity.max < 100 # the quota\n)"
    assert second.error_message == "Set capacity.max below ${100}."
    assert second.line > first.line


def test_a_null_default_is_a_default(module):
    token = module.variables["token"]
    assert token.has_default
    assert token.default is not None
    assert token.default.value is None
    assert token.nullable


def test_an_undeclared_type_is_empty(module):
    unset = module.variables["unset"]
    assert (unset.type, unset.description, unset.has_default) == ("", "", False)


def test_outputs(module):
    output = module.outputs["role_arn"]
    assert (output.description, output.value, output.sensitive) == (
        "ARN of the role.",
        "aws_iam_role.this.arn",
        True,
    )


def test_resources_data_and_calls_by_address(module):
    assert list(module.resources) == ["aws_iam_role.this"]
    assert module.resources["aws_iam_role.this"].block.constant("name") == "x"
    assert list(module.data) == ["data.aws_region.this", "data.aws_servicequotas_service_quota.of_a_check"]
    assert [(call.name, call.source) for call in module.calls.values()] == [
        ("endpoint", "./modules/endpoint"),
        ("registry", "acme/thing/aws"),
    ]


def test_providers(module):
    assert [block.labels for block in module.providers] == [("aws",)]


def test_requirements(module):
    assert module.required_version == ">= 1.9"
    assert list(module.required_providers.values()) == [
        RequiredProvider("hashicorp/aws", ">= 6.0, < 7.0"),
        RequiredProvider("hashicorp/awscc", ">= 1.100"),
    ]


def test_a_directory_without_terraform_is_refused(tmp_path):
    with pytest.raises(ScaleproofError, match=r"holds no \.tf file"):
        Module.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("var.pools[0].type", {"pools"}),
        ("[for p in var.pools : p.n > var.limit]", {"pools", "limit"}),
        ('"${var.name}-${local.x}"', {"name"}),
        ("<<-EOT\n    %{ if var.a }yes%{ endif } ${ lower(var.b) }\n  EOT", {"a", "b"}),
        ("local.var.name", set()),
    ],
)
def test_a_block_knows_the_inputs_it_reads(write_module, text, names):
    path = write_module(main_tf=f'check "it" {{\n  assert {{\n    condition = {text}\n  }}\n}}\n')
    (block,) = Module.read(path).blocks
    assert inputs_read(block) == names


def test_an_expression_moves_to_the_left_margin():
    text = "object({\n    # per hour\n    rate = number\n\n    name = string\n  })"
    assert flush_left(text) == "object({\n  # per hour\n  rate = number\n\n  name = string\n})"
    assert flush_left("<<-EOT\n    a\n  EOT") == "<<-EOT\n    a\n  EOT"


def test_directories_below_are_other_modules(write_module, tmp_path):
    write_module(main_tf='variable "a" {}\n')
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested" / "main.tf").write_text('variable "b" {}\n')
    assert list(Module.read(tmp_path).variables) == ["a"]
