"""`scaleproof measure`: load on one endpoint, until it is known what one instance sustains."""

from __future__ import annotations

import math
import os
from pathlib import Path

import click

from scaleproof.cli import clouds, options, output
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.cli.measured import asked, show
from scaleproof.cli.sending import Sent, credentials, located, sending
from scaleproof.errors import ScaleproofError
from scaleproof.measuring.before import quota
from scaleproof.measuring.before.subject import HANDFUL, Subject, refuse_scaled, subject, traffic
from scaleproof.measuring.finding import Judged
from scaleproof.measuring.levels import Level
from scaleproof.measuring.load.bodies import Bodies
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import Job, Kind
from scaleproof.measuring.objective import Objective
from scaleproof.measuring.search import Plan, search
from scaleproof.progress import step, tell
from scaleproof.studies.run import check_types, numbers_by_type
from scaleproof.studies.wording import count, duration


@click.command()
@click.argument("name", metavar="ENDPOINT")
@sending
@asked
@click.option("--dry-run", is_flag=True, help="Check everything and say what would be done; no load.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=min(os.cpu_count() or 1, 8),
    metavar="N",
    help="Processes that send; by default one for each core, up to 8.",
)
@options.price
@clouds.place("Where the endpoint is; AWS only if you name it. Default: localstack.")
def measure(
    name: str,
    sent: Sent,
    objective: Objective,
    plan: Plan,
    dry_run: bool,
    processes: int,
    price: tuple[str, ...],
    where: Where,
    target: Path | None,
    page: Path | None,
    machine: bool,
) -> None:
    """Measure how many requests in flight one instance of ENDPOINT sustains.

    Keeps 1, 2, 4, ... requests in flight until the objective fails, and narrows in between. Says what holds
    and how sure that is, and prints `instance_pools` with max_concurrency for the module. The endpoint has to
    be in service with exactly one instance, and nothing may scale it.
    """
    if machine and dry_run:
        raise click.UsageError("--json is for a measurement; leave it out with --dry-run.")
    prices = numbers_by_type(price)
    job = sent.job(name, plan)
    cloud = clouds.reached(where, "Measuring")
    found = subject(cloud.client, name)
    check_types("price", prices, [found.instance_type])
    refuse_scaled(found.endpoint, _cli_options(cloud))
    others = _others(cloud, found)
    say = output.say if dry_run else tell
    for line in [*others, *_plan(found, cloud, job, objective, plan, prices)]:
        say(line)
    job = located(job, cloud)
    if dry_run:
        with Generator(job, lambda: credentials(cloud), 1):  # whether it starts
            return
    with Generator(job, lambda: credentials(cloud), processes) as load:
        finding = search(_Told(load), objective, plan, _progress)
    show(
        finding,
        endpoint=name,
        instance_type=found.instance_type,
        others=found.endpoint.pools,
        target=target,
        page=page,
        machine=machine,
    )


def _others(cloud: Cloud, found: Subject) -> list[str]:
    """A sentence on the requests of others where there are a few; many raise ScaleproofError."""
    others = traffic(cloud.client, found.endpoint)
    if not others:
        return []
    requests = count(round(others.invocations), "request")
    seen = (
        f"{found.endpoint.name} serves others: {requests} in the last 5 minutes, up to "
        f"{others.concurrency:g} in flight on an instance."
    )
    # More in flight than have come: streams that began earlier, and that nobody sees the end of.
    if others.invocations > HANDFUL or others.concurrency > others.invocations:
        raise ScaleproofError(
            f"{seen} They would count, and would suffer.",
            advice="Measure an endpoint of its own, or wait 5 minutes after a measurement.",
        )
    return [f"{seen} They count if more come."]


def _cli_options(cloud: Cloud) -> str:
    address = f"--endpoint-url {cloud.connection.endpoint_url} " if cloud.connection else ""
    return f"{address}--region {cloud.region}"


def _plan(
    found: Subject,
    cloud: Cloud,
    job: Job,
    objective: Objective,
    plan: Plan,
    prices: dict[str, float],
) -> list[str]:
    """What is going to be done, how long it takes and what it costs at most."""
    kind, hours = found.instance_type, plan.budget / 3600
    first = plan.warm_up + plan.hold
    if job.kind == Kind.STREAMS:
        each, why = len(Bodies(job.bodies)(0)) / job.rate, "one after the other, as long as its audio is"
    else:
        each, why = objective.limit, "if each takes as long as the objective allows"
    lines = [
        f"{found.endpoint.name} has one instance of {kind} in service. {quota.room(cloud.client, kind)}",
        f"Levels: 1, 2, 4, ... {job.kind} in flight until one fails or {plan.most} hold, then those between. "
        f"Each is held for {duration(first)} first, and is judged for {duration(plan.longest)} at most.",
        f"It takes {duration(plan.budget)} at most. The levels decide how many {job.kind} are sent: with 100 "
        f"in flight {100 * first / each:,.0f} in {duration(first)}, {why}.",
    ]
    if kind in prices:
        usd = hours * prices[kind]
        lines.append(
            f"In that time the instance costs {usd:.2f} USD at {prices[kind]:g} USD an hour (by --price)."
        )
    else:
        lines.append(
            f"In that time the instance takes {hours:.2g} instance-hours of {kind}, which it takes without "
            f"load as well. With --price {kind}=USD this has a price."
        )
    return lines


class _Told:
    """A load that shows what it does."""

    def __init__(self, load: Generator) -> None:
        self._load = load

    def hold(self, concurrency: int, seconds: float) -> Level:
        """As `Load`."""
        with step(f"{concurrency} in flight for {duration(seconds)}"):
            return self._load.hold(concurrency, seconds)


def _progress(level: Judged) -> None:
    found = "holds" if level.held else "fails"
    sure = "" if level.sure else ", not sure yet"
    value = level.estimate.value
    what = "no request ended" if math.isnan(value) else f"{value:.3g} s"
    tell(f"{level.concurrency} in flight: {found}{sure} ({what}).")
