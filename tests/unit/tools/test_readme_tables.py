import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from tools import readme_tables
from tools.terraform_module import Module

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
| `mode` | Mode. | `string` | `"a\\|b"` | no |
| `name` | Name \\| prefix. | `string` |  | **yes** |
| [`pools`](#input_pools) | Pools in priority order.<br>The first is preferred: \
| `list(object)` | see its members | no |

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
EMPTY = f"# Module\n\n{readme_tables.BEGIN}\n{readme_tables.END}\n\nThe rest.\n"


def written(directory, main):
    (directory / "main.tf").write_text(textwrap.dedent(main))
    return directory


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "README.md").write_text(EMPTY)
    return written(tmp_path, MAIN)


def test_tables_of_a_module(directory):
    assert readme_tables.render(Module.read(directory)) == TABLES


def test_a_module_without_inputs_and_outputs_says_so(tmp_path):
    tables = readme_tables.render(Module.read(written(tmp_path, "locals {}\n")))
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
def test_a_long_type_is_named_by_its_constructors(tmp_path, text, short):
    module = Module.read(written(tmp_path, f'variable "x" {{\ntype = {text}\n}}\n'))
    assert f"| [`x`](#input_x) |  | `{short}` |  |" in readme_tables.render(module)


def test_update_writes_between_the_markers_and_only_there(directory):
    assert readme_tables.update(directory) == [directory / "README.md"]
    readme = (directory / "README.md").read_text()
    assert readme == f"# Module\n\n{readme_tables.BEGIN}\n{TABLES}\n{readme_tables.END}\n\nThe rest.\n"
    assert readme_tables.update(directory) == []


def test_tables_go_to_a_page_of_their_own_where_there_is_one(directory):
    page = directory / "docs/inputs.md"
    page.parent.mkdir()
    page.write_text(EMPTY)
    main = directory / "main.tf"
    main.write_text(main.read_text().replace("as measured", "as [modules/x](modules/x) says"))
    assert readme_tables.update(directory) == [page]
    assert (directory / "README.md").read_text() == EMPTY
    tables = TABLES.replace("as measured", "as [modules/x](../modules/x) says")
    assert page.read_text() == EMPTY.replace(readme_tables.BEGIN, f"{readme_tables.BEGIN}\n{tables}")
    assert readme_tables.stale(directory) == {}


@pytest.mark.parametrize(
    "readme",
    [
        "no markers",
        readme_tables.BEGIN,
        f"{readme_tables.END}\n{readme_tables.BEGIN}",
        f"{readme_tables.BEGIN}\n{readme_tables.END}\n{readme_tables.BEGIN}\n{readme_tables.END}",
    ],
)
def test_a_readme_without_one_pair_of_markers_is_left_alone(directory, readme):
    (directory / "README.md").write_text(readme)
    with pytest.raises(ScaleproofError, match="one pair of markers"):
        readme_tables.update(directory)
    assert (directory / "README.md").read_text() == readme


REPOSITORY = Path(__file__).parents[3]


def run_command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tools.readme_tables", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_checks_without_writing_then_writes(directory):
    stale = run_command("--check", directory)
    assert stale.returncode == 1
    assert stale.stderr == f"{directory / 'README.md'} is out of date: run 'make docs'.\n"
    assert (directory / "README.md").read_text() == EMPTY

    written = run_command(directory)
    assert (written.returncode, written.stdout) == (0, f"{directory / 'README.md'} updated\n")

    current = run_command("--check", directory)
    assert (current.returncode, current.stdout, current.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda directory: (directory / "README.md").unlink(), "README.md cannot be read"),
        (lambda directory: (directory / "main.tf").unlink(), "holds no .tf file"),
        (lambda directory: (directory / "main.tf").write_text("a = ="), "main.tf:1: not HCL"),
    ],
)
def test_the_command_gives_one_line_of_advice_for_what_it_cannot_read(directory, break_it, message):
    assert callable(break_it)
    break_it(directory)
    run = run_command(directory)
    assert run.returncode == 1
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1
