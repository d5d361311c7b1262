"""Statements about an endpoint under traffic in virtual time, for Python and for cases in YAML."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, isfunction, signature
from pathlib import Path
from typing import Any, Self

from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.expectations import the
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation import Result
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import StudyRequest, assign, types_of
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.studies.verdict import CutLimit, Level, Verdict, losses
from scaleproof.studies.wording import count, duration, money, per_day

_PERCENTILES = ("mean", "p50", "p95", "p99", "max")


@dataclass(frozen=True)
class SimulatedEndpoint:
    """A simulation to make statements about; each raises AssertionError with the difference, or returns
    itself.

    `outcome` has everything: `result` with its timeline, activities and totals, `cost` and `verdict`.
    """

    outcome: Outcome

    @property
    def result(self) -> Result:
        """Timeline, alarms, activities and totals."""
        return self.outcome.result

    @property
    def verdict(self) -> Verdict:
        """The verdict on the policies."""
        return self.outcome.verdict

    def holds(self) -> Self:
        """The verdict: hardly any call fails, and the capacity follows the demand."""
        if self.verdict.level is not Level.HOLDS:
            findings = "".join(f"\n  {finding}" for finding in self.verdict.findings)
            raise AssertionError(f"{self._place}: {self.verdict.headline} {self.verdict.sentence}{findings}")
        return self

    def loses_nothing(self) -> Self:
        """No request is refused, expires, is cut off by scale-in, or is stuck in a queue."""
        if failed := sum(losses(self.result).values()):
            totals = self.result.totals
            failures = ", ".join(f"{number:,} {how}" for how, number in losses(self.result).items() if number)
            raise AssertionError(f"{self._place} loses {failed:,} of {count(totals.arrivals, 'request')}: {failures}.")
        return self

    def cuts_at_most(self, most: float) -> Self:
        """Scale-in cuts off at most so many requests a day."""
        cut = self.verdict.cut_per_day
        if cut > most:
            raise AssertionError(f"{self._place} cuts off {per_day(cut)} requests a day, not {most:g}.")
        return self

    def waits_at_most(self, seconds: float, at: str = "p95") -> Self:
        """Requests start within `seconds`; `at` is mean, p50, p95, p99 or max."""
        if at not in _PERCENTILES:
            raise ScaleproofError(f"at is one of {', '.join(_PERCENTILES)}, not {at!r}.")
        waiting = float(getattr(self.result.totals.waiting, at))
        if waiting > seconds:
            raise AssertionError(f"{self._place} waits {duration(waiting)} ({at}), not {duration(seconds)}.")
        return self

    def is_overloaded_at_most(self, seconds: float) -> Self:
        """The demand is above the capacity for at most `seconds` in total."""
        overload = self.result.totals.overload_seconds
        if overload > seconds:
            findings = "".join(f"\n  {finding}" for finding in self.verdict.findings)
            raise AssertionError(
                f"{self._place} is overloaded for {duration(overload)}, not for at most {duration(seconds)}.{findings}"
            )
        return self

    def needs_at_most(
        self, *, instances: int | None = None, instance_hours: float | None = None, usd: float | None = None
    ) -> Self:
        """It has at most so many instances at a time, and uses at most so many instance-hours and USD."""
        peak, used = self.result.totals.peak_instances, sum(self.outcome.cost.instance_hours.values())
        if instances is not None and peak > instances:
            raise AssertionError(f"{self._place} needs {count(peak, 'instance')}, not at most {instances}.")
        if instance_hours is not None and used > instance_hours:
            raise AssertionError(f"{self._place} uses {used:.1f} instance-hours, not at most {instance_hours:g}.")
        cost = self.outcome.cost.usd
        if usd is not None and cost is None:
            raise ScaleproofError(
                "A cost in USD needs prices.", advice="Add price, such as price: {ml.g6.2xlarge: 1.22}."
            )
        if usd is not None and cost is not None and cost > usd:
            raise AssertionError(f"{self._place} costs {money(cost)}, not at most {money(usd)}.")
        return self

    @property
    def _place(self) -> str:
        return f"{self.result.endpoint} under {self.result.traffic}"


def study(
    traffic: Any, seed: Any = 0, start: Any = None, assume: Any = None, price: Any = None, max_cut: Any = None
) -> StudyRequest:
    """What a simulation is asked for, as `scaleproof simulate` takes it. Raises ScaleproofError for anything else."""
    if not isinstance(traffic, str):
        raise ScaleproofError("traffic is not a text.", advice="Write it as traffic: diurnal:peak=60.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ScaleproofError("seed is not a whole number, 0 or more.")
    return StudyRequest(
        (traffic,),
        seed,
        None if start is None else str(start),
        _words("assume", assume),
        (),
        _words("price", price),
        max_cut=None if max_cut is None else CutLimit.parse(str(max_cut)),
    )


def simulated(endpoint: Endpoint, request: StudyRequest, traffic: TrafficSpec) -> SimulatedEndpoint:
    """An endpoint under traffic. Raises ScaleproofError for what cannot be simulated, or is refused by SageMaker."""
    assign([endpoint], [traffic])
    return SimulatedEndpoint(request.setting(types_of([endpoint])).outcome(endpoint, traffic))


SETTINGS = tuple(signature(study).parameters)
"""Keys of a simulation in YAML: the parameters of `study`."""
STATEMENTS = tuple(
    name for name, method in vars(SimulatedEndpoint).items() if isfunction(method) and not name.startswith("_")
)
"""Keys of a simulation in YAML: the methods of SimulatedEndpoint."""


@dataclass(frozen=True)
class ExpectedSimulation:
    """A simulation of one endpoint and the statements that must hold, by method of SimulatedEndpoint."""

    endpoint: str
    request: StudyRequest
    statements: Mapping[str, Any]

    @classmethod
    def from_mapping(cls, endpoint: str, mapping: Any) -> Self:
        """The simulation that a mapping of plain values describes; raises ScaleproofError."""
        if not isinstance(mapping, Mapping):
            raise ScaleproofError(f"{endpoint} is not a mapping.", advice=f"Its keys: {_listed()}.")
        if unknown := [key for key in mapping if key not in (*SETTINGS, *STATEMENTS)]:
            raise ScaleproofError(f"there is no key {unknown[0]}.", advice=f"There are {_listed()}.")
        request = study(mapping.get("traffic"), **{key: mapping[key] for key in SETTINGS[1:] if key in mapping})
        statements = {key: _checked(key, mapping[key]) for key in STATEMENTS if key in mapping}
        if not statements:
            raise ScaleproofError("no statement checks the simulation.", advice=f"Add {', '.join(STATEMENTS)}.")
        return cls(endpoint, request, statements)

    def differences(self, endpoints: Sequence[Endpoint], base: Path) -> list[str]:
        """Simulates, and says which statements do not hold; raises ScaleproofError for what cannot be.

        `base`: what a CSV file's path is relative to.
        """
        described = the(endpoints, self.endpoint)
        traffic = parse(self.request.traffic[0], [self.endpoint], seed=self.request.seed, base=base)
        endpoint = simulated(described, self.request, traffic)
        texts = []
        for name, value in self.statements.items():
            limit, named = ((), value) if isinstance(value, Mapping) else ((value,), {})
            try:
                getattr(endpoint, name)(*(() if value is True else limit), **named)
            except AssertionError as error:
                texts.append(str(error))
        return texts


def keywords(statement: str) -> list[str]:
    """The keys below a statement in YAML: what its method takes by name only."""
    parameters = signature(getattr(SimulatedEndpoint, statement)).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is Parameter.KEYWORD_ONLY]


def _checked(name: str, value: Any) -> Any:
    """The value of a statement: true for a method that takes nothing, a mapping for keywords, else a number."""
    if len(signature(getattr(SimulatedEndpoint, name)).parameters) == 1:
        if value is not True:
            raise ScaleproofError(f"{name} is not true.", advice=f"Write {name}: true, or omit it.")
    elif not (keys := keywords(name)):
        _check_number(name, value)
    elif not isinstance(value, Mapping) or not value or set(value) - set(keys):
        raise ScaleproofError(f"{name} has other keys than {', '.join(keys)}.")
    else:
        for key, number in value.items():
            _check_number(f"{name}: {key}", number)
    return value


def _check_number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ScaleproofError(f"{name} is not a number, 0 or more.")


def _words(name: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, Mapping | None):
        raise ScaleproofError(f"{name} is not a mapping from names to values.")
    return tuple(f"{key}={value}" for key, value in (values or {}).items())


def _listed() -> str:
    return ", ".join((*SETTINGS, *STATEMENTS))
