"""Summaries in Markdown, as for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scaleproof.report.page import MADE
from scaleproof.report.simulation import about
from scaleproof.studies.before import counterparts, rows
from scaleproof.studies.choose import Choice
from scaleproof.studies.compare import Comparison
from scaleproof.studies.many import EndpointChoice, footnotes, summary, table
from scaleproof.studies.outcome import Outcome, numbers
from scaleproof.studies.verdict import Level, Verdict
from scaleproof.studies.wording import more
from scaleproof.texts import printable

_PAST = {Level.HOLDS: "held", Level.STRAINED: "was strained", Level.FAILS: "failed"}


def simulation_text(
    outcomes: Sequence[Outcome],
    before: Sequence[Outcome] | None,
    gone: Sequence[str] = (),
    *,
    command: str,
) -> str:
    """Simulated endpoints; beside each what it did before a change, unless `before` is None.

    `gone`: the names of those that there were before only; `command`: the command line that wrote it.
    """
    lines: list[str] = []
    pairs = counterparts(outcomes, before or ())
    for outcome, was in zip(outcomes, pairs, strict=True):
        lines += _heading(outcome)
        if before is None:
            lines += _table(["", ""], [[name, text] for name, text in numbers(outcome).items()])
        else:
            lines += ["It is new." if was is None else _moved(was, outcome), ""]
            told = [[row.name, row.before, row.after] for row in rows(was, outcome)]
            lines += _table(["", "Before", "After"], told)
    lines += [line for name in gone for line in (f"{_plain(name)} is gone.", "")]
    return _ended(lines, _beneath(outcomes), command)


def comparison_text(comparisons: Sequence[Comparison], *, command: str) -> str:
    """Ways to scale each endpoint, compared."""
    lines: list[str] = []
    for one in comparisons:
        lines += [f"### {_plain(one.endpoint.name)} on {_plain(one.traffic.spec)}", ""]
        lines += _table(list(one.rows[0]), [list(row.values()) for row in one.rows])
    return _ended(lines, _beneath([one.entries[0].outcome for one in comparisons]), command)


def choice_text(choice: Choice, block: str, notes: Sequence[str], *, command: str) -> str:
    """A proposal and its runners-up. `block`: the module block."""
    best = choice.best
    verdict = best.outcome.verdict
    lines = [
        f"### {_plain(choice.headline)}",
        "",
        f"**{_plain(best.told)}** {_plain(verdict.headline)} {_plain(verdict.sentence)}",
        "",
        *(line for note in notes for line in (_plain(note), "")),
        *_table(list(choice.rows[0]), [list(row.values()) for row in choice.rows]),
        "```hcl",
        block.rstrip("\n"),
        "```",
        "",
    ]
    return _ended(lines, best.outcome.beneath, command)


def choices_text(choices: Sequence[EndpointChoice], priced: bool, *, command: str) -> str:
    """Proposals for many endpoints, a row for each. `priced`: whether costs are in USD."""
    rows = table(choices, priced)
    lines = [line for sentence in summary(choices, priced) for line in (f"**{_plain(sentence)}**", "")]
    lines += _table(list(rows[0]), [list(row.values()) for row in rows]) if rows else []
    return _ended(lines, footnotes(choices), command)


def _heading(outcome: Outcome) -> Iterator[str]:
    verdict: Verdict = outcome.verdict
    yield from (f"### {_plain(outcome.endpoint.name)} {verdict.level.words}", "")
    yield from (f"{_plain(about(outcome.result))}. {_plain(verdict.headline)} {_plain(verdict.sentence)}", "")
    yield from (f"- {_plain(finding)}" for finding in verdict.findings)
    if outcome.advice:
        yield from ("", f"**Advice:** {_plain(' '.join(outcome.advice.sentences))}")
    yield ""


def _moved(was: Outcome, now: Outcome) -> str:
    """What a change did to the verdict and to the bill."""
    priced = was.cost.usd is not None and now.cost.usd is not None
    one, other = (outcome.cost.usd if priced else outcome.cost.total_hours for outcome in (was, now))
    same = now.verdict.level is was.verdict.level
    before = "as before" if same else f"where it {_PAST[was.verdict.level]} before"
    return f"It {now.verdict.level.words}, {before}: {more(one or 0.0, other or 0.0, priced=priced)}."


def _table(head: Sequence[str], told: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(map(_plain, row))} |" for row in (head, *told)]
    return [lines[0], "|" + " --- |" * len(head), *lines[1:], ""]


def _beneath(outcomes: Sequence[Outcome]) -> list[str]:
    return [one for outcome in outcomes for one in outcome.beneath]


def _ended(lines: list[str], sentences: Sequence[str], command: str) -> str:
    assumed = dict.fromkeys(map(_plain, sentences))
    made = [f"Made by: `{' '.join(command.replace('`', ' ').split())}`"] if command else []
    return "\n".join([MADE, "", *lines, *(f"<sub>{text}</sub>" for text in (*assumed, *made)), ""])


def _plain(text: str) -> str:
    """A text that Markdown shows as it is, in one cell."""
    shown = " ".join(printable(text).split()).translate(_SHOWN)
    return _ADDRESS.sub(r"\g<0>&#8203;", shown)


_ADDRESS = re.compile(r":(?=//)|www(?=\.)", re.IGNORECASE)
"""What GitHub makes a link of without any mark."""
_SHOWN = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\`*_|[]~"}
    # A name or a number after these would become a link, and notify somebody.
    | {"&": "&amp;", "<": "&lt;", "@": "@&#8203;", "#": "#&#8203;"}
)
