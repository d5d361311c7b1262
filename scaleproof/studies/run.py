"""Turns a request in the user's words into settings and traffic, and runs the simulations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shlex import quote

from scaleproof.errors import ScaleproofError
from scaleproof.progress import bar
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation import Result, Tally, simulate
from scaleproof.studies import prices
from scaleproof.studies.assumptions import (
    DEFAULT,
    SimulationAssumptions,
    alternatives,
    parse,
    shortages,
    spell,
)
from scaleproof.studies.outcome import Change, Outcome, Variation
from scaleproof.studies.prices import Prices
from scaleproof.studies.shape import Shape, check_taken, takes
from scaleproof.studies.traffic import MONDAY, TrafficSpec, reseeded
from scaleproof.studies.traffic import parse as parse_traffic
from scaleproof.studies.verdict import CUT_LIMIT, CutLimit
from scaleproof.texts import number
from scaleproof.times import instant
from scaleproof.workers import TaskMap, with_progress

AWS_PRICES = "aws"
"""What --price says for AWS's Price List."""

PriceList = Callable[[Collection[str], str | None], Prices | None]
"""Reads prices of instance types in a region, None for that of the user's settings; None if they are not asked for."""

Progress = Callable[[float], None]
"""Receives the share that is done, from 0 to 1."""


def within(progress: Progress | None, index: int, number: int) -> Progress | None:
    """Turns the progress of part `index` of `number` equal parts into progress of the whole."""
    if progress is None:
        return None

    def part(share: float) -> None:
        progress((index + share) / number)

    part(0.0)
    return part


@dataclass(frozen=True)
class Setting:
    """What simulations share. `start` None: when the recording began, else MONDAY.

    `price` in USD per instance-hour by type, empty for none. `max_cut`: of what scale-in cuts off.
    """

    model: SimulationAssumptions = DEFAULT
    start: datetime | None = None
    price: Mapping[str, float] = field(default_factory=dict)
    max_cut: CutLimit = CUT_LIMIT

    def began(self, traffic: TrafficSpec) -> datetime:
        """When a simulation of this traffic starts."""
        return self.start or traffic.start or MONDAY

    def check_created(self, endpoint: Endpoint) -> None:
        """Raises ScaleproofError if none of its first instances can be had: an endpoint without one is never in
        service, and its creation fails.

        Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
        """
        short = {shortage.instance_type for shortage in self.model.behaviour.shortages if shortage.start == 0}
        if endpoint.initial and short.issuperset(pool.instance_type for pool in endpoint.pools):
            raise ScaleproofError(
                f"At the start no instance of {endpoint.name} can be had: shortages of all its types begin at hour 0, "
                "and such an endpoint is not created.",
                advice=f"Let one begin later, as in --shortage {quote(endpoint.pools[0].instance_type)}=0.1-1.",
            )

    def outcome(self, endpoint: Endpoint, traffic: TrafficSpec, progress: Progress | None = None) -> Outcome:
        """The outcome of an endpoint. Raises ScaleproofError for what cannot be simulated."""
        return self.outcome_of(endpoint, self.result(endpoint, traffic, progress))

    def outcome_of(self, endpoint: Endpoint, result: Result) -> Outcome:
        """The outcome of a simulation that has come to its end."""
        return Outcome.from_result(endpoint, result, self.price, self.model, self.max_cut)

    def result(
        self,
        endpoint: Endpoint,
        traffic: TrafficSpec,
        progress: Progress | None = None,
        enough: Callable[[Tally], bool] | None = None,
    ) -> Result:
        """The simulation of an endpoint, until it is enough. Raises ScaleproofError for what cannot be simulated."""
        return simulate(
            endpoint,
            traffic.traffic,
            start=self.began(traffic),
            behaviour=self.model.behaviour,
            assumptions=self.model,
            seed=traffic.seed,
            progress=progress,
            enough=enough,
        )


