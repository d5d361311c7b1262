"""Routes requests to the instances of real-time endpoints, and counts what each has in flight."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scaleproof.emulator.cloudwatch import Samples
from scaleproof.emulator.engine.container import Container
from scaleproof.emulator.engine.usage import Place, Usage, concurrency

FULL = 503
"""The HTTP status with which a container refuses a request that it has no slot for."""


class FullError(Exception):
    """The instance that a request was routed to has no slot left."""


@dataclass(eq=False)
class Instance:
    """One instance of a variant. `fleet`: what it belongs to, as an update brings another one.

    `killed_at`: when it gets SIGKILL, where it has had SIGTERM (epoch seconds).
    """

    place: Place
    fleet: object
    instance_type: str
    requests: set[Request] = field(default_factory=set)
    killed_at: float | None = None


@dataclass(frozen=True)
class Load:
    """Requests in flight on one instance, and whether it is stopping."""

    endpoint: str
    variant: str
    instance_type: str
    in_flight: int
    stopping: bool


@dataclass(eq=False)
class Request:
    """A request in flight. `on_kill` is called once, from any thread, if its container is killed."""

    place: Place
    instance: Instance
    container: Container
    on_kill: Callable[[], None]
    began: float = field(default_factory=lambda: time.monotonic())
    killed: bool = False
    status: int = 200
    """The HTTP status that the model answers with."""
    bidirectional: bool = False
    opened: bool = False
    """Whether a stream has been opened."""
    answered: bool = False
    """Whether that has had an answer."""
    broken: bool = False
    """Whether that ended with an error."""
    ended: bool = False

    @property
    def level(self) -> int:
        """Requests in flight on its instance."""
        return len(self.instance.requests)


class Serving:
    """The instances of one account in one region; safe to be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._instances: list[Instance] = []
        """Oldest first, with those that are stopping and have requests."""
        self._random = random.Random()
        self._usage: dict[Place, Usage] = {}
        """The usage of each variant that publishes metrics."""

    @property
    def busy(self) -> bool:
        """Whether there is anything to look after."""
        with self._lock:
            return bool(self._usage or any(instance.killed_at is not None for instance in self._instances))

    @property
    def kills(self) -> list[float]:
        """When instances that are stopping will be killed (epoch seconds)."""
        with self._lock:
            return [instance.killed_at for instance in self._instances if instance.killed_at is not None]

    def update(
        self,
        running: Mapping[Place, tuple[object, Mapping[str, int]]],
        now: float,
        grace: float,
        *,
        idle: bool = False,
    ) -> None:
        """Starts and stops instances until they are those that run: the fleet of a variant, and its instances
        by type.

        An instance that goes takes no new request. It is gone with its last one, and is killed `grace`
        seconds after `now` at the latest. The newest of a type goes first.
        `idle`: a variant publishes metrics before its first request as well.
        """
        with self._lock:
            missing = {place: Counter(counts) for place, (_, counts) in running.items()}
            for instance in self._instances:
                place, kind = instance.place, instance.instance_type
                if instance.killed_at is not None:
                    continue
                if place in running and running[place][0] is instance.fleet and missing[place][kind] > 0:
                    missing[place][kind] -= 1
                else:
                    instance.killed_at = now + grace
            self._instances += [
                Instance(place, running[place][0], kind)
                for place, counts in missing.items()
                for kind in counts.elements()
            ]
            known = running if idle else self._usage.keys() & running.keys()
            self._usage = {place: self._usage.get(place, Usage()) for place in known}
            killed = self._bury(now)
        for request in killed:
            request.on_kill()

    def _bury(self, now: float) -> list[Request]:
        """Lets those go that are done, or whose time is up; returns the requests that this cuts."""
        killed: list[Request] = []
        for instance in self._instances:
            if instance.killed_at is not None and instance.killed_at <= now:
                killed += instance.requests
                instance.requests = set()
        self._instances = [instance for instance in self._instances if instance.killed_at is None or instance.requests]
        for request in killed:
            request.killed = True
        return killed

    def admit(
        self, place: Place, strategy: str, container: Container, on_kill: Callable[[], None] = lambda: None
    ) -> Request:
        """A new request in flight, on the instance that it is routed to.

        What has no instances, as it is serverless, gets one for each request. Raises FullError where there is
        no slot left.
        """
        with self._lock:
            running = [
                instance for instance in self._instances if instance.place == place and instance.killed_at is None
            ]
            instance = self._routed(running, strategy) if running else Instance(place, None, "")
            usage = self._usage.setdefault(place, Usage())
            usage.record_request(len(running))
            if container.slots is not None and len(instance.requests) >= container.slots:
                usage.answered(FULL)
                usage.took("ModelLatency", 0.0)
                raise FullError
            request = Request(place, instance, container, on_kill)
            instance.requests.add(request)
            return request

    def _routed(self, instances: list[Instance], strategy: str) -> Instance:
        # Strategies that look into requests come to the least busy instance where they find nothing to go by.
        if strategy == "RANDOM":
            return self._random.choice(instances)
        return min(instances, key=lambda instance: len(instance.requests))

    def open(self, request: Request) -> None:
        """The request is a stream, and it has been opened."""
        with self._lock:
            request.opened = True
            if usage := self._usage.get(request.place):
                usage.answered(request.status)

    def answer(self, request: Request) -> None:
        """The stream has an answer."""
        with self._lock:
            if not request.answered and (usage := self._usage.get(request.place)):
                usage.took("FirstChunkLatency", time.monotonic() - request.began)
            request.answered = True

    def end(self, request: Request) -> None:
        """The request is in flight no more; nothing happens where it is not."""
        took = time.monotonic() - request.began
        with self._lock:
            request.instance.requests.discard(request)
            usage = self._usage.get(request.place)
            if request.ended or usage is None:
                return
            request.ended = True
            if request.opened:
                usage.streamed(request.broken)
            else:
                usage.answered(request.status)
            if not request.bidirectional:
                usage.took("ModelLatency", took)

    def samples(self, *, by_type: bool) -> list[Samples]:
        """The data points since the last publication; `by_type` as of `usage.concurrency`."""
        with self._lock:
            collected = []
            for place, usage in self._usage.items():
                loads = [
                    (instance.instance_type, len(instance.requests))
                    for instance in self._instances
                    if instance.place == place
                ]
                collected += [*concurrency(loads, place, by_type=by_type), *usage.taken(place)]
            return collected

    def loads(self) -> list[Load]:
        """The load of each instance that runs."""
        with self._lock:
            return [
                Load(*instance.place, instance.instance_type, len(instance.requests), instance.killed_at is not None)
                for instance in self._instances
            ]
