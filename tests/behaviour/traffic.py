"""Traffic, behaviour and questions of the behaviour tests, in their words."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from scaleproof.simulation import Behaviour, Delay, Traffic, WhenFull, simulate

MINUTE, HOUR = 60.0, 3_600.0
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
START_UP = 260.0
"""Seconds from the request for an instance until it takes requests, without any spread."""
EXACT = Behaviour(provisioning=Delay(180.0), start_up=Delay(80.0), when_full=WhenFull.ACCEPT)
"""Nobody is turned away, so that the load stays what it is."""


def streams(number, minutes, at=0.0, over=1.0):
    """So many streams that begin at a time, within some seconds."""
    return [(at + over * place / number, minutes * MINUTE) for place in range(number)]


def steady(level, seconds, hours):
    """Always exactly `level` requests at a time, one ending as the next begins."""
    gap = seconds / level
    arrivals = [(place * gap, seconds - 1e-6) for place in range(int(hours * HOUR / gap))]
    return Traffic.from_arrivals(arrivals, duration=hours * HOUR)


def simulated(endpoint, traffic, behaviour=EXACT, **options):
    """From Monday midnight on."""
    return simulate(endpoint, traffic, behaviour=behaviour, **{"start": MONDAY, **options})


def changes(result, after=0.0):
    """The changes of the count that came off."""
    return [
        activity
        for activity in result.activities
        if activity.desired is not None and activity.status == "Successful" and activity.time >= after
    ]


def swings(result, after):
    """How often scaling turned round, from out to in or back."""
    outs = [(activity.desired or 0) > (activity.before or 0) for activity in changes(result, after)]
    return sum(activity != other for activity, other in pairwise(outs))


def enough_from(result, after):
    """The first row after a time from which the instances in service sustain all of the demand."""
    line = result.timeline
    rows = [row for row in range(len(line)) if line.time[row] >= after]
    short = [row for row in rows if line.demand[row] > line.capacity[row]]
    if not short:
        return after
    return None if short[-1] == rows[-1] else line.time[short[-1] + 1]


def with_policies(endpoint, **fields):
    """The endpoint with its policies configured otherwise."""
    assert endpoint.target is not None
    policies = tuple(replace(policy, **fields) for policy in endpoint.target.policies)
    return replace(endpoint, target=replace(endpoint.target, policies=policies))
