"""`scaleproof demo`: the whole way of one configuration, from nothing and back to nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import click

import scaleproof
from scaleproof.cli import leftovers, options, output
from scaleproof.cli.configurations import checked, clients_of
from scaleproof.cli.simulate import print_outcomes
from scaleproof.endpoints import from_api, from_state
from scaleproof.endpoints.invoke import invoke, invoke_async
from scaleproof.endpoints.live import endpoint_names, marked, standing
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.endpoints.terraform import ENDPOINT
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.hcl.module import Module
from scaleproof.localstack.connection import Connection
from scaleproof.progress import console, step
from scaleproof.report import check_place, simulation_page, write
from scaleproof.scaling.endpoint import Endpoint, Kind, with_limits
from scaleproof.simulation import Timeline
from scaleproof.studies.outcome import OutcomeDocument
from scaleproof.studies.run import Setting, simulate_each
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.terraform import errored
from scaleproof.terraform.parts import Parts, cloud, parts
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import State

REQUEST = b'{"inputs": "The quick brown fox jumps over the lazy dog."}'
VARIABLES = {"region": "us-east-1", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"}
"""What the examples ask for; LocalStack looks neither up."""


class Request(TypedDict):
    """A request that was sent through an endpoint."""

    endpoint: str
    kind: str
    """"realtime" or "async"."""
    answer: str
    seconds: float
    """From sending it to having the answer."""
    variant: NotRequired[str]
    """Of a real-time endpoint: the production variant that answered."""
    input: NotRequired[str]
    """Of an asynchronous endpoint: the S3 URI of the request."""
    output: NotRequired[str]
    """Of an asynchronous endpoint: the S3 URI of the answer."""
    notified: NotRequired[bool | None]
    """Of an asynchronous endpoint: whether the success topic told of it; null without a topic."""


class DemoDocument(TypedDict):
    """What was applied, used, replayed and destroyed."""

    parts: Parts
    endpoints: list[EndpointRow]
    requests: list[Request]
    replay: Replay


@click.command()
@click.argument(
    "directory",
    metavar="[DIR]",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@options.variables
@options.outside
@options.port
@click.option(
    "--report",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    default="scaleproof-demo.html",
    show_default=True,
    metavar="FILE.html",
    help="Where the report of the replayed day goes.",
)
@options.as_json
def demo(
    directory: Path | None,
    values: Sequence[str],
    files: Sequence[str],
    outside: dict[str, Any],
    port: int | None,
    page: Path,
    machine: bool,
) -> None:
    """Apply an example to LocalStack, show what stands, use it, replay a day, and destroy it.

    DIR is examples/complete by default. Sends one request through each endpoint, synchronous or
    asynchronous, simulates a day of traffic with the policies as the API has them, writes a report of it, and
    leaves nothing running.
    """
    check_place(page)
    directory = directory or _complete()
    with checked(directory, outside) as providers, cloud(port) as stack:
        used = parts(stack)
        used.show()
        stays = stack.external or stack.standing
        if stays:
            leftovers.clear(stack, providers)
        # An account of its own: whatever else is on this LocalStack is left alone.
        connection = stack.connection(f"9{secrets.randbelow(10**11):011d}")
        root = Root(
            directory,
            standins=providers,
            connection=connection,
            variables=_defaults(directory, values),
            # What stands in a LocalStack that ends with this command is gone with it, whatever happens.
            state=leftovers.state_file(connection) if stays else None,
            arguments=options.terraform_arguments(values, files),
            **outside,
        )
        with root, leftovers.noted(root) if stays else nullcontext():
            try:
                found = _run(root, connection, page, used, machine)
            except BaseException:
                if stays and errored.exists(root.state_file):
                    _clean_up(root)
                raise
            left = _destroy(root, connection)
    if left:
        raise FailedError(f"Left after the destroy: {', '.join(left)}.")
    if machine:
        output.print_json(found)
    else:
        output.say("Destroyed: no endpoint and no resource is left.")


def _run(root: Root, connection: Connection, page: Path, used: Parts, machine: bool) -> DemoDocument:
    root.apply()
    state = root.state()
    endpoints = standing(clients_of(connection, state), state)
    shown = marked(endpoints, state)
    masked = state.secrets.masked
    if not machine:
        output.say(
            f"Applied {root.directory}: {len(state.resources)} resources and data sources. What stands:\n"
        )
        output.print_endpoints(shown)
    requests = [masked(_send(connection, endpoint, masked(endpoint.name))) for endpoint in endpoints]
    if not machine:
        for request in requests:
            output.say(_sentence(request))
    again = [change.address for change in root.plan().changes]
    if again:
        raise FailedError(f"A second plan would change {', '.join(again)}.")
    if not machine:
        output.say("A second plan is empty.")
    day = replay(connection, state, page, quiet=machine)
    return DemoDocument(parts=used, endpoints=rows(shown), requests=requests, replay=day)


def _send(connection: Connection, endpoint: Endpoint, name: str) -> Request:
    with step(f"Sending a request through {name}"):
        if endpoint.kind is Kind.REALTIME:
            answer = invoke(connection, endpoint.name, REQUEST)
            return {
                "endpoint": endpoint.name,
                "kind": str(endpoint.kind),
                "variant": answer.variant,
                "answer": answer.body.decode(errors="replace"),
                "seconds": answer.seconds,
            }
        result = invoke_async(connection, endpoint.name, REQUEST)
        return {
            "endpoint": endpoint.name,
            "kind": str(endpoint.kind),
            "input": result.input_location,
            "output": result.output_location,
            "answer": result.body.decode(errors="replace"),
            "notified": result.notified,
            "seconds": result.seconds,
        }


def _sentence(request: Request) -> str:
    took = f"{request['seconds']:.1f} s"
    if request["kind"] == Kind.REALTIME:
        return f"Invoked {request['endpoint']}: {request['variant']} answered {request['answer']} ({took})"
    told = {
        True: ", and the success topic told of it",
        False: ", but the success topic did not tell of it",
        None: "",
    }
    return (
        f"Queued {request['input']} for {request['endpoint']}: {request['answer']} is in {request['output']}"
        f"{told[request['notified']]} ({took})"
    )


def _destroy(root: Root, connection: Connection) -> list[str]:
    masked = root.state().secrets.masked
    root.destroy()
    left = [*root.state().resources, *map(masked, endpoint_names(connection.client))]
    if not left:
        leftovers.forget(root.state_file)
    return left


def _clean_up(root: Root) -> None:
    console.print("Destroying what was applied.")
    try:
        root.destroy()
        leftovers.forget(root.state_file)
    except ScaleproofError as error:
        console.print(f"{error} The state is kept in {root.state_file}.", markup=False, soft_wrap=True)


def _complete() -> Path:
    """The examples are beside the package in a checkout; an installed package has none."""
    for base in (Path(), Path(scaleproof.__file__).resolve().parent.parent):
        if (base / "examples" / "complete").is_dir():
            return base / "examples" / "complete"
    raise ScaleproofError("There is no examples/complete here.", advice="Name a configuration's directory.")


def _defaults(directory: Path, values: Sequence[str]) -> dict[str, str]:
    """The values of `VARIABLES` that the root asks for; an image gives way to the user's model package."""
    declared = Module.read(directory).variables
    given = {value.partition("=")[0].strip() for value in values}
    wanted = VARIABLES if "model_package_arn" not in given else {"region": VARIABLES["region"]}
    return {name: value for name, value in wanted.items() if name in declared}


