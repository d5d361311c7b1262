"""`scaleproof demo`: applies a configuration, uses it, simulates a day, and destroys it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from scaleproof.cli import output, parameters
from scaleproof.cli.configurations import checked
from scaleproof.cli.demo_streams import Streamed, stream_through
from scaleproof.cli.roots import RootOptions, root_options
from scaleproof.cli.sources import example
from scaleproof.endpoints import from_state
from scaleproof.endpoints.invoke import invoke, invoke_async
from scaleproof.endpoints.live import applied, endpoint_names, standing
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.errors import FailedError
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import start
from scaleproof.progress import console, step
from scaleproof.report.files import write
from scaleproof.report.html import page as rendered
from scaleproof.report.simulation import simulation_blocks
from scaleproof.report.terminal import show
from scaleproof.scaling.endpoint import Endpoint, Kind, with_limits
from scaleproof.simulation import Timeline
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting, simulate_each
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.terraform.blocks import files_in, labels_in
from scaleproof.terraform.parts import Parts, parts
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import State

REQUEST = b'{"inputs": "The quick brown fox jumps over the lazy dog."}'
VARIABLES = {"region": "us-east-1", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"}
"""Values for the variables of the examples; LocalStack checks neither."""


@dataclass(frozen=True)
class Request:
    """A request to an endpoint, and its answer."""

    endpoint: str
    kind: Kind
    answer: str
    seconds: float
    """From sending the request to having the answer."""
    variant: str | None = None
    """Of a real-time endpoint: the production variant that answered."""
    input: str | None = None
    """Of an asynchronous endpoint: the S3 URI of the request."""
    output: str | None = None
    """Of an asynchronous endpoint: the S3 URI of the answer."""
    notified: bool | None = None
    """Of an asynchronous endpoint: whether the success topic was notified; null without a topic."""

    @property
    def sentence(self) -> str:
        """For people."""
        if self.kind is Kind.REALTIME:
            return f"Invoked {self.endpoint}: {self.variant} answered {self.answer} ({self.seconds:.1f} s)"
        notified = {True: ", and the success topic was notified", False: ", but the success topic was not notified"}
        return (
            f"Queued {self.input} for {self.endpoint}: {self.answer} is in {self.output}"
            f"{notified.get(self.notified, '') if self.notified is not None else ''} ({self.seconds:.1f} s)"
        )


@dataclass(frozen=True)
class DemoDocument:
    """What was applied, invoked, simulated and destroyed."""

    parts: Parts
    endpoints: list[EndpointRow]
    requests: list[Request]
    streams: Streamed | None
    """Null where no Python can run AWS's client, and where no real-time endpoint can scale out because of streams."""
    outcomes: list[Outcome]
    """Of the simulated day, by endpoint. Their timelines are empty; the report has them."""
    report: Path | None
    """The file; null if no day could be simulated."""


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=parameters.DIRECTORY)
@root_options
@parameters.port
@click.option(
    "--report",
    "page",
    type=parameters.WRITTEN,
    default="scaleproof-demo.html",
    show_default=True,
    metavar="FILE.html",
    help="The report of the simulated day.",
)
@parameters.as_json
def demo(directory: Path | None, root: RootOptions, port: int | None, page: Path, machine: bool) -> None:
    """Apply an example to LocalStack, use its endpoints, simulate a day, and destroy them.

    DIR is examples/complete by default. Starts a LocalStack of its own, which ends with the command. Sends
    one request to each endpoint, opens streams with AWS's own client until the endpoint has scaled out, closes
    them until it has scaled in, simulates a day of traffic with the policies that the API returns,
    and writes a report.
    """
    directory = directory or example("complete")
    arguments = {"variables": _defaults(directory, root.values), **root.arguments}
    with (
        checked(directory, **arguments) as providers,
        start(port=port) as stack,
        Root(directory, standins=providers, connection=stack.connection(), **arguments) as configuration,
    ):
        used = parts(stack)
        used.show()
        document = _run(configuration, stack.connection(), page, used, quiet=machine)
        masked = configuration.state().secrets.masked
        configuration.destroy()
        left = [*configuration.state().resources, *map(masked, endpoint_names(stack.connection().client))]
    if left:
        raise FailedError(f"Left after the destroy: {', '.join(left)}.")
    if machine:
        output.print_json(document)
    else:
        output.say("Destroyed: no endpoint and no resource is left.")


