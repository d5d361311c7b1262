"""Resource instances in Terraform's JSON format, and its states as typed objects.

Source: developer.hashicorp.com/terraform/internals/json-format (format 1.x).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, Self, TypeVar

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.sensitive import HIDDEN, masked
from scaleproof.texts import did_you_mean

# A data source in modules, of which the key of an instance may have dots and brackets.
_DATA = re.compile(r'(?:module\.[^.\[]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)*data\.')


@dataclass(frozen=True)
class Resource:
    """One resource instance (or data source) with its values.

    `sensitive`: the same shape, True for sensitive values. `deposed`: whether another one has taken its place, and
    it is to be destroyed yet.
    """

    address: str
    type: str
    values: dict[str, Any] = field(repr=False)
    sensitive: dict[str, Any] = field(default_factory=dict)
    deposed: bool = False

    @classmethod
    def from_json(cls, representation: Mapping[str, Any]) -> Self:
        """The instance that an item of `resource_items` describes."""
        deposed = representation.get("deposed_key")
        return cls(
            address_of(representation["address"], deposed),
            representation["type"],
            representation.get("values", {}),  # of a state in which its attributes are null there are none
            representation.get("sensitive_values", {}),
            bool(deposed),
        )

    @property
    def leaves(self) -> bool:
        """Whether it will not be there after the apply."""
        return self.deposed

    def overlaid(self, mark: object) -> dict[str, Any]:
        """`values` with `mark` for those that are known after the apply."""
        return self.values


AnyResource = TypeVar("AnyResource", bound=Resource)


@dataclass(frozen=True)
class Resources(ABC, Generic[AnyResource]):
    """A plan or a state. `raw` is its JSON, `called` its name for people."""

    called: ClassVar[str]

    raw: Mapping[str, Any] = field(repr=False)

    @property
    @abstractmethod
    def resources(self) -> dict[str, AnyResource]:
        """All resource instances by address, data sources included."""

    def shown(self, hidden: object = HIDDEN) -> dict[str, AnyResource]:
        """`resources` without sensitive values, for output; see `masked`."""
        return {
            address: replace(resource, values=masked(resource.values, resource.sensitive, hidden))
            for address, resource in self.resources.items()
        }

    def resource(self, address: str) -> AnyResource:
        """The resource instance at `address`, such as `module.speech.aws_iam_role.this[0]`.

        Raises `ScaleproofError` with similar addresses if there is none.
        """
        if address in self.resources:
            return self.resources[address]
        some = ", ".join(sorted(self.resources)[:3])
        advice = did_you_mean(address, self.resources, 3) or (f"It has {some}." if some else "It is empty.")
        raise ScaleproofError(f"The {self.called} has no {address}.", advice=advice)

    def of_type(self, kind: str) -> list[AnyResource]:
        """The managed resources of one type that exist after the apply, by address."""
        return [
            resource
            for address, resource in sorted(self.resources.items())
            if resource.type == kind and not resource.leaves and not is_data(address)
        ]


@dataclass(frozen=True)
class State(Resources[Resource]):
    """A state."""

    called = "state"

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """All resource instances by address, data sources and deposed objects included."""
        root = self.raw.get("values", {}).get("root_module", {})
        return {resource.address: resource for resource in map(Resource.from_json, resource_items(root))}

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
        """The outputs, with sensitive values masked."""
        return {name: masked(output["value"], output.get("sensitive")) for name, output in self._outputs.items()}

    @property
    def _outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = self.raw.get("values", {}).get("outputs", {})
        return outputs


def address_of(address: str, deposed: str | None) -> str:
    """The address of an instance: a deposed object, which has such a key, is beside the one that took its place."""
    return f"{address} (deposed object {deposed})" if deposed else address


def is_data(address: str) -> bool:
    """Whether an address is that of a data source, in any module."""
    return _DATA.match(address) is not None


def resource_items(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resources of a module in JSON format, and of the modules below it."""
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from resource_items(child)
