"""The plots of one result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from scaleproof.report import drawing, plot
from scaleproof.report.drawing import Columns, columns
from scaleproof.report.plot import Key, Lane, Layer, Plot, Reading
from scaleproof.simulation import Result, ScalingActivity
from scaleproof.studies.wording import duration


def plots(result: Result, types: Sequence[str]) -> Iterator[Plot]:
    """The plots of a result; `types` are the instance types in priority order."""
    found = columns(result)
    marks = tuple(plot.times(result.start, result.duration))
    yield _demand(result, found, marks)
    yield _instances(found, marks, types)
    for policy, values in found.signals.items():
        if any(value is not None for value in values):
            yield _signal(policy, values, result.targets.get(policy), marks)
    if lanes := _events(result, marks):
        yield lanes
    if any(found.waiting) or any(found.refused):
        yield _waiting(found, marks)


def _demand(result: Result, found: Columns, marks: tuple[plot.Mark, ...]) -> Plot:
    top, y = plot.values(max([*found.demand, *found.capacity, 1]))
    legend = [Key("demand", "area demand"), Key("capacity", "line capacity")]
    layers = [
        Layer(drawing.bars(found.overloaded), "fill overload"),
        Layer(drawing.area(found.demand, None, top), "fill demand"),
        Layer(drawing.line(found.demand, top), "line demand"),
        Layer(drawing.line(found.capacity, top), "line capacity"),
    ]
    if found.overloaded:
        legend.append(Key("demand above capacity", "area overload"))
    return Plot(
        "Does the capacity follow the demand?",
        tuple(layers),
        marks,
        tuple(y),
        "requests at a time",
        tuple(legend),
        readings=(Reading("demand", found.demand), Reading("capacity", found.capacity)),
        note=_columns_note(found, "the most demand and the least capacity"),
        height=240,
    )


def _columns_note(found: Columns, what: str) -> str:
    return (
        f"Each column covers {duration(found.seconds)} and shows {what} in it." if found.seconds > 60 else ""
    )


def _instances(found: Columns, marks: tuple[plot.Mark, ...], types: Sequence[str]) -> Plot:
    order = [kind for kind in types if kind in found.in_service]
    order += [kind for kind in found.in_service if kind not in order]
    below: tuple[int, ...] = (0,) * len(found.times)
    layers, legend, readings = [], [], []
    stacks = []
    for kind in order:
        upper = tuple(map(sum, zip(below, found.in_service[kind], strict=True)))
        stacks.append((kind, upper, below))
        below = upper
    starting = tuple(map(sum, zip(below, found.starting, strict=True)))
    peak = max([*starting, *found.desired, 1])
    shows_maximum = bool(found.maximum) and max(found.maximum) <= 1.6 * peak
    top, y = plot.values(max(peak, max(found.maximum)) if shows_maximum else peak)
    for index, (kind, upper, lower) in enumerate(stacks, 1):
        layers.append(Layer(drawing.area(upper, lower, top), f"fill pool{min(index, 5)}"))
        legend.append(Key(kind, f"area pool{min(index, 5)}"))
        readings.append(Reading(kind, found.in_service[kind]))
    if any(found.starting):
        layers.append(Layer(drawing.area(starting, below, top), "fill starting"))
        legend.append(Key("starting", "area starting"))
        readings.append(Reading("starting", found.starting))
    layers.append(Layer(drawing.line(found.desired, top), "line desired"))
    legend.append(Key("desired", "line desired"))
    readings.append(Reading("desired", found.desired))
    note = ""
    if found.maximum:
        layers.append(Layer(drawing.line(found.minimum, top), "dash bound"))
        legend.append(Key("minimum and maximum" if shows_maximum else "minimum", "dash bound"))
        if shows_maximum:
            layers.append(Layer(drawing.line(found.maximum, top), "dash bound"))
        else:
            note = f"The maximum of {max(found.maximum)} is off the scale."
    return Plot(
        "Which instances run?",
        tuple(layers),
        marks,
        tuple(y),
        "instances",
        tuple(legend),
        readings=tuple(readings),
        note=note,
    )


def _signal(
    policy: str, values: Sequence[float | None], target: float | None, marks: tuple[plot.Mark, ...]
) -> Plot:
    top, y = plot.values(max([value for value in values if value is not None] + [(target or 0.0) * 1.15]))
    layers = [Layer(drawing.line(values, top), "line signal")]
    legend = [Key("signal", "line signal")]
    if target is not None:
        layers.append(Layer(drawing.level(target, top), "dash target"))
        legend.append(Key(f"target {target:g}", "dash target"))
    return Plot(
        f"What does {policy} see?",
        tuple(layers),
        marks,
        tuple(y),
        "signal",
        tuple(legend),
        readings=(Reading("signal", values),),
        height=150,
    )


def _events(result: Result, marks: tuple[plot.Mark, ...]) -> Plot | None:
    alarms = {name: list(spans) for name, spans in _alarm_spans(result).items()}
    total = result.duration
    changes = [item for item in result.activities if item.desired is not None]
    if not alarms and not changes:
        return None
    rows = len(alarms) + 1
    layers: list[Layer] = []
    lanes: list[Lane] = []
    outs = [item.time / total for item in changes if _grows(item) and item.status != "Failed"]
    ins = [item.time / total for item in changes if not _grows(item) and item.status != "Failed"]
    failed = [
        item.time / total
        for item in result.activities
        if item.status in ("Failed", "Unfulfilled") and not item.not_scaled
    ]
    height = 1 / rows

    def add(index: int, label: str) -> Callable[[float], float]:
        """Adds a labelled row; gives a function from a share of its lower part to a place in the plot."""
        low = 1 - (index + 1) * height
        lanes.append(Lane(label, 100 * (low + 0.62 * height)))
        layers.append(Layer(drawing.level(low + 0.3 * height, 1.0), "line rule"))
        return lambda share: low + (0.05 + 0.5 * share) * height

    place = add(0, "desired count")
    layers += [
        Layer(drawing.ticks(outs, place(0.5), place(1)), "line out"),
        Layer(drawing.ticks(ins, place(0), place(0.5)), "line in"),
        Layer(drawing.ticks(failed, place(0), place(1)), "line failed"),
    ]
    for index, (name, spans) in enumerate(sorted(alarms.items()), 1):
        place = add(index, name)
        style = "fill calm" if _calls_in(name) else "fill alarm"
        for state, look in (("INSUFFICIENT_DATA", "fill unknown"), ("ALARM", style)):
            found = [(start / total, end / total) for start, end, what in spans if what == state]
            layers.append(Layer(drawing.bars(found, place(0.1), place(0.9)), look))
    legend = [Key("scaled out", "mark out"), Key("scaled in", "mark in")]
    if failed:
        legend.append(Key("failed", "mark failed"))
    if not all(map(_calls_in, alarms)):
        legend.append(Key("in ALARM, for more", "area alarm"))
    if any(map(_calls_in, alarms)):
        legend.append(Key("in ALARM, for less", "area calm"))
    if any(what == "INSUFFICIENT_DATA" for spans in alarms.values() for _, _, what in spans):
        legend.append(Key("no data", "area unknown"))
    return Plot(
        "What did alarms and policies do?",
        tuple(layers),
        marks,
        legend=tuple(legend),
        lanes=tuple(lanes),
        height=40 * rows,
    )


def _alarm_spans(result: Result) -> Mapping[str, list[tuple[float, float, str]]]:
    """The states of each alarm: from, until (seconds), state."""
    spans: dict[str, list[tuple[float, float, str]]] = {}
    ordered = sorted(result.transitions, key=lambda item: (item.alarm, item.time))
    for alarm, group in groupby(ordered, key=lambda item: item.alarm):
        since, state = 0.0, ""
        found = []
        for item in group:
            found.append((since, item.time, state or item.old))
            since, state = item.time, item.new
        found.append((since, result.duration, state))
        spans[alarm] = found
    return spans


def _calls_in(alarm: str) -> bool:
    """Whether an alarm of target tracking asks for fewer instances."""
    return "AlarmLow" in alarm


def _grows(item: ScalingActivity) -> bool:
    return (item.desired or 0) >= (item.before or 0)


def _waiting(found: Columns, marks: tuple[plot.Mark, ...]) -> Plot:
    top, y = plot.values(max([*found.waiting, *found.refused, 1]))
    layers = [
        Layer(drawing.area(found.waiting, None, top), "fill waiting"),
        Layer(drawing.line(found.waiting, top), "line waiting"),
    ]
    legend = [Key("waiting", "area waiting")]
    readings = [Reading("waiting", found.waiting)]
    if any(found.refused):
        spans = [
            (index / len(found.refused), (index + 1) / len(found.refused))
            for index, number in enumerate(found.refused)
            if number
        ]
        layers.append(Layer(drawing.bars(spans, 0.0, 0.04), "fill refused"))
        legend.append(Key("refused", "area refused"))
        readings.append(Reading("refused", found.refused))
    return Plot(
        "Who waits?",
        tuple(layers),
        marks,
        tuple(y),
        "requests",
        tuple(legend),
        readings=tuple(readings),
        height=150,
    )
