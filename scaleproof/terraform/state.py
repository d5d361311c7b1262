"""Terraform's JSON state as typed objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scaleproof.terraform.resources import Resource, Resources, resource_items


@dataclass(frozen=True)
class State(Resources[Resource]):
    """A state."""

    called = "state"

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """All resource instances by address, data sources included."""
        root = self.raw.get("values", {}).get("root_module", {})
        return {item["address"]: Resource.from_json(item) for item in resource_items(root)}

    @property
    def region(self) -> str | None:
        """The region of most resources, or None if none has a region."""
        regions = Counter(
            region for resource in self.resources.values() if isinstance(region := resource.values.get("region"), str)
        )
        return regions.most_common(1)[0][0] if regions else None

    @property
    def outputs(self) -> dict[str, Any]:
        """The values of the root module's outputs, sensitive ones included."""
        return {name: output["value"] for name, output in self._outputs.items()}

    @property
    def shown_outputs(self) -> dict[str, Any]:
        """The same without sensitive values, for output."""
        secrets = self.secrets
        return {
            name: secrets.masked(output["value"], output.get("sensitive")) for name, output in self._outputs.items()
        }

    def _marked(self) -> Iterator[tuple[Any, Any]]:
        return ((output["value"], output.get("sensitive")) for output in self._outputs.values())

    @property
    def _outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = self.raw.get("values", {}).get("outputs", {})
        return outputs
