"""Reads one .tf file as blocks and expressions.

python-hcl2's serialised form keeps the quotes around strings, writes an expression as `${...}`, drops the
layout of types and, in 8.1, escapes the body of an indented heredoc. So text is cut from the source by
position, and only constants are taken from the serialised form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any

import hcl2
from hcl2.rules.abstract import LarkRule
from hcl2.rules.base import AttributeRule, BlockRule, BodyRule
from hcl2.rules.whitespace import NewLineOrCommentRule
from hcl2.utils import process_escape_sequences
from lark.exceptions import LarkError, UnexpectedToken

from scaleproof.errors import ScaleproofError

_OPTIONS = hcl2.SerializationOptions(
    with_comments=False, explicit_blocks=False, preserve_heredocs=False, preserve_scientific_notation=False
)
# `$${` and `%%{` are the escapes of `${` and `%{`.
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


@dataclass(frozen=True)
class Expression:
    """The right-hand side of an attribute.

    `text` is the source as written, comments included. `line` is where it begins. Where `is_constant`,
    Terraform is not needed to know `value` (str, int, float, bool, None, list or dict).
    """

    text: str
    line: int
    is_constant: bool
    value: Any = None


@dataclass(frozen=True)
class Block:
    """One block: `type "label" ... { attributes and nested blocks }`, with where it stands."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Expression]
    blocks: tuple[Block, ...]
    file: Path
    line: int

    def text(self, name: str) -> str:
        """The source text of an attribute, "" where it is not set."""
        expression = self.attributes.get(name)
        return expression.text if expression else ""

    def constant(self, name: str, default: Any = None) -> Any:
        """The value of a constant attribute, `default` where it is not set or not constant."""
        expression = self.attributes.get(name)
        return expression.value if expression and expression.is_constant else default


def read_file(path: Path) -> tuple[Block, ...]:
    """The top-level blocks of a .tf file, in order. Other readers of the file get the same ones.

    Raises ScaleproofError, with file and line, for a file that cannot be read or is not HCL.
    """
    return _blocks(path, _text(path))


def _text(path: Path) -> str:
    try:
        # Terraform takes the mark that some editors begin a file with; python-hcl2 does not.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScaleproofError(f"{path} is not UTF-8 text: {error.reason}.", advice="Save it as UTF-8.") from error
    except OSError as error:
        raise ScaleproofError(f"{path} cannot be read: {error.strerror or error}.") from error


# A file takes 0.05 s and more to parse; one run reads the same few again and again. The text is a part of
# the key: a file that changes is read anew.
@lru_cache(maxsize=256)
def _blocks(path: Path, text: str) -> tuple[Block, ...]:
    try:
        return _Reader(path, text).blocks(hcl2.parses(text).body)
    except UnexpectedToken as error:
        token = str(error.token).strip()
        shown = repr(token.splitlines()[0][:40]) if token else "end of file"
        raise ScaleproofError(
            f"{path}:{error.line}: not HCL: unexpected {shown}.",
            advice=f"Terraform says what it expects there: terraform fmt {quote(str(path))}",
        ) from error
    except LarkError as error:
        raise ScaleproofError(f"{path} cannot be read as HCL: {str(error).splitlines()[0]}.") from error


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
        line = _position(node.labels[0]).line
        attributes: dict[str, Expression] = {}
        for child in node.body.children:
            if isinstance(child, AttributeRule):
                name = str(child.identifier.serialize())
                expression = self.expression(child)
                if name in attributes:
                    raise ScaleproofError(
                        f"{self.path}:{expression.line}: {name} is set twice in this block.",
                        advice="Remove one.",
                    )
                attributes[name] = expression
        return Block(block_type, tuple(labels), attributes, self.blocks(node.body), self.path, line)

    def expression(self, node: AttributeRule) -> Expression:
        begin = _position(node.expression)
        text = self.source[begin.start_pos : _end(node.expression)].rstrip("\n")
        try:
            value = _decode(node.expression.serialize(_OPTIONS))
        except (
            TypeError,
            ValueError,
        ):  # the first: python-hcl2 8.1 on a number that a `for` expression gives
            return Expression(text, begin.line, is_constant=False)
        return Expression(text, begin.line, is_constant=True, value=value)


def _position(node: LarkRule) -> Any:
    """Lark's record of a node's position (line, start_pos, end_pos), which the node itself keeps private."""
    return node.to_lark().meta


def _without_comments(node: LarkRule) -> list[Any]:
    """The children of a node that say something."""
    return [child for child in node.children if child and not isinstance(child, NewLineOrCommentRule)]


def _decode_key(key: Any) -> Any:
    """The key of an object that python-hcl2 has serialised; ValueError if it is not a constant."""
    # A bare name is a string as a key and a reference anywhere else.
    is_name = isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_][\w-]*", key)
    return key if is_name else _decode(key)


def _end(node: LarkRule) -> int:
    """Where the expression ends; the grammar adds what follows an operation up to the next token."""
    last = _without_comments(node)[-1]
    return _end(last) if isinstance(last, LarkRule) else int(_position(node).end_pos)


def _label(label: LarkRule) -> str:
    text = str(label.serialize())
    return process_escape_sequences(text[1:-1]) if text.startswith('"') else text


def _decode(value: Any) -> Any:
    """Turn python-hcl2's serialised form into the value it means; ValueError if it is not a constant.

    A string arrives as its source, in quotes; whatever else arrives as a string is an expression.
    """
    if isinstance(value, dict):
        return {_decode_key(key): _decode(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_decode(element) for element in value]
    if not isinstance(value, str):
        return value
    if not value.startswith('"') or _TEMPLATE.search(value):
        raise ValueError(value)
    return process_escape_sequences(value[1:-1]).replace("$${", "${").replace("%%{", "%{")
