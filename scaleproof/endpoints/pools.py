"""What one instance sustains, where neither plan nor state says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from scaleproof.endpoints.documents import EndpointError
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking


def limits(given: Iterable[str]) -> dict[str, float]:
    """Numbers by instance type from words of the form `ml.g6.2xlarge=12`; raises ScaleproofError."""
    found: dict[str, float] = {}
    for word in given:
        kind, equals, text = word.partition("=")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not equals or not kind.strip() or not math.isfinite(number) or number <= 0:
            raise ScaleproofError(
                f"{word!r} is not of the form TYPE=NUMBER with a number above 0.",
                advice="As in ml.g6.2xlarge=12.",
            )
        found[kind.strip()] = number
    return found


def with_limits(endpoint: Endpoint, given: Mapping[str, float]) -> Endpoint:
    """The endpoint with the requests in flight that an instance sustains, for the types in `given`."""
    return replace(
        endpoint,
        pools=tuple(
            replace(pool, max_concurrency=given.get(pool.instance_type, pool.max_concurrency))
            for pool in endpoint.pools
        ),
    )


def derived(endpoint: Endpoint, utilization: float) -> dict[str, float]:
    """What one instance sustains if the policy's target is that share of it: target / utilization.

    `utilization` is in (0, 1]. Only for endpoints that follow the predefined concurrency metric, whose target
    is in requests per instance. Raises EndpointError for others.
    """
    for policy in endpoint.target.policies if endpoint.target else ():
        if isinstance(policy, TargetTracking) and policy.metric == CONCURRENCY:
            sustained = round(policy.target / utilization, 6)
            return {pool.instance_type: sustained for pool in endpoint.pools}
    raise EndpointError(
        f"{endpoint.name} does not follow {CONCURRENCY.type}: "
        "its target does not say what an instance sustains.",
        advice="Name it: --max-concurrency TYPE=N.",
    )
