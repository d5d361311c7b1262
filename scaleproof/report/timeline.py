"""Makes the plots over time of one simulation: demand, capacity, alarms and failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from scaleproof.report.plot import Plot, Plots, Scale, Series, Spans, over_time, stretches, visible
from scaleproof.simulation import Result, ScalingActivity, Timeline, Transition
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.wording import duration

MOST_ROWS = 4_000
"""Rows of all timelines of a page: two whole ones. They keep it under a megabyte."""


def timeline(outcome: Outcome, rows: int = MOST_ROWS) -> Plots:
    """The plots of an outcome, with `rows` of its timeline at most."""
    result = outcome.result
    line = folded(result.timeline, rows)
    return over_time(_plots(outcome, line), result.start, line.time, result.duration)


def folded(line: Timeline, most: int) -> Timeline:
    """A timeline with `most` rows at most, which hides no peak.

    A row has the highest demand, waiting, desired count and signal of those that it stands for, the lowest
    capacity, the sum of the refused, and the last value of everything else.
    """
    group = -(-len(line) // max(most, 1))
    parts = [slice(index, index + group) for index in range(0, len(line), group)]

    def ends(values: Sequence[int]) -> tuple[int, ...]:
        return tuple(values[part][-1] for part in parts)

    def peaks(values: Sequence[int]) -> tuple[int, ...]:
        return tuple(max(values[part]) for part in parts)

    return Timeline(
        step=line.step * group,
        time=tuple(line.time[part][0] for part in parts),
        desired=peaks(line.desired),
        in_service={kind: ends(counts) for kind, counts in line.in_service.items()},
        starting=ends(line.starting),
        draining=ends(line.draining),
        demand=peaks(line.demand),
        in_flight=peaks(line.in_flight),
        waiting=peaks(line.waiting),
        capacity=tuple(min(line.capacity[part]) for part in parts),
        refused=tuple(sum(line.refused[part]) for part in parts),
        minimum=ends(line.minimum),
        maximum=ends(line.maximum),
        signals={
            name: tuple(max((value for value in values[part] if value is not None), default=None) for part in parts)
            for name, values in line.signals.items()
        },
    )


def demand_and_capacity(result: Result, line: Timeline) -> tuple[tuple[Series, ...], tuple[Spans, ...]]:
    """Demand and capacity of the rows of `line`, and where the demand is higher in the result's own rows."""
    whole = result.timeline
    over = map(float.__gt__, map(float, whole.demand), map(float, whole.capacity))
    spans = visible(stretches(whole.time, result.duration, over), result.duration, len(line))
    series = Series("demand", line.demand, "demand", "area"), Series("capacity", line.capacity, "capacity")
    return series, (Spans("demand above capacity", spans, "overload"),)


FAR = 10.0
"""More times than this, and the smaller of two curves lies on the axis of a plain scale."""


def scale_of(demand: float, capacity: float) -> Scale:
    """The scale on which both can be seen, as of a queue of thousands and the few that work on it."""
    least, most = sorted((demand, capacity))
    return "orders" if most > FAR * least > 0 else "counts"


def _plots(outcome: Outcome, line: Timeline) -> Iterator[Plot]:
    result = outcome.result
    order = [pool.instance_type for pool in outcome.endpoint.pools if pool.instance_type in line.in_service]
    order += [kind for kind in line.in_service if kind not in order]
    colours = {kind: f"pool{min(index, 5)}" for index, kind in enumerate(order, 1)}
    series, spans = demand_and_capacity(result, line)
    scale = scale_of(max(line.demand), max(line.capacity))
    far = " The scale is logarithmic." if scale == "orders" else ""
    yield Plot(
        "Does the capacity follow the demand?",
        "requests at a time",
        series,
        spans,
        note=f"Each step covers {duration(line.step)}: the most demand and the least capacity in it.{far}",
        scale=scale,
    )
    yield _instances(result, line, colours)
    for policy, values in line.signals.items():
        if any(value is not None for value in values):
            yield _signal(policy, values, result.targets.get(policy))
    if lanes := _events(result, len(line)):
        yield lanes
    if any(line.waiting) or any(line.refused):
        yield _waiting(line)
    yield _cost(outcome, line, colours)


