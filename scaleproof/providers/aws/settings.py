"""Reads the provider block of hashicorp/aws: region, partition and tags of all resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.providers.standin import ProviderError
from scaleproof.service_models import partitions
from scaleproof.translation.values import UNKNOWN, Values

DEFAULT_REGION = "us-east-1"
"""The region if neither the provider block nor the cloud names one. The real provider fails then."""


def partition_of(region: str) -> Mapping[str, Any] | None:
    """The partition of a region, by the partition's own pattern, or None if AWS has no such region."""
    return next((partition for partition in partitions() if re.fullmatch(partition["regionRegex"], region)), None)


@dataclass(frozen=True)
class Settings:
    """The values of the provider block. Ignored tags are neither shown nor removed."""

    region: str = DEFAULT_REGION
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    @property
    def partition(self) -> str:
        """The id of the region's partition, e.g. "aws"."""
        return str((partition_of(self.region) or partitions()[0])["id"])

    @property
    def dns_suffix(self) -> str:
        """The domain of the partition, e.g. "amazonaws.com"."""
        return str((partition_of(self.region) or partitions()[0])["outputs"]["dnsSuffix"])

    def merged(self, tags: Mapping[str, str] | None) -> dict[str, str]:
        """The tags to send: those of a resource over the default tags; one that is null is none."""
        return self.visible({**self.default_tags, **_set(tags)})

    def visible(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags that are neither ignored nor AWS's own."""
        return {
            key: value
            for key, value in tags.items()
            if key not in self.ignored_keys and not key.startswith(("aws:", *self.ignored_prefixes))
        }

    def own(self, tags: Mapping[str, str], configured: Any) -> dict[str, str]:
        """The resource's own tags: without default tags, unless the resource sets the same ones."""
        own = configured if isinstance(configured, Mapping) else {}
        return {key: value for key, value in tags.items() if key in own or self.default_tags.get(key) != value}


def settings(config: Values, region: str) -> Settings:
    """The settings of a provider block. `region` is the cloud's region, for a block that names none.

    Raises ProviderError if no partition has the region, and for null in a list, as the SDK does (validateConfigNulls).
    """
    named = config.get("region")
    region = named if isinstance(named, str) and named else region or DEFAULT_REGION
    if partition_of(region) is None and config.get("skip_region_validation") is not True:
        raise ProviderError("invalid AWS Region: " + region)
    ignored = _first(config, "ignore_tags")
    if None in (*(ignored.get("keys") or ()), *(ignored.get("key_prefixes") or ())):
        raise ProviderError("Null value found in list", "Null values are not allowed for this attribute value.")
    return Settings(
        region=region,
        default_tags=_set(_first(config, "default_tags").get("tags")),
        ignored_keys=frozenset(ignored.get("keys") or ()),
        ignored_prefixes=tuple(ignored.get("key_prefixes") or ()),
    )


def _set(tags: Any) -> dict[str, Any]:
    """The tags that are not null (normalizeTagsFromRaw in internal/tags/key_value_tags.go of the provider)."""
    return {key: value for key, value in tags.items() if value is not None} if isinstance(tags, Mapping) else {}


def _first(config: Values, block: str) -> Values:
    blocks = config.get(block)
    first = blocks[0] if isinstance(blocks, list) and len(blocks) else {}
    return {key: value for key, value in first.items() if value is not UNKNOWN}
