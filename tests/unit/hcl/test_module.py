from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Module, RequiredProvider

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
          source                = "hashicorp/aws"
          version               = ">= 6.0, < 7.0"
          configuration_aliases = [aws.other]
        }
        awscc = { version = ">= 1.100", source = "hashicorp/awscc" }
        null  = ">= 3"
      }
    }
"""
MAIN = """
    locals {
      names = [var.token]
    }

    locals {
      ratio = 0.75
    }

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
def module(write_module: WriteModule) -> Module:
    return Module.read(write_module(variables_tf=VARIABLES, versions_tf=VERSIONS, main_tf=MAIN))


def test_variables_come_in_the_order_of_the_file(module: Module) -> None:
    assert list(module.variables) == ["capacity", "token", "unset"]


def test_a_variable_is_read_in_full(module: Module, tmp_path: Path) -> None:
    capacity = module.variables["capacity"]
    assert capacity.description == 'Bounds of the "count".\n\nReal-time needs min >= 1.'
    assert capacity.type.startswith("object({\n  min     = number # instances\n")
    assert '    labels    = optional(map(string), { "a" = "b" })\n  }), {})\n})' in capacity.type
    assert (capacity.has_default, capacity.default) == (False, None)
    assert (capacity.nullable, capacity.sensitive, capacity.ephemeral) == (False, False, False)
    assert capacity.location == f"{tmp_path / 'variables.tf'}:3"


def test_validations_keep_condition_and_message(module: Module) -> None:
    first, second = module.variables["capacity"].validations
    assert first.condition == "var.capacity.min <= var.capacity.max"
    assert first.error_message == "Set capacity.min to at most capacity.max."
    assert second.condition == "(\n  var.capacity.max < 100 # the quota\n)"
    assert second.error_message == "Set capacity.max below ${100}."
    assert second.line > first.line


def test_a_null_default_is_a_default(module: Module) -> None:
    token = module.variables["token"]
    assert token.has_default
    assert token.default is not None
    assert token.default.value is None
    assert (token.nullable, token.sensitive, token.ephemeral) == (True, True, True)


def test_an_undeclared_type_is_empty(module: Module) -> None:
    unset = module.variables["unset"]
    assert (unset.type, unset.description, unset.has_default) == ("", "", False)


def test_outputs(module: Module) -> None:
    output = module.outputs["role_arn"]
    assert (output.description, output.value, output.sensitive) == (
        "ARN of the role.",
        "aws_iam_role.this.arn",
        True,
    )


def test_resources_data_and_calls_by_address(module: Module) -> None:
    assert list(module.resources) == ["aws_iam_role.this"]
    assert module.resources["aws_iam_role.this"].block.constant("name") == "x"
    assert list(module.data) == ["data.aws_region.this", "data.aws_servicequotas_service_quota.of_a_check"]
    assert [(call.address, call.source, call.version) for call in module.calls.values()] == [
        ("module.endpoint", "./modules/endpoint", ""),
        ("module.registry", "acme/thing/aws", "~> 1.0"),
    ]


def test_locals_of_several_blocks(module: Module) -> None:
    assert list(module.locals) == ["names", "ratio"]
    assert module.locals["ratio"].value == 0.75


def test_providers(module: Module) -> None:
    assert [block.labels for block in module.providers] == [("aws",)]


def test_requirements_in_every_form(module: Module, tmp_path: Path) -> None:
    versions = tmp_path / "versions.tf"
    assert module.required_version == ">= 1.9"
    assert list(module.required_providers.values()) == [
        RequiredProvider("aws", "hashicorp/aws", ">= 6.0, < 7.0", versions, 6),
        RequiredProvider("awscc", "hashicorp/awscc", ">= 1.100", versions, 11),
        RequiredProvider("null", "hashicorp/null", ">= 3", versions, 12),
    ]


def test_a_directory_without_terraform_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScaleproofError, match=r"holds no \.tf file"):
        Module.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('variable "a" {}\nvariable "a" {}\n', r"main\.tf:2: variable a is declared twice"),
        ('resource "t" "a" {}\nresource "t" "a" {}\n', r"main\.tf:2: resource t a is declared twice"),
        ("locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n", r"main\.tf:5: local\.a is declared twice"),
        ('resource "t" {}\n', r"main\.tf:1: a resource block has 2 labels, this one 1"),
    ],
)
def test_declarations_that_terraform_refuses_are_refused(
    write_module: WriteModule, text: str, message: str
) -> None:
    with pytest.raises(ScaleproofError, match=message):
        Module.read(write_module(main_tf=text))


def test_directories_below_are_other_modules(write_module: WriteModule, tmp_path: Path) -> None:
    write_module(main_tf='variable "a" {}\n')
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested" / "main.tf").write_text('variable "b" {}\n')
    assert list(Module.read(tmp_path).variables) == ["a"]