def _instances(result: Result, line: Timeline, colours: Mapping[str, str]) -> Plot:
    peak = max([*line.desired, *map(sum, zip(line.starting, *line.in_service.values(), strict=True))])
    series = [Series(kind, line.in_service[kind], colour, "stack") for kind, colour in colours.items()]
    if any(line.starting):
        series.append(Series("starting", line.starting, "starting", "stack"))
    series.append(Series("desired", line.desired, "ink"))
    series.append(Series("minimum", line.minimum, "soft", "dash"))
    near = max(line.maximum) <= 1.6 * peak
    series.append(Series("maximum", line.maximum, "soft", "dash", shown=near))
    whole = result.timeline
    missing = [
        desired > sum(counts)
        for desired, *counts in zip(whole.desired, whole.starting, *whole.in_service.values(), strict=True)
    ]
    spans = visible(stretches(whole.time, result.duration, missing), result.duration, len(line))
    unavailable = [Spans("not available", spans, "overload")] if spans else []
    for shortage in result.shortages:
        end = min(shortage.end, result.duration)
        if shortage.start < end:
            unavailable.append(
                Spans(f"{shortage.instance_type} out of stock", [(shortage.start, end)], "waiting", part=(0.96, 1.0))
            )
    return Plot("Which instances run?", "instances", tuple(series), tuple(unavailable), scale="counts")


def _signal(policy: str, values: Sequence[float | None], target: float | None) -> Plot:
    series = [Series("signal", values, "signal")]
    if target is not None:
        series.append(Series(f"target {target:g}", [target] * len(values), "soft", "dash"))
    return Plot(f"What does {policy} see?", "signal", tuple(series))


def _events(result: Result, most: int) -> Plot | None:
    alarms = _alarm_states(result.transitions)
    changes = [activity for activity in result.activities if activity.desired is not None]
    if not alarms and not changes:
        return None
    done = [activity for activity in changes if activity.status != "Failed"]
    marks = (
        ("scaled out", [activity for activity in done if _grows(activity)], "good", (0.5, 1.0)),
        ("scaled in", [activity for activity in done if not _grows(activity)], "waiting", (0.0, 0.5)),
        ("failed", failures(result), "overload", (0.0, 1.0)),
    )
    spans = []
    for label, activities, colour, part in marks:
        if activities:
            strokes = visible([(activity.time, activity.time) for activity in activities], result.duration, most)
            spans.append(Spans(label, strokes, colour, 0, part))
    for lane, (name, states) in enumerate(alarms.items(), 1):
        spans += alarm_spans(name, states, result.duration, most, lane)
    return Plot("What did alarms and policies do?", spans=tuple(spans), lanes=("desired count", *alarms))


def failures(result: Result) -> list[ScalingActivity]:
    """Activities that did not do what they were to do; not those that had nothing to do."""
    return [
        activity
        for activity in result.activities
        if activity.status in ("Failed", "Unfulfilled") and not activity.not_scaled
    ]


States = list[tuple[float, str]]
"""The states of an alarm, each with the time from when on it is in it."""


def _alarm_states(transitions: Iterable[Transition]) -> dict[str, States]:
    """The states of each alarm, by name."""
    states: dict[str, States] = {}
    for transition in sorted(transitions, key=lambda transition: (transition.alarm, transition.time)):
        states.setdefault(transition.alarm, [(0.0, transition.old)]).append((transition.time, transition.new))
    return states


def alarm_spans(alarm: str, states: States, end: float, most: int, lane: int) -> Iterator[Spans]:
    """Where an alarm was in ALARM and where it had no data, in `most` spans each at most."""
    times = [time for time, _ in states]
    looks = {
        "INSUFFICIENT_DATA": ("no data", "unknown"),
        # The alarm of target tracking that asks for fewer instances is in ALARM whenever there is room.
        "ALARM": ("in ALARM, for less", "calm") if "AlarmLow" in alarm else ("in ALARM, for more", "alarm"),
    }
    for state, (label, colour) in looks.items():
        spans = visible(stretches(times, end, [current == state for _, current in states]), end, most)
        if spans:
            yield Spans(label, spans, colour, lane, (0.05, 0.95))


def _grows(activity: ScalingActivity) -> bool:
    return (activity.desired or 0) >= (activity.before or 0)


def _waiting(line: Timeline) -> Plot:
    series = [Series("waiting", line.waiting, "waiting", "area")]
    if any(line.refused):
        series.append(Series("refused", line.refused, "overload"))
    return Plot("Who waits?", "requests", tuple(series), scale="counts")


def _cost(outcome: Outcome, line: Timeline, colours: Mapping[str, str]) -> Plot:
    """Cost or instance-hours so far, by type; scaled to the total, as rows have the counts at their ends."""
    priced = outcome.cost.usd is not None
    series = []
    for kind, colour in colours.items():
        price = outcome.cost.price.get(kind, 0.0) if priced else 1.0
        sums = list(accumulate(line.in_service[kind]))
        scale = price * outcome.cost.instance_hours[kind] / (sums[-1] or 1)
        series.append(Series(kind, [scale * total for total in sums], colour, "stack"))
    unit = "USD so far" if priced else "instance-hours so far"
    return Plot("What does it cost?", unit, tuple(series))
