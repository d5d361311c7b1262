"""Reads .tf and .tfvars files as blocks and expressions, with python-hcl2.

python-hcl2's serialised form keeps the quotes around strings, writes an expression as `${...}`, drops the
layout of types and, in 8.1, escapes the body of an indented heredoc. So text is cut from the source by
position, and only constants are taken from the serialised form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from typing import Any

import hcl2
import msgspec
from hcl2.rules.abstract import LarkRule
from hcl2.rules.base import AttributeRule, BlockRule, BodyRule
from hcl2.rules.containers import ObjectRule, TupleRule
from hcl2.rules.expressions import ExprTermRule
from hcl2.rules.functions import FunctionCallRule
from hcl2.rules.literal_rules import IdentifierRule
from hcl2.rules.whitespace import NewLineOrCommentRule
from hcl2.utils import process_escape_sequences
from lark.exceptions import LarkError, UnexpectedToken

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory

CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""The endings of Terraform's and OpenTofu's files; Terraform reads the first two."""
_OPTIONS = hcl2.SerializationOptions(
    with_comments=False, explicit_blocks=False, preserve_heredocs=False, preserve_scientific_notation=False
)
# `$${` and `%%{` are the escapes of `${` and `%{`.
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


@dataclass(frozen=True)
class Expression:
    """What stands behind the name of an attribute, an item of an object, or alone.

    `text`: the source as written, comments included, of an attribute. `line`: where it begins. Where
    `is_constant`, Terraform is not needed to know `value` (str, int, float, bool, None, list or dict).
    `items`: of an object, those with a literal name, None for anything else. `parts`: the elements of a list,
    or the arguments of a call. `word`: a bare word, or what is called. `span`: of an attribute, its name
    included.
    """

    line: int = 0
    text: str = ""
    is_constant: bool = False
    value: Any = None
    items: Mapping[str, Expression] | None = None
    parts: tuple[Expression, ...] = ()
    word: str = ""
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Block:
    """One block: `type "label" ... { attributes and nested blocks }`, with where it stands."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Expression]
    blocks: tuple[Block, ...]
    file: str
    line: int

    def text(self, name: str) -> str:
        """The source text of an attribute, "" where it is not set."""
        return self.attributes.get(name, Expression()).text

    def constant(self, name: str, default: Any = None) -> Any:
        """The value of a constant attribute, `default` where it is not set or not constant."""
        expression = self.attributes.get(name)
        return expression.value if expression and expression.is_constant else default


def files_in(directory: Path, endings: tuple[str, ...] = CONFIGURATION) -> list[Path]:
    """The files that Terraform reads in a directory, in the order of their names."""
    # A configuration that is hidden is ignored (configs.IsIgnoredFile), a file of variables is not.
    return sorted(
        path
        for path in directory.iterdir()
        if path.name.endswith(endings)
        and not (path.name.startswith(".") and path.name.endswith(CONFIGURATION))
        and path.is_file()
    )


def read_file(path: Path) -> tuple[Block, ...]:
    """The top-level blocks of a .tf file, in order. They are kept in the cache: a large file takes half a second.

    Raises ScaleproofError, with file and line, for a file that cannot be read or is not HCL.
    """
    return _kept(str(path), text_of(path))


def read_values(path: Path) -> Mapping[str, Expression]:
    """The values of a file of variables, by name. Raises ScaleproofError as `read_file`."""
    return _body(str(path), text_of(path)).attributes


def expression(text: str) -> Expression:
    """An expression; one of nothing for a text that is none."""
    with suppress(ScaleproofError):
        return _body("", f"it = {text}\n").attributes["it"]
    return Expression()


def of_value(value: Any) -> Expression:
    """The expression of a value from JSON."""
    items, parts = None, tuple[Expression, ...]()
    if isinstance(value, Mapping):
        items = {str(name): of_value(element) for name, element in value.items()}
    elif isinstance(value, list | tuple):
        parts = tuple(map(of_value, value))
    return Expression(is_constant=True, value=value, items=items, parts=parts)


def blocks_in(directory: Path, kind: str) -> Iterator[Block]:
    """The blocks of a kind at the top of the .tf files of a directory, without files that are not HCL."""
    for file in files_in(directory, (".tf", ".tofu")) if directory.is_dir() else ():
        with suppress(ScaleproofError):  # Terraform says what is wrong with it
            yield from (block for block in read_file(file) if block.type == kind)


def text_of(path: Path) -> str:
    """The text of a file. Raises ScaleproofError where it cannot be read."""
    try:
        # Terraform takes the mark that some editors begin a file with; python-hcl2 does not.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScaleproofError(f"{path} is not UTF-8 text: {error.reason}.", advice="Save it as UTF-8.") from error
    except OSError as error:
        raise ScaleproofError(f"{path} cannot be read: {error.strerror or error}.") from error


# The text is a part of the key: a file that changes is read anew.
@lru_cache(maxsize=256)
def _kept(path: str, text: str) -> tuple[Block, ...]:
    digest = sha256(f"{version('python-hcl2')} {text}".encode()).hexdigest()
    file = None
    try:
        file = cache_directory() / "hcl" / f"{digest}.json"
        blocks = msgspec.json.decode(file.read_bytes(), type=tuple[Block, ...])
    except (ScaleproofError, OSError, msgspec.DecodeError):  # no cache, nothing in it, or of an earlier form
        blocks = _body(path, text).blocks
        with suppress(OSError):
            _keep(file, blocks)
    return tuple(_placed(block, path) for block in blocks)


def _keep(file: Path | None, blocks: tuple[Block, ...]) -> None:
    if file is not None:
        private_directory(file.parent)
        with scratch.replacing(file) as kept:
            kept.write(msgspec.json.encode(blocks).decode())


def _placed(block: Block, path: str) -> Block:
    return replace(block, file=path, blocks=tuple(_placed(nested, path) for nested in block.blocks))


def _body(path: str, text: str) -> Block:
    """All of a file, as a block without a name."""
    try:
        return _Reader(text).block("", (), hcl2.parses(text).body, 1)
    except UnexpectedToken as error:
        token = str(error.token).strip()
        shown = repr(token.splitlines()[0][:40]) if token else "end of file"
        raise ScaleproofError(
            f"{path}:{error.line}: not HCL: unexpected {shown}.",
            advice=f"Terraform says what it expects there: terraform fmt {quote(path)}",
        ) from error
    except LarkError as error:
        raise ScaleproofError(f"{path} cannot be read as HCL: {str(error).splitlines()[0]}.") from error


class _Reader:
    """Turns the nodes of one parsed file into blocks; holds the text that positions point into."""

    def __init__(self, text: str) -> None:
        self.source = text

    def block(self, kind: str, labels: tuple[str, ...], body: BodyRule, line: int) -> Block:
        attributes = {
            str(node.identifier.serialize()): self.attribute(node)
            for node in body.children
            if isinstance(node, AttributeRule)
        }
        nested = tuple(self.nested(node) for node in body.children if isinstance(node, BlockRule))
        return Block(kind, labels, attributes, nested, "", line)

    def nested(self, node: BlockRule) -> Block:
        kind, *labels = map(_label, node.labels)
        # Of its first word: a record of the whole block would be made of all that is below it.
        return self.block(kind, tuple(labels), node.body, _position(node.labels[0]).line)

    def attribute(self, node: AttributeRule) -> Expression:
        begin, end = _position(node.expression), _end(node.expression)
        text = self.source[begin.start_pos : end].rstrip("\n")
        span = (_position(node.identifier).start_pos, end)
        return replace(_expression(node.expression), line=begin.line, text=text, span=span)


def _expression(node: LarkRule, line: int = 0) -> Expression:
    while isinstance(node, ExprTermRule) and not node.parentheses:
        node = node.expression
    if isinstance(node, ObjectRule):
        pairs = [(_name(item.key), _expression(item.expression, _position(item.key).line)) for item in node.elements]
        items = {name: item for name, item in pairs if name is not None}
        known = len(items) == len(pairs) and all(item.is_constant for item in items.values())
        value = {name: item.value for name, item in items.items()} if known else None
        return Expression(line, is_constant=known, value=value, items=items)
    if isinstance(node, TupleRule):
        parts = tuple(map(_expression, node.elements))
        known = all(part.is_constant for part in parts)
        return Expression(line, is_constant=known, value=[part.value for part in parts] if known else None, parts=parts)
    if isinstance(node, FunctionCallRule):
        parts = tuple(map(_expression, node.arguments.arguments)) if node.arguments else ()
        return Expression(line, parts=parts, word="::".join(str(name.serialize()) for name in node.identifiers))
    try:
        value = node.serialize(_OPTIONS)
    except TypeError:  # python-hcl2 8.1 on a number that a `for` expression gives
        return Expression(line)
    if not isinstance(value, str):
        return Expression(line, is_constant=True, value=value)
    if value.startswith('"') and not _TEMPLATE.search(value):
        return Expression(line, is_constant=True, value=_unquoted(value))
    return Expression(line, word=value if isinstance(node, IdentifierRule) else "")


def _name(key: LarkRule) -> str | None:
    """The name of an item; None where only Terraform can tell."""
    text = str(key.serialize(_OPTIONS))
    if text.startswith('"'):
        return None if _TEMPLATE.search(text) else _unquoted(text)
    return text if re.fullmatch(r"[A-Za-z0-9_][\w-]*", text) else None


def _unquoted(text: str) -> str:
    return str(process_escape_sequences(text[1:-1])).replace("$${", "${").replace("%%{", "%{")


def _label(label: LarkRule) -> str:
    text = str(label.serialize())
    return str(process_escape_sequences(text[1:-1])) if text.startswith('"') else text


def _position(node: LarkRule) -> Any:
    """Lark's record of a node's position (line, start_pos, end_pos), which the node itself keeps private."""
    return node.to_lark().meta


def _end(node: LarkRule) -> int:
    """Where the expression ends; the grammar adds what follows an operation up to the next token."""
    children = [child for child in node.children if child and not isinstance(child, NewLineOrCommentRule)]
    return _end(children[-1]) if isinstance(children[-1], LarkRule) else int(_position(node).end_pos)
