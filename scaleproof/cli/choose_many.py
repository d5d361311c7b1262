"""`scaleproof choose --all`: proposes settings for many endpoints at a time, each on its own traffic."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote

import click

from scaleproof.cli.choose_proposal import DEFAULT_NAME, NAME, SEEDS, Chooser
from scaleproof.cli.sources import Source
from scaleproof.errors import ScaleproofError
from scaleproof.progress import bar, tell
from scaleproof.report.files import check_new, write
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.studies.many import EndpointChoice, Savings, compared
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting, assign
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.studies.wording import count
from scaleproof.workers import GoneError, run_concurrently


@dataclass(frozen=True)
class ChooseAllDocument:
    """Every endpoint that has traffic, in the order of SOURCE.

    The exit code is 1 if nothing was chosen for one of them, or not what was asked.
    """

    endpoints: list[EndpointChoice]
    totals: Savings
    output: Path | None
    """The directory of --output."""
    report: Path | None
    """The file of --report."""
    markdown: Path | None
    """The file of --markdown."""


def choose_each(
    source: Source, endpoints: Sequence[Endpoint], traffic: Mapping[str, str], chooser: Chooser, directory: Path | None
) -> list[EndpointChoice]:
    """The choice for each endpoint, in their order. What is wrong with one of them is the reason in its choice.

    `traffic`: the words for each endpoint by name; `directory`: where each block is written as soon as it is
    found, if anywhere. Raises ScaleproofError.
    """
    variants = Counter(endpoint.name for endpoint in endpoints)
    by_name = {endpoint.name: endpoint for endpoint in endpoints}
    module_names = _module_names(by_name)
    results: dict[str, EndpointChoice] = {}

    def study(name: str) -> EndpointChoice:
        if variants[name] > 1:
            reason = f"It has {variants[name]} variants; an endpoint of the module has one."
            return EndpointChoice(name, reason=reason)
        try:
            return _compared(source.limited(by_name[name]), module_names[name], traffic[name], chooser, directory)
        except GoneError:
            raise
        except ScaleproofError as error:
            return EndpointChoice(name, reason=str(error))

    with bar(f"Choosing for {count(len(by_name), 'endpoint')}") as update:
        for _, choice in run_concurrently(chooser.tasks, study, by_name):
            results[choice.endpoint] = choice
            if directory is not None and choice.block is not None:
                write(choice.block, block_file(directory, choice.endpoint))
            update(len(results) / len(by_name))
            settings = "nothing was chosen" if choice.proposed is None else choice.proposed.settings
            tell(f"{len(results)} of {len(by_name)}: {choice.endpoint}: {settings}")
    return [results[name] for name in by_name]


def _compared(
    endpoint: Endpoint, module_name: str, words: str, chooser: Chooser, directory: Path | None
) -> EndpointChoice:
    """An endpoint beside what is chosen for it. Raises ScaleproofError."""
    traffic = tuple(itertools.islice(chooser.seeds(words), SEEDS))
    assign([endpoint], traffic[:1])
    setting = chooser.dated(traffic[0])
    pools = chooser.options.pools or _pools(endpoint, setting)
    choice, block = chooser.propose(module_name, pools, words, directory or Path(), lambda _share: None)
    today = list(chooser.tasks(partial(_today, endpoint, setting, traffic), range(SEEDS)))
    return compared(endpoint, words, today, choice, block)


def traffic_by_endpoint(words: Iterable[str], names: Collection[str]) -> dict[str, str]:
    """The traffic of each endpoint by its name, from the values of --traffic.

    A value is ENDPOINT=SPEC, or a directory with files ENDPOINT.csv. Raises ScaleproofError for one that
    names no endpoint of `names`, and for two of the same.
    """
    traffic: dict[str, str] = {}
    for name, spec in _named(words, names):
        if name in traffic:
            raise ScaleproofError(
                f"{name} has traffic twice: {traffic[name]} and {spec}.", advice="Remove one of them."
            )
        traffic[name] = spec
    if not traffic:
        raise click.UsageError(f"--traffic names none of the endpoints {', '.join(names)}.")
    return traffic


def check_directory(directory: Path, names: Iterable[str]) -> None:
    """Makes the directory of --output. Raises ScaleproofError where a block cannot be a new file in it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScaleproofError(
            f"{directory} cannot be created: {error.strerror}.", advice="Name another directory with --output."
        ) from error
    for name in names:
        check_new(block_file(directory, name))


def block_file(directory: Path, name: str) -> Path:
    """The file of an endpoint's module block."""
    return directory / f"{name}.tf"


def _named(words: Iterable[str], names: Collection[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, equals, spec = word.partition("=")
        if Path(word).is_dir():
            files = {name: Path(word) / f"{name}.csv" for name in names}
            if others := sorted(str(file) for file in set(Path(word).glob("*.csv")).difference(files.values())):
                tell(f"Not read, because there is no such endpoint: {', '.join(others)}.")
            yield from ((name, str(file)) for name, file in files.items() if file.is_file())
        elif equals and name in names:
            yield name, spec
        else:
            parse(word, names)  # says what is wrong with a word that is no traffic at all
            raise click.UsageError(
                f"--traffic {word} names no endpoint: write ENDPOINT={quote(word)}, with one of "
                f"{', '.join(names)}, or name a directory with files ENDPOINT.csv."
            )


def _pools(endpoint: Endpoint, setting: Setting) -> tuple[tuple[str, float], ...]:
    """The types of an endpoint, the preferred one first, with what an instance of each sustains.

    An instance of an asynchronous endpoint works on as many requests as its configuration says.
    """
    most = endpoint.max_concurrent_invocations if endpoint.kind is Kind.ASYNC else None
    usual = setting.model.behaviour.invocations_per_instance
    return tuple(
        (pool.instance_type, float(most or pool.max_concurrency or usual))
        for pool in sorted(endpoint.pools, key=lambda pool: pool.priority)
    )


def _today(endpoint: Endpoint, setting: Setting, traffic: Sequence[TrafficSpec], seed: int) -> Outcome:
    """The endpoint as it is, on the traffic of one seed."""
    return setting.outcome(endpoint, traffic[seed])


def _module_names(endpoints: Iterable[str]) -> dict[str, str]:
    """The module's name for each endpoint: without the kind, which the module adds, unless two share it.

    What the module does not accept, as it is too long, is replaced. No two get the same name, as their blocks may stand
    in one root.
    """
    short = {name: re.sub(r"-(realtime|async)$", "", name) for name in endpoints}
    shared = Counter(short.values())
    names: dict[str, str] = {}
    for name, base in short.items():
        wish = base if shared[base] == 1 else name
        usual = wish if NAME.fullmatch(wish) else DEFAULT_NAME
        numbered = (usual if number == 1 else f"{usual[:40]}-{number}" for number in itertools.count(1))
        names[name] = next(candidate for candidate in numbered if candidate not in names.values())
    return names
