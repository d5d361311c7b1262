"""Assumptions about SageMaker apart from auto scaling: start-up, shortages, draining, full instances.

Little of it is documented. Each field says what is known and gives the reason of its default.

[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[observed] timings of one real-time endpoint on ml.g5.xlarge, recorded by a public benchmark of speech models:
181 s from the request to the first log line, 7.5 s to load and warm up, 21 s to InService, 47 s until traffic
had recovered
[container] https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import AutoscalingAssumptions, assumed
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation.delay import Delay


class WhenFull(StrEnum):
    """What happens to a request to an instance without a free slot."""

    WAIT = "wait"
    REFUSE = "refuse"
    ACCEPT = "accept"


class Release(StrEnum):
    """Which instance of the pool with the lowest priority is released first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    IDLEST = "idlest"


class Routing(StrEnum):
    """RoutingStrategy of a production variant."""

    LEAST_OUTSTANDING_REQUESTS = "LEAST_OUTSTANDING_REQUESTS"
    RANDOM = "RANDOM"


@dataclass(frozen=True)
class Shortage:
    """No more instances of a type are available from `start` until before `end` (seconds from the start of
    the simulation). Running instances stay."""

    instance_type: str
    start: float
    end: float

    def __post_init__(self) -> None:
        """Raises ScaleproofError if it ends before it starts."""
        if not self.start < self.end:
            raise ScaleproofError(f"A shortage of {self.instance_type} ends after its start {self.start}.")


@dataclass(frozen=True)
class Behaviour:
    """Of SageMaker apart from auto scaling; seconds unless the name says more."""

    provisioning: Delay = assumed(Delay(180.0, 0.2), Delay(60.0, 0.2), Delay(300.0, 0.2))
    """From the request for an instance until it exists. [observed] has 181 s once; guidance of public
    projects spans 60 to 300 s. The spread is a guess."""

    start_up: Delay = assumed(Delay(80.0, 0.2), Delay(40.0, 0.2), Delay(240.0, 0.2))
    """From then until it takes requests: loading the model, health check, routing. 75 s in [observed], 260 s
    together; bigger models take longer."""

    shortages: tuple[Shortage, ...] = ()
    """Insufficient capacity by type and time."""

    retry: float = 30.0
    """Between two attempts to get missing instances. [pools] says that SageMaker retries, but not how
    often."""

    provision_timeout: float | None = None
    """How long SageMaker tries to get missing instances. None: with one type as `single_type_shortage`
    says, and with several as the endpoint's configuration says (VariantInstanceProvisionTimeoutInSeconds, 300 to
    3600 over all pools [pools]), else 1800 s, a guess."""

    scale_in_time: float = assumed(60.0, 0.0, 300.0)
    """How long the endpoint is Updating for a scale-in and accepts no other change. Not documented."""

    stop_grace_seconds: float = assumed(30.0, 0.0, 1800.0)
    """How long the container of a real-time endpoint may work on after its instance is released; what is
    still open then is cut. AWS documents SIGKILL 30 seconds after SIGTERM for a lower count and for updates
    [container], and says nothing of auto scaling. Vendors say that streams end by themselves: 1800, the
    longest stream."""

    draining: float = 1800.0
    """The same for an asynchronous endpoint, whose requests last longer. Not documented: it is not said
    either whether a request that was cut goes back to the queue."""

    release: Release = assumed(Release.NEWEST, Release.OLDEST, Release.IDLEST)
    """[pools] documents that the pool with the lowest priority goes first; the order within a pool is not
    documented."""

    routing: Routing = Routing.LEAST_OUTSTANDING_REQUESTS
    """As modules/realtime sets it. Among instances with equally many requests, the first of the preferred
    pool gets the next."""

    when_full: WhenFull = assumed(WhenFull.WAIT, WhenFull.REFUSE, WhenFull.ACCEPT)
    """The container decides. `wait`: the request waits at the instance, and the concurrency metric counts it
    (endpoint-auto-scaling-add-code-define.html). `refuse`: it fails. `accept`: it is served beside the
    others, above what the instance sustains."""

    patience: float = 60.0
    """How long a caller of a real-time endpoint waits for a slot before it gives up. A model must answer
    within 60 s."""

    request_ttl: float = 21_600.0
    """The age at which a request in the queue of an asynchronous endpoint expires. RequestTTLSeconds is 60 to
    21600; the default is not documented."""

    invocations_per_instance: int = assumed(1, 4)
    """Requests that one instance of an asynchronous endpoint gets at a time, if neither the endpoint nor its
    pools say. SageMaker chooses; how is not documented."""

    metric_delay: float = assumed(5.0, 0.0, 60.0)
    """From the end of a period until its data point can be read. Not documented. Up to 10 s changes nothing
    for alarms on one metric: they do not look at the last 10 s."""

    objective: float = 1.0
    """Share of the capacity above which a demand counts as overload."""

    def __post_init__(self) -> None:
        """Raises ScaleproofError for values that are out of range."""
        for name in ("scale_in_time", "metric_delay"):
            if math.isinf(getattr(self, name)):
                raise ScaleproofError(f"{name} is a number of seconds, not {getattr(self, name)}.")
        for name in ("retry", "provision_timeout", "objective"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ScaleproofError(f"{name} is above 0, not {getattr(self, name)}.")
        for name in (
            "scale_in_time",
            "stop_grace_seconds",
            "draining",
            "patience",
            "request_ttl",
            "metric_delay",
        ):
            if not getattr(self, name) >= 0:
                raise ScaleproofError(f"{name} is 0 or more, not {getattr(self, name)}.")
        if self.invocations_per_instance < 1:
            raise ScaleproofError("invocations_per_instance is 1 or more.")


DEFAULT = Behaviour()
UNSAID_TIMEOUT = 1800.0
"""The last resort of `provision_timeout`."""


def timeout_of(endpoint: Endpoint, behaviour: Behaviour, assumptions: AutoscalingAssumptions) -> float:
    """Seconds that SageMaker tries to get missing instances."""
    if behaviour.provision_timeout is not None:
        return behaviour.provision_timeout
    if len(endpoint.pools) == 1 and assumptions.single_type_shortage == "retried":
        return math.inf
    return endpoint.provision_timeout or UNSAID_TIMEOUT


def slots_of(endpoint: Endpoint, behaviour: Behaviour) -> tuple[dict[str, int], dict[str, float]]:
    """By instance type in priority order: the requests that one instance works on at a time, and those that
    it sustains within the objective. Raises ScaleproofError if the endpoint does not say.
    """
    slots, sustained = {}, {}
    for pool in sorted(endpoint.pools, key=lambda pool: pool.priority):
        most = pool.max_concurrency
        if endpoint.kind is Kind.ASYNC:
            most = endpoint.max_concurrent_invocations or most or behaviour.invocations_per_instance
        if most is None or most < 1:
            raise ScaleproofError(
                f"It is not known how many requests an instance of {pool.instance_type} sustains.",
                advice="Set max_concurrency of its instance pool to 1 or more.",
            )
        slots[pool.instance_type] = int(most)
        sustained[pool.instance_type] = min(most, pool.max_concurrency or most)
    return slots, sustained
