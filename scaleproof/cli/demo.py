"""`scaleproof demo`: applies a configuration, uses it, simulates a day, and destroys it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from scaleproof.cli import output, parameters
from scaleproof.cli.configurations import checked
from scaleproof.cli.demo_streams import Streamed, stream_through
from scaleproof.cli.sources import RootOptions, example, root_options
from scaleproof.endpoints import documents as api
from scaleproof.endpoints.invoke import Request, send
from scaleproof.endpoints.live import applied, endpoint_names
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.errors import FailedError
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import start
from scaleproof.progress import console, step
from scaleproof.report.files import write
from scaleproof.report.html import page as rendered
from scaleproof.report.simulation import simulation_blocks
from scaleproof.report.terminal import show
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Timeline
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting, simulate_each
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.terraform.blocks import files_in, labels_in
from scaleproof.terraform.parts import Parts, parts
from scaleproof.terraform.root import Root

REQUEST = b'{"inputs": "The quick brown fox jumps over the lazy dog."}'
VARIABLES = {"region": "us-east-1", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"}
"""Values for the variables of the examples; LocalStack checks neither."""


@dataclass(frozen=True)
class DemoDocument:
    """The endpoints of the demo, with requests, streams and simulations."""

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
    "report_path",
    type=parameters.WRITTEN,
    default="scaleproof-demo.html",
    show_default=True,
    metavar="FILE.html",
    help="File for the report of the simulated day.",
)
@parameters.as_json
def demo(directory: Path | None, root: RootOptions, port: int | None, report_path: Path, as_json: bool) -> None:
    """Apply an example to LocalStack, use its endpoints, simulate a day, and destroy them.

    DIR is examples/complete by default. Starts a LocalStack, which stops when the command ends. Sends a request to
    each endpoint, opens streams with AWS's client until an endpoint has scaled out, closes them until it has scaled
    in, simulates a day of traffic with the policies that the API returns, and writes a report.
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
        document = _run(configuration, stack.connection(), report_path, used, quiet=as_json)
        masked = configuration.state().secrets.masked
        configuration.destroy()
        left = [*configuration.state().resources, *map(masked, endpoint_names(stack.connection().client))]
    if left:
        raise FailedError(f"These remain after the destroy: {', '.join(left)}.")
    output.answer(document, ["Destroyed: no endpoint and no resource is left."], as_json=as_json)


def _run(root: Root, connection: Connection, report_path: Path, used: Parts, *, quiet: bool) -> DemoDocument:
    say: Callable[[str], None] = (lambda _text: None) if quiet else output.say
    root.apply()
    state = root.state()
    documents = applied(connection, state)
    shown = rows(of_state for of_state, _ in documents)
    endpoints = [api.endpoint(of_api) for _, of_api in documents]
    masked = state.secrets.masked
    say(f"Applied {root.directory}: {len(state.resources)} resources and data sources. The endpoints now:\n")
    if not quiet:
        show(output.endpoint_blocks(shown))
    requests = []
    for endpoint in endpoints:
        with step(f"Sending a request through {masked(endpoint.name)}"):
            requests.append(masked(send(connection, endpoint, REQUEST)))
        say(requests[-1].sentence)
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
    write(rendered(blocks, command="scaleproof demo"), report_path)
    say("\nA simulated Monday with the applied policies:\n")
    if not quiet:
        show(blocks.blocks)
        output.say_files({"Report": report_path})
    # The report has the timelines; here they would hide the rest.
    bare = [replace(outcome, result=replace(outcome.result, timeline=Timeline.empty())) for outcome in outcomes]
    return DemoDocument(used, shown, requests, streams, bare, report_path)


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
