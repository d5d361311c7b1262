"""Reads what is literal in Terraform's files: objects, lists, calls and bare words.

It takes a text apart at brackets, commas and line ends, without a grammar: a large module takes seconds to
parse. So it is for warnings only. A quote inside `${...}` ends a string here and begins another at the next,
which keeps brackets balanced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

_TOKEN = re.compile(
    r"""(?P<nothing>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |<<-?(?P<mark>[\w-]+)[ \t]*\n.*?^[ \t]*(?P=mark)[ \t]*$
    |"(?:\\.|[^"\\\n])*"
    |[\w-]+|.""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(r'[\w-]+|"[^"\\$%]*"')


@dataclass(frozen=True)
class Literal:
    """What an expression is without its values, as deep as it is literal.

    Where it is no object, list, call or bare word, only Terraform can tell what it is.

    `items`: of an object, those with a literal name. `parts`: the elements of a list, or the arguments of a
    call. `word`: a bare word, or what is called. `line`: where its name stands, 0 without one.
    """

    line: int = 0
    items: Mapping[str, Literal] | None = None
    parts: tuple[Literal, ...] = ()
    word: str = ""


Block: TypeAlias = tuple[str, int, Mapping[str, Literal]]
"""A block with one label: the label, its line, and its attributes by name."""


class _Token(NamedTuple):
    text: str
    line: int
    inner: list[_Token] | None = None
    """What stands between brackets."""


def of_value(value: Any) -> Literal:
    """The same of a value that is known, as JSON has it."""
    if isinstance(value, Mapping):
        return Literal(items={str(name): of_value(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return Literal(parts=tuple(map(of_value, value)))
    return Literal()


def expression(text: str) -> Literal:
    """An expression."""
    return _literal(_read(text))


def attributes(text: str) -> Mapping[str, Literal]:
    """What a file of variables sets, by name."""
    return _items(_read(text))


@lru_cache(maxsize=256)
def blocks(text: str, kind: str) -> tuple[Block, ...]:
    """The blocks of a `kind` at the top of a file, such as "variable"."""
    return tuple(
        (parts[1].text.strip('"'), parts[0].line, _items(parts[2].inner or []))
        for parts in _split(_read(text) if kind in text else [], "\n")
        if len(parts) == 3 and parts[0].text == kind and parts[2].text == "{"
    )


def _read(text: str) -> list[_Token]:
    line, stack = 1, [list[_Token]()]
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word in ("(", "[", "{"):
            inner: list[_Token] = []
            stack[-1].append(_Token(word, line, inner))
            stack.append(inner)
        elif word in (")", "]", "}"):
            if len(stack) > 1:  # else Terraform says what is wrong
                stack.pop()
        elif match["nothing"] is None:
            stack[-1].append(_Token(word, line))
        line += word.count("\n")
    return stack[0]


def _split(tokens: Sequence[_Token], separators: str) -> Iterator[list[_Token]]:
    parts: list[_Token] = []
    for token in tokens:
        if token.text not in separators:
            parts.append(token)
        elif parts:
            yield parts
            parts = []
    if parts:
        yield parts


def _items(tokens: Sequence[_Token]) -> dict[str, Literal]:
    """Attributes, or the items of an object, without those whose name only Terraform knows."""
    return {
        name.text.strip('"'): _literal(value, name.line)
        for name, sign, *value in (parts for parts in _split(tokens, "\n,") if len(parts) > 2)
        if sign.text in "=:" and value[0].text not in "=>" and _NAME.fullmatch(name.text)
    }


def _literal(tokens: Sequence[_Token], line: int = 0) -> Literal:
    *called, last = tokens or [_Token("", 0)]
    if last.inner is None:
        return Literal(line, word=last.text if re.fullmatch(r"[\w-]+", last.text) and not called else "")
    inner = [token for token in last.inner if token.text != "\n"]
    if inner and inner[0].text == "for":
        return Literal(line)
    if last.text == "{" and not called:
        return Literal(line, _items(last.inner))
    if last.text == "[" if not called else last.text == "(" and len(called) == 1:
        word = called[0].text if called else ""
        return Literal(line, parts=tuple(_literal(parts) for parts in _split(inner, ",")), word=word)
    return Literal(line)
