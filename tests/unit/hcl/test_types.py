"""The quick reader of types, against the parser of HCL."""

from pathlib import Path

import pytest

from scaleproof.hcl.types import variable_types
from tools.terraform_module import Module

ROOT = Path(__file__).parents[3]
MODULES = sorted(
    {file.parent for pattern in ("*.tf", "modules/*/*.tf", "examples/*/*.tf") for file in ROOT.glob(pattern)}
)
ODD = """
locals {
  variable = { type = "none" }
  text     = "variable \\"no\\" { ${join("", ["{", "}"])}"
}
/* variable "commented" { type = string } */
# variable "commented" { type = string }
module "no" { type = string }
variable "one" { type = string }
variable "two" {
  description = <<-EOT
    type = number
    }
  EOT
  validation {
    condition     = var.two != "type = {"
    error_message = "type = bool"
  }
  type = object({ # with { a comment
    type = optional(string, "}{") // and another
  })
  default = { type = "number" }
}
variable "three" {
  type = list(
    string
  )
}
variable "none" {
  default = "type = string"
}
"""


def plain(text):
    return "".join(text.split())


@pytest.mark.parametrize("directory", MODULES, ids=lambda one: str(one.relative_to(ROOT)))
def test_all_modules_of_the_repository(directory):
    declared = {name: plain(one.type) for name, one in Module.read(directory).variables.items() if one.type}
    read = variable_types(directory.glob("*.tf"))
    assert {name: plain(text) for name, text in read.items()} == declared


def test_what_only_looks_like_a_type_is_none(tmp_path):
    (tmp_path / "main.tf").write_text(ODD)
    declared = {name: one.type for name, one in Module.read(tmp_path).variables.items() if one.type}
    read = variable_types([tmp_path / "main.tf"])
    assert list(read) == ["one", "two", "three"]
    assert {name: plain(text) for name, text in read.items()} == {name: plain(text) for name, text in declared.items()}


def test_a_variable_that_is_declared_twice_has_none(tmp_path):
    for name in ("a.tf", "b.tf"):
        (tmp_path / name).write_text('variable "it" {\n  type = string\n}\n')
    assert variable_types([tmp_path / "a.tf", tmp_path / "b.tf"]) == {}
