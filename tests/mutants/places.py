"""Where code could have a one-token fault: a line with the token marked, and what replaces it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is not": "is", "is": "is not"}
_MEMBERSHIP = {"not in": "in", "in": "not in"}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "//", "|": "&", "&": "|"}
_ASSIGNMENTS = {"+=": "-=", "-=": "+=", "*=": "/="}
_LOGIC = {"and": "or", "or": "and"}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil"}


@dataclass(frozen=True)
class Place:
    """A token of line `number` in `function`; `marked` is the stripped line as `a «<→<=» b`."""

    number: int
    function: str
    marked: str


def places(text: str) -> list[Place]:
    """All whose line is the only such line of its function."""
    return list(_Finder(text).places())


def functions(text: str) -> list[str]:
    """The qualified name of the innermost function or class around each line, "" at the top of the module."""
    names = [""] * (text.count("\n") + 2)

    def visit(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}.{child.name}".strip(".")
                names[child.lineno - 1 : child.end_lineno] = [name] * (child.end_lineno - child.lineno + 1)
            visit(child, name)

    visit(ast.parse(text), "")
    return names


class _Finder:
    def __init__(self, text: str) -> None:
        self.lines, self.functions, self.tree = text.split("\n"), functions(text), ast.parse(text)
        self.left_out = {part for node in ast.walk(self.tree) for part in _without_effect(node)}

    def places(self) -> Iterator[Place]:
        spots = [(self.functions[number], line.strip()) for number, line in enumerate(self.lines)]
        for node in ast.walk(self.tree):
            if node in self.left_out:
                continue
            for number, start, end, replacement in self.edits(node):
                line, spot = self.lines[number], spots[number]
                if spots.count(spot) == 1 and not re.search("[«→»]", line):
                    marked = f"{line[:start]}«{line[start:end]}→{replacement}»{line[end:]}".strip()
                    yield Place(number + 1, spot[0], marked)

    def edits(self, node: ast.AST) -> Iterator[tuple[int, int, int, str]]:
        """Index of a line, first and last column of a token, and what replaces it."""
        match node:
            case ast.Compare(left=left, comparators=[right]):
                yield from self.operator(left, right, _COMPARISONS | _MEMBERSHIP)
            case ast.BinOp(left=left, right=right) if not isinstance(left, ast.Constant | ast.JoinedStr):
                yield from self.operator(left, right, _ARITHMETIC)
            case ast.AugAssign(target=target, value=value):
                yield from self.operator(target, value, _ASSIGNMENTS)
            case ast.BoolOp(values=[first, second, *_]):
                yield from self.operator(first, second, _LOGIC)
            case ast.UnaryOp(op=ast.Not() | ast.USub() as sign):
                yield from self.token(node, len("not ") if isinstance(sign, ast.Not) else len("-"), "")
            case ast.Constant(value=bool(value)):
                yield from self.whole(node, repr(not value))
            case ast.Constant(value=int(value) | float(value)):
                yield from self.whole(node, repr(value + 1))
            case ast.Subscript(slice=ast.Constant(value=str()) as name):
                yield from self.whole(name, f"{self.text(name)[:-1]}?{self.text(name)[-1]}")  # its quotes stay
            case ast.Name(id=name) if name in _NAMES:
                yield from self.whole(node, _NAMES[name])
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if not _is_turned_elsewhere(test):
                yield from self.whole(test, f"not ({self.text(test)})")
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield from self.whole(value, "None")
            case ast.Expr(value=ast.Call() as call):
                yield from self.whole(call, "None")
            case ast.Break() | ast.Continue():
                yield from self.whole(node, "continue" if isinstance(node, ast.Break) else "break")

    def text(self, node: ast.expr) -> str:
        return self.lines[node.lineno - 1].encode()[node.col_offset : node.end_col_offset].decode()

    def whole(self, node: ast.AST, replacement: str) -> Iterator[tuple[int, int, int, str]]:
        if node.lineno == node.end_lineno:
            yield from self.token(node, node.end_col_offset - node.col_offset, replacement)

    def operator(self, left: ast.expr, right: ast.expr, pairs: dict[str, str]) -> Iterator[tuple[int, int, int, str]]:
        if left.end_lineno != right.lineno:
            return
        line = self.lines[left.end_lineno - 1].encode()
        between = line[left.end_col_offset : right.col_offset].decode()
        sign = between.strip(" ()")
        if sign in pairs:
            start = len(line[: left.end_col_offset].decode()) + between.index(sign)
            yield left.end_lineno - 1, start, start + len(sign), pairs[sign]

    def token(self, node: ast.AST, size: int, replacement: str) -> Iterator[tuple[int, int, int, str]]:
        """`size` in bytes, as the tree counts; columns are characters."""
        line = self.lines[node.lineno - 1].encode()
        start = len(line[: node.col_offset].decode())
        yield node.lineno - 1, start, start + len(line[node.col_offset :][:size].decode()), replacement


def _is_turned_elsewhere(test: ast.expr) -> bool:
    """Whether another fault says the same as `not (test)`."""
    signs = ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[sign]):
            return isinstance(sign, signs)
    return False


def _without_effect(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings and annotations."""
    match node:
        case ast.Expr(value=ast.Constant() as text):
            yield from (node, text)
    for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if annotation is not None:
            yield from ast.walk(annotation)
