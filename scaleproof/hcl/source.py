"""One .tf file as blocks and expressions.

The only place that knows python-hcl2. Its serialised form keeps the quotes around strings, writes an
expression as `${...}`, drops the layout of types and, in 8.1, escapes the body of an indented heredoc.
So text is cut from the source by position, and only constants are taken from the serialised form.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any, Final

import hcl2
from hcl2.rules.abstract import LarkRule
from hcl2.rules.base import AttributeRule, BlockRule, BodyRule
from hcl2.rules.containers import ObjectElemRule, ObjectRule, TupleRule
from hcl2.rules.expressions import ExprTermRule
from hcl2.rules.functions import ArgumentsRule, FunctionCallRule
from hcl2.rules.indexing import GetAttrExprTermRule
from hcl2.rules.literal_rules import IdentifierRule
from hcl2.rules.strings import HeredocTemplateRule
from hcl2.rules.whitespace import NewLineOrCommentRule
from hcl2.utils import process_escape_sequences
from hcl2.walk import find_all
from lark.exceptions import LarkError, UnexpectedInput

from scaleproof.errors import ScaleproofError
from scaleproof.texts import read

MOST = 16 * 2**20
"""Bytes of a file."""


class _NotConstant(Enum):
    NOT_CONSTANT = "NOT_CONSTANT"

    def __repr__(self) -> str:
        return self.value


NOT_CONSTANT: Final = _NotConstant.NOT_CONSTANT
"""The value of an expression that only Terraform can evaluate."""

_OPTIONS = hcl2.SerializationOptions(
    with_comments=False, explicit_blocks=False, preserve_heredocs=False, preserve_scientific_notation=False
)
# `$${` and `%%{` are the escapes of `${` and `%{`.
TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_HEREDOC_REFERENCE = re.compile(r"(?<!\$)[$%]\{[^}]*?\bvar\.([A-Za-z_][\w-]*)")


@dataclass(frozen=True)
class Expression:
    """The right-hand side of an attribute.

    `text` is the source as written, comments included, moved to the left margin. `value` is the Python
    value of a constant (str, int, float, bool, None, list, dict), NOT_CONSTANT for anything else.
    `variables` names the input variables the expression reads. `span` is where the whole attribute, name
    included, begins and ends in the file's text, whose lines end in a line feed alone.
    """

    text: str
    value: Any
    line: int
    variables: frozenset[str] = frozenset()
    span: tuple[int, int] = (0, 0)

    @property
    def is_constant(self) -> bool:
        """Whether `value` is known without Terraform."""
        return self.value is not NOT_CONSTANT


@dataclass(frozen=True)
class Block:
    """One block: `type "label" ... { attributes and nested blocks }`, with where it stands."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Expression]
    blocks: tuple[Block, ...]
    file: Path
    line: int

    def of_type(self, block_type: str) -> tuple[Block, ...]:
        """Return the nested blocks of one type, in the order of the file."""
        return tuple(block for block in self.blocks if block.type == block_type)

    def text(self, name: str) -> str:
        """Return the source text of an attribute, "" where it is not set."""
        expression = self.attributes.get(name)
        return expression.text if expression else ""

    def constant(self, name: str, default: Any = None) -> Any:
        """Return the value of a constant attribute, `default` where it is not set or not constant."""
        expression = self.attributes.get(name)
        return expression.value if expression and expression.is_constant else default

    def walk(self) -> Iterator[Block]:
        """Yield this block and all blocks below it."""
        yield self
        for block in self.blocks:
            yield from block.walk()

    @property
    def variables(self) -> frozenset[str]:
        """The input variables that this block and the blocks below it read."""
        return frozenset(
            name
            for block in self.walk()
            for expression in block.attributes.values()
            for name in expression.variables
        )


def read_file(path: Path) -> tuple[Block, ...]:
    """Read the top-level blocks of a .tf file, in order. The blocks are the caller's own.

    Raises ScaleproofError, with file and line, for a file that cannot be read or is not HCL.
    """
    return _blocks(path, _text(path))


def object_items(expression: Expression) -> dict[str, Any]:
    """The items of an object, NOT_CONSTANT for those that are none; empty for what is no object."""
    body = _parse(expression.text).serialize(_OPTIONS)
    items = body.items() if isinstance(body, dict) else ()
    return {_constant(key, _decode_key): _constant(value, _decode) for key, value in items}


