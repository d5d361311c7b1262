"""The provider block of hashicorp/aws: region, partition and tags for all resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.providers.standin import ProviderError
from scaleproof.service_models import partitions
from scaleproof.translation.values import UNKNOWN, Values

DEFAULT_REGION = "us-east-1"
"""Where neither the provider block nor the cloud names a region. The real provider stops there."""


def partition_of(region: str) -> Mapping[str, Any] | None:
    """The partition a region belongs to, by the partition's own pattern; None for no region of AWS's."""
    return next((one for one in partitions() if re.fullmatch(one["regionRegex"], region)), None)


@dataclass(frozen=True)
class Settings:
    """What the provider block says; ignored tags are neither shown nor removed."""

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
        """The tags of a resource with the default tags under them, as they are sent."""
        return self.visible({**self.default_tags, **(tags or {})})

    def visible(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags that are not ignored; AWS's own are never shown."""
        return {
            key: value
            for key, value in tags.items()
            if key not in self.ignored_keys and not key.startswith(("aws:", *self.ignored_prefixes))
        }

    def own(self, tags: Mapping[str, str], configured: Any) -> dict[str, str]:
        """The tags to show as the resource's own: without default tags, unless it sets the same ones."""
        kept = configured if isinstance(configured, Mapping) else {}
        return {
            key: value for key, value in tags.items() if key in kept or self.default_tags.get(key) != value
        }


def settings(config: Values, region: str) -> Settings:
    """The settings of a provider block; `region` is the cloud's, for a block that names none.

    Raises ProviderError for a region that no partition has, in the provider's words.
    """
    named = config.get("region")
    region = named if isinstance(named, str) and named else region or DEFAULT_REGION
    if partition_of(region) is None and config.get("skip_region_validation") is not True:
        raise ProviderError("invalid AWS Region: " + region)
    ignored = _first(config, "ignore_tags")
    return Settings(
        region=region,
        default_tags=_first(config, "default_tags").get("tags") or {},
        ignored_keys=frozenset(ignored.get("keys") or ()),
        ignored_prefixes=tuple(ignored.get("key_prefixes") or ()),
    )


def _first(config: Values, block: str) -> Values:
    blocks = config.get(block)
    first = blocks[0] if isinstance(blocks, list) and len(blocks) else {}
    return {key: value for key, value in first.items() if value is not UNKNOWN}
