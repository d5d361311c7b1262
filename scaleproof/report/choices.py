"""The page of choices for many endpoints: what runs today and what is proposed, a row for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scaleproof.report.page import render
from scaleproof.studies.choices import EndpointChoiceDocument, beneath, summary, totals, without
from scaleproof.studies.wording import count, hours, money, share


def choices_page(found: Sequence[EndpointChoiceDocument], priced: bool, *, command: str = "") -> str:
    """The page. `priced`: whether costs are in USD; `command`: the command line that made the page."""
    cost, together = money if priced else hours, totals(found)
    return render(
        "choices.html.j2",
        title=f"Choices for {count(len(found), 'endpoint')}",
        command=command,
        summary=summary(found, priced),
        priced=priced,
        rows=list(rows(found, priced)),
        today=cost(together["today"]),
        proposed=cost(together["proposed"]),
        saved=saved(together["saved"]),
        blocks=[(one["endpoint"], one["proposed"]["block"]) for one in found if one["proposed"]],
        beneath=beneath(found),
    )


def rows(found: Sequence[EndpointChoiceDocument], priced: bool) -> Iterator[dict[str, str]]:
    """The cells of each endpoint; of one for which nothing was chosen, why."""
    cost = money if priced else hours
    for one in found:
        now, then = one["today"], one["proposed"]
        if now is None or then is None:
            yield {"name": one["endpoint"], "reason": without(one)}
            continue
        yield {
            "name": one["endpoint"],
            "reason": "",
            "traffic": one["traffic"] or "",
            "now": now["settings"],
            "now_level": str(now["verdict"]),
            "now_cost": cost(now["price"]),
            "then": then["settings"],
            "then_level": str(then["verdict"]),
            "asked": "yes" if then["meets_what_was_asked"] else "no",
            "then_cost": cost(then["price"]),
            "saved": saved(then["saved"]),
        }


def saved(part: float | None) -> str:
    """A share that is saved, for people; one that costs more is negative."""
    if part is None:
        return "-"
    return share(part) if part >= 0 else f"-{share(-part)}"
