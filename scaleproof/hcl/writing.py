"""Writes values as HCL, formatted as `terraform fmt` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def identifier(name: str) -> str:
    """A name of letters, digits and hyphens as a label that Terraform takes."""
    return name.replace("-", "_") if name[:1].isalpha() else f"m_{name}".replace("-", "_")


def entry(key: str, value: Any, indent: int = 0) -> list[str]:
    """The lines of an attribute whose value is an object or a list, with one line for each member."""
    space = " " * indent
    if isinstance(value, dict):
        return [f"{space}{key} = {{", *_aligned(value, indent + 2), f"{space}}}"]
    return [f"{space}{key} = [", *(f"{space}  {inline(element)}," for element in value), f"{space}]"]


def inline(value: Any) -> str:
    """A value on one line: an object, a text or a number."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(element)}" for key, element in value.items()) + " }"
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
        return f'"{quoted}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _aligned(values: Mapping[str, Any], indent: int) -> list[str]:
    """Attributes on lines of their own, with aligned equals signs; an object of objects takes several lines,
    after the others."""
    tables = {key: value for key, value in values.items() if _is_table(value)}
    plain = {key: value for key, value in values.items() if key not in tables}
    width = max(map(len, plain), default=0)
    lines = [f"{' ' * indent}{key:<{width}} = {inline(value)}" for key, value in plain.items()]
    for key, value in tables.items():
        lines += ["", *entry(key, value, indent)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(element, dict) for element in value.values())
