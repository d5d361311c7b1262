"""What became of an endpoint under traffic, in virtual time: said in sentences, as of an endpoint itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from scaleproof.simulation import Result
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.verdict import Level, Verdict, lost
from scaleproof.studies.wording import count, duration
from scaleproof.texts import printable

_PERCENTILES = ("mean", "p50", "p95", "p99", "max")


@dataclass(frozen=True)
class SimulatedEndpoint:
    """A simulation to make statements about; each raises AssertionError with the difference, or returns it.

    `outcome` has all there is: `result` with its timeline, activities and totals, `cost` and `verdict`.
    """

    outcome: Outcome

    @property
    def result(self) -> Result:
        """Timeline, alarms, activities and totals."""
        return self.outcome.result

    @property
    def verdict(self) -> Verdict:
        """Whether the policies held, in words."""
        return self.outcome.verdict

    def holds(self) -> Self:
        """The policies did their job: nothing was lost, and capacity followed the demand."""
        __tracebackhide__ = True
        if self.verdict.level is not Level.HOLDS:
            word = {Level.STRAINED: "is strained", Level.FAILS: "fails"}[self.verdict.level]
            findings = "".join(f"\n  {one}" for one in self.verdict.findings)
            raise AssertionError(f"{self._what} {word}. {self.verdict.sentence}{findings}")
        return self

    def loses_nothing(self) -> Self:
        """No request was refused, expired in the queue or was cut off."""
        __tracebackhide__ = True
        if lost(self.result):
            totals = self.result.totals
            parts = {"refused": totals.refused, "expired": totals.expired, "cut off": totals.cut}
            told = ", ".join(f"{number:,} {how}" for how, number in parts.items() if number)
            raise AssertionError(
                f"{self._what} loses {lost(self.result):,} of {count(totals.arrivals, 'request')}: {told}."
            )
        return self

    def waits_at_most(self, seconds: float, at: str = "p95") -> Self:
        """Requests were started within `seconds`; `at` is mean, p50, p95, p99 or max."""
        __tracebackhide__ = True
        if at not in _PERCENTILES:
            raise ValueError(f"at is one of {', '.join(_PERCENTILES)}, not {at!r}")
        found = float(getattr(self.result.totals.waiting, at))
        if found > seconds:
            raise AssertionError(f"{self._what} waits {duration(found)} ({at}), not {duration(seconds)}.")
        return self

    def is_overloaded_at_most(self, seconds: float) -> Self:
        """The demand was above the capacity for no longer than that, all in all."""
        __tracebackhide__ = True
        found = self.result.totals.overload_seconds
        if found > seconds:
            findings = "".join(f"\n  {one}" for one in self.verdict.findings)
            raise AssertionError(
                f"{self._what} is overloaded for {duration(found)}, not for at most {duration(seconds)}."
                f"{findings}"
            )
        return self

    def needs_at_most(self, *, instances: int | None = None, instance_hours: float | None = None) -> Self:
        """It never had more instances, and used no more instance-hours."""
        __tracebackhide__ = True
        peak, used = self.result.totals.peak_instances, sum(self.outcome.cost.hours.values())
        if instances is not None and peak > instances:
            raise AssertionError(f"{self._what} needs {count(peak, 'instance')}, not at most {instances}.")
        if instance_hours is not None and used > instance_hours:
            raise AssertionError(
                f"{self._what} uses {used:.1f} instance-hours, not at most {instance_hours:g}."
            )
        return self

    @property
    def _what(self) -> str:
        return printable(f"{self.result.endpoint} under {self.result.traffic}")
