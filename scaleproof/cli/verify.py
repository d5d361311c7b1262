"""`scaleproof verify`: settles on a cloud what AWS does not document."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from scaleproof.cli import clouds, options, verify_stage
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.cli.sending import credentials, located
from scaleproof.cli.sources import example
from scaleproof.cli.verified import show
from scaleproof.cli.verify_stage import VARIANT, Note
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import Job, Kind
from scaleproof.processes import scratch
from scaleproof.progress import console
from scaleproof.report import check_new
from scaleproof.studies.run import check_types, numbers_by_type
from scaleproof.studies.wording import duration, money
from scaleproof.terraform import parts
from scaleproof.verifying import recording as recordings
from scaleproof.verifying import script
from scaleproof.verifying.limits import Limits, Stopped, cost
from scaleproof.verifying.recording import Recorder
from scaleproof.verifying.script import PHASES, Script, Stage
from scaleproof.verifying.sharing import RUN
from scaleproof.verifying.table import judged

BODY = b'{"inputs": "What a fine day."}'
SUSTAINS = 4
"""Requests in flight that an instance is told to sustain: the example aims at three quarters of it."""
ANSWERS = 1.0
"""Seconds of an answer in LocalStack, so that requests are in flight."""
APPLY, DESTROY = {True: 600.0, False: 30.0}, {True: 600.0, False: 30.0}
"""Seconds to apply and to destroy the example, on AWS and in LocalStack."""
LIMIT = options.FloatRange(0, min_open=True)


@click.command()
@click.option("--account", metavar="ID", help="The account, by its number: no other one is touched.")
@click.option(
    "--live",
    type=click.Choice(["localstack", clouds.AWS]),
    default="localstack",
    show_default=True,
    help="Where to verify; AWS only if you name it. This command makes and destroys resources there.",
)
@click.option(
    "--region", metavar="NAME", help="Region. Default: us-east-1 for localstack, else your settings'."
)
@clouds.profile
@click.option(
    "--instance-type",
    default="ml.m5.xlarge",
    show_default=True,
    metavar="TYPE",
    help="Type of the instances.",
)
@options.price
@click.option("--max-cost", type=LIMIT, metavar="USD", help="Stop before more.")
@click.option("--max-minutes", type=LIMIT, metavar="N", help="Stop before more.")
@click.option(
    "--only",
    "phases",
    multiple=True,
    type=click.Choice(PHASES),
    help="Play this phase only. Can be repeated.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--recording",
    "target",
    type=options.NEW_FILE,
    metavar="FILE.jsonl",
    help="Where to record. Default: scaleproof-verify-....jsonl here.",
)
@click.option(
    "--share",
    type=options.NEW_FILE,
    metavar="FILE.jsonl",
    help="Also write the recording without account ids and names, to be sent.",
)
@click.option(
    "--from",
    "file",
    type=options.FILE,
    metavar="FILE.jsonl",
    help="Judge a recording that there is; nothing is called.",
)
@options.as_json
def verify(
    account: str | None,
    live: str,
    region: str | None,
    profile: str | None,
    instance_type: str,
    price: tuple[str, ...],
    max_cost: float | None,
    max_minutes: float | None,
    phases: tuple[str, ...],
    yes: bool,
    target: Path | None,
    share: Path | None,
    file: Path | None,
    machine: bool,
) -> None:
    """Settle what AWS does not document, in an account of yours.

    Applies examples/minimal under a name of its own, plays phases on it (alarms, policies, load, a schedule,
    an update, a change of tags, updates that fail), records what happens, and destroys everything. Ends with
    a table: each assumption of the simulation and of the emulator, confirmed, refuted or open. Shows first
    what it costs and how long it takes, and asks. If it is killed, the next call destroys what it left.
    """
    if file is not None:
        found, place, stopped = recordings.load(file), str(file), ""
    elif account is None:
        raise click.UsageError("Name the account with --account, or a recording with --from.")
    else:
        if machine and not yes:
            raise click.UsageError("--json needs --yes: nobody can be asked.")
        if profile is not None and live != clouds.AWS:
            raise click.UsageError("--profile is for --live aws.")
        prices = numbers_by_type(price)
        check_types("price", prices, [instance_type])
        if live == clouds.AWS and instance_type not in prices:
            raise ScaleproofError(
                f"It is not known what an instance-hour of {instance_type} costs.",
                advice=f"Add --price {instance_type}=USD (https://aws.amazon.com/sagemaker/ai/pricing).",
            )
        run = f"{RUN}{secrets.token_hex(3)}"
        file = target or Path(f"{run}.jsonl")
        check_new(file)
        with _reached(Where(live, account, region, profile)) as cloud:
            limits = Limits(
                max_minutes and max_minutes * 60,
                max_cost,
                prices.get(instance_type, 0.0),
                DESTROY[cloud.session is not None],
                time.monotonic(),
            )
            # In their order: what one phase does, such as load, another one must not find.
            wanted = [name for name in PHASES if name in phases] or PHASES
            stopped = _run(cloud, run, instance_type, limits, wanted, file, ask=not yes)
            found, place = recordings.load(file), cloud.place
    show(judged(found), found, place, stopped, file, share, machine)


@contextmanager
def _reached(where: Where) -> Iterator[Cloud]:
    """The cloud, if it is that account. Raises ScaleproofError where it is another one."""
    with ExitStack() as stack:
        if where.aws:
            cloud = clouds.reached(where, "Verifying")
        else:
            cloud = clouds.of_stack(stack.enter_context(parts.cloud()), where)
            cloud = clouds.reached(where, "Verifying", cloud)
        caller = clouds.account(cloud)
        if caller != where.account:
            raise ScaleproofError(
                f"The credentials are for account {caller}, not {where.account}.",
                advice="Choose others with --profile, or correct --account.",
            )
        yield cloud


def _agreed() -> bool:
    """The user's answer; no where stdin has none."""
    try:
        return click.confirm("Go on?", err=True)
    except click.Abort as abort:
        if isinstance(abort.__context__, EOFError):
            click.echo(err=True)
            return False
        raise


