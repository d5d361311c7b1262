"""A part of the days with one way to scale: overload and cost of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.candidate import misses
from scaleproof.studies.days import part, setting_of
from scaleproof.studies.rivals import rivals
from scaleproof.studies.search import Judge
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.wording import DAY, duration

LEFT = 0.5
"""Schedules pay if they leave at most this share of the overload that a clairvoyant scaler would not have,
at no more cost; or"""
SAVES = 0.97
"""if they cost at most this share, and the endpoint does what was asked."""


class MeasuredDocument(TypedDict):
    """A day with one way to scale, the mean over the days to judge on and the seeds."""

    overload_seconds: float
    instance_hours: float
    usd: float | None


@dataclass(frozen=True)
class Measured:
    """A day with one way to scale: overload in seconds, instance-hours and USD (None without prices).

    `misses`: how far it is from what was asked at worst.
    """

    overload: float
    hours: float
    usd: float | None
    misses: float

    @property
    def price(self) -> float:
        """USD if there are prices, else instance-hours."""
        return self.hours if self.usd is None else self.usd

    @classmethod
    def mean(cls, found: Sequence[Measured]) -> Measured:
        """The mean; of the misses the worst."""
        number = len(found)
        usd = [one.usd for one in found if one.usd is not None]
        return cls(
            sum(one.overload for one in found) / number,
            sum(one.hours for one in found) / number,
            sum(usd) / number if len(usd) == number else None,
            max(one.misses for one in found),
        )

    def to_dict(self) -> MeasuredDocument:
        """The JSON document."""
        return {"overload_seconds": self.overload, "instance_hours": self.hours, "usd": self.usd}


@dataclass(frozen=True)
class Stretch:
    """Simulates endpoints from `first` to `end` (epoch seconds) of the traffic that `judge` has."""

    judge: Judge
    first: float
    end: float

    @property
    def start(self) -> datetime:
        """When the whole traffic begins."""
        return self.judge.setting.began(self.judge.traffic[0])

    def __call__(self, task: tuple[Endpoint, int]) -> Measured:
        """An endpoint on the traffic of one seed, which its place in the judge's traffic names."""
        endpoint, seed = task
        setting = setting_of(self.judge.setting, self.start, self.first)
        outcome = replace(setting, seed=setting.seed + seed).outcome(endpoint, self.traffic(seed))
        days = (self.end - self.first) / DAY
        usd = outcome.cost.usd
        return Measured(
            outcome.result.totals.overload_seconds / days,
            outcome.cost.total_hours / days,
            None if usd is None else usd / days,
            misses(self.judge.shape, outcome),
        )

    def traffic(self, seed: int) -> TrafficSpec:
        """The traffic of one seed in this time."""
        return part(self.judge.traffic[seed], self.start, self.first, self.end)

    def clairvoyant(self, endpoint: Endpoint, seed: int) -> Endpoint:
        """The endpoint with a scaler that knows the demand of a seed one start-up ahead."""
        one, setting = self.traffic(seed), setting_of(self.judge.setting, self.start, self.first)
        start, behaviour = setting.began(one), setting.model.behaviour
        (found,) = rivals(endpoint, one.traffic, behaviour, start, ["clairvoyant"])
        return found.endpoint


@dataclass(frozen=True)
class Judgement:
    """A day without schedules, with them, and with a clairvoyant scaler."""

    without: Measured
    scheduled: Measured
    clairvoyant: Measured

    @property
    def pays(self) -> bool:
        """Whether schedules leave at most LEFT of the overload at no more cost, or else save."""
        return self.leaves(LEFT) or self._within(SAVES)

    def leaves(self, share: float) -> bool:
        """Whether schedules leave at most this share of the overload that the clairvoyant would not have, at
        no more cost."""
        left = self.without.overload - self.clairvoyant.overload
        most = self.clairvoyant.overload + share * left
        return left > 0 and self.scheduled.overload <= most and self._within(1.0)

    def _within(self, share: float) -> bool:
        if self.scheduled.misses > self.without.misses:
            return False
        return self.scheduled.price <= share * self.without.price

    @property
    def words(self) -> str:
        """What schedules change, in words."""
        saved = 1 - self.scheduled.price / self.without.price if self.without.price else 0.0
        what = "instance-hours" if self.without.usd is None else "cost"
        fewer, more = ("fewer", "more") if self.without.usd is None else ("less", "more")
        amount = f"{100 * abs(saved):.0f} %"
        cost = f"as many {what}" if amount == "0 %" else f"{amount} {fewer if saved > 0 else more} {what}"
        return (
            f"{duration(self.scheduled.overload)} a day above capacity instead of "
            f"{duration(self.without.overload)} (a scaler that knows the demand one start-up ahead: "
            f"{duration(self.clairvoyant.overload)}), at {cost}"
        )
