"""Terraform's JSON state as typed objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.terraform.plan import find_resource, is_data, resource_items
from scaleproof.terraform.sensitive import Secrets


@dataclass(frozen=True)
class StateResource:
    """One resource instance (or data source) in the state, with its values.

    `sensitive`: the same shape, True for sensitive values.
    """

    address: str
    type: str
    values: dict[str, Any] = field(repr=False)
    sensitive: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """A state. `raw` is the JSON state."""

    raw: Mapping[str, Any] = field(repr=False)

    @property
    def resources(self) -> dict[str, StateResource]:
        """All resource instances by address, data sources included."""
        root = self.raw.get("values", {}).get("root_module", {})
        return {
            item["address"]: StateResource(
                item["address"], item["type"], item["values"], item.get("sensitive_values", {})
            )
            for item in resource_items(root)
        }

    def resource(self, address: str) -> StateResource:
        """The resource instance at `address`. Raises `ScaleproofError` if it is missing."""
        return find_resource(self.resources, address, "state")

    def of_type(self, kind: str) -> list[StateResource]:
        """The managed resources of one type, by address."""
        return [
            found
            for _, found in sorted(self.resources.items())
            if found.type == kind and not is_data(found.address)
        ]

    @property
    def region(self) -> str | None:
        """The region of most resources, or None if none has a region."""
        found = Counter(
            region
            for resource in self.resources.values()
            if isinstance(region := resource.values.get("region"), str)
        )
        return found.most_common(1)[0][0] if found else None

    @property
    def outputs(self) -> dict[str, Any]:
        """The values of the root module's outputs, sensitive ones included."""
        return {name: output["value"] for name, output in self._outputs.items()}

    @property
    def shown_outputs(self) -> dict[str, Any]:
        """The same without sensitive values, for output."""
        secrets = self.secrets
        return {
            name: secrets.masked(output["value"], output.get("sensitive"))
            for name, output in self._outputs.items()
        }

    @property
    def secrets(self) -> Secrets:
        """The sensitive texts in values and outputs."""
        return Secrets(
            [
                *((found.values, found.sensitive) for found in self.resources.values()),
                *((output["value"], output.get("sensitive")) for output in self._outputs.values()),
            ]
        )

    @property
    def _outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = self.raw.get("values", {}).get("outputs", {})
        return found
