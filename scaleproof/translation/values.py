"""Terraform's values as plain Python: None, bool, int, float, str, list (sets too), dict, and `UNKNOWN`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

Path = tuple[str | int, ...]
"""The place of a value: names of attributes and blocks, and indexes, such as ("rule", 0, "status")."""

Values = dict[str, Any]
"""The values of one block. Every attribute and nested block of its schema is a key."""


class _Unknown:
    """The type of `UNKNOWN`, a singleton that survives copying."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> _Unknown:
        return self

    def __deepcopy__(self, memo: Any) -> _Unknown:
        return self

    def __bool__(self) -> bool:
        raise TypeError("a value that is not known yet is neither true nor false; compare with `is UNKNOWN`")


UNKNOWN: Final = _Unknown()
"""A value that is only known after the apply."""


class Exact(float):
    """A number from Terraform that no float equals. In Terraform, 48 * 0.6 is slightly more than 28.8.

    It is the nearest float in Python, and goes back to Terraform as the original `text`.
    """

    text: str

    def __new__(cls, text: str) -> Exact:
        """Parses decimal digits."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def convert(value: Any, cty: Any, leaf: Callable[[Any, Any, Path], Any], *, drop: bool = False, path: Path = ()) -> Any:
    """The value of a cty type, with `leaf(value, cty, path)` for what is null, unknown or no collection.

    Every attribute of the type is in the result. Others are dropped with `drop`. Raises TypeError for them
    without it, and for a value of another type.
    """

    def inside(part: Any, part_cty: Any, step: str | int) -> Any:
        return convert(part, part_cty, leaf, drop=drop, path=(*path, step))

    if value is None or value is UNKNOWN or isinstance(cty, str):
        return leaf(value, cty, path)
    kind, inner = cty
    if kind == "object" and isinstance(value, dict):
        if not drop and (others := sorted(value.keys() - inner.keys())):
            raise TypeError(f"{place(path) or 'value'}: no attribute {others[0]}")
        return {name: inside(value.get(name), inner[name], name) for name in inner}
    if kind == "map" and isinstance(value, dict):
        return {key: inside(element, inner, key) for key, element in value.items()}
    if kind in ("list", "set") and isinstance(value, list):
        return [inside(element, inner, index) for index, element in enumerate(value)]
    raise mismatch(kind, path)


def mismatch(kind: str, path: Path) -> TypeError:
    """The error for a value that is not of a kind of type. It may be a secret, so it is not shown."""
    return TypeError(f"{place(path) or 'value'}: expected is a {kind}")


def place(path: Path) -> str:
    """A path as Terraform writes it: production_variants[0].volume_size_in_gb."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def from_plain(value: Any, cty: Any) -> Any:
    """Converts a value from JSON or msgpack: normalizes numbers, and adds missing attributes as null.

    It drops others, as the providers do: a state of another release may have them.
    """
    return convert(value, cty, _plain, drop=True)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """What a value consists of, with its place in it: all that is no collection."""
    if isinstance(value, Mapping):
        for name, element in value.items():
            yield from leaves(element, (*path, name))
    elif isinstance(value, (list, tuple)):
        for index, element in enumerate(value):
            yield from leaves(element, (*path, index))
    else:
        yield path, value


def change_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change(leaf)` for each of its `leaves`."""
    if isinstance(value, Mapping):
        return {name: change_leaves(element, change) for name, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [change_leaves(element, change) for element in value]
    return change(value)


def contains_unknown(value: Any) -> bool:
    """Whether the value, or anything inside it, is unknown."""
    return any(leaf is UNKNOWN for _, leaf in leaves(value))


def known(value: Any) -> Any:
    """The value with null for unknown."""
    return change_leaves(value, lambda leaf: None if leaf is UNKNOWN else leaf)


def equal(left: Any, right: Any, cty: Any, same: Callable[[Any, Any], bool] | None = None) -> bool:
    """Whether two values of a cty type are equal to Terraform. Sets have no order, and 1 equals 1.0.

    An unknown value only equals another unknown one. Parts for which `same` is true count as equal.
    """
    if same is not None and same(left, right):
        return True
    if left is None or right is None or left is UNKNOWN or right is UNKNOWN:
        return left is right
    if isinstance(cty, str):
        return bool(left == right)
    kind, inner = cty
    if kind == "object":
        return all(equal(left.get(name), right.get(name), member, same) for name, member in inner.items())
    if kind == "map":
        return left.keys() == right.keys() and all(equal(left[key], right[key], inner, same) for key in left)
    if len(left) != len(right):
        return False
    if kind == "list":
        return all(equal(element, counterpart, inner, same) for element, counterpart in zip(left, right, strict=True))
    rest = list(right)
    for element in left:
        match = next(
            (index for index, counterpart in enumerate(rest) if equal(element, counterpart, inner, same)), None
        )
        if match is None:
            return False
        del rest[match]
    return True


def with_exact_numbers(value: Any, source: Any) -> Any:
    """The value with the exact numbers of `source` wherever the floats are equal.

    An API rounds exact numbers to floats, which Terraform must not see as a change.
    """
    if isinstance(source, Exact) and isinstance(value, float) and value == source:
        return source
    if isinstance(value, dict) and isinstance(source, dict):
        return {name: with_exact_numbers(element, source.get(name)) for name, element in value.items()}
    if isinstance(value, list) and isinstance(source, list) and len(value) == len(source):
        return [with_exact_numbers(element, other) for element, other in zip(value, source, strict=True)]
    return value


def _plain(value: Any, cty: Any, path: Path) -> Any:
    if value is None or value is UNKNOWN or cty != "number":
        return value
    if isinstance(value, str):
        try:
            number = Decimal(value)
        except ArithmeticError:
            raise mismatch("number", path) from None
        if number == number.to_integral_value():
            return int(number)
        return float(number) if Decimal(repr(float(number))) == number else Exact(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise mismatch("number", path)
