"""`scaleproof choose --all`: every endpoint of a source, one after the other, and what each would save."""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypedDict

import click

from scaleproof.cli import output
from scaleproof.cli.proposing import SEEDS, Asked
from scaleproof.cli.sources import Source
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.report import check_place, write
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.studies.candidate import price
from scaleproof.studies.choose import Choice, ChoiceDocument
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting, StudyRequest, assign
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import Level
from scaleproof.studies.wording import hours, money
from scaleproof.terraform.parts import planning
from scaleproof.workers import Each
from scaleproof.workers.cluster import version

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,44}")
"""What the module takes as a name."""


class TodayDocument(TypedDict):
    """What runs today, on the seeds that settings are chosen on."""

    verdict: Level
    """The worst."""
    price: float
    """USD if every type has a price, else instance-hours; the mean."""


class ProposedDocument(TypedDict):
    """What is proposed for an endpoint."""

    settings: str
    """In one line."""
    meets_what_was_asked: bool
    price: float
    """USD if every type has a price, else instance-hours; the mean over the seeds."""
    saved: float | None
    """The share of today's price; negative if it costs more, null if today costs nothing."""
    block: str
    """The module block, as HCL."""
    choice: ChoiceDocument


class EndpointChoiceDocument(TypedDict):
    """One endpoint, as --output keeps it."""

    endpoint: str
    asked: str
    """Changes with the endpoint, its traffic, the options and scaleproof."""
    reason: str | None
    """Why nothing was chosen."""
    today: TodayDocument | None
    proposed: ProposedDocument | None


class ChooseAllDocument(TypedDict):
    """Every endpoint. The exit code is 1 if nothing was chosen for one, or not what was asked."""

    endpoints: list[EndpointChoiceDocument]


@dataclass(frozen=True)
class Work:
    """One endpoint with its traffic, for each seed, and its pools with what an instance sustains."""

    endpoint: Endpoint
    traffic: tuple[TrafficSpec, ...]
    pools: tuple[tuple[str, float], ...]


def run(
    source: Source,
    given: StudyRequest,
    endpoints: Sequence[Endpoint],
    pools: Sequence[tuple[str, float]],
    asked: Asked,
    kept: Path | None,
    each: Each,
    machine: bool,
) -> None:
    """Chooses for all, and prints what came out: see `everyone`. Exits with 1 if one falls short."""
    with planning() as (_, means):
        found = list(everyone(source, given, endpoints, pools, asked, kept, means, each))
    if machine:
        output.print_json(ChooseAllDocument(endpoints=found))
    else:
        _print(found, bool(asked.setting.price))
        if kept is not None:
            output.say(f"Blocks: {kept}")
    if any(one["proposed"] is None or not one["proposed"]["meets_what_was_asked"] for one in found):
        raise click.exceptions.Exit(ExitCode.NO)


def everyone(
    source: Source,
    given: StudyRequest,
    endpoints: Sequence[Endpoint],
    pools: Sequence[tuple[str, float]],
    asked: Asked,
    kept: Path | None,
    means: Mapping[str, Any],
    each: Each,
) -> Iterator[EndpointChoiceDocument]:
    """Each endpoint's document, as soon as it is known.

    `pools`: instead of those of the endpoints; empty for theirs. `kept`: the directory of what was chosen
    before, which is taken from there, and of what is chosen now. `means`: how to plan. What is wrong with an
    endpoint is the reason in its document.
    """
    names = [endpoint.name for endpoint in endpoints]
    called = _names(names)
    if kept is not None:
        _prepare(kept)
    words = list(_expanded(given.traffic, names))
    for endpoint in endpoints:
        digest, before = "", None
        try:
            own = replace(given, traffic=_own(words, endpoint.name, names))
            work = _work(source, own, asked, endpoint, pools)
            digest = _digest(work, asked)
            if before := _kept(kept, endpoint.name, digest):
                found = before
            else:
                spec = work.traffic[0].spec
                choice, text = asked.propose(
                    called[endpoint.name], work.pools, spec, kept or Path(), means, each
                )
                found = _document(work, asked, digest, choice, text, each)
        except ScaleproofError as error:
            found = EndpointChoiceDocument(
                endpoint=endpoint.name, asked=digest, reason=str(error), today=None, proposed=None
            )
        if kept is not None and before is None:
            _keep(kept, found)
        yield found


def _print(found: Sequence[EndpointChoiceDocument], priced: bool) -> None:
    """Prints a row for each endpoint, and why nothing was chosen where that is so."""
    screen = output.console()
    told = money if priced else hours
    what = "cost" if priced else "instance-hours"
    table = output.new_table(
        *("Endpoints", "Endpoint", f"Today's {what}", "Today it"),
        *("Proposed", "As asked", what.capitalize(), "Saved"),
    )
    for one in found:
        today, proposed = one["today"], one["proposed"]
        if today is None or proposed is None:
            table.add_row(one["endpoint"], "-", "-", "nothing", "-", "-", "-")
            continue
        saved = proposed["saved"]
        table.add_row(
            one["endpoint"],
            told(today["price"]),
            today["verdict"],
            proposed["settings"],
            "yes" if proposed["meets_what_was_asked"] else "no",
            told(proposed["price"]),
            "-" if saved is None else f"{saved:.0%}",
        )
    screen.print(table)
    for one in found:
        if one["reason"] is not None:
            screen.print(f"Nothing was chosen for {one['endpoint']}: {one['reason']}", soft_wrap=True)


