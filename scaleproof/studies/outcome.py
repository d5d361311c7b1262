"""What a simulated endpoint comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation import Result
from scaleproof.studies.cost import Cost, cost
from scaleproof.studies.verdict import Verdict, verdict


@dataclass(frozen=True)
class Variation:
    """The same simulation with one assumption changed: what it was changed to, and what that gave.

    `assumption` is its name, `value` what it was set to; `base` is the value otherwise assumed.
    """

    assumption: str
    base: str
    value: str
    served: float
    overload_seconds: float
    waiting_p95: float
    instance_hours: float


class CostDocument(TypedDict):
    """What instances cost."""

    instance_hours: dict[str, float]
    """By type, from in service to gone."""
    usd: float | None
    """Null unless every type that ran has a price."""


def cost_document(found: Cost) -> CostDocument:
    """What JSON holds of a cost."""
    return {"instance_hours": dict(found.hours), "usd": found.usd}


class OutcomeDocument(TypedDict):
    """What one simulated endpoint comes to."""

    endpoint: str
    verdict: Verdict
    cost: CostDocument
    uncertainty: list[Variation]
    """Empty without --uncertainty."""
    result: Result


@dataclass(frozen=True)
class Outcome:
    """One endpoint, what was simulated, and what it is worth. `uncertainty` is empty unless asked for."""

    endpoint: Endpoint
    result: Result
    cost: Cost
    verdict: Verdict
    uncertainty: tuple[Variation, ...] = ()

    @classmethod
    def of(cls, endpoint: Endpoint, result: Result, price: Mapping[str, float]) -> Outcome:
        """The outcome of a result; `price` in USD per instance-hour by type, empty for none."""
        return cls(endpoint, result, cost(result, price), verdict(result))

    def to_dict(self) -> OutcomeDocument:
        """What JSON holds of it: the verdict first, then the result."""
        return {
            "endpoint": self.result.endpoint,
            "verdict": self.verdict,
            "cost": cost_document(self.cost),
            "uncertainty": list(self.uncertainty),
            "result": self.result,
        }
