"""Endpoints as every source tells them."""

from dataclasses import replace

from scaleproof.scaling.target_tracking import MetricMath, TargetTracking


def plain(endpoints):
    """Endpoints without what only some sources tell: what an instance sustains, how many there are now.

    Policies and the pieces of their configurations are ordered: their order means nothing.
    """
    result = []
    for endpoint in endpoints:
        assert endpoint.target
        policies = sorted(map(settled, endpoint.target.policies), key=lambda policy: policy.name)
        pools = tuple(replace(pool, max_concurrency=None) for pool in endpoint.pools)
        target = replace(endpoint.target, policies=tuple(policies))
        result.append(replace(endpoint, pools=pools, target=target))
    return result


def settled(policy):
    """The policy with its queries in a fixed order."""
    if not isinstance(policy, TargetTracking) or not isinstance(policy.metric, MetricMath):
        return policy
    queries = sorted(policy.metric.queries, key=lambda query: query.id)
    return replace(policy, metric=MetricMath(tuple(queries)))
