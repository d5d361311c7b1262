"""One .tf.json file as the blocks that the native syntax would have.

Source: developer.hashicorp.com/terraform/language/syntax/json. Only the blocks that say what Terraform
fetches and runs are told apart from attributes: which is which depends on schemas, and everything else is of
no interest to whoever reads a configuration before Terraform does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.hcl.source import NOT_CONSTANT, TEMPLATE, Block, Expression

# How many labels a block has, by the block it stands in.
_LABELS: dict[str, dict[str, int]] = {
    "": {
        "action": 2,
        "check": 1,
        "data": 2,
        "ephemeral": 2,
        "import": 0,
        "module": 1,
        "provider": 1,
        "removed": 0,
        "resource": 2,
        "terraform": 0,
        "variable": 1,
    },
    "check": {"data": 2},
    "encryption": {"key_provider": 2, "method": 2},
    "provider": {"dynamic": 1, "endpoints": 0},
    "removed": {"provisioner": 1},
    "resource": {"provisioner": 1},
    "terraform": {"backend": 1, "cloud": 0, "encryption": 0, "required_providers": 0, "state_store": 1},
}


def read_json(path: Path) -> tuple[Block, ...]:
    """Read the top-level blocks of a .tf.json file, in order.

    Raises ScaleproofError, with file and line, for a file that cannot be read or is not JSON. A line is the
    one on which the words that lead to a place first follow one another.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ScaleproofError(f"{path}:{error.lineno}: not JSON: {error.msg}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ScaleproofError(f"{path} cannot be read as JSON: {error}.") from error
    return tuple(_Reader(path, text).blocks("", document, 0))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Terraform reads both, and a dictionary has room for the last.
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def blocks(self, outer: str, body: Any, start: int) -> Iterator[Block]:
        for key, value, place in self.items(body, start):
            if key in _LABELS.get(outer, {}):
                yield from self.labelled(key, _LABELS[outer][key], (), value, place)

    def labelled(
        self, kind: str, missing: int, labels: tuple[str, ...], value: Any, start: int
    ) -> Iterator[Block]:
        if missing:
            for label, inner, place in self.items(value, start):
                yield from self.labelled(kind, missing - 1, (*labels, label), inner, place)
            return
        for body in value if isinstance(value, list) else [value]:
            attributes = {
                key: self.expression(inner, place)
                for key, inner, place in self.items(body, start)
                if key not in _LABELS.get(kind, {})
            }
            blocks = tuple(self.blocks(kind, body, start))
            yield Block(kind, labels, attributes, blocks, self.path, self.line(start))

    def expression(self, value: Any, place: int) -> Expression:
        text = value if isinstance(value, str) else json.dumps(value)
        constant = NOT_CONSTANT if TEMPLATE.search(text) else value
        return Expression(text=text, value=constant, line=self.line(place))

    def items(self, value: Any, start: int) -> Iterator[tuple[str, Any, int]]:
        """The items of an object, or of a list of objects, which means the same; with where they stand."""
        for one in value if isinstance(value, list) else [value]:
            for key, inner in one.items() if isinstance(one, dict) else ():
                yield key, inner, max(self.text.find(json.dumps(key, ensure_ascii=False), start), start)

    def line(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1
