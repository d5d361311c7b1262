"""What the emulated services know, by account and region."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.alarms import WatchedAlarm
from scaleproof.emulator.engine.cloudwatch import CloudWatch
from scaleproof.emulator.engine.cloudwatch import Json as Json
from scaleproof.emulator.errors import AwsError, not_found
from scaleproof.scaling import endpoint as model
from scaleproof.scaling.autoscaling import Activity, Autoscaler
from scaleproof.scaling.endpoint import Pool

DEFAULT_TTL = 21_600.0
"""Seconds an asynchronous request waits at most unless RequestTTLSeconds says less (service model)."""


def now() -> datetime:
    """The time a response shows."""
    return datetime.now(UTC)


def new_id() -> str:
    """A UUID, as AWS puts it into ARNs, tokens and names of alarms."""
    return str(uuid.uuid4())


@dataclass
class StoredResource:
    """A model or an endpoint configuration: immutable but for its tags."""

    name: str
    arn: str
    created: datetime
    properties: Json


@dataclass
class Variant:
    """A production variant of a live endpoint; `running` counts instances by type.

    `faults` is what its models want to go wrong; `denied`: why no container can be started, where the
    execution role's permissions do not reach that far; `marketplace`: a model is a Marketplace product.
    """

    spec: Json
    pools: tuple[Pool, ...]
    weight: float
    desired: int
    running: dict[str, int] = field(default_factory=dict)
    faults: list[faults.FaultRule] = field(default_factory=list)
    denied: str = ""
    marketplace: bool = False

    @property
    def name(self) -> str:
        """Its VariantName."""
        return str(self.spec["VariantName"])

    @property
    def count(self) -> int:
        """CurrentInstanceCount: how many instances run."""
        return sum(self.running.values())


@dataclass
class Fleet:
    """What an endpoint configuration becomes once deployed; the configuration may be deleted later."""

    config_name: str
    config: Json
    variants: dict[str, Variant]

    @property
    def silent(self) -> bool:
        """Whether a rollback of it is to leave no trace."""
        return any(faults.asked("silent", variant.faults) for variant in self.variants.values())


@dataclass
class EndpointRecord:
    """An endpoint; `pending` is the fleet an update moves to, done at `busy_until` (epoch seconds).

    `failure`: why the last creation or update did not come off, until the next one starts.
    """

    name: str
    arn: str
    created: datetime
    modified: datetime
    fleet: Fleet
    status: str = "Creating"
    pending: Fleet | None = None
    busy_until: float = 0.0
    deployment: Json | None = None
    failure: str | None = None

    @property
    def is_async(self) -> bool:
        """Whether it answers InvokeEndpointAsync instead of InvokeEndpoint."""
        return "AsyncInferenceConfig" in self.fleet.config

    @property
    def busy(self) -> bool:
        """Whether a change is under way, which shuts out any other."""
        return self.status in ("Creating", "Updating", "Deleting")


@dataclass
class Job:
    """One queued invocation; `output` and `failure` are S3 URIs."""

    endpoint: str
    inference_id: str
    request: Json
    output: str
    failure: str | None
    notification: Json
    received: datetime = field(default_factory=now)

    @property
    def expired(self) -> bool:
        """Whether it has waited longer than its caller wanted."""
        age = (now() - self.received).total_seconds()
        return age > float(self.request.get("RequestTTLSeconds", DEFAULT_TTL))


@dataclass
class PolicyRecord:
    """A scaling policy: as Describe tells of it, and parsed as `rule`.

    `configuration` stands under the API's member name, e.g. StepScalingPolicyConfiguration.
    """

    name: str
    arn: str
    created: datetime
    kind: str
    configuration: Json
    alarms: list[Json]
    rule: model.Policy


@dataclass
class ScheduledAction:
    """A scheduled action in the API's own form."""

    name: str
    arn: str
    created: datetime
    request: Json


@dataclass
class ActivityRecord:
    """A scaling activity as it stands last; its target may be gone."""

    id: str
    resource_id: str
    dimension: str
    activity: Activity


@dataclass
class Target:
    """A scalable target and what hangs on it."""

    resource_id: str
    dimension: str
    arn: str
    created: datetime
    scaler: Autoscaler
    """What decides, and knows the bounds as they are now."""
    suspended: Json
    policies: dict[str, PolicyRecord] = field(default_factory=dict)
    actions: dict[str, ScheduledAction] = field(default_factory=dict)
    configured: Any = None
    """What `scaler` was last told of policies, alarms and schedules."""
    changing: Activity | None = None
    """The activity whose change the endpoint is busy with."""
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
    """A Cloud Control request: the event that answers for it, what was asked, and why it failed.

    `deploys`: it ends with the deployment that it started, and as that does.
    """

    event: Json
    request: Json
    client_token: str | None
    failure: AwsError | None = None
    deploys: bool = False


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
    models: dict[str, StoredResource] = field(default_factory=dict)
    configs: dict[str, StoredResource] = field(default_factory=dict)
    endpoints: dict[str, EndpointRecord] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    targets: dict[tuple[str, str], Target] = field(default_factory=dict)
    pending: set[tuple[str, str]] = field(default_factory=set)
    """The keys of targets that a change is pending of, where a test asked that it takes time (`faults`)."""
    activities: list[ActivityRecord] = field(default_factory=list)
    requests: dict[str, Progress] = field(default_factory=dict)
    quotas: dict[str, float] = field(default_factory=dict)
    """Applied values by quota name, of those that somebody has set."""
    backlog: list[Job] = field(default_factory=list)
    """Queued asynchronous invocations, oldest first."""
    worker: threading.Thread | None = None
    queued: set[str] = field(default_factory=set)
    """Endpoints that have had a queued invocation, whose backlog is published as metrics from then on."""
    published: float = 0.0
    """When that was done last (epoch seconds)."""
    watched: dict[str, WatchedAlarm | None] = field(default_factory=dict)
    """Alarms that invoke scaling policies, by ARN; None for one that cannot be evaluated."""

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def targets_of(self, endpoint: str) -> list[Target]:
        """The scalable targets registered for an endpoint's variants."""
        return [target for target in self.targets.values() if target.endpoint == endpoint]

    def tag(self, arn: str, tags: Iterable[Json] | None) -> None:
        """Adds tags of the API's list form to a resource."""
        self.tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags or []})

    def find_model(self, name: str) -> StoredResource:
        """The model of that name; raises AwsError if there is none."""
        if name not in self.models:
            raise not_found("model", self.arn("sagemaker", f"model/{name}"))
        return self.models[name]

    def find_config(self, name: str) -> StoredResource:
        """The endpoint configuration of that name; raises AwsError if there is none."""
        if name not in self.configs:
            raise not_found("endpoint configuration", self.arn("sagemaker", f"endpoint-config/{name}"))
        return self.configs[name]

    def find_endpoint(self, name: str) -> EndpointRecord:
        """The endpoint of that name; raises AwsError if there is none."""
        if name not in self.endpoints:
            raise not_found("endpoint", self.arn("sagemaker", f"endpoint/{name}"))
        return self.endpoints[name]
