"""The results as tables in Markdown, and their place in the page of the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.defaults.cases import DEFAULT, FLEETS, SETTINGS, SHORTAGES, TRAFFIC
from benchmarks.defaults.runs import Found

PAGE = Path(__file__).resolve().parents[2] / "docs/decisions/0016-defaults-by-simulation.md"
BEGIN, END = "<!-- BEGIN_DEFAULTS -->", "<!-- END_DEFAULTS -->"


def render(found: Sequence[Found], seeds: int) -> str:
    """All tables, of means over the cases; overload in minutes."""
    cases = len(FLEETS) * len(TRAFFIC) * len(SHORTAGES) * seeds
    contenders = list(dict.fromkeys(one.contender for one in found))
    parts = [
        f"{cases} cases: {len(FLEETS)} fleets, {len(TRAFFIC)} kinds of traffic, {len(SHORTAGES)} states of "
        f"supply, {seeds} seeds. Every number is a mean over its cases, hours and overload per case.",
        "### Over all cases",
        _table(
            ("contender", "overload", "lost", "instance-hours", "capacity-hours", "changes of direction"),
            ([name, *_row(of(found, name))] for name in contenders),
        ),
    ]
    for title, attribute, values in (
        ("fleet", "fleet", FLEETS),
        ("traffic", "traffic", TRAFFIC),
        ("supply", "shortage", SHORTAGES),
    ):
        parts += [
            f"### Overload by {title}",
            _table(
                ("contender", *values),
                ([name, *_by(of(found, name), attribute, values)] for name in contenders),
            ),
        ]
    return "\n\n".join(parts) + "\n"


def of(found: Iterable[Found], contender: str) -> list[Found]:
    """What one contender came to."""
    return [one for one in found if one.contender == contender]


def insert(text: str) -> None:
    """Puts the tables into the page between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}", encoding="utf-8")


def _row(found: Sequence[Found]) -> list[str]:
    return [
        _minutes(found),
        f"{_mean(found, lambda one: one.lost):.2%}",
        f"{_mean(found, lambda one: one.instance_hours):.1f}",
        f"{_mean(found, lambda one: one.capacity_hours):.0f}",
        f"{_mean(found, lambda one: one.reversals):.1f}",
    ]


def _by(found: Sequence[Found], attribute: str, values: Iterable[str]) -> list[str]:
    return [_minutes([one for one in found if getattr(one.case, attribute) == value]) for value in values]


def _minutes(found: Sequence[Found]) -> str:
    return f"{_mean(found, lambda one: one.overload_seconds) / 60:.1f} min"


def _mean(found: Sequence[Found], value: Callable[[Found], float]) -> float:
    return fmean(value(one) for one in found)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(_named(row)) + " |" for row in rows)])


def _named(row: Sequence[str]) -> list[str]:
    name, *values = row
    if name == DEFAULT:
        name = f"**{name}** (the defaults)"
    return [f"module: {name}" if row[0] in SETTINGS else name, *values]
