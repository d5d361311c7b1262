"""What the planned policies of mixed fleets read, with series missing as CloudWatch treats them.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import random
import re
from collections.abc import Callable
from itertools import product

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.scaling.endpoint import Policy
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking
from tests.plan.fleets import GUIDE, LIMITS, NOTEBOOK, SITUATIONS, decision, reading, table
from tests.plan.planner import REALTIME, REPOSITORY

WEIGHTINGS = ("hottest_pool", "present_capacity")
COUNTS = [1, 2, 3, 4, 5]
SHARES = [0.5, 0.75, 0.8]
FIVE = {**LIMITS, "ml.g7.2xlarge": 7.5, "ml.g7e.2xlarge": 24}
PROVIDERS_LIMIT = 2047
"""Characters of an expression that aws_appautoscaling_policy takes; Application Auto Scaling takes one more.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingMetricDataQuery.html
"""
Planned = Callable[..., dict[str, Policy]]
"""By name without the endpoint's: concurrency, and guard if there is one."""
PAGE = REPOSITORY / "docs/mixed-fleets.md"
MARKS = "<!-- BEGIN_SIGNALS -->\n", "<!-- END_SIGNALS -->"


@pytest.fixture(scope="module")
def policies(planner):
    """The planned policies of a fleet: policies(weighting, limits by type, utilization)."""
    planner.together(
        REALTIME,
        [
            *(mixed(weighting, first(count)) for weighting, count in product(WEIGHTINGS, COUNTS)),
            *(mixed(WEIGHTINGS[0], first(count), share) for count, share in product(COUNTS[1:], SHARES)),
            *(mixed(weighting, long(count)) for weighting, count in product(WEIGHTINGS, COUNTS[1:])),
        ],
    )

    def planned(weighting, limits, utilization=0.75):
        (endpoint,) = from_plan(planner(REALTIME, **mixed(weighting, limits, utilization)))
        assert endpoint.target is not None
        return {policy.name.removeprefix("speech-"): policy for policy in endpoint.target.policies}

    return planned


def mixed(weighting, limits, utilization=0.75):
    """The inputs of a mixed fleet."""
    return {
        "instance_pools": [{"instance_type": kind, "max_concurrency": limit} for kind, limit in limits.items()],
        "signal": {"weighting": weighting},
        "target_utilization": utilization,
    }


def first(count):
    """The first `count` of the five types."""
    return dict(list(FIVE.items())[:count])


def long(count):
    """As long as numbers get: whoever measures 1234.56 requests has other worries."""
    return {kind: 1234.56 + place for place, kind in enumerate(first(count))}


def full(limits):
    """Two instances of each type, all full."""
    return {kind: [limit, limit] for kind, limit in limits.items()}


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_full_fleet_reads_full_whichever_types_run(policies, weighting, count):
    limits = first(count)
    policy = policies(weighting, limits)["concurrency"]
    # A single type is tracked in requests, several in shares of what they bear.
    whole = limits if count == 1 else dict.fromkeys(limits, 1)
    for kind, limit in limits.items():
        only = {kind: [limit] * 3}
        assert reading(only, policy) == pytest.approx(whole[kind])
        assert decision(only, policy) == "out"
    assert reading(full(limits), policy) == pytest.approx(next(iter(whole.values())))
    assert decision(full(limits), policy) == "out"


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_fleet_at_its_target_stays(policies, weighting, count):
    limits = first(count)
    policy = policies(weighting, limits)["concurrency"]
    assert decision({kind: [0.75 * limit] * 2 for kind, limit in limits.items()}, policy) == "hold"
    assert decision({next(iter(limits)): [0.75 * limits[next(iter(limits))]]}, policy) == "hold"


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("count", COUNTS[1:])
def test_one_full_fallback_instance(policies, weighting, count):
    limits = first(count)
    policy = policies(weighting, limits)["concurrency"]
    preferred, *_, fallback = limits
    fleet = {preferred: [6.0, 6.0, 6.0], fallback: [limits[fallback]]}
    if weighting == "hottest_pool":  # it is what the weighting looks for
        assert reading(fleet, policy) == 1
        assert decision(fleet, policy) == "out"
    else:  # the fleet as a whole has room
        demand, capacity = 18 + limits[fallback], 36 + limits[fallback]
        assert reading(fleet, policy) == pytest.approx(demand / capacity)
        assert decision(fleet, policy) == ("hold" if demand / capacity > 0.675 else "in")


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_fleet_without_instances_reads_nothing_and_an_idle_one_zero(policies, weighting, count):
    for policy in policies(weighting, first(count)).values():
        assert decision({}, policy) == "no data"
        assert reading({next(iter(LIMITS)): [0]}, policy) == 0


