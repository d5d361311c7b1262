"""`scaleproof measure`: load on one endpoint, until it is known what one instance sustains."""

from __future__ import annotations

import math
import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from scaleproof.cli import clouds, options, output, suspensions
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.cli.measured import asked, show
from scaleproof.cli.sending import Sent, credentials, located, sending
from scaleproof.endpoints import EndpointError, from_api
from scaleproof.errors import ScaleproofError
from scaleproof.measuring.before import blocks, quota, suspension
from scaleproof.measuring.before.subject import Subject, subject, traffic
from scaleproof.measuring.finding import Judged
from scaleproof.measuring.levels import Level
from scaleproof.measuring.load.bodies import Bodies
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import Job, Kind
from scaleproof.measuring.objective import Objective
from scaleproof.measuring.search import Plan, search
from scaleproof.progress import step, tell
from scaleproof.studies.run import check_types, numbers_by_type
from scaleproof.studies.wording import duration


@click.command()
@click.argument("name", metavar="ENDPOINT")
@sending
@asked
@click.option(
    "--suspend", is_flag=True, help="Suspend the endpoint's scaling, and resume it however this ends."
)
@click.option("--shared", is_flag=True, help="Measure although the endpoint serves others as well.")
@click.option("--dry-run", is_flag=True, help="Check everything and say what would be done; no load.")
@click.option(
    "--each", is_flag=True, help="Print a module block for each type of the endpoint, to measure it alone."
)
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
    suspend: bool,
    shared: bool,
    dry_run: bool,
    each: bool,
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
    be in service with exactly one instance.
    """
    if machine and (dry_run or each):
        raise click.UsageError("--json is for a measurement; leave it out with --dry-run and --each.")
    prices = numbers_by_type(price)
    job = sent.job(name, plan)
    cloud = clouds.reached(where, "Measuring")
    if cloud.session:
        suspensions.resume(cloud.session, cloud.account)
    if each:
        _print_blocks(cloud, name)
        return
    found = subject(cloud.client, name)
    check_types("price", prices, [found.instance_type])
    _refuse_others(cloud, found, shared)
    scaled = _scaled(found, suspend)
    say = output.say if dry_run else tell
    for line in _plan(found, cloud, job, objective, plan, prices, suspends=scaled):
        say(line)
    job = located(job, cloud)
    if dry_run:
        with Generator(job, lambda: credentials(cloud), 1):  # whether it starts
            return
    held: AbstractContextManager[None] = nullcontext()
    if scaled:
        held = suspension.suspended(
            cloud.client, found.endpoint, cloud=cloud.key, account=cloud.account, region=str(cloud.region)
        )
    with Generator(job, lambda: credentials(cloud), processes) as load, held:
        try:
            finding = search(_Told(load), objective, plan, _progress)
        finally:
            load.close()  # before the scaling is resumed
    if scaled:
        tell(f"The scaling of {name} is resumed. Its alarms may still see the load for some minutes.")
    show(
        finding,
        endpoint=name,
        instance_type=found.instance_type,
        others=found.endpoint.pools,
        target=target,
        page=page,
        machine=machine,
    )


def _refuse_others(cloud: Cloud, found: Subject, shared: bool) -> None:
    others = traffic(cloud.client, found.endpoint)
    if others and not shared:
        raise ScaleproofError(
            f"{found.endpoint.name} serves others: {others.invocations:g} requests in the last 5 minutes, up "
            f"to {others.concurrency:g} in flight on an instance. They would count, and would suffer.",
            advice="Measure an endpoint of its own. Add --shared if this is known, or wait 5 minutes after a "
            "measurement.",
        )


def _scaled(found: Subject, suspend: bool) -> bool:
    """Whether scaling has to be suspended. Raises EndpointError where it has to be and must not."""
    target = found.endpoint.target
    if target is None or target.suspended == suspension.ALL:
        return False
    if not suspend:
        raise EndpointError(
            f"{found.endpoint.name} is scaled: a second instance would come in the midst of the measurement.",
            advice="Add --suspend, which suspends its scaling and resumes it afterwards, or suspend it "
            "yourself: realtime.suspended = { in = true, out = true, scheduled = true } with the module.",
        )
    return True


def _plan(
    found: Subject,
    cloud: Cloud,
    job: Job,
    objective: Objective,
    plan: Plan,
    prices: dict[str, float],
    *,
    suspends: bool,
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
    if suspends:
        lines.append("Its scaling is suspended meanwhile, and resumed afterwards.")
    return lines


def _print_blocks(cloud: Cloud, name: str) -> None:
    endpoint = from_api(cloud.client, [name])[0]
    types = [pool.instance_type for pool in endpoint.pools]
    if len(types) == 1:
        raise EndpointError(f"{name} has one type, {types[0]}.", advice="Measure it without --each.")
    tell(
        "No operation of SageMaker's runtime takes an instance type. Apply these endpoints of one instance "
        "each, measure them one by one, and destroy them."
    )
    for kind in types:
        tell(f"{kind}: {quota.room(cloud.client, kind)}")
    for text in blocks.each(name, types):
        output.say(text)


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
