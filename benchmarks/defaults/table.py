"""The results as tables in Markdown, and their place in the page of the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.defaults.cases import ASYNC, Study
from benchmarks.defaults.runs import Found

PAGE = Path(__file__).resolve().parents[2] / "docs/decisions/0016-defaults-by-simulation.md"
BEGIN, END = "<!-- BEGIN_DEFAULTS -->", "<!-- END_DEFAULTS -->"

Column = Callable[[Sequence[Found]], str]


def render(study: Study, found: Sequence[Found], seeds: int) -> str:
    """All tables of one kind of endpoint, of means over the cases."""
    cases = len(study.fleets) * len(study.traffic) * len(study.shortages) * seeds
    measure = _waiting if study is ASYNC else _overload
    parts = [
        f"### modules/{study.module}, over all cases",
        f"{cases} cases: fleets ({', '.join(study.fleets)}), traffic ({', '.join(study.traffic)}), supply "
        f"({', '.join(study.shortages)}), {seeds} seeds. Every number is a mean per case.",
        _table(study, found, _ASYNC if study is ASYNC else _REALTIME),
    ]
    for title, attribute, values in (
        ("fleet", "fleet", study.fleets),
        ("traffic", "traffic", study.traffic),
        ("supply", "shortage", study.shortages),
    ):
        if len(values) > 1:
            columns = {value: _where(attribute, value, measure) for value in values}
            what = "Waiting, 95 %" if study is ASYNC else "Overload"
            parts += [f"### modules/{study.module}: {what} by {title}", _table(study, found, columns)]
    return "\n\n".join(parts) + "\n"


def insert(text: str) -> None:
    """Puts the tables into the page between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}", encoding="utf-8")


def _mean(found: Iterable[Found], value: Callable[[Found], float]) -> float:
    return fmean(value(one) for one in found)


def _overload(found: Sequence[Found]) -> str:
    return f"{_mean(found, lambda one: one.overload_seconds) / 60:.1f} min"


def _waiting(found: Sequence[Found]) -> str:
    return f"{_mean(found, lambda one: one.waiting[1]) / 60:.1f} min"


_REALTIME: Mapping[str, Column] = {
    "overload": _overload,
    "lost": lambda found: f"{100 * _mean(found, lambda one: one.lost):.2f} %",
    "cut": lambda found: f"{100 * _mean(found, lambda one: one.cut):.2f} %",
    "instance-hours": lambda found: f"{_mean(found, lambda one: one.instance_hours):.1f}",
    "capacity-hours": lambda found: f"{_mean(found, lambda one: one.capacity_hours):.0f}",
    "changes of direction": lambda found: f"{_mean(found, lambda one: one.reversals):.1f}",
}
_ASYNC: Mapping[str, Column] = {
    "waiting, mean": lambda found: f"{_mean(found, lambda one: one.waiting[0]) / 60:.1f} min",
    "waiting, 95 %": _waiting,
    "instance-hours": _REALTIME["instance-hours"],
    "changes of direction": _REALTIME["changes of direction"],
}


def _where(attribute: str, value: str, column: Column) -> Column:
    return lambda found: column([one for one in found if getattr(one.case, attribute) == value])


def _table(study: Study, found: Sequence[Found], columns: Mapping[str, Column]) -> str:
    lines = ["| contender | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for name in dict.fromkeys(one.contender for one in found):
        own = [one for one in found if one.contender == name]
        cells = [_title(study, name), *(column(own) for column in columns.values())]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _title(study: Study, name: str) -> str:
    if name == study.default:
        return f"module: **{name}** (the defaults)"
    return f"module: {name}" if name in study.settings else name