@dataclass(frozen=True)
class StudyRequest:
    """What the user asks for, in words: see the options of `scaleproof simulate`."""

    traffic: tuple[str, ...]
    seed: int = 0
    start: str | None = None
    assume: tuple[str, ...] = ()
    shortage: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    max_cut: CutLimit | None = None
    """None for the usual limit."""

    def setting(
        self, types: Collection[str], price_list: PriceList | None = None, others: Collection[str] = ()
    ) -> Setting:
        """The setting of simulations with instances of `types`; raises ScaleproofError for wrong words.

        `price_list` reads AWS's, if these prices are asked for. `others`: types that there are as well, which
        need no price.
        """
        short = shortages(self.shortage)
        check_types("shortage", [shortage.instance_type for shortage in short], {*types, *others})
        check_types("price", self._prices_by_type(), {*types, *others})
        assumed = parse(self.assume)
        price: Mapping[str, float] = self.prices(types, price_list) or {}
        check_prices(price, types)
        return Setting(
            model=replace(assumed, behaviour=replace(assumed.behaviour, shortages=short)),
            start=self._start(),
            price=price,
            max_cut=self.max_cut or CUT_LIMIT,
        )

    def prices(self, types: Collection[str], price_list: PriceList | None) -> Prices | None:
        """The prices of a file or of AWS, with those of single types instead; None without any.

        Raises ScaleproofError for what cannot be read.
        """
        listed, named = None, self._prices_by_type()
        sources = [word for word in self.price if "=" not in word]
        if len(sources) > 1:
            raise ScaleproofError(f"--price names {' and '.join(sources)}.", advice="Use one source of prices.")
        for source in sources:
            name, _, region = source.partition(":")
            if name == AWS_PRICES and price_list:
                listed = price_list(types, region or None)
            else:
                listed = prices.from_file(Path(source))
        return prices.with_options(listed, named, datetime.now(UTC).date())

    def _prices_by_type(self) -> dict[str, float]:
        return numbers_by_type((word for word in self.price if "=" in word), example="1.22")

    def named(self, endpoints: list[Endpoint]) -> list[TrafficSpec]:
        """The traffic; raises TrafficError."""
        names = [endpoint.name for endpoint in endpoints]
        return [parse_traffic(spec, names, seed=self.seed) for spec in self.traffic]

    def _start(self) -> datetime | None:
        if self.start is None:
            return None
        try:
            moment = instant(self.start, UTC)
        except ValueError as error:
            raise ScaleproofError(
                f"The start {self.start} is not {error}.", advice="Write it as 2026-03-02T08:00+01:00."
            ) from None
        return moment.astimezone(datetime.fromisoformat(self.start).tzinfo or UTC)  # as the user reads clocks


def assign(endpoints: Sequence[Endpoint], traffic: Sequence[TrafficSpec]) -> list[tuple[Endpoint, TrafficSpec]]:
    """Pairs each endpoint with its traffic: the one that names it, else the first of a fitting kind of work.

    Leaves out endpoints without traffic. Raises ScaleproofError if no pair is left, if traffic names an
    unknown endpoint, or if SageMaker would refuse the work there.
    """
    pairs = _assigned(endpoints, traffic)
    for endpoint, spec in pairs:
        check_taken(endpoint.name, endpoint.kind, _shape(spec))
    return pairs


def _shape(spec: TrafficSpec) -> Shape:
    return Shape(spec.traffic.work, spec.longest)


def _assigned(endpoints: Sequence[Endpoint], traffic: Sequence[TrafficSpec]) -> list[tuple[Endpoint, TrafficSpec]]:
    known = {endpoint.name for endpoint in endpoints}
    for spec in traffic:
        if spec.endpoint is not None and spec.endpoint not in known:
            raise ScaleproofError(f"There is no endpoint {spec.endpoint} for the traffic {spec.spec}.")
    pairs = []
    for endpoint in endpoints:
        own = [spec for spec in traffic if spec.endpoint == endpoint.name]
        fitting = own or [spec for spec in traffic if spec.endpoint is None and spec.suits(endpoint.kind)]
        if fitting:
            pairs.append((endpoint, fitting[0]))
    if not pairs and len(endpoints) == 1 and len(traffic) == 1:
        return [(endpoints[0], traffic[0])]
    if not pairs:
        check_taken(endpoints[0].name, endpoints[0].kind, _shape(traffic[0]))
        raise ScaleproofError(
            f"No traffic is for {' or '.join(endpoint.name for endpoint in endpoints)}.",
            advice="Files (work=file) are for asynchronous endpoints, streams and synchronous requests for "
            f"real-time ones. To send it there anyway: {_sent(traffic[0], endpoints[0])}.",
        )
    return pairs


def check_used(traffic: Iterable[TrafficSpec], pairs: Sequence[tuple[Endpoint, TrafficSpec]]) -> None:
    """Raises ScaleproofError if there is traffic that no endpoint got."""
    for spec in traffic:
        if not any(used is spec for _, used in pairs):
            there = ", ".join(f"{endpoint.name} has {used.spec}" for endpoint, used in pairs)
            free = (endpoint for endpoint, used in pairs if _shared(used, pairs))
            spare = next((endpoint for endpoint in free if takes(endpoint.kind, _shape(spec))), None)
            raise ScaleproofError(
                f"No endpoint takes the traffic {spec.spec}: {there}.",
                advice=f"Remove it, or name an endpoint for it: {_sent(spec, spare)}."
                if spare
                else "Remove it: an endpoint takes one traffic.",
            )


