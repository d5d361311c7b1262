"""Finds the resources that an argument refers to, in the configuration inside a JSON plan.

A plan does not know the ARN of a policy before the apply, but it has the reference from the alarm to it.
Source: developer.hashicorp.com/terraform/internals/json-format, "Configuration Representation".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_KEY = r'(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?'
_STEP = re.compile(rf"module\.([\w-]+){_KEY}\.")
_RESOURCE = re.compile(rf"([\w-]+\.[\w-]+){_KEY}")
_OTHERS = ("local", "each", "count", "path", "terraform", "self", "data", "var", "module")
_Place = tuple[tuple[str, str], ...]
"""The module instances from the root to a module: names and keys."""


@dataclass(frozen=True)
class Address:
    """The parts of an address: the module instances, then type, name and key of the resource.

    A key that a reference leaves out is "".
    """

    module: _Place
    resource: str
    key: str

    @classmethod
    def parse(cls, address: str) -> Address:
        """The parts of `module.a[0].type.name["key"]`."""
        module = []
        rest = address
        while step := _STEP.match(rest):
            module.append((step[1], step[2] or ""))
            rest = rest[step.end() :]
        resource, bracket, key = rest.partition("[")
        return cls(tuple(module), resource, bracket + key)

    def matches(self, place: Address) -> bool:
        """Whether this reference may mean the resource instance. An empty key matches any."""
        if self.resource != place.resource or len(self.module) != len(place.module):
            return False
        steps = zip(self.module, place.module, strict=True)
        return self.key in ("", place.key) and all(
            name == other and key in ("", present) for (name, key), (other, present) in steps
        )


def referenced_resources(plan: Mapping[str, Any], address: str, argument: str) -> list[Address]:
    """The resources that an argument of a resource refers to, through inputs and outputs of modules.

    A JSON plan has no locals, so references through locals are not found. If the expression does not have the
    key of an instance, the key is "".
    """
    root = plan.get("configuration", {}).get("root_module", {})
    place = Address.parse(address)
    module = _module(root, place.module)
    for resource in module.get("resources", ()):
        if f"{resource['type']}.{resource['name']}" == place.resource:
            names = _names(resource.get("expressions", {}).get(argument))
            return list(dict.fromkeys(_follow(root, place.module, names)))
    return []


def _module(root: Mapping[str, Any], path: _Place) -> Mapping[str, Any]:
    for name, _key in path:
        root = root.get("module_calls", {}).get(name, {}).get("module", {})
    return root


def _names(expression: Any) -> Iterator[str]:
    """The references in an expression, or in the expressions of a block."""
    if isinstance(expression, list):
        for element in expression:
            yield from _names(element)
    elif isinstance(expression, dict):
        if isinstance(references := expression.get("references"), list):
            yield from (name for name in references if isinstance(name, str))
        else:
            for element in expression.values():
                yield from _names(element)


def _follow(root: Mapping[str, Any], place: _Place, names: Iterable[str]) -> Iterator[Address]:
    """The resources that names in a module lead to, each once."""
    waiting = [(place, name) for name in names][::-1]
    known = set(waiting)
    while waiting:
        path, name = waiting.pop()
        head, _, rest = name.partition(".")
        place, inner = path, None
        if head == "var" and path:
            place = path[:-1]
            call = _module(root, place).get("module_calls", {}).get(path[-1][0], {})
            inner = call.get("expressions", {}).get(rest.partition(".")[0])
        elif step := _STEP.match(name):
            place = (*path, (step[1], step[2] or ""))
            output = re.split(r"[.\[]", name[step.end() :])[0]
            inner = _module(root, place).get("outputs", {}).get(output, {}).get("expression")
        elif head not in _OTHERS and (resource := _RESOURCE.match(name)):
            yield Address(path, resource[1], resource[2] or "")
        # A name that many others lead to, or a circle of a stranger's plan, is followed once.
        new = dict.fromkeys(reference for name in _names(inner) if (reference := (place, name)) not in known)
        known.update(new)
        waiting += [*new][::-1]
