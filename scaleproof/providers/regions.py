"""Where the endpoints of one run are planned: hashicorp/awscc makes them, hashicorp/aws scales them."""

from __future__ import annotations

import re
from typing import Any

from scaleproof.providers.standin import Problem

_SCALED = re.compile(r"endpoint/([^/]+)/variant/.+")


class EndpointRegions:
    """The regions of each endpoint that the stand-in for awscc has planned, by name.

    A name may be in several regions, by aliases of the providers. What scales an endpoint refers to it, so
    Terraform plans the endpoint first.
    """

    def __init__(self) -> None:
        """Knows no endpoint."""
        self._regions: dict[str, set[str]] = {}

    def clear(self) -> None:
        """Forgets all: another run begins."""
        self._regions.clear()

    def add(self, name: Any, region: str) -> None:
        """Notes an endpoint; a name or a region that is not known tells nothing."""
        if isinstance(name, str) and region:
            self._regions.setdefault(name, set()).add(region)

    def problems(self, resource_id: Any, region: Any) -> list[Problem]:
        """What is wrong with scaling `resource_id` (endpoint/NAME/variant/VARIANT) in `region`."""
        if not isinstance(resource_id, str) or not isinstance(region, str):
            return []
        scaled = _SCALED.fullmatch(resource_id)
        regions = self._regions.get(scaled[1], set()) if scaled else set()
        if not scaled or not regions or region in regions:
            return []
        return [
            Problem(
                f"The providers aws and awscc are configured for different regions: {region} and "
                f"{', '.join(sorted(regions))}",
                f"awscc makes the endpoint {scaled[1]} in its region, aws scales it in another, where there "
                "is none. Give both provider blocks the same region.",
                ("resource_id",),
            )
        ]
