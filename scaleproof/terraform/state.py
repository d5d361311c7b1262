"""A typed view of Terraform's JSON state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.terraform.plan import at, is_data, resource_items
from scaleproof.terraform.sensitive import Secrets


@dataclass(frozen=True)
class StateResource:
    """One resource instance (or data source) in the state, with the values of all its attributes.

    `sensitive`: the same shape, True wherever Terraform calls the value sensitive.
    """

    address: str
    type: str
    values: dict[str, Any] = field(repr=False)
    sensitive: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """What Terraform knows to exist. `raw` is the whole JSON state."""

    raw: Mapping[str, Any] = field(repr=False)

    @property
    def resources(self) -> dict[str, StateResource]:
        """Every resource instance by address, data sources included."""
        root = self.raw.get("values", {}).get("root_module", {})
        return {
            item["address"]: StateResource(
                item["address"], item["type"], item["values"], item.get("sensitive_values", {})
            )
            for item in resource_items(root)
        }

    def resource(self, address: str) -> StateResource:
        """The resource instance at `address`; raises `ScaleproofError` where it is missing."""
        return at(self.resources, address, "state")

    def of_type(self, kind: str) -> list[StateResource]:
        """The managed resources of one type, ordered by address."""
        return [
            found
            for _, found in sorted(self.resources.items())
            if found.type == kind and not is_data(found.address)
        ]

    @property
    def region(self) -> str | None:
        """The region that most resources are in, None where none says."""
        found = Counter(
            region
            for resource in self.resources.values()
            if isinstance(region := resource.values.get("region"), str)
        )
        return found.most_common(1)[0][0] if found else None

    @property
    def outputs(self) -> dict[str, Any]:
        """The values of the root module's outputs, sensitive ones too."""
        return {name: output["value"] for name, output in self._outputs.items()}

    @property
    def shown_outputs(self) -> dict[str, Any]:
        """The same without what is sensitive, for whatever is printed or written."""
        secrets = self.secrets
        return {
            name: secrets.masked(output["value"], output.get("sensitive"))
            for name, output in self._outputs.items()
        }

    @property
    def secrets(self) -> Secrets:
        """The sensitive texts among its values and outputs."""
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