def read_variables(path: Path) -> Mapping[str, Expression]:
    """What a file of variables (.tfvars) sets, by name; raises ScaleproofError as `read_file` does."""
    (block,) = _blocks(path, f"values {{\n{_text(path)}\n}}\n")
    return {name: replace(one, line=one.line - 1) for name, one in block.attributes.items()}


@dataclass(frozen=True)
class Shape:
    """What an expression looks like without its values, as deep as it is literal.

    Where it is no object, list, call or bare word, only Terraform can tell what it is.

    `items`: of an object, those with a literal name, each with the line of the name. `whole`: whether that is
    all of them. `parts`: the elements of a list, or the arguments of a call. `word`: a bare word, or what is
    called. A line is 0 where there is none.
    """

    line: int = 0
    items: Mapping[str, Shape] | None = None
    whole: bool = True
    parts: tuple[Shape, ...] | None = None
    word: str = ""


def of_value(value: Any) -> Shape:
    """The shape of a value that is known, as JSON has it."""
    if isinstance(value, Mapping):
        return Shape(items={str(name): of_value(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return Shape(parts=tuple(map(of_value, value)))
    return Shape()


@lru_cache(maxsize=1024)
def shape(text: str, line: int = 0) -> Shape:
    """The shape of an expression whose text begins on `line`; of one that is not HCL nothing is known."""
    try:
        return _shape(_parse(text), line - 1)
    except (LarkError, RecursionError, TypeError, ValueError):
        return Shape()


def _parse(text: str) -> Any:
    """The node of an expression."""
    nodes = hcl2.parses(f"it = {text}\n").body.children
    (attribute,) = (node for node in nodes if isinstance(node, AttributeRule))
    return attribute.expression


def _shape(node: Any, before: int, line: int = 0) -> Shape:
    children = [child for child in node.children if child and not isinstance(child, NewLineOrCommentRule)]
    if isinstance(node, ExprTermRule) and len(children) == 1:
        return _shape(children[0], before, line)
    if isinstance(node, ObjectRule):
        items, whole = {}, True
        for child in (one for one in children if isinstance(one, ObjectElemRule)):
            name = _constant(child.key.serialize(_OPTIONS), _decode_key)
            if name is NOT_CONSTANT:
                whole = False
            else:
                items[str(name)] = _shape(child.expression, before, before + _meta(child.key).line)
        return Shape(line, items, whole)
    if isinstance(node, TupleRule):
        return Shape(line, parts=_parts(node, before))
    if isinstance(node, FunctionCallRule):
        given = next((one for one in children if isinstance(one, ArgumentsRule)), None)
        parts = _parts(given, before) if given else ()
        return Shape(line, parts=parts, word=str(children[0].serialize()))
    return Shape(line, word=str(node.serialize()) if isinstance(node, IdentifierRule) else "")


def _parts(node: LarkRule, before: int) -> tuple[Shape, ...]:
    rules = (one for one in node.children if isinstance(one, LarkRule))
    return tuple(_shape(one, before) for one in rules if not isinstance(one, NewLineOrCommentRule))


def _text(path: Path) -> str:
    try:
        # Terraform takes the mark that some editors begin a file with; python-hcl2 does not.
        return read(path, MOST).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ScaleproofError(
            f"{path} is not UTF-8 text: {error.reason}.", advice="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise ScaleproofError(f"{path} cannot be read: {error.strerror or error}.") from error


def _blocks(path: Path, text: str) -> tuple[Block, ...]:
    try:
        # Constants are lists and dicts that a caller may change.
        return copy.deepcopy(_parsed(path, text))
    except RecursionError as error:
        raise ScaleproofError(f"{path} is nested too deeply.", advice="Make it flatter.") from error


# A file takes 0.05 s and more to parse; one run reads the same few again and again. The text is a part of
# the key: a file that changes is read anew.
@lru_cache(maxsize=256)
def _parsed(path: Path, text: str) -> tuple[Block, ...]:
    try:
        tree = hcl2.parses(text)
    except UnexpectedInput as error:
        raise ScaleproofError(
            f"{path}:{_line_of(error, text)}: not HCL: unexpected {_token_of(error)}.",
            advice=f"Terraform says what it expects there: scaleproof terraform fmt {quote(str(path))}",
        ) from error
    except LarkError as error:
        raise ScaleproofError(f"{path} cannot be read as HCL: {str(error).splitlines()[0]}.") from error
    return _Reader(path, text).blocks(tree.body)


def _line_of(error: UnexpectedInput, text: str) -> int:
    # At the end of the file lark reports line -1.
    return error.line if error.line and error.line > 0 else text.count("\n") + 1


def _token_of(error: UnexpectedInput) -> str:
    found = str(getattr(error, "token", None) or getattr(error, "char", "")).strip()
    return repr(found.splitlines()[0][:40]) if found else "end of file"


class _Reader:
    """Turns the nodes of one parsed file into blocks; holds the text that positions point into."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.source = text

    def blocks(self, body: BodyRule) -> tuple[Block, ...]:
        return tuple(self.block(node) for node in body.children if isinstance(node, BlockRule))

    def block(self, node: BlockRule) -> Block:
        block_type, *labels = (_label(label) for label in node.labels)
        # Of its first word: a record of the whole block would be made of all that is below it.
        line = _meta(node.labels[0]).line
        attributes: dict[str, Expression] = {}
        for child in node.body.children:
            if isinstance(child, AttributeRule):
                name = str(child.identifier.serialize())
                expression = self.expression(child.expression, int(_meta(child.identifier).start_pos))
                if name in attributes:
                    raise ScaleproofError(
                        f"{self.path}:{expression.line}: {name} is set twice in this block.",
                        advice="Remove one.",
                    )
                attributes[name] = expression
        return Block(block_type, tuple(labels), attributes, self.blocks(node.body), self.path, line)

    def expression(self, node: LarkRule, start: int) -> Expression:
        meta = _meta(node)
        written = self.source[meta.start_pos : _end(node)].rstrip("\n")
        text = _flush_left(written)
        # Most read no input, and the search goes through every node.
        variables = frozenset(_variables(node)) if "var" in text else frozenset()
        span = start, meta.start_pos + len(written)
        try:
            value = _constant(node.serialize(_OPTIONS), _decode)
        except TypeError:  # python-hcl2 8.1 on a number that a `for` expression gives
            value = NOT_CONSTANT
        return Expression(text, value, meta.line, variables, span)


def _meta(node: LarkRule) -> Any:
    """Return lark's position record (line, start_pos, end_pos), which the node itself keeps private."""
    return node.to_lark().meta


def _end(node: LarkRule) -> int:
    """Return where the expression ends; the grammar adds what follows an operation up to the next token."""
    parts = [child for child in node.children if child and not isinstance(child, NewLineOrCommentRule)]
    return _end(parts[-1]) if isinstance(parts[-1], LarkRule) else int(_meta(node).end_pos)


def _label(label: LarkRule) -> str:
    text = str(label.serialize())
    return process_escape_sequences(text[1:-1]) if text.startswith('"') else text


def _flush_left(text: str) -> str:
    """Remove the indentation that the lines after the first owe to where the expression stands."""
    first, newline, rest = text.partition("\n")
    if not newline or first.startswith("<<"):
        return text
    indents = [len(line) - len(line.lstrip(" ")) for line in rest.splitlines() if line.strip()]
    # The closing bracket of a formatted expression stands where its line began.
    margin = min(indents, default=0)
    return first + "\n" + "\n".join(line[margin:] if line.strip() else "" for line in rest.splitlines())


def _constant(value: Any, decode: Callable[[Any], Any]) -> Any:
    try:
        return decode(value)
    except ValueError:
        return NOT_CONSTANT


def _decode(value: Any) -> Any:
    """Turn python-hcl2's serialised form into the value it means; ValueError if it is not a constant.

    A string arrives as its source, in quotes; whatever else arrives as a string is an expression.
    """
    if isinstance(value, dict):
        return {_decode_key(key): _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, str):
        return value
    if not value.startswith('"') or TEMPLATE.search(value):
        raise ValueError(value)
    return process_escape_sequences(value[1:-1]).replace("$${", "${").replace("%%{", "%{")


def _decode_key(key: Any) -> Any:
    # A bare name is a string as a key and a reference anywhere else.
    is_name = isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_][\w-]*", key)
    return key if is_name else _decode(key)


def _variables(node: LarkRule) -> Iterator[str]:
    for access in find_all(node, GetAttrExprTermRule):
        text = str(access.serialize(_OPTIONS)).removeprefix("${")
        match = re.match(r"var\.([A-Za-z_][\w-]*)", text)
        if match:
            yield match[1]
    for heredoc in find_all(node, HeredocTemplateRule):
        yield from _HEREDOC_REFERENCE.findall(str(heredoc.heredoc.value))