def _shared(spec: TrafficSpec, pairs: Sequence[tuple[Endpoint, TrafficSpec]]) -> bool:
    """Whether endpoints of several names have the traffic."""
    return len({endpoint.name for endpoint, used in pairs if used is spec}) > 1


def _sent(spec: TrafficSpec, endpoint: Endpoint) -> str:
    """The value of --traffic that names the endpoint."""
    return quote(f"{endpoint.name}={spec.spec}")


Alternative = tuple[Change, Setting, TrafficSpec]
"""What is simulated for a variation."""


def other_assumptions(setting: Setting, traffic: TrafficSpec) -> Iterator[Alternative]:
    """An alternative for each answer that the sources leave open, and three other seeds."""
    for name, value in alternatives():
        base = setting.model.get(name)
        if value != base:
            changed = replace(setting, model=setting.model.set(name, value))
            yield Change(name, spell(base), spell(value)), changed, traffic
    for seed in range(traffic.seed + 1, traffic.seed + 4):
        yield Change("seed", str(traffic.seed), str(seed)), setting, reseeded(traffic, seed)


def varied(endpoint: Endpoint, alternative: Alternative) -> Variation:
    """The simulation of an endpoint with an alternative."""
    change, setting, traffic = alternative
    return Variation((change,), setting.outcome(endpoint, traffic).bare)


def simulate_each(
    pairs: Sequence[tuple[Endpoint, TrafficSpec]],
    setting: Setting,
    *,
    uncertainty: bool = False,
    tasks: TaskMap = map,
) -> list[Outcome]:
    """Simulates each endpoint on its traffic, and shows progress. `tasks` is who does it.

    Raises ScaleproofError for what cannot be simulated.
    """
    for endpoint, _ in pairs:
        setting.check_created(endpoint)
    names = ", ".join(endpoint.name for endpoint, _ in pairs)
    with bar(f"Simulating {names}") as update:
        if len(pairs) == 1:
            outcomes = [setting.outcome(*pairs[0], update)]
        else:
            results = tasks(partial(_outcome, setting, pairs), range(len(pairs)))
            outcomes = list(with_progress(results, len(pairs), update))
    if not uncertainty:
        return outcomes
    varying = []
    for (endpoint, traffic), outcome in zip(pairs, outcomes, strict=True):
        different = tuple(other_assumptions(setting, traffic))
        with bar(f"Varying the assumptions for {endpoint.name}") as update:
            variations = with_progress(tasks(partial(varied, endpoint), different), len(different), update)
            varying.append(replace(outcome, uncertainty=tuple(variations)))
    return varying


def _outcome(setting: Setting, pairs: Sequence[tuple[Endpoint, TrafficSpec]], index: int) -> Outcome:
    return setting.outcome(*pairs[index])


def numbers_by_type(words: Iterable[str], example: str = "12") -> dict[str, float]:
    """Numbers by instance type from words of the form `ml.g6.2xlarge=12`; raises ScaleproofError with an example."""
    numbers: dict[str, float] = {}
    for word in words:
        kind, _, text = word.partition("=")
        value = number(text)
        if not kind.strip() or not value > 0:
            raise ScaleproofError(
                f"{word!r} is not of the form TYPE=NUMBER with a number above 0.",
                advice=f"As in ml.g6.2xlarge={example}.",
            )
        if kind.strip() in numbers:
            raise ScaleproofError(f"{kind.strip()} has two numbers.", advice="Write each type once.")
        numbers[kind.strip()] = value
    return numbers


def check_types(noun: str, kinds: Iterable[str], types: Collection[str]) -> None:
    """Raises ScaleproofError if a `noun`, such as a price, is given for a type that is not one of `types`."""
    for kind in kinds:
        if kind not in types:
            raise ScaleproofError(
                f"No endpoint has instances of {kind}: the {noun} would do nothing.",
                advice=f"There are {', '.join(sorted(types))}. Correct the type, or omit it.",
            )


def check_prices(price: Mapping[str, float], types: Iterable[str]) -> None:
    """Raises ScaleproofError if some types of an endpoint have a price and others do not."""
    used = sorted(set(types))
    missing = [kind for kind in used if kind not in price]
    if price and missing:
        raise ScaleproofError(
            f"There is no price for {', '.join(missing)}.",
            advice="Set one for each type, in USD per instance and hour, or for none.",
        )


def types_of(endpoints: Iterable[Endpoint]) -> set[str]:
    """The instance types of endpoints."""
    return {pool.instance_type for endpoint in endpoints for pool in endpoint.pools}
