"""Terraform's JSON plan as typed objects: changes and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.terraform.sensitive import marks, masked
from scaleproof.terraform.state import Resource, Resources, address_of, resource_items


@dataclass(frozen=True)
class PlannedResource(Resource):
    """One resource instance and its planned change.

    `values`: the known values after the change, by attribute name; empty if it is deleted.
    `unknown`: the same shape, True for values that are known after the apply.
    `sensitive`: the same shape, True for sensitive values.
    `before`: the current values, None if it does not exist.
    `actions`: ("no-op",), ("create",), ("update",), ("delete",), ("forget",), ("read",), or two of them for a
    replacement, such as ("delete", "create").
    `replace_paths`: the attribute paths that force a replacement, as tuples of names and indexes.
    """

    unknown: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] | None = field(default=None, repr=False)
    actions: tuple[str, ...] = ("no-op",)
    replace_paths: tuple[tuple[str | int, ...], ...] = ()

    @classmethod
    def from_change(cls, resource_change: Mapping[str, Any]) -> Self:
        """The instance that one of the plan's `resource_changes` describes."""
        change, deposed = resource_change["change"], resource_change.get("deposed")
        unknown, sensitive = change.get("after_unknown"), change.get("after_sensitive")
        return cls(
            address=address_of(resource_change["address"], deposed),
            type=resource_change["type"],
            values={} if change.get("after") is None else change["after"],
            unknown=unknown if isinstance(unknown, dict) else {},
            before=change.get("before"),
            actions=tuple(change["actions"]),
            replace_paths=tuple(tuple(path) for path in change.get("replace_paths", ())),
            sensitive=sensitive if isinstance(sensitive, dict) else {},
            deposed=bool(deposed),
        )

    @property
    def replaced(self) -> bool:
        """Whether it is destroyed and created, in either order."""
        return len(self.actions) == 2

    @property
    def leaves(self) -> bool:
        """Whether the apply takes it out of the state: it is destroyed, or a `removed` block forgets it."""
        return self.actions in (("delete",), ("forget",))

    def overlaid(self, mark: object) -> dict[str, Any]:
        """`values` with `mark` for those that are known after the apply."""
        overlaid: dict[str, Any] = _overlaid(self.values, self.unknown, mark)
        return overlaid


@dataclass(frozen=True)
class Plan(Resources[PlannedResource]):
    """A plan with its warnings."""

    called = "plan"

    warnings: tuple[Diagnostic, ...] = ()

    @cached_property
    def resources(self) -> dict[str, PlannedResource]:
        """All resource instances by address, data sources and unchanged ones included.

        A deposed object, which is to be destroyed yet, is one of its own.
        """
        prior = self.raw.get("prior_state", {}).get("values", {}).get("root_module", {})
        read = [PlannedResource.from_json(resource) for resource in resource_items(prior) if resource["mode"] == "data"]
        planned = map(PlannedResource.from_change, self.raw.get("resource_changes", ()))
        return {resource.address: resource for resource in (*read, *planned)}

    def hides(self, variable: str, module: tuple[str, ...] = ()) -> bool:
        """Whether a variable is sensitive: one of the root, or of a module by the names of its blocks."""
        declared = self.raw.get("configuration", {}).get("root_module", {})
        for name in module:
            declared = declared.get("module_calls", {}).get(name, {}).get("module", {})
        return bool(declared.get("variables", {}).get(variable, {}).get("sensitive"))

    @property
    def changes(self) -> list[PlannedResource]:
        """The managed resources that the apply would change, delete or forget, by address."""
        return [
            resource
            for _, resource in sorted(self.resources.items())
            if resource.actions not in (("no-op",), ("read",))
        ]

    @property
    def empty(self) -> bool:
        """Whether an apply would change no resource and no output."""
        outputs = self.raw.get("output_changes", {}).values()
        return not self.changes and all(change["actions"] == ["no-op"] for change in outputs)

    @property
    def outputs(self) -> dict[str, Any]:
        """The known values of the root module's outputs and of their members."""
        after, unknown = (
            {name: change.get(part) for name, change in self._output_changes.items()}
            for part in ("after", "after_unknown")
        )
        known: dict[str, Any] = _known(after, unknown)
        return known

    def shown_outputs(self, unknown: object) -> dict[str, Any]:
        """All outputs with `unknown` for what is known after the apply, without sensitive values."""
        return {
            name: masked(
                _overlaid(change.get("after"), change.get("after_unknown"), unknown),
                change.get("after_sensitive"),
            )
            for name, change in self._output_changes.items()
        }

    @property
    def _output_changes(self) -> dict[str, Any]:
        """The changes of the outputs that the root has after the apply."""
        changes = self.raw.get("output_changes", {}).items()
        return {name: change for name, change in changes if change["actions"] != ["delete"]}


def _overlaid(values: Any, unknown: Any, mark: object) -> Any:
    if unknown is True:
        return mark
    if isinstance(unknown, dict) and (isinstance(values, dict) or (values is None and marks(unknown))):
        known = {} if values is None else values
        return {name: _overlaid(known.get(name), unknown.get(name), mark) for name in known | unknown}
    if isinstance(values, list) and isinstance(unknown, list):
        padded = [*unknown, *[None] * len(values)]
        return [_overlaid(value, padded[place], mark) for place, value in enumerate(values)]
    return values


def _known(values: Any, unknown: Any) -> Any:
    """`values` without what is known after the apply. A list is left out as a whole."""
    if not isinstance(values, dict) or not isinstance(unknown, dict):
        return values
    return {
        name: _known(value, unknown.get(name))
        for name, value in values.items()
        if isinstance(unknown.get(name), dict) or not marks(unknown.get(name))
    }
