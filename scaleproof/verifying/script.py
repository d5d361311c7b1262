"""The phases of a verification, in the order in which they take place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from scaleproof.auditing import reading
from scaleproof.auditing.lines import CLOSE
from scaleproof.endpoints.live import Clients
from scaleproof.progress import step
from scaleproof.verifying.limits import Limits
from scaleproof.verifying.probes import Probes
from scaleproof.verifying.recording import Kind, Recorder
from scaleproof.verifying.subject import AT_ONCE, Subject

PHASES = ("idle", "tracking", "steps", "load", "update", "tags", "failed")
HIGH, LOW = 60.0, 10.0
"""Values of metrics above and below the threshold of 50."""
USERS = 9
"""Requests in flight of the load: three times what the endpoint aims at on an instance."""
MOST = 3
"""Instances at most."""
_SETTLE = CLOSE + 1.0
"""What lies nearer to the end of a capture is not judged."""
_SLICE = 5.0
AWHILE = 120
"""Seconds within which an alarm of ten seconds has been evaluated on AWS."""


@dataclass(frozen=True)
class Pace:
    """Seconds that things take on a cloud."""

    poll: float
    """Between two looks."""
    probes: float
    """Until alarms on data that is there have shown what they do."""
    change: float
    """Of the endpoint or its count, at most."""
    scale_in: float
    """From the end of load to the first scale-in, at most."""
    soon: float
    """Until a schedule."""
    second: float
    """Until the second of two policies acts, at most."""
    ahead: float
    """Of data that is put before its time: as long as the longest phase with such data."""
    aged: tuple[int, int]
    """Where data that is to grow too old begins its last period, of 60 and of 10 seconds: before the end of
    the newest period that an alarm looks at first."""
    at_once: bool
    """Whether instances are there as soon as they are asked for."""
    phases: Mapping[str, float]
    """Of each phase, about."""


AWS = Pace(
    10.0, 420.0, 1_800.0, 3_600.0, 90.0, 300.0, 7_000.0, (-120, -30), at_once=False,
    phases=dict(zip(PHASES, (600, 900, 1_500, 3_000, 1_500, 240, 1_500), strict=True)),
)  # fmt: skip
LOCALSTACK = Pace(
    0.5, 14.0, 90.0, 1_200.0, 5.0, 25.0, 120.0, (180, 70), at_once=True,
    phases=dict(zip(PHASES, (30, 10, 40, 1_000, 50, 10, 20), strict=True)),
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """Where it takes place.

    `run`: the prefix of all names. `load`: keeps so many requests in flight for so many seconds. `slow`:
    makes new instances take so many seconds, where that can be told.
    """

    clients: Clients
    endpoint: str
    variant: str
    instance_type: str
    run: str
    pace: Pace
    load: Callable[[int, float], None]
    slow: Callable[[float], None]


class Script:
    """Plays phases, and records what happens. `applied`: when the endpoint was made (epoch seconds)."""

    def __init__(self, stage: Stage, recorder: Recorder, limits: Limits, applied: float) -> None:
        """Does nothing yet."""
        self._stage, self._recorder, self._limits, self._applied = stage, recorder, limits, applied
        self._pace = stage.pace
        self._subject = Subject(
            stage.clients, stage.endpoint, stage.variant, recorder, limits, stage.pace.poll
        )
        self._probes = Probes(
            stage.clients, stage.endpoint, stage.variant, f"{stage.run}-probe", self._pace.ahead
        )

    def play(self, phases: Sequence[str]) -> None:
        """Plays these phases. Raises Stopped at a limit; a refusal ends its phase only, and is recorded."""
        for name in phases:
            self._limits.check(self._pace.phases[name] if not self._pace.at_once else 0.0)
            self._recorder.phase = name
            with step(f"Phase {name}"):
                self._alone()
                try:
                    getattr(self, f"_{name}")()
                except ClientError as error:
                    self._refused(error.operation_name, error)
                finally:
                    self._probes.remove()

    def _refused(self, call: str, error: ClientError) -> None:
        self._recorder.add(Kind.REFUSED, call=call, refused=True, message=str(error))

    def _alone(self) -> None:
        """One instance, and nothing scales in: a cooldown of an earlier phase could hold it back."""
        self._subject.settled(self._pace.change)
        self._probes.bounds(1, 1)
        self._subject.count(1, self._pace.change)
        self._probes.bounds(1, MOST)

    def _boundary(self) -> int:
        """A moment that alarms of ten seconds look at as a whole, near enough and not too near."""
        return int(time.time() + 4.0) // 10 * 10 + 10

    def _capture(self, since: float) -> None:
        self._limits.sleep(_SETTLE)
        clients, endpoint, variant = self._stage.clients, self._stage.endpoint, self._stage.variant
        now = time.time()
        # The alarms of earlier phases are gone.
        self._recorder.capture(reading.capture(clients, endpoint, variant, since, now, earlier=False))

    def _idle(self) -> None:
        """What alarms and metric math make of data, while nobody has sent a request."""
        probes, since, moment = self._probes, time.time(), self._boundary()
        newest, whole = (moment - 8) // 60 * 60, moment // 60 * 60
        old, fast = self._pace.aged
        probes.bounds(1, MOST, out=False)
        probes.data("steady", 60, lambda _: HIGH)
        probes.data("gaps", 60, lambda at: HIGH if at % 120 == 0 else None)
        probes.data("short", 60, lambda _: HIGH, end=newest - 60)
        # Where the newest period of an alarm ends depends on how far behind its data is.
        for name, last, latest in (("", newest, moment - 10), ("-0", whole, moment)):
            probes.data(f"aged{name}", 60, lambda _: LOW, end=last - old + 60)
            probes.data(f"fast{name}", 10, lambda _: LOW, end=latest - fast + 10)
        probes.data("pulse", 10, lambda at: HIGH if (at - moment + 20) % 60 == 0 else LOW)
        probes.data("early", 10, lambda at: HIGH if (at - moment + 10) % 60 == 0 else LOW)
        self._limits.sleep(moment + 0.2 - time.time())
        policy = probes.steps("still", "ExactCapacity", 2)
        probes.alarm("pulse", policy, "pulse", 10)
        # Each of these gets into a state with either answer: from then on it is known when it is evaluated.
        for name in ("", "-0"):
            probes.alarm(f"aged{name}", policy, f"aged{name}", 60, TreatMissingData="breaching")
            probes.alarm(f"fast{name}", policy, f"fast{name}", 10, TreatMissingData="breaching")
        a, b, gaps = {"a": "steady"}, {"b": "none"}, {"a": "gaps"}
        probes.formula("early", policy, "a * 1", {"a": "early"}, 10)
        probes.formula("smallest", policy, "MIN([a, b])", a | b, 60)
        probes.formula("mean", policy, "a * 0 + AVG(a)", gaps, 60)
        probes.formula("sum", policy, "MAX([a * 0 + 10, a * 0 + 60 - SUM(b)])", a | b, 60)
        probes.formula("fill", policy, "MAX([a * 0 + 10, FILL(b, 60)])", a | b, 60)
        probes.formula("running", policy, "FILL(RUNNING_SUM(a), 0)", {"a": "short"}, 60)
        probes.formula("sort", policy, "MAX([a * 0 + 10, FIRST(SORT([a, b], SUM, ASC))])", a | b, 60)
        probes.put()
        self._limits.sleep(self._pace.probes)
        self._subject.look(self._applied, time.time())
        self._capture(since)

    def _tracking(self) -> None:
        """What target tracking makes of the values behind its alarm: 55, 55 and 130 in turn."""
        since, moment = time.time(), self._boundary()
        if moment % 60 == 0:  # whether the minute that ends there counts is another question
            moment += 10
        newest = (moment - 8) // 60 * 60
        self._probes.data("turns", 60, lambda at: 130.0 if (at - newest + 60) % 180 == 0 else 55.0)
        self._limits.sleep(moment + 0.2 - time.time())
        self._probes.tracking("turns", "turns", 50.0)
        self._subject.until(lambda state: state["desired"] > 1, self._pace.probes)
        self._subject.settled(self._pace.change)
        self._capture(since)

    def _steps(self) -> None:
        """Two step policies, the second while the first one's cooldown lasts."""
        probes, since, moment = self._probes, time.time(), self._boundary()
        later = not self._pace.at_once
        # Over before the second one acts: nobody could tell in which order they did.
        over = moment + (AWHILE if later else 0)
        probes.data("first", 10, lambda at: HIGH if at < over else LOW)
        probes.data(
            "second",
            10,
            lambda at: HIGH if at >= moment else LOW,
            end=moment if later else None,
        )
        self._limits.sleep(moment + 0.2 - time.time())
        probes.alarm("first", probes.steps("first", "ChangeInCapacity", 1, cooldown=3_600), "first", 10)
        probes.alarm("second", probes.steps("second", "ChangeInCapacity", 1), "second", 10)
        probes.put()
        self._subject.count(2, self._pace.change)
        if later:
            now = time.time()
            probes.data("second", 10, lambda at: HIGH if at >= now - 10 else None)
        self._subject.until(lambda state: state["desired"] > 2, self._pace.second)
        self._subject.settled(self._pace.change)
        self._capture(since)

    def _load(self) -> None:
        """Requests until the endpoint has scaled out, and none until it has scaled in."""
        self._probes.bounds(1, MOST, inward=True)
        since = time.time()
        end = time.monotonic() + self._pace.change
        while time.monotonic() < end and (self._subject.state()["running"] or 0) < MOST:
            self._limits.check()
            self._stage.load(USERS, _SLICE)
        now = time.time()
        self._subject.look(since, now)
        self._subject.look(since, now, ("InstanceType", self._stage.instance_type))
        self._subject.until(lambda state: state["desired"] < MOST, self._pace.scale_in)
        self._subject.settled(self._pace.change)
        self._capture(since)

    def _update(self) -> None:
        """A new fleet, while an alarm and a schedule want another count than it has."""
        since, moment = time.time(), self._boundary()
        self._probes.data("wanted", 10, lambda _: HIGH)
        self._probes.data("slowly", 60, lambda _: HIGH)
        config = self._subject.copy(f"{self._stage.run}-second")
        self._limits.sleep(moment + 0.2 - time.time())
        self._stage.slow(3 * self._pace.soon)
        token = self._subject.deploy(config)
        self._stage.slow(0.0)
        policy = self._probes.steps("wanted", "ExactCapacity", 2)
        self._probes.alarm("wanted", policy, "wanted", 10)
        self._probes.alarm("slowly", policy, "slowly", 60)
        self._probes.put()
        soon = datetime.now(UTC) + timedelta(seconds=self._pace.soon)
        self._probes.schedule("minimum", soon, 2)
        self._subject.over(token, self._pace.change)
        self._subject.count(2, self._pace.change)
        self._capture(since)

    def _tags(self) -> None:
        """A change of nothing but tags."""
        self._stage.slow(3.0)
        token = self._subject.tag("scaleproof-verify", "tags")
        self._stage.slow(0.0)
        seen: list[str] = []

        def quiet(state: Any) -> bool:
            if not seen or seen[-1] != state["status"]:
                seen.append(state["status"])
            return time.monotonic() >= end and self._subject.ended(token)

        end = time.monotonic() + 6 * self._pace.poll
        self._subject.until(quiet, self._pace.change)
        self._recorder.add(Kind.TAGS, statuses=seen)

    def _failed(self) -> None:
        """Updates that have to be refused, or rolled back by an alarm."""
        first, second = self._configs()
        unknown = {"Alarms": [{"AlarmName": f"{self._stage.run}-probe-none"}]}
        deployment = {"BlueGreenUpdatePolicy": AT_ONCE, "AutoRollbackConfiguration": unknown}
        try:
            self._stage.clients("sagemaker").update_endpoint(
                EndpointName=self._stage.endpoint, EndpointConfigName=first, DeploymentConfig=deployment
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":  # it says nothing of the alarm
                raise
            self._refused("unknown alarm", error)
        else:
            self._recorder.add(Kind.REFUSED, call="unknown alarm", refused=False, message="")
            self._subject.settled(self._pace.change)
            first, second = second, first
        self._probes.data("broken", 60, lambda _: HIGH)
        rollback = self._probes.broken("broken")
        token = self._subject.deploy(first, AutoRollbackConfiguration={"Alarms": [{"AlarmName": rollback}]})
        self._subject.over(token, self._pace.change)

    def _configs(self) -> tuple[str, str]:
        """A configuration that the endpoint does not have, and its own."""
        own, second = self._subject.state()["config"], f"{self._stage.run}-second"
        listed = self._stage.clients("sagemaker").list_endpoint_configs(NameContains=self._stage.run)
        names = [one["EndpointConfigName"] for one in listed["EndpointConfigs"]]
        other = next((name for name in names if name != own), None)
        return other or self._subject.copy(second), own
