"""Which resources an argument refers to, from the configuration that a JSON plan carries.

A plan does not know the ARN of a policy that is yet to be made, but it says which policy the alarm names.
Source: developer.hashicorp.com/terraform/internals/json-format, "Configuration Representation".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r'module\.([\w-]+)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.')
_DEEPEST = 32
"""Modules that a reference may pass through; more would be a circle."""


@dataclass(frozen=True)
class Place:
    """A resource instance: the module instance that holds it, and its own type, name and key.

    A reference may leave keys open: they are "".
    """

    module: tuple[tuple[str, str], ...]
    resource: str
    key: str

    @classmethod
    def of(cls, address: str) -> Place:
        """The parts of `module.a[0].type.name["key"]`."""
        module = []
        rest = address
        while found := _STEP.match(rest):
            module.append((found[1], found[2] or ""))
            rest = rest[found.end() :]
        resource, bracket, key = rest.partition("[")
        return cls(tuple(module), resource, bracket + key)

    def fits(self, place: Place) -> bool:
        """Whether the resource instance may be meant by this reference; an open key fits any."""
        if self.resource != place.resource or len(self.module) != len(place.module):
            return False
        steps = zip(self.module, place.module, strict=True)
        return self.key in ("", place.key) and all(
            name == other and key in ("", present) for (name, key), (other, present) in steps
        )


def referred(plan: Mapping[str, Any], address: str, argument: str) -> list[Place]:
    """The resources that an argument of a resource names, through inputs and outputs of modules.

    Locals are not in a JSON plan: a reference through one leads nowhere. Of instances that are made by
    count or for_each, one whose key the expression does not spell out is left open.
    """
    root = plan.get("configuration", {}).get("root_module", {})
    place = Place.of(address)
    module = _module(root, place.module)
    for resource in module.get("resources", ()):
        if f"{resource['type']}.{resource['name']}" == place.resource:
            names = list(_names(resource.get("expressions", {}).get(argument)))
            return list(_follow(root, place.module, names, _DEEPEST))
    return []


def _module(root: Mapping[str, Any], path: tuple[tuple[str, str], ...]) -> Mapping[str, Any]:
    for name, _key in path:
        root = root.get("module_calls", {}).get(name, {}).get("module", {})
    return root


def _names(expression: Any) -> Iterator[str]:
    """The references in an expression, or in the expressions of a block."""
    if isinstance(expression, list):
        for item in expression:
            yield from _names(item)
    elif isinstance(expression, dict):
        if "references" in expression:
            yield from expression["references"]
        else:
            for item in expression.values():
                yield from _names(item)


def _follow(
    root: Mapping[str, Any], path: tuple[tuple[str, str], ...], names: list[str], deepest: int
) -> Iterator[Place]:
    if deepest == 0:
        return
    for name in names:
        head, _, rest = name.partition(".")
        if head == "var" and path:
            call = _module(root, path[:-1]).get("module_calls", {}).get(path[-1][0], {})
            given = list(_names(call.get("expressions", {}).get(rest.partition(".")[0])))
            yield from _follow(root, path[:-1], given, deepest - 1)
        elif head == "module":
            step = _STEP.match(name)
            if step is None:
                continue
            output = re.match(r"[\w-]+", name[step.end() :])
            child = (*path, (step[1], step[2] or ""))
            outputs = _module(root, child).get("outputs", {})
            if output and output[0] in outputs:
                given = list(_names(outputs[output[0]].get("expression")))
                yield from _follow(root, child, given, deepest - 1)
        elif head not in ("local", "each", "count", "path", "terraform", "self", "data", "var"):
            found = re.match(r"[\w-]+\.([\w-]+)(\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\])?", name)
            if found:
                key = found[2] or ""
                resource = found[0][: len(found[0]) - len(key)]
                yield Place(path, resource, key)
