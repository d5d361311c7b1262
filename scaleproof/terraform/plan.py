"""Terraform's JSON plan as typed objects.

Source: developer.hashicorp.com/terraform/internals/json-format (format 1.x).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.terraform.resources import Resource, Resources, resource_items
from scaleproof.terraform.sensitive import HIDDEN, Secrets, marks


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
        found: dict[str, Any] = _overlaid(self.values, self.unknown, mark)
        return found


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check block, a precondition or a validation: "pass", "fail", "error" or "unknown"."""

    address: str
    status: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan(Resources[PlannedResource]):
    """A plan with its warnings. `raw` is the JSON plan."""

    called = "plan"

    raw: Mapping[str, Any] = field(repr=False)
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def resources(self) -> dict[str, PlannedResource]:
        """All resource instances by address, data sources and unchanged ones included.

        A deposed object is one of its own; see `object_address`.
        """
        prior = self.raw.get("prior_state", {}).get("values", {}).get("root_module", {})
        found = {
            item["address"]: PlannedResource(
                item["address"], item["type"], item["values"], sensitive=item.get("sensitive_values", {})
            )
            for item in resource_items(prior)
            if item["mode"] == "data"
        }
        for item in self.raw.get("resource_changes", []):
            planned = _planned(item)
            found[planned.address] = planned
        return found

    def shown(self, hidden: object = HIDDEN) -> dict[str, PlannedResource]:
        """The same without sensitive values, for output; see `Secrets.masked`."""
        secrets = self.secrets
        return {
            address: replace(found, values=secrets.masked(found.values, found.sensitive, hidden))
            for address, found in self.resources.items()
        }

    @property
    def secrets(self) -> Secrets:
        """The sensitive texts in values, outputs and variables."""
        marked = [(found.values, found.sensitive) for found in self.resources.values()]
        for item in self.raw.get("resource_changes", ()):
            marked.append((item["change"].get("before"), item["change"].get("before_sensitive")))
        for change in self._output_changes.values():
            marked.append((change.get("after"), change.get("after_sensitive")))
        declared = self.raw.get("configuration", {}).get("root_module", {}).get("variables", {})
        for name, variable in self.raw.get("variables", {}).items():
            marked.append((variable.get("value"), declared.get(name, {}).get("sensitive")))
        return Secrets(marked)

    @property
    def changes(self) -> list[PlannedResource]:
        """The managed resources that the apply would change, delete or forget, by address."""
        return [
            found
            for _, found in sorted(self.resources.items())
            if found.actions not in (("no-op",), ("read",))
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
        found: dict[str, Any] = _known(after, unknown)
        return found

    def shown_outputs(self, unknown: object) -> dict[str, Any]:
        """All outputs with `unknown` for what is known after the apply, without sensitive values."""
        secrets = self.secrets
        return {
            name: secrets.masked(
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

    @property
    def checks(self) -> list[CheckResult]:
        """The outcomes of all checks, preconditions and validations."""
        return [
            CheckResult(
                instance["address"]["to_display"],
                instance["status"],
                tuple(problem["message"] for problem in instance.get("problems", ())),
            )
            for check in self.raw.get("checks", ())
            for instance in check.get("instances", ())
        ]


def object_address(address: str, deposed: str | None) -> str:
    """The address of an instance, or of an object of it that is to be destroyed yet, in Terraform's words."""
    return f"{address} (deposed object {deposed})" if deposed else address


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


def _planned(item: Mapping[str, Any]) -> PlannedResource:
    change = item["change"]
    unknown, sensitive = change.get("after_unknown"), change.get("after_sensitive")
    return PlannedResource(
        address=object_address(item["address"], item.get("deposed")),
        type=item["type"],
        values={} if change.get("after") is None else change["after"],
        unknown=unknown if isinstance(unknown, dict) else {},
        before=change.get("before"),
        actions=tuple(change["actions"]),
        replace_paths=tuple(tuple(path) for path in change.get("replace_paths", ())),
        sensitive=sensitive if isinstance(sensitive, dict) else {},
    )
