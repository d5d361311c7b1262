"""Simulates endpoints on named traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation import Result, simulate
from scaleproof.studies.assumptions import DEFAULT, SimulationAssumptions, alternatives, spell
from scaleproof.studies.cost import HOUR
from scaleproof.studies.outcome import Outcome, Variation
from scaleproof.studies.traffic import TrafficSpec

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""When a simulation starts unless somebody says otherwise: a Monday, as made-up weeks start with one."""

Progress = Callable[[float], None]
"""Is told the share that is done, from 0 to 1."""


def within(progress: Progress | None, index: int, number: int) -> Progress | None:
    """The progress of one of so many equal parts, as that of the whole."""
    if progress is None:
        return None

    def part(share: float) -> None:
        progress((index + share) / number)

    part(0.0)
    return part


@dataclass(frozen=True)
class Setting:
    """What simulations have in common. `start` None: when the recording began, else MONDAY.

    `price` in USD per instance-hour by type, empty for none.
    """

    model: SimulationAssumptions = DEFAULT
    seed: int = 0
    start: datetime | None = None
    price: Mapping[str, float] = field(default_factory=dict)

    def simulate(self, endpoint: Endpoint, traffic: TrafficSpec, progress: Progress | None = None) -> Result:
        """An endpoint under traffic. Raises ScaleproofError for what cannot be simulated."""
        return simulate(
            endpoint,
            traffic.traffic,
            start=self.start or traffic.start or MONDAY,
            behaviour=self.model.behaviour,
            assumptions=self.model.assumptions,
            seed=self.seed,
            progress=progress,
        )

    def outcome(self, endpoint: Endpoint, traffic: TrafficSpec, progress: Progress | None = None) -> Outcome:
        """As `simulate`, with what it is worth."""
        return Outcome.of(endpoint, self.simulate(endpoint, traffic, progress), self.price)


def assign(
    endpoints: Sequence[Endpoint], traffic: Sequence[TrafficSpec]
) -> list[tuple[Endpoint, TrafficSpec]]:
    """Which endpoint meets which traffic: its own, else the first whose kind of work it takes.

    Endpoints without traffic are left out. Raises ScaleproofError where none is left, or where traffic is
    for an endpoint that there is not.
    """
    known = {endpoint.name for endpoint in endpoints}
    for one in traffic:
        if one.endpoint is not None and one.endpoint not in known:
            raise ScaleproofError(f"There is no endpoint {one.endpoint} for the traffic {one.spec}.")
    pairs = []
    for endpoint in endpoints:
        own = [one for one in traffic if one.endpoint == endpoint.name]
        fitting = own or [one for one in traffic if one.endpoint is None and one.suits(endpoint.kind)]
        if fitting:
            pairs.append((endpoint, fitting[0]))
    if not pairs and len(endpoints) == 1 and len(traffic) == 1:
        return [(endpoints[0], traffic[0])]
    if not pairs:
        raise ScaleproofError(
            f"No traffic is for {' or '.join(endpoint.name for endpoint in endpoints)}.",
            advice="Files (work=file) are for asynchronous endpoints, streams and synchronous requests for "
            f"real-time ones; {endpoints[0].name}={traffic[0].spec} sends it there all the same.",
        )
    return pairs


def varied(
    endpoint: Endpoint, traffic: TrafficSpec, setting: Setting, progress: Progress | None = None
) -> tuple[Variation, ...]:
    """The same simulation once for each answer that the sources leave open, and with three other seeds."""
    changes: list[tuple[str, str, str, Setting]] = []
    for name, value in alternatives():
        base = setting.model.get(name)
        if value != base:
            changed = replace(setting, model=setting.model.set(name, value))
            changes.append((name, spell(base), spell(value), changed))
    for seed in range(setting.seed + 1, setting.seed + 4):
        changes.append(("seed", str(setting.seed), str(seed), replace(setting, seed=seed)))
    found = []
    for index, (name, base_text, text, changed) in enumerate(changes):
        result = changed.simulate(endpoint, traffic, within(progress, index, len(changes)))
        totals = result.totals
        found.append(
            Variation(
                assumption=name,
                base=base_text,
                value=text,
                served=totals.served / totals.arrivals if totals.arrivals else 1.0,
                overload_seconds=totals.overload_seconds,
                waiting_p95=totals.waiting.p95,
                instance_hours=sum(totals.instance_seconds.values()) / HOUR,
            )
        )
    return tuple(found)
