"""What instances cost, with prices that the user names: none are known here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scaleproof.endpoints import limits
from scaleproof.errors import ScaleproofError
from scaleproof.simulation import Result

HOUR = 3600.0


@dataclass(frozen=True)
class Cost:
    """Instance-hours by type, from in service to gone, and USD where a price is known.

    `usd` is None unless every type that ran has a price.
    """

    hours: Mapping[str, float]
    usd: float | None

    @property
    def total_hours(self) -> float:
        """Instance-hours of all types."""
        return sum(self.hours.values())


def prices(given: Iterable[str]) -> dict[str, float]:
    """USD per instance-hour by type, from words of the form `ml.g6.2xlarge=1.22`; raises ScaleproofError."""
    return limits(given)


def cost(result: Result, price: Mapping[str, float]) -> Cost:
    """The cost of a simulated time. Starting instances count from when they are in service."""
    hours = {kind: seconds / HOUR for kind, seconds in result.totals.instance_seconds.items()}
    if not price:
        return Cost(hours, None)
    missing = [kind for kind, number in hours.items() if number and kind not in price]
    usd = None if missing else sum(number * price.get(kind, 0.0) for kind, number in hours.items())
    return Cost(hours, usd)


def check_prices(price: Mapping[str, float], types: Iterable[str]) -> None:
    """Raises ScaleproofError unless either no type or every type of an endpoint has a price."""
    wanted = sorted(set(types))
    missing = [kind for kind in wanted if kind not in price]
    if price and missing:
        raise ScaleproofError(
            f"There is no price for {', '.join(missing)}.",
            advice=f"Add --price {missing[0]}=USD (per instance and hour), or name no price at all.",
        )
