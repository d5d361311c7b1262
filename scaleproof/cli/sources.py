"""The argument DIR with the options of a root configuration, and SOURCE, from which a study reads endpoints."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any

import click

from scaleproof.cli import clouds, parameters
from scaleproof.cli.clouds import Where
from scaleproof.cli.parameters import DIRECTORY, option
from scaleproof.endpoints import from_api, from_file, from_plan
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, with_limits
from scaleproof.studies.run import Setting, StudyRequest, check_types, numbers_by_type, types_of
from scaleproof.terraform.parts import Parts, planning
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.sources import parse


@dataclass(frozen=True)
class RootOptions:
    """Options of a root configuration: its variables and local copies of modules."""

    values: tuple[str, ...] = option(
        "--var",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set a variable of the root. Can be repeated.",
    )
    files: tuple[str, ...] = option(
        "--var-file",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True),
        help="Set variables from a .tfvars file, relative to the current directory; --var overrides it. Can be "
        "repeated.",
    )
    sources: tuple[tuple[str, Path], ...] = option(
        "--source",
        multiple=True,
        metavar="SOURCE=DIR",
        callback=lambda _context, _option, words: tuple(parse(word, Path()) for word in words),
        help="Use a local directory for the root's module blocks with this source. Can be repeated.",
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for a `Root` with these options."""
        return {
            "files": [Path(file) for file in self.files],
            "arguments": [word for value in self.values for word in ("-var", value)],
            "sources": dict(self.sources),
        }


directory = click.argument("directory", metavar="[DIR]", default=".", type=DIRECTORY)
root_options = parameters.gather(RootOptions, "root")
"""The command gets RootOptions as `root`."""


@dataclass(frozen=True)
class Source:
    """The source of endpoints in the options of a command."""

    path: Path | None
    where: Where
    names: tuple[str, ...] = ()
    max_concurrency: tuple[str, ...] = ()
    root: RootOptions = field(default_factory=RootOptions)

    def read(self) -> list[Endpoint]:
        """The chosen endpoints, each with what its instances sustain: see `endpoints`. Raises ScaleproofError."""
        return [self.limited(endpoint) for endpoint in self.endpoints()]

    def endpoints(self) -> list[Endpoint]:
        """The chosen endpoints as they are read. Raises ScaleproofError."""
        return self._chosen(*self._read())

    def setting(self, request: StudyRequest, endpoints: Iterable[Endpoint], pools: Collection[str] = ()) -> Setting:
        """The setting of a study of endpoints, or of `pools` instead of theirs.

        Raises ScaleproofError for wrong words, and for a type that none has.
        """
        types = types_of(endpoints)
        check_types("max-concurrency", numbers_by_type(self.max_concurrency), types)
        return request.setting(pools or types, clouds.price_list(self.where.region), types)

    def beside(self, path: Path) -> Source:
        """All endpoints of another source, to which --live, --endpoint and variables do not apply."""
        here = replace(self.where, live=None)
        return replace(self, path=path, where=here, names=(), root=replace(self.root, values=(), files=()))

    def _read(self) -> tuple[list[Endpoint], str]:
        """All endpoints, and the place for messages (" in ..."), empty for a path."""
        if self.where.live:
            if self.path:
                raise click.UsageError("SOURCE and --live exclude each other.")
            return self._live()
        path = self.path or Path()
        if path.is_dir():
            return from_plan(plan_of(path, self.root)[0]), ""
        if self.root.values or self.root.files:
            raise click.UsageError("--var and --var-file need a directory: a plan or a state already has its values.")
        return from_file(path), ""

    def _live(self) -> tuple[list[Endpoint], str]:
        # Always printed: another region may have an endpoint of the same name.
        cloud = clouds.reached(self.where, "Reading endpoints")
        return from_api(cloud.client, self.names or None), f" in {cloud.place}"

    def _chosen(self, endpoints: list[Endpoint], place: str) -> list[Endpoint]:
        if not endpoints:
            raise ScaleproofError(f"There is no endpoint{place}.")
        present = [endpoint.name for endpoint in endpoints]
        if missing := [name for name in self.names if name not in present]:
            raise ScaleproofError(
                f"There is no endpoint {', '.join(missing)}{place}.",
                advice=f"Known endpoints: {', '.join(present)}.",
            )
        return [endpoint for endpoint in endpoints if not self.names or endpoint.name in self.names]

    def limited(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with what its instances sustain. Raises ScaleproofError where that is not known."""
        limits = numbers_by_type(self.max_concurrency)
        filled = with_limits(endpoint, limits)
        missing = [pool.instance_type for pool in filled.pools if pool.max_concurrency is None]
        if not missing or endpoint.kind is Kind.ASYNC:
            return filled
        raise ScaleproofError(
            f"{endpoint.name}: max_concurrency of {', '.join(missing)} is not known.",
            advice=f"Add {' '.join(f'--max-concurrency {quote(kind)}=N' for kind in missing)}.",
        )


def plan_of(directory: Path, options: RootOptions) -> tuple[Plan, Parts]:
    """The plan of a root configuration and the parts it used."""
    with planning() as (used, plan_options), Root(directory, **plan_options, **options.arguments) as root:
        return root.plan(), used


max_concurrency = click.option(
    "--max-concurrency",
    multiple=True,
    metavar="TYPE=N",
    help="Requests in flight that one instance of a type sustains; overrides SOURCE. Can be repeated.",
)
_PARAMETERS: list[parameters.Add] = [
    click.argument("path", metavar="[SOURCE]", required=False, type=parameters.SOURCE),
    clouds.place("Read the endpoints of a cloud instead of SOURCE; AWS is only read."),
    click.option("--endpoint", "names", multiple=True, metavar="NAME", help="Only this endpoint. Can be repeated."),
    max_concurrency,
    root_options,
]
source = parameters.gather(Source, "source", _PARAMETERS)
"""The argument SOURCE and its options; the command gets a Source as `source`."""
