"""What `scaleproof measure` sends, and where: its options, and the job that the generator gets of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.cli import options
from scaleproof.cli.clouds import Cloud
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import SECRET_KEY
from scaleproof.measuring.load.bodies import Bodies
from scaleproof.measuring.load.job import Credentials, Job, Kind
from scaleproof.measuring.load.pace import rate_of
from scaleproof.measuring.search import Plan

STREAM_PORT = 8443
"""Of bidirectional streams on AWS: `rules` of the client's model name it, but the client leaves it out."""


@dataclass(frozen=True)
class Sent:
    """What is sent, as the options say."""

    kind: str
    bodies: tuple[str, ...]
    content_type: str
    rate: float | None
    chunk: float
    last_part: str
    path: str
    query: str

    def job(self, endpoint: str, plan: Plan) -> Job:
        """The job, without where it goes. Makes one body, and raises ScaleproofError for what is wrong."""
        words = tuple(os.path.abspath(word) for word in self.bodies)  # noqa: PTH100 - FILE.py:FUNCTION too
        first = Bodies(words)(0)
        rate = 0.0
        if self.kind == Kind.STREAMS:
            rate = self.rate or rate_of(first, self.bodies[0])
            seconds = len(first) / rate
            if not first:
                raise ScaleproofError(f"{self.bodies[0]} is empty.", advice="Give some seconds of audio.")
            if seconds > plan.hold:
                raise ScaleproofError(
                    f"{self.bodies[0]} lasts {seconds:.1f} s, but a level is judged after {plan.hold:g} s, "
                    "when no stream would have ended.",
                    advice=f"Use shorter audio, or --hold {2 * seconds:.0f}.",
                )
        elif self.rate or self.last_part or self.path or self.query:
            raise click.UsageError("--rate, --last-part, --path and --query are for --load streams.")
        return Job(
            kind=self.kind, endpoint=endpoint, region="", url=None, bodies=words, local=False,
            content_type=self.content_type, rate=rate, chunk=self.chunk, last_part=self.last_part,
            path=self.path, query=self.query,
        )  # fmt: skip


def sending(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what is sent; the command gets a Sent as `sent`."""
    return options.gathered(Sent, "sent", _SENT, function)


def located(job: Job, cloud: Cloud) -> Job:
    """The job with where it goes."""
    streams = job.kind == Kind.STREAMS
    if cloud.connection:
        local = control.streams(cloud.connection) if streams else None
        url = local.endpoint_url if local else cloud.connection.endpoint_url
        return job.at(cloud.connection.region, url, local=True, ca=local.ca_bundle if local else "")
    url = cloud.client("sagemaker-runtime").meta.endpoint_url
    return job.at(str(cloud.region), f"{url}:{STREAM_PORT}" if streams else url, local=False, ca="")


def credentials(cloud: Cloud) -> Credentials:
    """The user's, as they are now. Raises FailedError where they are gone."""
    if cloud.connection:
        return Credentials(cloud.connection.account, SECRET_KEY)
    try:
        found = cloud.session.get_credentials().get_frozen_credentials()
    except (BotoCoreError, ClientError, AttributeError) as error:  # there may be none at all
        raise FailedError(f"There are no credentials for AWS any more: {error}") from error
    return Credentials(found.access_key, found.secret_key, found.token)


_SENT: list[options.Add] = [
    click.option(
        "--load",
        "kind",
        type=click.Choice([kind.value for kind in Kind]),
        default=Kind.REQUESTS.value,
        show_default=True,
        help="InvokeEndpoint, InvokeEndpointWithResponseStream, or bidirectional streams at the pace of "
        "audio.",
    ),
    click.option(
        "--body",
        "bodies",
        multiple=True,
        required=True,
        metavar="FILE",
        help="What is sent: a file, for streams of audio, or FILE.py:FUNCTION, which gets the number of the "
        "request and returns bytes. Can be repeated; they take turns.",
    ),
    click.option(
        "--content-type",
        default="application/json",
        show_default=True,
        metavar="TYPE",
        help="Content type of a request's body.",
    ),
    click.option(
        "--rate",
        type=options.FloatRange(0, min_open=True),
        metavar="BYTES",
        help="Bytes of audio in a second, where --body is no WAV file: 32000 is 16-bit audio at 16 kHz.",
    ),
    click.option(
        "--chunk",
        type=options.FloatRange(0.01, 5),
        default=Job.chunk,
        show_default=True,
        metavar="SECONDS",
        help="Audio in one part of a stream.",
    ),
    click.option(
        "--last-part",
        default="",
        metavar="TEXT",
        help='A text that ends the audio of a stream, such as {"type": "CloseStream"}.',
    ),
    click.option(
        "--path", default="", metavar="PATH", help="The model's path of a stream, such as v1/listen."
    ),
    click.option("--query", default="", metavar="QUERY", help="The query of that path."),
]
