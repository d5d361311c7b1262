"""Expressions: the text as written, the value where it is a constant, and what is in it."""

import json
import os

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform import hcl
from scaleproof.terraform.hcl import expression, read_file, read_values


def read_expression(tmp_path, text):
    file = tmp_path / "main.tf"
    file.write_text(f"locals {{\n  it = {text}\n}}\n", encoding="utf-8")
    (block,) = read_file(file)
    return block.attributes["it"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"plain"', "plain"),
        (r'"say \"hi\" \\ there\n"', 'say "hi" \\ there\n'),
        (r'"caf\u00e9"', "café"),
        ('"cost $${x} and %%{if}"', "cost ${x} and %{if}"),
        ('"a # no comment // here"', "a # no comment // here"),
        ('""', ""),
        ("null", None),
        ("true", True),
        ("5", 5),
        ("-3", -3),
        ("0.75", 0.75),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("[]", []),
        ('[1, "two", [true], null]', [1, "two", [True], None]),
        ("{}", {}),
        ('{ a = 1, "b c" = "d", e : { f = [] } }', {"a": 1, "b c": "d", "e": {"f": []}}),
        ("[ # first\n    1, // one\n    /* two */ 2,\n  ]", [1, 2]),
    ],
)
def test_a_constant_has_its_python_value(tmp_path, text, value):
    expression = read_expression(tmp_path, text)
    assert expression.value == value
    assert type(expression.value) is type(value)
    assert expression.is_constant
    assert expression.text == text


@pytest.mark.parametrize(
    "text",
    [
        "string",
        "var.name",
        "[1, var.name]",
        "{ a = var.name }",
        "{ (var.name) = 1 }",
        '{ "${var.name}" = 1 }',
        '"endpoint/${var.name}"',
        '"%{if true}a%{endif}"',
        'jsonencode({ a = "b" })',
        'var.a ? "x" : "y"',
        '"a" == "b"',
        "1 + 2",
        "!true",
        "[for pool in var.pools : pool.type]",
        "<<-EOT\n    Hello ${var.name}\n  EOT\n",
    ],
)
def test_what_only_terraform_can_evaluate_is_not_a_constant(tmp_path, text):
    expression = read_expression(tmp_path, text)
    assert not expression.is_constant
    assert expression.text.split() == text.split()


def test_a_number_that_a_for_expression_gives_is_no_hindrance(tmp_path):
    assert read_expression(tmp_path, "{ for name in var.names : name => 0.6 }").text.endswith("0.6 }")


@pytest.mark.parametrize("marker", ["<<-EOT", "<<EOT"])
def test_a_heredoc_is_its_text_without_the_markers(tmp_path, marker):
    expression = read_expression(
        tmp_path, f'{marker}\n    First "quoted" \\d line.\n\n      Indented, $${{kept}}.\n  EOT'
    )
    lines = [line.strip() for line in str(expression.value).splitlines()]
    assert lines == ['First "quoted" \\d line.', "", "Indented, ${kept}."]


def test_an_indented_heredoc_loses_its_margin_only(tmp_path):
    expression = read_expression(tmp_path, "<<-EOT\n    First\n\n      second\n  EOT")
    assert expression.value == "First\n\n  second"


def test_text_keeps_comments_and_lines(tmp_path):
    text = "object({\n    # per hour\n    rate = optional(number, 5) // default\n\n    name = string\n  })"
    assert read_expression(tmp_path, text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2",
        "var.a && !var.b",
        "var.a ? 1 : 2 * 3",
        "[1, 2][0]",
        "var.a[*].b",
        "var.a.*.b",
        "var.a.0",
        "[for a in var.b : a + 1]",
        "{ for a in var.b : a => a... if a > 1 }",
        "provider::aws::arn_parse(var.a)",
        '"a" == "b"',
        "-var.a",
        "(1 + 2)",
        "f(var.a...)",
        "[\n  1 + 2, # one\n]",
    ],
)
def test_text_ends_before_a_comment_that_follows(tmp_path, text):
    assert read_expression(tmp_path, f"{text} # why\n\n  # of the next\n  next = 1").text == text


def test_blocks_know_their_labels_nesting_and_lines(tmp_path):
    file = tmp_path / "main.tf"
    file.write_text(
        '# comment\nresource "a_b" "c" {\n  count = 1\n\n  lifecycle {\n'
        "    precondition {\n      condition = var.x\n    }\n  }\n}\n"
    )
    (block,) = read_file(file)
    assert (block.type, block.labels, block.line) == ("resource", ("a_b", "c"), 2)
    assert block.constant("count") == 1
    (lifecycle,) = block.blocks
    (precondition,) = lifecycle.blocks
    assert [nested.type for nested in (lifecycle, precondition)] == ["lifecycle", "precondition"]
    assert precondition.line == 6
    assert precondition.text("condition") == "var.x"


