"""Endpoints as every source tells them."""

from dataclasses import replace

from scaleproof.scaling.target_tracking import MetricMath, TargetTracking


def plain(endpoints):
    """Endpoints without what only some sources tell: what an instance sustains, how many there are now.

    Policies and the pieces of their configurations are ordered: their order means nothing.
    """
    result = []
    for one in endpoints:
        assert one.target
        policies = sorted(map(settled, one.target.policies), key=lambda policy: policy.name)
        pools = tuple(replace(pool, max_concurrency=None) for pool in one.pools)
        target = replace(one.target, policies=tuple(policies))
        result.append(replace(one, pools=pools, target=target))
    return result


def settled(policy):
    """The policy with its queries in a fixed order."""
    if not isinstance(policy, TargetTracking) or not isinstance(policy.metric, MetricMath):
        return policy
    queries = sorted(policy.metric.queries, key=lambda query: query.id)
    return replace(policy, metric=MetricMath(tuple(queries)))
