"""Endpoints, outcomes and candidates that are made up."""

from dataclasses import replace

from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.simulation import Waiting, Work
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.outcome import Cost, Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.shape import Shape
from scaleproof.studies.verdict import verdict
from tests.unit.report.made import day

POOLS = (("ml.g6.2xlarge", 12.0), ("ml.g6e.2xlarge", 16.0))
PRICES = {"ml.g6.2xlarge": 1.2, "ml.g6e.2xlarge": 2.9}
NO_WAIT = Waiting(mean=0.0, p50=0.0, p95=0.0, p99=0.0, max=0.0)


def tracking(name, target):
    return TargetTracking(name, CONCURRENCY, target, 60, 300)


WAKE_UP = StepScaling(
    "wake-up",
    "ChangeInCapacity",
    (Step(1),),
    {
        "alarm": AlarmSettings(
            MetricStat("AWS/SageMaker", "HasBacklogWithoutCapacity", (), "Average", 60),
            "GreaterThanOrEqualToThreshold",
            1,
            2,
            2,
        )
    },
)
LIVE = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12), Pool("ml.g6e.2xlarge", 2, 16)),
    5,
    ScalableTarget(2, 20, (tracking("first", 8.0), tracking("second", 12.0), WAKE_UP)),
)
QUEUED = replace(LIVE, kind=Kind.ASYNC, target=ScalableTarget(0, 5, (tracking("backlog", 4.0), WAKE_UP)))


def stat(name):
    dimensions = (("EndpointName", "speech"),)
    return MetricStat("AWS/SageMaker", name, dimensions, "Average", 60)


def plan(proposal):
    """What the module plans, for one pool, without Terraform."""
    if proposal.kind is Kind.REALTIME:
        metric, target = CONCURRENCY, round(proposal.target * proposal.pools[0][1], 9)
    else:
        metric, target = stat("ApproximateBacklogSizePerInstance"), proposal.target
    waits = AlarmSettings(
        stat("HasBacklogWithoutCapacity"), "GreaterThanOrEqualToThreshold", 1, proposal.wake_periods,
        proposal.wake_periods,
    )  # fmt: skip
    wakes = StepScaling(
        "wake-up",
        "ChangeInCapacity",
        (Step(proposal.wake_instances, lower=0),),
        {"waits": waits},
        cooldown=300,
    )
    cooldowns = proposal.scale_out_cooldown, proposal.scale_in_cooldown
    return Endpoint(
        "speech",
        "AllTraffic",
        proposal.kind,
        tuple(Pool(kind, place, int(limit)) for place, (kind, limit) in enumerate(proposal.pools, 1)),
        max(proposal.min, 1),
        ScalableTarget(
            proposal.min,
            proposal.max,
            (TargetTracking("it", metric, target, *cooldowns), *([] if proposal.min else [wakes])),
        ),
        max_concurrent_invocations=proposal.invocations if proposal.kind is Kind.ASYNC else None,
    )


def made(kind=Kind.REALTIME, **totals):
    """A day of 100,000 requests on which nothing goes wrong, but for the totals that are given."""
    plain = {
        "arrivals": 100_000, "served": 100_000, "refused": 0, "expired": 0, "cut": 0, "unfinished": 0,
        "overload_seconds": 0.0, "waiting": NO_WAIT,
    }  # fmt: skip
    result = day(kind)
    return replace(result, totals=replace(result.totals, **{**plain, **totals}))


STREAMS = Shape(Work.STREAM, 900.0)
FILES = Shape(Work.FILE, 900.0, within=600.0)


def outcome(result, hours=1.0, usd=None):
    return Outcome(endpoint=LIVE, result=result, cost=Cost({"ml.g6.2xlarge": hours}, usd), verdict=verdict(result))


def candidate(kind=Kind.REALTIME, missed=0.0, usd=(1.0,), p95=0.0):
    result = made(kind, waiting=replace(NO_WAIT, p95=p95))
    proposal = Proposal(kind, POOLS, 1, 4, 0.75, 60, 300)
    return Candidate(proposal, LIVE, tuple(outcome(result, 1.0, dollars) for dollars in usd), missed)