def _run(
    cloud: Cloud,
    run: str,
    instance_type: str,
    limits: Limits,
    phases: Sequence[str],
    file: Path,
    *,
    ask: bool,
) -> str:
    """Plays the phases; why it ended before its end, empty if it did not."""
    aws = cloud.session is not None
    pace = script.AWS if aws else script.LOCALSTACK
    seconds = APPLY[aws] + sum(pace.phases[name] for name in phases)
    for line in _plan(cloud, run, instance_type, limits, phases, seconds):
        console.print(line)
    limits.allow(seconds if aws else 0.0)
    if ask and not _agreed():
        raise ScaleproofError("Nothing was applied.", advice="Answer y to go on, or add --yes.")
    note = Note(
        cloud.key,
        cloud.account,
        str(cloud.region),
        run,
        str(example("minimal").absolute()),
        {
            "name": run,
            "region": str(cloud.region),
            "instance_pools": [{"instance_type": instance_type, "max_concurrency": SUSTAINS}],
        },
    )
    with ExitStack() as stack:
        providers = None if aws else stack.enter_context(parts.standins())
        verify_stage.clear(cloud, providers)
        if cloud.connection:
            stack.enter_context(_containers(cloud))
        recorder = stack.enter_context(Recorder(file))
        recorder.add(
            recordings.Kind.BEGAN,
            cloud="aws" if aws else "localstack",
            region=str(cloud.region),
            instance_type=instance_type,
        )
        why = "it failed"
        try:
            stack.enter_context(verify_stage.applied(note, cloud, providers))
            load = stack.enter_context(_loading(cloud, note.endpoint))
            stage = Stage(
                cloud.client, note.endpoint, VARIANT, instance_type, run, pace, load, _slowing(cloud)
            )
            Script(stage, recorder, limits, time.time()).play(phases)
            why = ""
        except Stopped as stopped:
            why = str(stopped)
        except KeyboardInterrupt:
            why = "it was interrupted"
            raise
        finally:
            recorder.phase = ""
            recorder.add(recordings.Kind.ENDED, why=why)
        return why


def _plan(
    cloud: Cloud, run: str, instance_type: str, limits: Limits, phases: Sequence[str], seconds: float
) -> list[str]:
    """What is going to be done, how long it takes and what it costs at most."""
    whole = seconds + limits.reserve
    lines = [
        f"Applies examples/minimal as {run} with 1 to {script.MOST} instances of {instance_type} in "
        f"{cloud.place}, plays the phase{'s' if len(phases) > 1 else ''} {', '.join(phases)}, and destroys "
        "everything.",
        f"It takes about {duration(whole)}.",
    ]
    if cloud.session is None:
        return [*lines, "LocalStack costs nothing."]
    return [
        *lines,
        f"It costs at most {money(cost(whole, limits.price))} for instances at {limits.price:g} USD an hour, "
        "and some cents for alarms, metrics and calls.",
        "None of this has been run on AWS by those who wrote it.",
    ]


@contextmanager
def _containers(cloud: Cloud) -> Iterator[None]:
    """Containers of LocalStack that take a while to answer."""
    assert cloud.connection
    control.behave(cloud.connection, answer=ANSWERS)
    try:
        yield
    finally:
        control.behave(cloud.connection)


def _slowing(cloud: Cloud) -> Callable[[float], None]:
    """Makes new instances of LocalStack take so many seconds; AWS's take what they take."""

    def slow(seconds: float) -> None:
        if cloud.connection:
            control.behave(cloud.connection, answer=ANSWERS, startup=seconds)

    return slow


@contextmanager
def _loading(cloud: Cloud, endpoint: str) -> Iterator[Callable[[int, float], None]]:
    """Keeps requests in flight, from a process that starts with the first ones."""
    directory = scratch.make("verify")
    body = directory / "body.json"
    body.write_bytes(BODY)
    job = located(Job(Kind.REQUESTS, endpoint, "", None, (str(body),), local=False), cloud)
    started: list[Generator] = []
    with ExitStack() as stack:
        stack.callback(scratch.remove, directory)

        def load(users: int, seconds: float) -> None:
            if not started:
                started.append(stack.enter_context(Generator(job, lambda: credentials(cloud), 1)))
            started[0].hold(users, seconds)

        yield load
