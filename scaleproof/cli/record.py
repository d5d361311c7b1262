"""`scaleproof record`: the traffic of a live endpoint, from CloudWatch, as a file for `simulate`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from scaleproof.cli import clouds, options, output, recorded
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.cli.recorded import Period
from scaleproof.endpoints import EndpointError, from_api
from scaleproof.scaling.endpoint import Endpoint, with_limits
from scaleproof.studies.run import check_types, numbers_by_type, types_of


@click.command()
@click.argument("name", metavar="ENDPOINT")
@click.option(
    "--output",
    "target",
    required=True,
    metavar="FILE.csv",
    type=options.NEW_FILE,
    help="Write the traffic to a new file.",
)
@recorded.period
@click.option("--variant", metavar="NAME", help="The variant, where the endpoint has several.")
@click.option(
    "--max-concurrency",
    multiple=True,
    metavar="TYPE=N",
    help="Requests in flight that an instance of a type sustains, for the check. Default: as many as come; "
    "of an asynchronous endpoint, as it says.",
)
@clouds.place("Where the endpoint is; AWS only if you name it, and it is only read. Default: localstack.")
@options.as_json
def record(
    name: str,
    target: Path,
    period: Period,
    variant: str | None,
    max_concurrency: tuple[str, ...],
    where: Where,
    machine: bool,
) -> None:
    """Record the traffic of ENDPOINT, from its metrics in CloudWatch, for `scaleproof simulate`.

    Writes a file of requests. Simulates it on the instances that there were, and says how far that is from
    what was recorded. Fits how long instances took to start. Nothing is changed.
    """
    period.range(time.time())
    limits = numbers_by_type(max_concurrency)
    cloud = clouds.reached(where, f"Recording {name}")
    endpoint = _endpoint(cloud, name, variant)
    check_types("max-concurrency", limits, types_of([endpoint]))
    taken = recorded.take(cloud, with_limits(endpoint, limits), period, target)
    if machine:
        output.print_json(taken.document(target))
        return
    for line in taken.lines(target):
        output.say(line)


def _endpoint(cloud: Cloud, name: str, variant: str | None) -> Endpoint:
    """The variant that is recorded. Raises EndpointError that says what there is."""
    variants = from_api(cloud.client, [name])
    present = [one.variant for one in variants]
    chosen = [one for one in variants if variant in (None, one.variant)]
    if len(chosen) != 1:
        what = f"has no variant {variant}" if variant else f"has {len(present)} variants"
        raise EndpointError(
            f"{name} {what}: there are {', '.join(present)}.", advice=f"Add --variant {present[0]}."
        )
    return chosen[0]
