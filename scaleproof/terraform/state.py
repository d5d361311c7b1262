"""Terraform's JSON state as typed objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.terraform.resources import Resource, Resources, resource_items
from scaleproof.terraform.sensitive import Secrets


@dataclass(frozen=True)
class State(Resources[Resource]):
    """A state. `raw` is the JSON state."""

    called = "state"
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def resources(self) -> dict[str, Resource]:
        """All resource instances by address, data sources included."""
        root = self.raw.get("values", {}).get("root_module", {})
        return {
            item["address"]: Resource(
                item["address"], item["type"], item["values"], item.get("sensitive_values", {})
            )
            for item in resource_items(root)
        }

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
