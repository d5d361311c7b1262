"""The quick reader of literals, against the parser of HCL."""

import time
from pathlib import Path

import pytest

from scaleproof.terraform.literals import attributes, blocks, expression
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


def read(*files):
    found = [block for file in files for block in blocks(file.read_text(), "variable")]
    return {one.labels[0]: one.attributes["type"] for one in found if "type" in one.attributes}


def declared(directory):
    """The texts that the parser finds."""
    return {name: one.type for name, one in Module.read(directory).variables.items() if one.type}


def without_lines(literal):
    items = literal.items and {name: without_lines(item) for name, item in literal.items.items()}
    return literal.word, items, [without_lines(part) for part in literal.parts]


@pytest.mark.parametrize("directory", MODULES, ids=lambda one: str(one.relative_to(ROOT)))
def test_all_modules_of_the_repository(directory):
    types = read(*directory.glob("*.tf"))
    assert {name: without_lines(one) for name, one in types.items()} == {
        name: without_lines(expression(text)) for name, text in declared(directory).items()
    }


def test_what_only_looks_like_a_type_is_none(tmp_path):
    (tmp_path / "main.tf").write_text(ODD)
    types = read(tmp_path / "main.tf")
    assert list(types) == list(declared(tmp_path)) == ["one", "two", "three"]
    assert [one.word for one in types.values()] == ["string", "object", "list"]
    assert types["two"].parts[0].items["type"].parts[0].word == "string"
    assert types["three"].parts[0].word == "string"


UNTOLD = """
x ? { a = 1 } : null | x ? null : { a = 1 } | a::f(1) | { for a in ["b"] : a => 1 } | [for a in b : { c = a }]
| f({ a = 1 }).b | { a = 1 }.a | a.b | "a" | }
"""


@pytest.mark.parametrize("text", ["", *map(str.strip, UNTOLD.split("|"))])
def test_what_only_terraform_can_tell(text):
    found = expression(text)
    assert (found.items or None, found.parts, found.word) == (None, (), "")


@pytest.mark.parametrize(
    ("token", "text"),
    [('"a"', "a"), (r'"\u0061\"b"', 'a"b'), ('"${a}"', ""), ('"%{if a}"', ""), (r'"\U00000061"', ""), ("a", "")],
)
def test_texts_without_templates(token, text):
    assert expression(token).text == text


@pytest.mark.parametrize(
    "text",
    [
        '"${replace(var.issuer, "https://", "")}:sub"',
        '"x-${replace(var.raw, "[", "-")}"',
        '"${format("%s/*", var.bucket)}"',
        '"${trimprefix(var.url, "{")}"',
        '"${f("}#${g("]")}\\"")}"',
        '"%{if var.a == "("}[%{else}{%{endif}"',
        '"${{ a = "}" }.a /* " */ # "\n}"',
        '"$${"',
        '"%%{("',
        '"$$${\\\\ $ $"',
        '"$%{if true}%{endif}${"}"}"',
        pytest.param('"${' * 50_000 + "1" + '}"' * 50_000, id="deep"),
    ],
)
def test_a_template_hides_nothing_behind_it(text):
    """As Terraform reads them."""
    assert {name: value.line for name, value in attributes(f"a = f({text})\nb = c").items()} == {
        "a": 1,
        "b": 2 + text.count("\n"),
    }
    assert blocks(f"{text}\nmodule {{\n}}", "module")


def test_what_is_not_written_to_its_end_is_left_out():
    assert attributes('a =\nb = 1\nc = "${"\n}\nd = "').keys() == {"b", "c", "d"}
    assert [block.labels for block in blocks("variable {\n}\nvariable\nvariable a {\n}", "variable")] == [(), ("a",)]


def test_names_and_lines():
    listed = '{ c = 1, (d) = 2, "${e}" = 3, f == 4 }, g(h)'
    found = attributes(f'a = 1\n"b" : [\n{listed}\n]\ni = {{\nj = <<-X\nk = 1\nX\nl = 2 }}')
    assert {name: value.line for name, value in found.items()} == {"a": 1, "b": 2, "i": 5}
    assert [part.items and list(part.items) for part in found["b"].parts] == [["c"], None]
    assert (found["b"].parts[1].word, found["b"].parts[1].parts[0].word) == ("g", "h")
    assert {name: value.line for name, value in found["i"].items.items()} == {"j": 6, "l": 9}


@pytest.mark.parametrize(
    "part",
    [
        *("x = <<A\n", "x{} = <<A{}\n", "/*\n", '\\"', '"', "<<A ", "{{", 'variable "{}" {{\n  type = string\n}}\n'),
        *('"${{', '"${{"', '"${{"\n', '"${{}}', "$$", '"$'),
    ],
)
def test_twice_as_much_takes_twice_as_long(part):
    """With no end of it, too. What would be read again for each part would take minutes."""
    text = "".join(part.format(place, place) for place in range(50_000))
    begun = time.process_time()
    blocks.__wrapped__(f"variable {text}x = =\n", "variable")
    assert time.process_time() - begun < 20