def _expanded(words: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """The words of --traffic, with the files NAME.csv of a directory as NAME=FILE."""
    for word in words:
        if Path(word).is_dir():
            yield from (f"{name}={file}" for name in names if (file := Path(word) / f"{name}.csv").exists())
        else:
            yield word


def _own(words: Sequence[str], name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The words for an endpoint: those that name it, else those that name none."""
    heads = {word: word.partition("=")[0] for word in words}
    own = [word for word in words if heads[word] == name]
    own = own or [word for word in words if heads[word] not in names]
    if not own:
        raise ScaleproofError("No traffic is for it.", advice=f"Add --traffic {name}=FILE.")
    return tuple(own)


def _work(
    source: Source,
    given: StudyRequest,
    asked: Asked,
    endpoint: Endpoint,
    pools: Sequence[tuple[str, float]],
) -> Work:
    """What is known of an endpoint. Raises ScaleproofError for what is missing."""
    limited = source.limited(endpoint)
    ((_, traffic),) = assign([limited], given.named([limited]))
    named = tuple(islice(asked.seeds(traffic.spec), SEEDS))
    return Work(limited, named, tuple(pools) or _pools(limited, asked.setting))


def _pools(endpoint: Endpoint, setting: Setting) -> tuple[tuple[str, float], ...]:
    """The types of an endpoint, the preferred one first, with what an instance of each sustains.

    An instance of an asynchronous endpoint works on as many requests as its configuration says.
    """
    most = endpoint.max_concurrent_invocations if endpoint.kind is Kind.ASYNC else None
    usual = setting.model.behaviour.invocations_per_instance
    return tuple(
        (pool.instance_type, float(most or pool.max_concurrency or usual))
        for pool in sorted(endpoint.pools, key=lambda pool: pool.priority)
    )


def _document(
    work: Work, asked: Asked, digest: str, choice: Choice, text: str, each: Each
) -> EndpointChoiceDocument:
    setting = asked.dated(work.traffic[0])
    outcomes = list(each(partial(_today, work, setting), range(len(work.traffic))))
    now = sum(price(outcome.cost) for outcome in outcomes) / len(outcomes)
    best = choice.best
    return {
        "endpoint": work.endpoint.name,
        "asked": digest,
        "reason": None,
        "today": {
            "verdict": max((one.verdict.level for one in outcomes), key=lambda level: level.rank),
            "price": now,
        },
        "proposed": {
            "settings": f"{best.proposal.kind.value}, {best.proposal.words}",
            "meets_what_was_asked": not best.misses,
            "price": best.price,
            "saved": 1 - best.price / now if now else None,
            "block": text,
            "choice": choice.to_dict(),
        },
    }


def _today(work: Work, setting: Setting, number: int) -> Outcome:
    """The endpoint as it is, on the traffic of one seed."""
    return replace(setting, seed=setting.seed + number).outcome(work.endpoint, work.traffic[number])


def _names(endpoints: Sequence[str]) -> dict[str, str]:
    """The module's name for each endpoint: without the kind, which the module adds, unless two share it."""
    short = {name: re.sub(r"-(realtime|async)$", "", name) for name in endpoints}
    alone = {
        name: short[name] if list(short.values()).count(short[name]) == 1 else name for name in endpoints
    }
    return {name: found if NAME.fullmatch(found) else "model" for name, found in alone.items()}


def _digest(work: Work, asked: Asked) -> str:
    arrivals = array("d", chain.from_iterable(work.traffic[0].traffic.arrivals()))
    words = repr((work.endpoint, work.pools, work.traffic[0].spec, asked, version()))
    return hashlib.sha256(words.encode() + arrivals.tobytes()).hexdigest()


def _kept(place: Path | None, name: str, digest: str) -> EndpointChoiceDocument | None:
    """What was chosen before for the same question."""
    if place is None or not (file := place / f"{name}.json").exists():
        return None
    try:
        found: EndpointChoiceDocument = json.loads(file.read_text(encoding="utf-8"))
        return found if found["asked"] == digest and found["reason"] is None else None
    except (ValueError, KeyError, TypeError):  # cut short, or somebody else's
        return None


def _prepare(place: Path) -> None:
    """Makes the directory. Raises ScaleproofError where it cannot be made or written, before any work."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScaleproofError(
            f"{place} cannot be made: {error.strerror}.", advice="Name another directory with --output."
        ) from error
    check_place(place / "endpoint.tf")


def _keep(place: Path, found: EndpointChoiceDocument) -> None:
    """Writes what was found. Where nothing was, what was found before stays."""
    block, document = (place / f"{found['endpoint']}{ending}" for ending in (".tf", ".json"))
    if found["proposed"] is not None:
        write(found["proposed"]["block"], block)
    elif document.exists():
        return
    # Last, because a rerun goes by it.
    write(output.as_json(found), document)
