"""`scaleproof choose --all`: every endpoint of a source, side by side, and what each would save."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click

from scaleproof.cli import clouds, options, output
from scaleproof.cli.choose_kept import Kept, digest, settled
from scaleproof.cli.choose_traffic import Named, Recorded, Traffic
from scaleproof.cli.proposing import DEFAULT_NAME, NAME, SEEDS, Asked
from scaleproof.cli.recorded import Period
from scaleproof.cli.sources import Source
from scaleproof.errors import DEBUG, ExitCode, ScaleproofError
from scaleproof.progress import bar, tell
from scaleproof.recording.recording import NoDataError
from scaleproof.report import choices_page, choices_text, write
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.studies.choices import (
    ChooseAllDocument,
    EndpointChoiceDocument,
    beneath,
    summary,
    totals,
    with_choice,
    without,
    without_choice,
)
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Progress, Setting, StudyRequest, assign
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.wording import count, hours, money
from scaleproof.terraform.parts import planning
from scaleproof.workers import GoneError, TaskMap, run_concurrently


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
    period: Period,
    directory: Path | None,
    each: TaskMap,
    page: Path | None,
    markdown: Path | None,
    machine: bool,
) -> None:
    """Chooses for all, and prints what came out: see `Chooser`. Exits with 1 if one falls short."""
    kept = None if directory is None else Kept(directory)
    if kept is not None:
        kept.prepare()
    traffic = _traffic(source, given, endpoints, period, directory)
    with planning() as (_, means):
        found = Chooser(
            source, given, tuple(endpoints), tuple(pools), asked, traffic, kept, means, each
        ).all()
    priced = bool(asked.setting.price)
    if markdown is not None:
        write(choices_text(found, priced, command=options.command_line()), markdown)
    if page is not None:
        write(choices_page(found, priced, command=options.command_line()), page)
    if machine:
        output.print_json(
            ChooseAllDocument(
                endpoints=found,
                totals=totals(found),
                report=page,
                markdown=markdown,
            )
        )
    else:
        _print(found, priced)
        output.say_files({"Blocks": directory, "Report": page, "Summary": markdown})
    wanted = [one["proposed"] for one in found if not one["skipped"]]
    if not wanted or any(one is None or not one["meets_what_was_asked"] for one in wanted):
        raise click.exceptions.Exit(ExitCode.NO)


def check(source: Source, given: StudyRequest, period: Period, directory: Path | None) -> None:
    """Refuses options that leave endpoints without traffic, before any work."""
    if given.traffic:
        if period.given:
            raise click.UsageError("--from and --to are for what is recorded: leave out --traffic.")
    elif not source.where.live:
        raise click.UsageError("Give --traffic; only that of live endpoints (--live) is recorded.")
    elif directory is None:
        raise click.UsageError("Without --traffic it is recorded, which needs --output DIRECTORY to keep it.")
    else:
        period.range(time.time())


def _traffic(
    source: Source,
    given: StudyRequest,
    endpoints: Sequence[Endpoint],
    period: Period,
    directory: Path | None,
) -> Traffic:
    """What the user names, else what CloudWatch recorded of live endpoints: see `check`."""
    if given.traffic:
        found = Named(given.traffic, tuple(dict.fromkeys(endpoint.name for endpoint in endpoints)))
        found.check()
        return found
    assert directory is not None
    cloud = clouds.reached(source.where, f"Recording what {directory} does not have")
    assumed = frozenset(word.partition("=")[0].strip() for word in given.assume)
    return Recorded(cloud, period, directory, assumed)


@dataclass(frozen=True)
class Chooser:
    """Chooses for each endpoint. What is wrong with one is the reason in its document.

    `pools`: instead of those of the endpoints; empty for theirs. `kept`: the directory of what was chosen
    before, which is taken from there, and of what is chosen now. `means`: how to plan.
    """

    source: Source
    given: StudyRequest
    endpoints: tuple[Endpoint, ...]
    pools: tuple[tuple[str, float], ...]
    asked: Asked
    traffic: Traffic
    kept: Kept | None
    means: Mapping[str, Any]
    each: TaskMap

    def all(self) -> list[EndpointChoiceDocument]:
        """The documents of all, in their order. Each is kept as soon as it is known."""
        variants = Counter(endpoint.name for endpoint in self.endpoints)
        names = list(variants)
        called = _names(names)
        one_of_each = {endpoint.name: endpoint for endpoint in self.endpoints}
        found: dict[str, EndpointChoiceDocument] = {}
        with bar(f"Choosing for {count(len(names), 'endpoint')}") as update:
            shares = _Shares(names, update)

            def study(name: str) -> tuple[EndpointChoiceDocument, bool]:
                if variants[name] > 1:
                    told = f"It has {variants[name]} variants; an endpoint of the module has one."
                    return without_choice(name, told), False
                return self._one(one_of_each[name], called[name], partial(shares, name))

            for number, (document, before) in run_concurrently(self.each, study, names):
                found[names[number]] = document
                shares(names[number], 1.0)
                if self.kept is not None and not before:
                    self.kept.keep(document)
                _say(document, len(found), len(names))
        return [found[name] for name in names]

    def _one(
        self, endpoint: Endpoint, called: str, progress: Progress
    ) -> tuple[EndpointChoiceDocument, bool]:
        """The document of one endpoint, and whether it was kept before."""
        question = ""
        try:
            limited = self.source.limited(endpoint)
            traffic = self.traffic(limited)
            asked = self.asked.assuming(traffic.assume)
            work = _work(limited, replace(self.given, traffic=traffic.words), asked, self.pools)
            spec = work.traffic[0].spec
            question = digest(work.traffic[0], (settled(work.endpoint), work.pools, spec, asked))
            if self.kept is not None and (before := self.kept.found(endpoint.name, question)):
                return before, True
            place = self.kept.place if self.kept is not None else Path()
            choice, text = asked.propose(called, work.pools, spec, place, self.means, self.each, progress)
            setting = asked.dated(work.traffic[0])
            outcomes = list(self.each(partial(_today, work, setting), range(len(work.traffic))))
            return with_choice(work.endpoint, question, spec, outcomes, choice, text), False
        except GoneError:
            raise
        except NoDataError as error:
            return without_choice(endpoint.name, str(error), skipped=True), False
        except ScaleproofError as error:
            return without_choice(endpoint.name, str(error), asked=question), False
        except Exception as error:  # the others go on
            if os.environ.get(DEBUG):
                raise
            told = f"unexpected {type(error).__name__}: {error} (a defect; {DEBUG}=1 shows where)"
            return without_choice(endpoint.name, told, asked=question), False


class _Shares:
    """The progress of all, from that of each, in whatever thread."""

    def __init__(self, names: Iterable[str], update: Progress) -> None:
        self._shares, self._update = dict.fromkeys(names, 0.0), update
        self._lock = threading.Lock()

    def __call__(self, name: str, share: float) -> None:
        with self._lock:
            self._shares[name] = share
            self._update(sum(self._shares.values()) / len(self._shares))


def _say(found: EndpointChoiceDocument, number: int, of: int) -> None:
    proposed = found["proposed"]
    told = "nothing was chosen" if proposed is None else proposed["settings"]
    tell(f"{number} of {of}: {found['endpoint']}: {told}")


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
            "-" if saved is None else f"{100 * saved:.0f} %",
        )
    screen.print(table)
    for sentence in (*summary(found, priced), *beneath(found)):
        screen.print(sentence)
    for one in found:
        if one["reason"] is not None:
            screen.print(without(one))


def _work(endpoint: Endpoint, given: StudyRequest, asked: Asked, pools: Sequence[tuple[str, float]]) -> Work:
    """What is known of an endpoint. Raises ScaleproofError for what is missing."""
    ((_, traffic),) = assign([endpoint], given.named([endpoint]))
    named = tuple(islice(asked.seeds(traffic.spec), SEEDS))
    return Work(endpoint, named, tuple(pools) or _pools(endpoint, asked.setting))


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


def _today(work: Work, setting: Setting, number: int) -> Outcome:
    """The endpoint as it is, on the traffic of one seed."""
    return replace(setting, seed=setting.seed + number).outcome(work.endpoint, work.traffic[number])


def _names(endpoints: Sequence[str]) -> dict[str, str]:
    """The module's name for each endpoint: without the kind, which the module adds, unless two share it."""
    short = {name: re.sub(r"-(realtime|async)$", "", name) for name in endpoints}
    alone = {
        name: short[name] if list(short.values()).count(short[name]) == 1 else name for name in endpoints
    }
    return {name: found if NAME.fullmatch(found) else DEFAULT_NAME for name, found in alone.items()}
