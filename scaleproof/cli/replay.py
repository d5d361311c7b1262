"""A day of traffic for endpoints that stand, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from scaleproof.cli import output
from scaleproof.cli.simulate import print_outcomes, run
from scaleproof.endpoints import from_api, from_state, with_limits
from scaleproof.endpoints.terraform import ENDPOINT
from scaleproof.localstack.connection import Connection
from scaleproof.progress import console
from scaleproof.report import simulation_page, write
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Timeline
from scaleproof.studies.outcome import OutcomeDocument
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.terraform.state import State

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
    outcomes = run(pairs, Setting())
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