def test_windows_line_ends_read_the_same(tmp_path):
    file = tmp_path / "main.tf"
    file.write_bytes(b'variable "x" {\r\n  type = object({\r\n    a = string\r\n  })\r\n}\r\n')
    (block,) = read_file(file)
    assert block.text("type") == "object({\n    a = string\n  })"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'variable "x" {\n  type = = 1\n}\n', r"main\.tf:2: not HCL: unexpected '= 1'"),
        (b'variable "x" {\n  type = [1,\n', r"main\.tf:3: not HCL: unexpected end of file"),
        (b"a = = " + b"x" * 60 + b"\n", r"main\.tf:1: not HCL: unexpected '= x{38}'\."),
        (b"a = \xff\n", r"main\.tf is not UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, content, message):
    file = tmp_path / "main.tf"
    file.write_bytes(content)
    with pytest.raises(ScaleproofError, match=message) as failure:
        read_file(file)
    assert len(str(failure.value).splitlines()) == 1


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(ScaleproofError, match="No such file"):
        read_file(tmp_path / "none.tf")


def test_values_serialise_to_json(tmp_path):
    assert json.dumps(read_expression(tmp_path, '{ a = [1, "$${b}"] }').value) == '{"a": [1, "${b}"]}'


def test_a_file_that_changed_is_read_anew_even_with_the_time_and_size_of_before(tmp_path):
    file = tmp_path / "main.tf"
    for value in (1, 2, 1):
        file.write_text(f"locals {{\n  it = {value}\n}}\n")
        os.utime(file, ns=(0, 0))
        (block,) = read_file(file)
        assert block.constant("it") == value


def test_the_same_text_elsewhere_names_its_own_file(tmp_path):
    for name in ("a.tf", "b.tf", "a.tf"):
        file = tmp_path / name
        file.write_text("locals {}\n")
        assert [block.file for block in read_file(file)] == [str(file)]


def test_a_broken_file_is_refused_every_time(tmp_path):
    for _ in range(2):
        with pytest.raises(ScaleproofError, match="not HCL"):
            read_expression(tmp_path, "= 1")


def test_what_was_read_is_kept_and_read_again_in_another_form(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    parsed, parse = [], hcl._body
    monkeypatch.setattr(hcl, "_body", lambda path, text: parsed.append(path) or parse(path, text))
    file = tmp_path / "main.tf"
    file.write_text('variable "x" {\n  type = map(string)\n}\n')
    for _ in range(2):
        hcl._kept.cache_clear()
        (block,) = read_file(file)
        assert block.attributes["type"].parts[0].word == "string"
    (kept,) = (tmp_path / "cache" / "hcl").iterdir()
    kept.write_text("[3]")
    hcl._kept.cache_clear()
    assert read_file(file) == (block,)
    assert parsed == [str(file)] * 2


def test_a_plan_needs_no_cache(tmp_path, monkeypatch):
    """The home of a container may be read-only."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "file"))
    (tmp_path / "main.tf").write_text('variable "x" {}\n')
    assert [block.labels for block in read_file(tmp_path / "main.tf")] == [("x",)]


UNTOLD = """
x ? { a = 1 } : null | x ? null : { a = 1 } | { for a in ["b"] : a => 1 } | [for a in b : { c = a }]
| f({ a = 1 }).b | { a = 1 }.a | a.b | "a" | } | ({ a = 1 })
"""


@pytest.mark.parametrize("text", ["", *map(str.strip, UNTOLD.split("|"))])
def test_what_only_terraform_can_tell(text):
    found = expression(text)
    assert (found.items or None, found.parts, found.word) == (None, (), "")


def test_items_parts_and_words_with_their_lines(tmp_path):
    file = tmp_path / "all.tfvars"
    listed = '{ c = 1, (d) = 2, "${e}" = 3, 4 = 5 }, g(h)'
    file.write_text(f"a = 1\nb = [\n{listed}\n]\ni = {{\nj = <<-X\nk = 1\nX\nl = 2 }}\n")
    found = read_values(file)
    assert {name: value.line for name, value in found.items()} == {"a": 1, "b": 2, "i": 5}
    assert [part.items and list(part.items) for part in found["b"].parts] == [["c", "4"], None]
    assert (found["b"].parts[1].word, found["b"].parts[1].parts[0].word) == ("g", "h")
    assert {name: value.line for name, value in found["i"].items.items()} == {"j": 6, "l": 9}