def _run(root: Root, connection: Connection, page: Path, used: Parts, *, quiet: bool) -> DemoDocument:
    say: Callable[[str], None] = (lambda _text: None) if quiet else output.say
    root.apply()
    state = root.state()
    endpoints = _endpoints(connection, state)
    shown = rows(applied(connection, state))
    masked = state.secrets.masked
    say(f"Applied {root.directory}: {len(state.resources)} resources and data sources. The endpoints now:\n")
    if not quiet:
        output.print_endpoints(shown)
    requests = [masked(_send(connection, endpoint, masked(endpoint.name))) for endpoint in endpoints]
    for request in requests:
        say(request.sentence)
    if again := [change.address for change in root.plan().changes]:
        raise FailedError(f"A second plan would change {', '.join(again)}.")
    say("A second plan is empty.")
    streams = stream_through(connection, endpoints, masked)
    if streams:
        say(streams.sentence)
    outcomes = _simulated(masked(endpoints))
    if not outcomes:
        return DemoDocument(used, shown, requests, streams, [], None)
    blocks = simulation_blocks(outcomes)
    write(rendered(blocks, command="scaleproof demo"), page)
    say("\nA simulated Monday with the applied policies:\n")
    if not quiet:
        show(blocks)
        output.say_files({"Report": page})
    # The report has the timelines; here they would hide the rest.
    bare = [replace(outcome, result=replace(outcome.result, timeline=Timeline.empty())) for outcome in outcomes]
    return DemoDocument(used, shown, requests, streams, bare, page)


def _endpoints(connection: Connection, state: State) -> list[Endpoint]:
    """The endpoints of a state, as the API describes them; only the state says what an instance sustains.

    The state's names are masked where they are sensitive, and the API's are not.
    """
    masked = state.secrets.masked
    limits = {
        endpoint.name: {pool.instance_type: pool.max_concurrency for pool in endpoint.pools if pool.max_concurrency}
        for endpoint in from_state(state)
    }
    return [with_limits(endpoint, limits.get(masked(endpoint.name), {})) for endpoint in standing(connection, state)]


def _send(connection: Connection, endpoint: Endpoint, name: str) -> Request:
    with step(f"Sending a request through {name}"):
        if endpoint.kind is Kind.REALTIME:
            answer = invoke(connection, endpoint.name, REQUEST)
            body = answer.body.decode(errors="replace")
            return Request(endpoint.name, endpoint.kind, body, answer.seconds, variant=answer.variant)
        result = invoke_async(connection, endpoint.name, REQUEST)
        return Request(
            endpoint.name,
            endpoint.kind,
            result.body.decode(errors="replace"),
            result.seconds,
            input=result.input_location,
            output=result.output_location,
            notified=result.notified,
        )


def _defaults(directory: Path, values: Sequence[str]) -> dict[str, str]:
    """The values of VARIABLES that the root declares; without the image if the user gives a model package."""
    declared = {name for file in files_in(directory) for (name,) in labels_in(file, "variable", 1)}
    names = {value.partition("=")[0].strip() for value in values}
    defaults = VARIABLES if "model_package_arn" not in names else {"region": VARIABLES["region"]}
    return {name: value for name, value in defaults.items() if name in declared}


BUSY = 0.6
"""The peak of the day, as a share of what the largest fleet sustains."""


def _simulated(endpoints: Sequence[Endpoint]) -> list[Outcome]:
    """A day of each endpoint; without those of which it is not known what an instance sustains."""
    known = [endpoint for endpoint in endpoints if all(pool.max_concurrency for pool in endpoint.pools)]
    for endpoint in endpoints:
        if endpoint not in known:
            console.print(f"No day for {endpoint.name}: it is not known what its instances sustain.")
    return simulate_each([(endpoint, _day(endpoint)) for endpoint in known], Setting()) if known else []


def _day(endpoint: Endpoint) -> TrafficSpec:
    """Calls that keep the largest fleet busy at the peak, or batches for a few rounds of its work."""
    most = endpoint.target.max if endpoint.target else endpoint.initial
    slots = endpoint.pools[0].max_concurrency or 1.0
    if endpoint.kind is Kind.ASYNC:
        return parse(f"batches:files={max(round(most * (endpoint.max_concurrent_invocations or slots) * 3), 1)}")
    return parse(f"diurnal:peak={max(round(BUSY * most * slots), 1)}")
