"""Local copies instead of the sources of modules, and variables."""

from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.root import Root
from scaleproof.terraform.sources import parse

SOURCE = "github.com/acme/terraform-aws-speech"
REGISTERED = "acme/speech/aws"
OUTSIDE = (
    SOURCE,
    f"{SOURCE}?ref=v1.2.0",
    f"git::https://{SOURCE}.git?ref=v1",
    f"git::ssh://git@{SOURCE}.git",
    f"git::https://robot:to-ken@{SOURCE}.git?ref=v1",
    f"https://{SOURCE}",
    "git@github.com:acme/terraform-aws-speech.git",
    REGISTERED,
)
INSIDE = (f"{SOURCE}//modules/inner", f"git::https://{SOURCE}.git//modules/inner?ref=v1")
LOCAL = "../copy"
CALL = """
module "{name}" {{
  source = "{source}"
  {version}
  text   = "hello"
}}

output "{name}" {{
  value = module.{name}.said
}}
"""
MODULE = """
variable "text" {{
  type = string
}}

output "said" {{
  value = "${{var.text}} from {place}"
}}
"""


@pytest.fixture
def copied(write):
    """A copy of the module, with a module inside."""
    write("copy", copy__modules__inner__main=MODULE.format(place="inside"))
    return write("copy", copy__main=MODULE.format(place="the top"))


def test_a_copy_replaces_the_source(write, copied, planned):
    """In every form, with or without a version. Other sources and the configuration itself do not change."""
    sources = {f"s{place}": source for place, source in enumerate((*OUTSIDE, *INSIDE, LOCAL))}
    text = 'locals {\n  a = "${replace("[", "//", "{")}"\n}\n' + "".join(
        CALL.format(name=name, source=source, version='version = "~> 1.0"' * (source == REGISTERED))
        for name, source in sources.items()
    )
    root = write(root__main=text)
    copies = {SOURCE: copied, REGISTERED: copied}
    assert planned(root, sources=copies).outputs == {
        name: f"hello from {'inside' if source in INSIDE else 'the top'}" for name, source in sources.items()
    }
    assert [path.name for path in root.iterdir()] == ["main.tf"]
    assert (root / "main.tf").read_text() == text


def test_errors_have_the_line_of_the_users_file(write, copied, planned):
    """A removed argument leaves its line and the comment."""
    text = (
        f'module "it" {{\n  version = "~> 1.0" # last\n  source  = "{REGISTERED}"\n  text    = "hello"\n}}\n'
        'output "it" {\n  value = module.it.unsaid\n}\n'
    )
    with pytest.raises(PlanFailed, match=r"\(main\.tf:7\)"):
        planned(write(root__main=text), sources={REGISTERED: copied})


def test_a_changed_file_is_read_again(write, copied):
    root = write(root__main=CALL.format(name="it", source=REGISTERED, version='version = "1.0"'))
    with Root(root, sources={REGISTERED: copied}) as planned:
        assert planned.plan().outputs == {"it": "hello from the top"}
        (root / "main.tf").write_text('output "it" {\n  value = "no module"\n}\n')
        assert planned.plan().outputs == {"it": "no module"}
        (root / "main.tf").rename(root / "other.tf")
        assert planned.plan().outputs == {"it": "no module"}


def test_an_override_may_repeat_the_module(write, copied, planned):
    root = write(root__main=CALL.format(name="it", source=REGISTERED, version=""))
    (root / "override.tf").write_text('module "it" {\n  text = "bye"\n}\n')
    assert planned(root, sources={REGISTERED: copied}).outputs == {"it": "bye from the top"}


def test_two_copies_of_one_module_are_refused(write, copied, planned):
    """A version in the source chooses none of them."""
    root = write(root__main=CALL.format(name="it", source=f"{SOURCE}?ref=v1", version=""))
    with pytest.raises(ScaleproofError, match=f"{SOURCE} has two copies, "):
        planned(root, sources={f"{SOURCE}?ref=v1": copied, f"git::https://{SOURCE}.git?ref=v2": root})


def test_the_form_of_the_option(copied):
    assert parse(f"{SOURCE}?ref=v1=copy", copied.parent) == (f"{SOURCE}?ref=v1", copied)


@pytest.mark.parametrize("word", ["", "=", SOURCE, f"{SOURCE}=", "=copy", f"{SOURCE}=nowhere"])
def test_another_form_is_refused(copied, word):
    with pytest.raises(ScaleproofError, match="nowhere has no module" if "nowhere" in word else "SOURCE=DIR"):
        parse(word, copied.parent)


def test_variables_win_over_files(write, tmp_path, planned):
    root = write(root__main='variable "a" {}\nvariable "b" {}\noutput "both" {\n  value = [var.a, var.b]\n}\n')
    file = tmp_path / "production.tfvars"
    file.write_text('a = "file"\nb = "file"\n')
    assert planned(root, files=[file], variables={"b": "given"}).outputs == {"both": ["file", "given"]}


@pytest.mark.parametrize("value", [Path("a"), {1, 2}, float("nan"), float("inf"), b"a"])
def test_unsupported_values_are_refused(write, planned, value):
    with pytest.raises(ScaleproofError, match="does not support"):
        planned(write(root__main='variable "a" {}\n'), variables={"a": value})
