"""The state of the emulated services, by account and region."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import container, faults, resources
from scaleproof.emulator.engine.alarms import WatchedAlarm
from scaleproof.emulator.engine.serving import Serving
from scaleproof.emulator.engine.usage import Usage
from scaleproof.emulator.errors import AwsError, not_found
from scaleproof.scaling.autoscaling import Activity, Autoscaler
from scaleproof.scaling.endpoint import Pool, Suspended

DEFAULT_TTL = 21_600.0
"""Seconds that an asynchronous request waits at most, unless RequestTTLSeconds is less (service model)."""


@dataclass(frozen=True)
class Kind:
    """A kind of SageMaker's resources: how its members begin, its noun in errors, its part of ARNs."""

    name: str
    noun: str
    segment: str


MODEL = Kind("Model", "model", "model")
CONFIG = Kind("EndpointConfig", "endpoint configuration", "endpoint-config")
ENDPOINT = Kind("Endpoint", "endpoint", "endpoint")


def now() -> datetime:
    """The time that responses show."""
    return datetime.now(UTC)


def new_id() -> str:
    """A UUID, which AWS uses in ARNs, tokens and names of alarms."""
    return str(uuid.uuid4())


@dataclass
class Variant:
    """A production variant of a live endpoint. `running` counts instances by type.

    `faults` and `container` are those of its models. `denied`: why no container can be started while the
    permissions of the execution role have not reached SageMaker. `marketplace`: a model is a Marketplace
    product.
    """

    spec: resources.ProductionVariant
    weight: float
    desired: int
    running: dict[str, int] = field(default_factory=dict)
    faults: list[faults.FaultRule] = field(default_factory=list)
    container: Mapping[str, Any] = field(default_factory=dict)
    denied: str = ""
    marketplace: bool = False

    @property
    def name(self) -> str:
        """Its VariantName."""
        return self.spec.name

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Its instance types by priority, none if it is serverless."""
        return self.spec.pools

    @property
    def count(self) -> int:
        """CurrentInstanceCount: how many instances run."""
        return sum(self.running.values())


@dataclass
class Fleet:
    """A deployed endpoint configuration, which may be deleted later."""

    config: resources.EndpointConfig
    variants: dict[str, Variant]
    capturing: resources.EndpointConfig
    """The configuration whose data capture is in use."""

    @property
    def silent(self) -> bool:
        """Whether a rollback of it leaves no trace."""
        return any(faults.asked("silent", variant.faults) for variant in self.variants.values())


@dataclass
class EndpointRecord:
    """An endpoint. An update moves it to the fleet `pending` and ends at `busy_until` (epoch seconds).

    `deployment`: its DeploymentConfig. `failure`: why the last creation or update failed, until the next one
    starts.
    """

    name: str
    arn: str
    created: datetime
    modified: datetime
    fleet: Fleet
    status: str = "Creating"
    pending: Fleet | None = None
    busy_until: float = 0.0
    deployment: Json = field(default_factory=dict)
    failure: str | None = None

    @property
    def is_async(self) -> bool:
        """Whether it answers InvokeEndpointAsync instead of InvokeEndpoint."""
        return self.fleet.config.output is not None

    @property
    def busy(self) -> bool:
        """Whether a change is in progress. Meanwhile any other is refused."""
        return self.status in ("Creating", "Updating", "Deleting")


@dataclass
class Job:
    """One queued invocation, with its input in `body` or at `location`. `ttl`: seconds that it may wait.

    `location`, `output` and `failure` are S3 URIs. `topics`: its NotificationConfig.
    """

    endpoint: str
    inference_id: str
    output: str
    failure: str | None
    topics: Json = field(default_factory=dict)
    body: bytes = b""
    location: str | None = None
    accept: str | None = None
    content_type: str | None = None
    ttl: float = DEFAULT_TTL
    received: datetime = field(default_factory=now)

    @property
    def expired(self) -> bool:
        """Whether it has waited longer than it may."""
        return (now() - self.received).total_seconds() > self.ttl


@dataclass
class ActivityRecord:
    """The latest state of a scaling activity. Its target may be gone."""

    id: str
    resource_id: str
    activity: Activity


@dataclass
class Target:
    """A scalable target with its policies and scheduled actions."""

    resource_id: str
    arn: str
    created: datetime
    scaler: Autoscaler
    """Decides, and has the present bounds."""
    suspended: Suspended = field(default_factory=Suspended)
    policies: dict[str, resources.PolicyRecord] = field(default_factory=dict)
    actions: dict[str, resources.ScheduledActionRecord] = field(default_factory=dict)
    configured: object = None
    """What `scaler` was last configured with."""
    changing: Activity | None = None
    """The activity that the endpoint is carrying out."""
    ongoing: dict[int, ActivityRecord] = field(default_factory=dict)
    """Activities in progress, by number."""

    @property
    def endpoint(self) -> str:
        """The name of the endpoint it scales."""
        return self.resource_id.split("/")[1]

    @property
    def variant(self) -> str:
        """The name of the variant it scales."""
        return self.resource_id.split("/")[3]


@dataclass
class Progress:
    """A Cloud Control request. `asked`: its text, which tells a repeated request from another one.

    `deploys`: it started a deployment and ends with it. `time`: when `status` last changed.
    """

    type_name: str
    token: str
    operation: str
    identifier: str | None
    asked: str
    client_token: str | None
    deploys: bool
    status: str = "IN_PROGRESS"
    time: datetime = field(default_factory=now)
    failure: AwsError | None = None


@dataclass
class Store:
    """The state of one account in one region. Hold `lock` while using it."""

    account: str
    region: str
    partition: str
    client: Callable[[str], Any]
    """A boto3 client of another service of the same LocalStack, account and region."""
    cloudwatch: CloudWatch
    lock: threading.RLock = field(default_factory=threading.RLock)
    models: dict[str, resources.Model] = field(default_factory=dict)
    configs: dict[str, resources.EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, EndpointRecord] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    """Resource ids of the targets with a change that a test has asked to take time (`faults`)."""
    activities: list[ActivityRecord] = field(default_factory=list)
    requests: dict[str, Progress] = field(default_factory=dict)
    quotas: dict[str, float] = field(default_factory=dict)
    """Applied values by name of the quota, where somebody has set one."""
    backlog: list[Job] = field(default_factory=list)
    """Queued asynchronous invocations, oldest first."""
    worker: threading.Thread | None = None
    left: dict[tuple[str, str], Usage] = field(default_factory=lambda: defaultdict(Usage))
    """What left the queue since that was last published, by endpoint and variant."""
    queued: set[str] = field(default_factory=set)
    """Endpoints that have had a queued invocation. The size of their queue is published from then on."""
    watched: dict[tuple[str, datetime], WatchedAlarm | None] = field(default_factory=dict)
    """The alarms that are evaluated here, by ARN and when they were put; None: not modelled."""
    serving: Serving = field(default_factory=Serving)
    """The instances of real-time endpoints, and what each has in flight."""
    published: float = 0.0
    """When metrics were last published (epoch seconds)."""
    due: float = 0.0
    """When the wall clock looks at it next (epoch seconds)."""

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def serve(self) -> None:
        """Brings `serving` up to date with the endpoints."""
        running = {
            (endpoint.name, variant.name): (variant, variant.running)
            for endpoint in self.endpoints.values()
            if not endpoint.is_async
            for variant in endpoint.fleet.variants.values()
        }
        grace = container.of_account(self.account).stop_seconds
        idle = faults.of_account(self.account).asks("idle")
        self.serving.update(running, time.time(), grace, idle=idle)

    def targets_of(self, endpoint: str) -> list[Target]:
        """The scalable targets registered for an endpoint's variants."""
        return [target for target in self.targets.values() if target.endpoint == endpoint]

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Adds tags to a resource."""
        self.tags.setdefault(arn, {}).update(tags)

    def find(self, kind: Kind, name: str) -> Any:
        """The resource of that kind and name. Raises AwsError if there is none."""
        records = self.records_of(kind)
        if name not in records:
            raise not_found(kind.noun, self.arn_of(kind, name))
        return records[name]

    def records_of(self, kind: Kind) -> dict[str, Any]:
        """The resources of a kind by name."""
        by_kind: dict[Kind, dict[str, Any]]
        by_kind = {MODEL: self.models, CONFIG: self.configs, ENDPOINT: self.endpoints}
        return by_kind[kind]

    def arn_of(self, kind: Kind, name: str) -> str:
        """The ARN of a resource of that kind."""
        return self.arn("sagemaker", f"{kind.segment}/{name}")

    def find_endpoint(self, name: str) -> EndpointRecord:
        """The endpoint of that name. Raises AwsError if there is none."""
        endpoint: EndpointRecord = self.find(ENDPOINT, name)
        return endpoint
