"""`scaleproof demo`: applies examples/complete, uses it, simulates a day, and destroys it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

import scaleproof
from scaleproof.cli import output, parameters
from scaleproof.cli.configurations import checked
from scaleproof.cli.demo_streams import Streamed, stream_through
from scaleproof.endpoints import documents as api
from scaleproof.endpoints.live import applied, endpoint_names
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import start
from scaleproof.progress import step
from scaleproof.report.files import write
from scaleproof.report.html import page as rendered
from scaleproof.report.simulation import simulation_blocks
from scaleproof.report.terminal import show
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Timeline
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting, simulate_each
from scaleproof.studies.traffic import parse
from scaleproof.terraform.parts import Parts, parts
from scaleproof.terraform.root import Root
from scaleproof.times import attempts

REQUEST = b'{"inputs": "The quick brown fox jumps over the lazy dog."}'
VARIABLES = {"region": "us-east-1", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"}
"""Values for the variables of the example; LocalStack checks neither."""
DAYS = {Kind.REALTIME: "diurnal:peak=144", Kind.ASYNC: "batches:files=60"}
"""Calls that keep the largest fleet busy at the peak, and batches for a few rounds of its work."""


@dataclass(frozen=True)
class DemoDocument:
    """The endpoints of the demo, with requests, streams and simulations."""

    parts: Parts
    endpoints: list[EndpointRow]
    requests: list[Request]
    streams: Streamed | None
    """Null where no Python can run AWS's client."""
    outcomes: list[Outcome]
    """Of the simulated day, by endpoint. Their timelines are empty; the report has them."""
    report: Path
    """The file."""


@click.command()
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
def demo(port: int | None, report_path: Path, as_json: bool) -> None:
    """Apply an example to LocalStack, use its endpoints, simulate a day, and destroy them.

    Applies examples/complete. Starts a LocalStack, which stops when the command ends. Sends a request to each
    endpoint, opens streams with AWS's client until an endpoint has scaled out, closes them until it has scaled in,
    simulates a day of traffic with the policies that the API returns, and writes a report.
    """
    directory = _example()
    with (
        checked(directory, variables=VARIABLES) as providers,
        start(port=port) as stack,
        Root(directory, standins=providers, connection=stack.connection(), variables=VARIABLES) as configuration,
    ):
        used = parts(stack)
        used.show()
        document = _run(configuration, stack.connection(), report_path, used, quiet=as_json)
        configuration.destroy()
        left = [*configuration.state().resources, *endpoint_names(stack.connection().client)]
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
    say(f"Applied {root.directory}: {len(state.resources)} resources and data sources. The endpoints now:\n")
    if not quiet:
        show(output.endpoint_blocks(shown))
    requests = []
    for endpoint in endpoints:
        with step(f"Sending a request through {endpoint.name}"):
            requests.append(send(connection, endpoint, REQUEST))
        say(requests[-1].sentence)
    if again := [change.address for change in root.plan().changes]:
        raise FailedError(f"A second plan would change {', '.join(again)}.")
    say("A second plan is empty.")
    streams = stream_through(connection, next(endpoint for endpoint in endpoints if endpoint.kind is Kind.REALTIME))
    if streams:
        say(streams.sentence)
    outcomes = simulate_each([(endpoint, parse(DAYS[endpoint.kind])) for endpoint in endpoints], Setting())
    blocks = simulation_blocks(outcomes)
    write(rendered(blocks, command="scaleproof demo"), report_path)
    say("\nA simulated Monday with the applied policies:\n")
    if not quiet:
        show(blocks.blocks)
        output.say_files({"Report": report_path})
    # The report has the timelines; here they would hide the rest.
    bare = [replace(outcome, result=replace(outcome.result, timeline=Timeline.empty())) for outcome in outcomes]
    return DemoDocument(used, shown, requests, streams, bare, report_path)


def _example() -> Path:
    """The directory of the example in a checkout; an installed package has none. Raises ScaleproofError."""
    for base in (Path(), Path(scaleproof.__file__).resolve().parent.parent):
        if (base / "examples" / "complete").is_dir():
            return base / "examples" / "complete"
    raise ScaleproofError("There is no examples/complete here.", advice="Change to a checkout of the module.")


RESULT_TIMEOUT = 60.0
"""Seconds to wait for the result of an asynchronous request."""


@dataclass(frozen=True)
class Request:
    """A request to an endpoint, and its answer."""

    endpoint: str
    kind: Kind
    answer: str
    seconds: float
    """Seconds from sending the request to receiving the answer."""
    variant: str | None = None
    """Of a real-time endpoint: the production variant that answered."""
    input: str | None = None
    """Of an asynchronous endpoint: the S3 URI of the request."""
    output: str | None = None
    """Of an asynchronous endpoint: the S3 URI of the answer."""

    @property
    def sentence(self) -> str:
        """A sentence about the result."""
        if self.kind is Kind.REALTIME:
            return f"Invoked {self.endpoint}: {self.variant} answered {self.answer} ({self.seconds:.1f} s)"
        return f"Queued {self.input} for {self.endpoint}: {self.answer} is in {self.output} ({self.seconds:.1f} s)"


def send(connection: Connection, endpoint: Endpoint, body: bytes) -> Request:
    """The answer to a request with JSON. Raises FailedError where the endpoint refuses it, fails, or gives none.

    The request to an asynchronous endpoint becomes an object beside its results.
    """
    answer = _invoke if endpoint.kind is Kind.REALTIME else _invoke_async
    try:
        return answer(connection, endpoint.name, body)
    except (BotoCoreError, ClientError) as error:
        raise FailedError(f"The endpoint {endpoint.name} did not answer: {error}") from error


def _invoke(connection: Connection, name: str, body: bytes) -> Request:
    started = time.monotonic()
    response = connection.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body, ContentType="application/json"
    )
    answer = response["Body"].read().decode(errors="replace")
    variant = response.get("InvokedProductionVariant", "")
    return Request(name, Kind.REALTIME, answer, time.monotonic() - started, variant=variant)


def _invoke_async(connection: Connection, name: str, body: bytes) -> Request:
    started = time.monotonic()
    sagemaker, s3 = connection.client("sagemaker"), connection.client("s3")
    config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    output = sagemaker.describe_endpoint_config(EndpointConfigName=config)["AsyncInferenceConfig"]["OutputConfig"]
    bucket, key = _place(output["S3OutputPath"])[0], f"in/scaleproof-{uuid.uuid4()}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    source = f"s3://{bucket}/{key}"
    response = connection.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=name, InputLocation=source, ContentType="application/json"
    )
    result, failure = response["OutputLocation"], response.get("FailureLocation")
    for _ in attempts(RESULT_TIMEOUT, pause=0.2, longest=0.2):
        if failure and (reason := _text(s3, failure)) is not None:
            raise FailedError(f"The endpoint {name} failed to process the request: {reason}")
        if (answer := _text(s3, result)) is not None:
            return Request(name, Kind.ASYNC, answer, time.monotonic() - started, input=source, output=result)
    raise FailedError(f"The endpoint {name} wrote no {result} within {RESULT_TIMEOUT:.0f} s.")


def _text(s3: Any, location: str) -> str | None:
    """The text of an object, None where there is none yet."""
    bucket, key = _place(location)
    try:
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace"))
    except s3.exceptions.NoSuchKey:
        return None


def _place(location: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key