def test_empty_pools_change_nothing(policies):
    fleet = {kind: [5.0, 3.0] for kind in first(2)}
    for weighting in WEIGHTINGS:
        readings = {reading(fleet, policies(weighting, first(count))["concurrency"]) for count in (2, 3, 4, 5)}
        assert len(readings) == 1, weighting


@pytest.mark.parametrize("utilization", SHARES)
@pytest.mark.parametrize("count", COUNTS[1:])
def test_the_guard_never_fires_where_the_fullest_type_would_not(policies, count, utilization):
    limits = first(count)
    planned = policies("hottest_pool", limits, utilization)
    source, fired = random.Random(count), 0
    for _ in range(2000):
        fleet = {
            kind: [source.uniform(0, limit) for _ in range(source.randrange(1, 4))]
            for kind, limit in limits.items()
            if source.random() < 0.6
        }
        if decision(fleet, planned["guard"]) == "out":
            fired += 1
            assert decision(fleet, planned["concurrency"]) == "out", fleet
    assert fired > 50


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_the_guard_fires_with_the_weighted_policy_on_the_largest_type(policies, weighting):
    planned = policies(weighting, first(5))
    largest = max(FIVE, key=FIVE.__getitem__)
    for load in range(int(FIVE[largest]) + 1):
        fleet = {largest: [load, load]}
        outs = {decision(fleet, policy) == "out" for policy in planned.values()}
        assert len(outs) == 1, load


def test_the_guard_takes_nothing_away(policies):
    guard = policies("hottest_pool", first(3))["guard"]
    assert isinstance(guard, TargetTracking)
    assert guard.disable_scale_in
    assert decision({next(iter(LIMITS)): [0]}, guard) == "hold"


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("count", COUNTS[1:])
def test_aws_and_the_provider_take_the_queries(policies, weighting, count):
    policy = policies(weighting, long(count))["concurrency"]
    assert isinstance(policy, TargetTracking)
    assert isinstance(policy.metric, MetricMath)
    queries = policy.metric.queries
    found = QuerySet(queries)  # ids, references, one returned series
    assert len(found.metrics) <= 10
    assert found.returned == "utilization"
    (expression,) = [query.expression for query in queries if query.expression]
    assert len(expression) <= PROVIDERS_LIMIT


def test_pain_15_a_mixed_fleet_breaks_targets_per_instance(policies):
    """The published expressions miss a full fleet that ours see."""
    ours = [policies(weighting, dict(LIMITS))["concurrency"] for weighting in WEIGHTINGS]
    for name in ("only the first type runs, and is full", "only a fallback type runs, and is full"):
        fleet = SITUATIONS[name]
        assert [decision(fleet, policy) for policy in ours] == ["out", "out"]
        assert [decision(fleet, policy) for policy in (NOTEBOOK, GUIDE)] == ["in", "in"]


def test_the_page_on_mixed_fleets_shows_what_they_read(policies):
    ours = {name: policies(name, dict(LIMITS))["concurrency"] for name in WEIGHTINGS}
    percent, requests = "{:.0%}", "{:.1f}"
    expected = table(
        {
            "`hottest_pool` at 75 %": (percent, ours["hottest_pool"]),
            "`present_capacity` at 75 %": (percent, ours["present_capacity"]),
            "AWS's sample at 70 %": (percent, NOTEBOOK),
            "AWS's guide at 10": (requests, GUIDE),
        }
    )
    begin, end = map(re.escape, MARKS)
    shown = re.search(f"{begin}(.*?){end}", PAGE.read_text(), flags=re.DOTALL)
    assert shown, f"{PAGE} has no table between {MARKS[0].strip()} and {MARKS[1]}"
    assert shown[1] == expected, f"Put this between the marks in {PAGE}:\n{expected}"