BUSY = 0.6
"""The peak of the day, as a share of what the largest fleet sustains."""


class Replay(TypedDict):
    """A day in virtual time."""

    outcomes: list[OutcomeDocument]
    """By endpoint; their timelines are empty, as the report has them."""
    report: str | None
    """The file; null where no day could be simulated."""


def replay(connection: Connection, state: State, page: Path, *, quiet: bool) -> Replay:
    """Simulates a day for the endpoints of a state, as the API has them now, and writes the report.

    What an instance sustains is in the state only. Endpoints for which nothing says it are left out.
    """
    recorded = from_state(state)
    limits = {
        (one.name, pool.instance_type): pool.max_concurrency
        for one in recorded
        for pool in one.pools
        if pool.max_concurrency is not None
    }
    names = [found.values["endpoint_name"] for found in state.of_type(ENDPOINT)]
    standing = [
        with_limits(one, {kind: limit for (name, kind), limit in limits.items() if name == one.name})
        for one in state.secrets.masked(from_api(connection.client, sorted(names)))
    ]
    pairs = []
    for endpoint in standing:
        if all(pool.max_concurrency for pool in endpoint.pools):
            pairs.append((endpoint, _day(endpoint)))
        else:
            console.print(
                f"No day for {endpoint.name}: nothing says what its instances sustain.",
                markup=False,
                soft_wrap=True,
            )
    if not pairs:
        return {"outcomes": [], "report": None}
    outcomes = simulate_each(pairs, Setting())
    write(simulation_page(outcomes, command="scaleproof demo"), page)
    if not quiet:
        output.say("\nA Monday in virtual time, with the policies that were applied:\n")
        print_outcomes(outcomes)
        output.say(f"Report: {page}")
    # The report has the timelines; here they would drown the rest.
    bare = [replace(one, result=replace(one.result, timeline=Timeline.empty())) for one in outcomes]
    return {"outcomes": [outcome.to_dict() for outcome in bare], "report": str(page)}


def _day(endpoint: Endpoint) -> TrafficSpec:
    """Calls that keep the largest fleet busy at the peak, or batches that it works off in a few rounds."""
    most = endpoint.target.max if endpoint.target else endpoint.initial
    slots = endpoint.pools[0].max_concurrency or 1.0
    if endpoint.kind is Kind.ASYNC:
        return parse(
            f"batches:files={max(round(most * (endpoint.max_concurrent_invocations or slots) * 3), 1)}"
        )
    return parse(f"diurnal:peak={max(round(BUSY * most * slots), 1)}")
