from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Module, docs

WriteModule = Callable[..., Path]

MAIN = """
    terraform {
      required_version = ">= 1.9"
      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = ">= 6.0, < 7.0"
        }
      }
    }

    variable "name" {
      description = "Name | prefix."
      type        = string
    }

    variable "pools" {
      description = <<-EOT
        Pools in
        priority order.

        The first is preferred:
        - `max_concurrency`: what one instance | sustains,
          as measured.
        - nothing else.
        Ends here.
      EOT
      type = list(object({
        # what one instance sustains
        max_concurrency = optional(number, 5)
      }))
      default = [
        { max_concurrency = 1 },
      ]
    }

    variable "mode" {
      description = "Mode."
      type        = string
      default     = "a|b"
    }

    output "arn" {
      description = "ARN."
      value       = "x"
    }

    output "token" {
      description = "Token."
      value       = "x"
      sensitive   = true
    }
"""
TABLES = """\
## Requirements

| Name | Version |
| --- | --- |
| Terraform | `>= 1.9` |
| hashicorp/aws | `>= 6.0, < 7.0` |

## Inputs

| Name | Description | Type | Default | Required |
| --- | --- | --- | --- | --- |
| `name` | Name \\| prefix. | `string` |  | **yes** |
| [`pools`](#input_pools) | Pools in priority order.<br>The first is preferred: \
| `list(object)` | see below | no |
| `mode` | Mode. | `string` | `"a\\|b"` | no |

### <a id="input_pools"></a>pools

- `max_concurrency`: what one instance | sustains,
  as measured.
- nothing else.

Ends here.

```hcl
list(object({
  # what one instance sustains
  max_concurrency = optional(number, 5)
}))
```

Default:

```hcl
[
  { max_concurrency = 1 },
]
```

## Outputs

| Name | Description |
| --- | --- |
| `arn` | ARN. |
| `token` | Token. Sensitive. |"""
EMPTY = f"# Module\n\n{docs.BEGIN}\n{docs.END}\n\nThe rest.\n"


@pytest.fixture
def directory(write_module: WriteModule) -> Path:
    return write_module(main_tf=MAIN, README_md=EMPTY)


def test_tables_of_a_module(directory: Path) -> None:
    assert docs.render(Module.read(directory)) == TABLES


def test_a_module_without_inputs_and_outputs_says_so(write_module: WriteModule) -> None:
    tables = docs.render(Module.read(write_module(main_tf="locals {}\n")))
    assert "## Inputs\n\nNone.\n\n## Outputs\n\nNone." in tables
    assert "| Terraform | `any` |" in tables


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("object({\n  a = string\n})", "object"),
        ("map(list(object({\n  a = string\n})))", "map(list(object))"),
        ("list(tuple([\n  string,\n]))", "list(tuple)"),
    ],
)
def test_a_long_type_is_named_by_its_constructors(write_module: WriteModule, text: str, short: str) -> None:
    module = Module.read(write_module(main_tf=f'variable "x" {{\ntype = {text}\n}}\n'))
    assert f"| [`x`](#input_x) |  | `{short}` |  |" in docs.render(module)


def test_update_writes_between_the_markers_and_only_there(directory: Path) -> None:
    assert not docs.is_current(directory)
    assert docs.update(directory)
    readme = (directory / "README.md").read_text()
    assert readme == f"# Module\n\n{docs.BEGIN}\n{TABLES}\n{docs.END}\n\nThe rest.\n"
    assert docs.is_current(directory)
    assert not docs.update(directory)


@pytest.mark.parametrize(
    "readme",
    [
        "no markers",
        docs.BEGIN,
        f"{docs.END}\n{docs.BEGIN}",
        f"{docs.BEGIN}\n{docs.END}\n{docs.BEGIN}\n{docs.END}",
    ],
)
def test_a_readme_without_one_pair_of_markers_is_left_alone(directory: Path, readme: str) -> None:
    (directory / "README.md").write_text(readme)
    with pytest.raises(ScaleproofError, match="one pair of markers"):
        docs.update(directory)
    assert (directory / "README.md").read_text() == readme


def run_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scaleproof.hcl.docs", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_checks_without_writing_then_writes(directory: Path) -> None:
    stale = run_command("--check", directory)
    assert stale.returncode == 1
    assert stale.stderr == f"{directory / 'README.md'} is out of date: run 'make docs'.\n"
    assert (directory / "README.md").read_text() == EMPTY

    written = run_command(directory)
    assert (written.returncode, written.stdout) == (0, f"{directory / 'README.md'} updated\n")

    current = run_command("--check", directory)
    assert (current.returncode, current.stdout, current.stderr) == (0, "", "")


def test_the_command_names_every_stale_readme(directory: Path) -> None:
    run = run_command("--check", directory, directory)
    assert len(run.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda directory: (directory / "README.md").unlink(), "README.md cannot be read"),
        (lambda directory: (directory / "main.tf").unlink(), "holds no .tf file"),
        (lambda directory: (directory / "main.tf").write_text("a = ="), "main.tf:1: not HCL"),
    ],
)
def test_the_command_gives_one_line_of_advice_for_what_it_cannot_read(
    directory: Path, break_it: object, message: str
) -> None:
    assert callable(break_it)
    break_it(directory)
    run = run_command(directory)
    assert run.returncode == 1
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_wrong_usage_exits_with_2() -> None:
    assert run_command().returncode == 2
