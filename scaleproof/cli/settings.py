"""What studies have in common: traffic, seed, start, assumptions and prices."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from scaleproof.errors import ScaleproofError
from scaleproof.report import check_place
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation.generators import GENERATORS
from scaleproof.studies import assumptions, traffic
from scaleproof.studies.cost import check_prices, prices
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import TrafficSpec


@dataclass(frozen=True)
class Given:
    """What the user set."""

    traffic: tuple[str, ...]
    seed: int
    start: str | None
    assume: tuple[str, ...]
    shortage: tuple[str, ...]
    price: tuple[str, ...]

    def setting(self, types: Collection[str]) -> Setting:
        """The setting of simulations with instances of `types`; raises ScaleproofError for what cannot be."""
        short = assumptions.shortages(self.shortage)
        for one in short:
            if one.instance_type not in types:
                raise ScaleproofError(
                    f"No endpoint has instances of {one.instance_type} to be short of.",
                    advice=f"There are {', '.join(sorted(types))}.",
                )
        assumed = assumptions.parse(self.assume)
        price = prices(self.price)
        check_prices(price, types)
        return Setting(
            model=replace(assumed, behaviour=replace(assumed.behaviour, shortages=short)),
            seed=self.seed,
            start=self._start(),
            price=price,
        )

    def named(self, endpoints: list[Endpoint]) -> list[TrafficSpec]:
        """The traffic; raises TrafficError."""
        names = [endpoint.name for endpoint in endpoints]
        return [traffic.parse(spec, names, seed=self.seed) for spec in self.traffic]

    def _start(self) -> datetime | None:
        if self.start is None:
            return None
        try:
            moment = datetime.fromisoformat(self.start)
        except ValueError:
            raise ScaleproofError(
                f"--start {self.start} is no point in time.", advice="Write it as in 2026-03-02T08:00+01:00."
            ) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def types_of(endpoints: Iterable[Endpoint]) -> set[str]:
    """The instance types of endpoints."""
    return {pool.instance_type for endpoint in endpoints for pool in endpoint.pools}


def settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every study; the command gets them as `given`."""

    @functools.wraps(function)
    def call(
        traffic: tuple[str, ...],
        seed: int,
        start: str | None,
        assume: tuple[str, ...],
        shortage: tuple[str, ...],
        price: tuple[str, ...],
        **rest: Any,
    ) -> Any:
        return function(given=Given(traffic, seed, start, assume, shortage, price), **rest)

    for add in reversed(_PARAMETERS):
        call = add(call)
    return call


def _checked(path: Path) -> Path:
    """Before any work is done for it."""
    check_place(path)
    return path


report = click.option(
    "--report",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    callback=lambda _context, _option, path: path and _checked(path),
    help="Write a report with plots: one file that opens offline.",
)

_PARAMETERS: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = [
    click.option(
        "--traffic",
        multiple=True,
        required=True,
        metavar="[ENDPOINT=]SPEC",
        help=f"A CSV file or one of {', '.join(GENERATORS)}, with settings: diurnal:peak=200,days=7. May be "
        "repeated for several endpoints; files are for asynchronous ones.",
    ),
    click.option(
        "--seed", type=click.IntRange(0), default=0, help="Of all that is left to chance; default 0."
    ),
    click.option(
        "--start",
        metavar="TIME",
        help="When it begins, as in 2026-03-02T08:00+01:00; default: as recorded, else a Monday 00:00 UTC.",
    ),
    click.option(
        "--assume",
        multiple=True,
        metavar="NAME=VALUE",
        help="Answer what AWS does not document otherwise, as in provisioning=300 or scale_in=cut.",
    ),
    click.option(
        "--shortage",
        multiple=True,
        metavar="TYPE=FROM-TO",
        help="No more instances of a type from one hour to another, counted from the start.",
    ),
    click.option("--price", multiple=True, metavar="TYPE=USD", help="Price of an instance-hour of a type."),
]
