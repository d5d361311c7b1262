"""Reads what is literal in Terraform's files: objects, lists, calls and bare words.

It takes a text apart at brackets, commas and line ends, without a grammar: a large module takes seconds to
parse. Nothing that must hold rests on it. A text with templates is one token, whatever their expressions have:
texts, brackets and comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

# No part of a text is read twice, also where an end is missing: a file may be somebody else's.
_TOKEN = re.compile(
    r"""(?P<nothing>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))
    |<<-?(?P<mark>[\w-]++)[ \t]*+\r?\n.*?(?:^[ \t]*(?P=mark)[ \t\r]*$|\Z)
    |[\w-]+|\\?.""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# Of a text, after its quote: what is no template, the start of one, or the end. "" is an end that is missing.
_IN_TEXT = re.compile(r'(?:\\.|\$\$\{|%%\{|[$%](?!\{)|[^"\\\n$%]++)++|[$%]\{|"?', re.DOTALL)
_WORD = re.compile(r"[\w-]+")
_NAME = re.compile(r'[\w-]+|"[^"\\$%]*"')


@dataclass(frozen=True)
class Literal:
    """What an expression is without its values, as deep as it is literal.

    Where it is no object, list, call or bare word, only Terraform can tell what it is.

    `items`: of an object, those with a literal name. `parts`: the elements of a list, or the arguments of a
    call. `word`: a bare word, or what is called. `line`: where its name stands, 0 without one. `text`: the
    value of a text, and `span`: where such an attribute, name included, begins and ends.
    """

    line: int = 0
    items: Mapping[str, Literal] | None = None
    parts: tuple[Literal, ...] = ()
    word: str = ""
    text: str = ""
    span: tuple[int, int] = (0, 0)


class Block(NamedTuple):
    """A block: where it begins, and its attributes by name."""

    labels: tuple[str, ...]
    line: int
    attributes: Mapping[str, Literal]


class _Token(NamedTuple):
    text: str
    line: int
    start: int
    inner: list[_Token] | None = None
    """The text between brackets."""


_NO_TOKEN = _Token("", 0, 0)


def of_value(value: Any) -> Literal:
    """The literal of a value from JSON."""
    if isinstance(value, Mapping):
        return Literal(items={str(name): of_value(element) for name, element in value.items()})
    if isinstance(value, list | tuple):
        return Literal(parts=tuple(map(of_value, value)))
    return Literal()


def expression(text: str) -> Literal:
    """An expression."""
    return _literal(_read(text))


def attributes(text: str) -> Mapping[str, Literal]:
    """The values that a file of variables sets, by name."""
    return _items(_read(text))


@lru_cache(maxsize=256)
def blocks(text: str, kind: str) -> tuple[Block, ...]:
    """The blocks of a `kind` at the top of a file, such as "variable"."""
    return tuple(
        Block(tuple(label.text.strip('"') for label in labels), first.line, _items(last.inner or []))
        for first, *labels, last in (parts for parts in _split(_read(text), "\n") if len(parts) > 1)
        if first.text == kind and last.text == "{"
    )


def _read(text: str) -> list[_Token]:
    line, place, stack = 1, 0, [list[_Token]()]
    while match := _TOKEN.match(text, place):
        place = _end_of_text(text, match.end()) if match[0] == '"' else match.end()
        word = text[match.start() : place]
        if word in ("(", "[", "{"):
            inner: list[_Token] = []
            stack[-1].append(_Token(word, line, match.start(), inner))
            stack.append(inner)
        elif word in (")", "]", "}"):
            if len(stack) > 1:  # else Terraform says what is wrong
                stack.pop()
        elif match["nothing"] is None:
            stack[-1].append(_Token(word, line, match.start()))
        line += word.count("\n")
    return stack[0]


def _end_of_text(text: str, place: int) -> int:
    """The end of a text whose quote is before `place`; without one, the end of its line or of the file."""
    around = ['"']
    while around and (match := (_IN_TEXT if around[-1] == '"' else _TOKEN).match(text, place)):
        word, place = match[0], match.end()
        ends, begins = (('"', ""), ("${", "%{")) if around[-1] == '"' else ((")", "]", "}"), ("(", "[", "{", '"'))
        if word in ends:
            around.pop()
        elif word in begins:
            around.append(word)
    return place


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
        name.text.strip('"'): _literal(value, name)
        for name, sign, *value in (parts for parts in _split(tokens, "\n,") if len(parts) > 2)
        if sign.text in "=:" and value[0].text not in "=>" and _NAME.fullmatch(name.text)
    }


def _literal(tokens: Sequence[_Token], name: _Token = _NO_TOKEN) -> Literal:
    line = name.line
    *called, last = tokens or [_NO_TOKEN]
    if last.inner is None:
        if called:
            return Literal(line)
        span = (name.start, last.start + len(last.text))
        return Literal(line, word=last.text if _WORD.fullmatch(last.text) else "", text=_text(last.text), span=span)
    inner = [token for token in last.inner if token.text != "\n"]
    if inner and inner[0].text == "for":
        return Literal(line)
    if last.text == "{" and not called:
        return Literal(line, _items(last.inner))
    if last.text == "[" if not called else last.text == "(" and len(called) == 1:
        word = called[0].text if called else ""
        return Literal(line, parts=tuple(_literal(parts) for parts in _split(inner, ",")), word=word)
    return Literal(line)


def _text(token: str) -> str:
    """The value of a text without a template, whose escapes are those of JSON; "" of another token."""
    if not token.startswith('"') or "${" in token or "%{" in token:
        return ""
    try:
        return str(json.loads(token))
    except ValueError:
        return ""
