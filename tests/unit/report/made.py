"""Results made by hand: a busy day of streams that a mixed fleet follows a little late."""

import math
from dataclasses import replace
from datetime import UTC, datetime

from scaleproof.report.html import page
from scaleproof.report.simulation import simulation_blocks
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.simulation import Cause, Elasticity, Result, ScalingActivity, Timeline, Totals, Transition, Waiting
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry
from scaleproof.studies.outcome import Outcome

from .parsed import Page

START = datetime(2026, 3, 2, tzinfo=UTC)
POOLS = (Pool("ml.g6.2xlarge", 1, 12), Pool("ml.g6e.2xlarge", 2, 16))
ENDPOINT = Endpoint("speech-realtime", "AllTraffic", Kind.REALTIME, POOLS, 2, ScalableTarget(2, 20))
STEP = 60.0
PRICES = {"ml.g6.2xlarge": 1.22, "ml.g6e.2xlarge": 2.9}


def activity(time, before, desired, **changes):
    fields = {
        "time": time,
        "end": time + 260,
        "status": "Successful",
        "description": f"Setting desired instance count to {desired}.",
        "cause": "monitor alarm AlarmHigh in state ALARM triggered policy concurrency",
        "message": "",
        "before": before,
        "desired": desired,
        "policy": "concurrency",
        "alarm": "AlarmHigh",
        "not_scaled": (),
    }
    return ScalingActivity(**{**fields, **changes})


def day(kind=Kind.REALTIME):
    """A day in minutes: two humps of demand, a fleet that lags by eight minutes, one shortage."""
    rows = 1440

    def demand_at(row):
        hour = row / 60
        humps = math.exp(-((hour - 10.5) ** 2) / 5) + 0.8 * math.exp(-((hour - 15.5) ** 2) / 6)
        return round(6 + 165 * humps + 6 * math.sin(row / 7) * humps)

    demand = [demand_at(row) for row in range(rows)]
    desired, first, second, starting = [], [], [], []
    count = 2
    for row in range(rows):
        needed = math.ceil(demand[max(row - 12, 0)] / 11.5)
        count = min(max(needed if needed > count or row % 15 == 0 else count, 2), 20)
        desired.append(count)
        there = desired[max(row - 5, 0)]
        there = min(there, count)
        first.append(min(there, 11))
        second.append(max(there - 11, 0))
        starting.append(count - there)
    capacity = [
        float(12 * first_count + 16 * second_count) for first_count, second_count in zip(first, second, strict=True)
    ]
    over = [want > have for want, have in zip(demand, capacity, strict=True)]
    waiting = [max(0, round(want - have)) for want, have in zip(demand, capacity, strict=True)]
    changes = [
        activity(row * STEP, desired[row - 1], desired[row])
        for row in range(1, rows)
        if desired[row] != desired[row - 1]
    ]
    signal = tuple(
        None if row < 5 else want / max(have, 1) for row, (want, have) in enumerate(zip(demand, capacity, strict=True))
    )
    return Result(
        endpoint=ENDPOINT.name,
        kind=kind.value,
        traffic="diurnal:peak=180",
        work="stream",
        start=START,
        duration=rows * STEP,
        traffic_duration=rows * STEP,
        seed=3,
        group_size=1,
        targets={"speech-realtime-concurrency": 0.75},
        timeline=Timeline(
            step=STEP,
            time=tuple(row * STEP for row in range(rows)),
            desired=tuple(desired),
            in_service={"ml.g6.2xlarge": tuple(first), "ml.g6e.2xlarge": tuple(second)},
            starting=tuple(starting),
            draining=(0,) * rows,
            demand=tuple(demand),
            in_flight=tuple(demand),
            waiting=tuple(waiting),
            capacity=tuple(capacity),
            refused=tuple(1 if 640 <= row < 650 else 0 for row in range(rows)),
            minimum=(2,) * rows,
            maximum=(20,) * rows,
            signals={"speech-realtime-concurrency": signal},
        ),
        transitions=(
            Transition(300.0, "speech-realtime-AlarmHigh", "INSUFFICIENT_DATA", "OK"),
            Transition(28_000.0, "speech-realtime-AlarmHigh", "OK", "ALARM"),
            Transition(37_000.0, "speech-realtime-AlarmHigh", "ALARM", "OK"),
            Transition(300.0, "speech-realtime-AlarmLow", "INSUFFICIENT_DATA", "ALARM"),
            Transition(27_000.0, "speech-realtime-AlarmLow", "ALARM", "OK"),
            Transition(70_000.0, "speech-realtime-AlarmLow", "OK", "ALARM"),
        ),
        activities=(
            *changes,
            activity(38_000.0, None, None, status="Failed", not_scaled=("AlreadyAtMaxCapacity",)),
            activity(39_000.0, 18, 19, status="Failed", message="ResourceLimitExceeded"),
        ),
        totals=Totals(
            arrivals=41_204,
            served=41_100,
            refused=10,
            expired=0,
            cut=0,
            unfinished=94,
            still_waiting=0,
            oldest_waiting=0.0,
            waiting=Waiting(0.4, 0.0, 0.0, 12.5, 58.0),
            overload_seconds=sum(over) * STEP,
            overload={cause: sum(over) * STEP * (cause is Cause.STARTING) for cause in Cause},
            instance_seconds={"ml.g6.2xlarge": sum(first) * STEP, "ml.g6e.2xlarge": sum(second) * STEP},
            demand_seconds=sum(demand) * STEP,
            peak_demand=max(demand),
            peak_instances=max(desired),
            scale_outs=sum(1 for change in changes if (change.desired or 0) > (change.before or 0)),
            scale_ins=sum(1 for change in changes if (change.desired or 0) < (change.before or 0)),
            elasticity=Elasticity(1.2, 40.0, 3.0, 90.0, 6),
        ),
    )


def outcome(result=None, prices=PRICES, **totals):
    """What a result comes to, by default the day's; `totals` of it can be changed."""
    result = result or day()
    return Outcome.from_result(ENDPOINT, replace(result, totals=replace(result.totals, **totals)), prices)


def page_of(result):
    """The page of a simulation, without prices."""
    return Page(page(simulation_blocks([outcome(result, {})])))


def comparison(prices=PRICES):
    """The endpoint beside one that has too few instances and one that cuts requests."""
    outcomes = {
        CONFIGURED: ("the endpoint as it is", outcome(prices=prices), 2.5),
        "no scaling": (
            "2 instances for all time",
            outcome(None, prices, overload_seconds=50_000.0, refused=9_000),
            1.0,
        ),
        "<rival>": ("quick & dirty", outcome(None, prices, overload_seconds=0.0, cut=30), None),
    }
    entries = tuple(Entry(name, *entry) for name, entry in outcomes.items())
    return Comparison.from_contenders(ENDPOINT, "diurnal:peak=180", entries)
