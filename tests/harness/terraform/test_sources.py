"""Local copies in place of the sources of modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.root import Root
from scaleproof.terraform.sources import overrides, parse

SOURCE = "github.com/acme/terraform-aws-speech"
CALL = """
module "speech" {{
  source = "{source}"
  {version}
  text   = "hello"
}}

output "said" {{
  value = module.speech.said
}}
"""
MODULE = """
variable "text" {
  type = string
}

output "said" {
  value = var.text
}
"""


@pytest.fixture
def copied(write: Callable[..., Path]) -> Path:
    """A copy of the module, with a module inside."""
    write("copy", copy__modules__inner__main=MODULE)
    return write("copy", copy__main=MODULE)


@pytest.mark.parametrize(
    "source",
    [
        SOURCE,
        f"{SOURCE}?ref=v1.2.0",
        f"git::https://{SOURCE}.git?ref=v1",
        f"git::ssh://git@{SOURCE}.git",
        f"https://{SOURCE}",
        f"{SOURCE}//modules/inner",
        f"git::https://{SOURCE}.git//modules/inner?ref=v1",
        "git@github.com:acme/terraform-aws-speech.git",
    ],
)
def test_a_copy_stands_for_the_source(write: Callable[..., Path], copied: Path, source: str) -> None:
    root = write(root__main=CALL.format(source=source, version=""))
    with Root(root, sources={SOURCE: copied}) as planned:
        assert planned.plan().outputs == {"said": "hello"}
    inside = overrides(root, {SOURCE: copied})["speech"]["source"]
    assert str(inside).endswith("modules/inner") == ("//modules" in source)


def test_a_version_goes_with_its_registry(write: Callable[..., Path], copied: Path) -> None:
    source = "acme/speech/aws"
    root = write(root__main=CALL.format(source=source, version='version = "~> 1.0"'))
    with Root(root, sources={source: copied}) as planned:
        assert planned.plan().outputs == {"said": "hello"}


def test_other_sources_stay(write: Callable[..., Path], copied: Path) -> None:
    root = write(root__main=CALL.format(source="../copy", version=""))
    assert overrides(root, {SOURCE: copied}) == {}
    with Root(root, sources={SOURCE: copied}) as planned:
        assert planned.plan().outputs == {"said": "hello"}


def test_the_configuration_itself_is_not_changed(write: Callable[..., Path], copied: Path) -> None:
    root = write(root__main=CALL.format(source=SOURCE, version=""))
    before = (root / "main.tf").read_text()
    with Root(root, sources={SOURCE: copied}) as planned:
        planned.plan()
    assert [path.name for path in root.iterdir()] == ["main.tf"]
    assert (root / "main.tf").read_text() == before


def test_words_of_an_option(copied: Path) -> None:
    assert parse(f"{SOURCE}?ref=v1=copy", copied.parent) == (f"{SOURCE}?ref=v1", copied)


@pytest.mark.parametrize("word", ["", "=", SOURCE, f"{SOURCE}=", "=copy"])
def test_another_form_is_refused(copied: Path, word: str) -> None:
    with pytest.raises(ScaleproofError, match="SOURCE=DIR"):
        parse(word, copied.parent)


def test_a_directory_without_a_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScaleproofError, match=r"nowhere holds no module"):
        parse(f"{SOURCE}=nowhere", tmp_path)


def test_given_variables_win_over_files(write: Callable[..., Path], tmp_path: Path) -> None:
    root = write(
        root__main='variable "a" {}\nvariable "b" {}\noutput "both" {\n  value = [var.a, var.b]\n}\n'
    )
    file = tmp_path / "production.tfvars"
    file.write_text('a = "file"\nb = "file"\n')
    with Root(root, files=[file]) as planned:
        assert planned.plan(b="given").outputs == {"both": ["file", "given"]}


@pytest.mark.parametrize("value", [Path("a"), {1, 2}, float("nan"), float("inf"), b"a"], ids=repr)
def test_values_that_terraform_does_not_know_are_refused(write: Callable[..., Path], value: object) -> None:
    root = write(root__main='variable "a" {}\n')
    with Root(root) as planned, pytest.raises(ScaleproofError, match="does not know"):
        planned.plan(a=value)
