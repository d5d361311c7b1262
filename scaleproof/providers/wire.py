"""Values between Terraform and the stand-ins: cty in msgpack.

The encoding is that of go-cty's msgpack package: every attribute of an object is present, null is nil, an
unknown value is an extension (0 for a plain one, 12 for one with refinements), numbers that fit are msgpack
numbers and others decimal strings, sets are arrays.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgpack  # type: ignore[import-untyped,unused-ignore]

from scaleproof.translation.values import UNKNOWN, Exact, from_plain

_UNKNOWN_EXTENSIONS = (0, 12)
_ENCODED_UNKNOWN = msgpack.ExtType(0, b"\x00")
_INT64 = range(-(2**63), 2**64)


def encode(value: Any, cty: Any) -> bytes:
    """The msgpack form of a value of the cty type. Raises TypeError where the value is of another type."""
    packed: bytes = msgpack.packb(_to_wire(value, cty, ()))
    return packed


def decode(data: bytes, cty: Any) -> Any:
    """The plain value of a msgpack form of the cty type."""
    return from_plain(msgpack.unpackb(data, ext_hook=_extension, strict_map_key=False), cty)


def _extension(code: int, data: bytes) -> Any:
    if code in _UNKNOWN_EXTENSIONS:
        return UNKNOWN
    raise ValueError(f"no value of Terraform's has the msgpack extension {code}")


def _to_wire(value: Any, cty: Any, path: tuple[str | int, ...]) -> Any:
    if value is None:
        return None
    if value is UNKNOWN:
        return _ENCODED_UNKNOWN
    if isinstance(cty, str):
        return _primitive(value, cty, path)
    kind, inner = cty
    if kind in ("object", "map") and not isinstance(value, dict):
        raise _mismatch(value, kind, path)
    if kind == "object":
        if extra := value.keys() - inner.keys():
            raise TypeError(f"{_shown(path)}: no such attribute: {', '.join(sorted(extra))}")
        return {
            name: _to_wire(value.get(name), element, (*path, name)) for name, element in sorted(inner.items())
        }
    if kind == "map":
        return {key: _to_wire(item, inner, (*path, key)) for key, item in sorted(value.items())}
    if not isinstance(value, (list, tuple)):
        raise _mismatch(value, kind, path)
    return [_to_wire(item, inner, (*path, index)) for index, item in enumerate(value)]


def _primitive(value: Any, cty: str, path: tuple[str | int, ...]) -> Any:
    if cty == "string" and isinstance(value, str):
        return value
    if cty == "bool" and isinstance(value, bool):
        return value
    if cty == "number" and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        if isinstance(value, Exact):
            return value.text
        if value == int(value):
            value = int(value)
        return value if not isinstance(value, int) or value in _INT64 else str(value)
    raise _mismatch(value, cty, path)


def _mismatch(value: Any, cty: str, path: tuple[str | int, ...]) -> TypeError:
    return TypeError(f"{_shown(path)}: {value!r} is not a {cty}")


def _shown(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "value"
