"""The state of the emulated services, by account and region; each resource is kept with its document."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import container, documents, faults
from scaleproof.emulator.engine.alarms import WatchedAlarm
from scaleproof.emulator.engine.faults import FaultRule, Injection
from scaleproof.emulator.engine.serving import Serving
from scaleproof.emulator.engine.usage import Usage
from scaleproof.emulator.errors import AwsError, not_found
from scaleproof.scaling.autoscaling import Activity, Autoscaler
from scaleproof.scaling.endpoint import Policy, Pool, ScheduledAction, Suspended


@dataclass(frozen=True)
class Kind:
    """A kind of SageMaker's resources: how its members begin, its noun in errors, its part of ARNs."""

    name: str
    noun: str
    segment: str


MODEL = Kind("Model", "model", "model")
CONFIG = Kind("EndpointConfig", "endpoint configuration", "endpoint-config")
ENDPOINT = Kind("Endpoint", "endpoint", "endpoint")


def new_id() -> str:
    """A UUID, which AWS uses in ARNs, tokens and names of alarms."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Resource:
    """A model, a configuration, a policy or an action: the document that Describe answers with.

    Its tags are in the store.
    """

    document: Json
    name: str
    arn: str
    created: datetime


@dataclass(frozen=True)
class PolicyResource(Resource):
    """A scaling policy. The Alarms of its document are those that it made."""

    policy: Policy


@dataclass(frozen=True)
class ActionResource(Resource):
    """A scheduled action."""

    action: ScheduledAction


@dataclass
class Variant:
    """A production variant of a live endpoint. `document`: its part of the configuration.

    `running` counts instances by type. `models`: the documents of its models. `denied`: why no container can be
    started while the permissions of the execution role have not reached SageMaker. `marketplace`: a model is a
    Marketplace product.
    """

    document: Json
    weight: float
    desired: int
    running: dict[str, int] = field(default_factory=dict)
    models: list[Json] = field(default_factory=list)
    denied: str = ""
    marketplace: bool = False

    @property
    def name(self) -> str:
        """Its VariantName."""
        return str(self.document["VariantName"])

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Its instance types by priority, none if it is serverless."""
        return documents.pools_of(self.document)

    @property
    def routing(self) -> str:
        """RoutingStrategy."""
        return str(self.document.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM"))

    @property
    def count(self) -> int:
        """CurrentInstanceCount: how many instances run."""
        return sum(self.running.values())

    @cached_property
    def faults(self) -> list[FaultRule]:
        """The fault rules of its models."""
        return [rule for model in self.models for rule in faults.of_containers(documents.containers_of(model))]

    @cached_property
    def container(self) -> Json:
        """How its models describe their containers; its own model overrides those of its pools."""
        described: Json = {}
        for model in reversed(self.models):
            described |= container.of_containers(documents.containers_of(model))
        return described


@dataclass
class Fleet:
    """A deployed endpoint configuration, which may be deleted later."""

    config: Resource
    variants: dict[str, Variant]
    capturing: Resource
    """The configuration whose data capture is in use."""

    @property
    def faults(self) -> list[FaultRule]:
        """The fault rules of its models."""
        return [rule for variant in self.variants.values() for rule in variant.faults]

    @property
    def output(self) -> Json | None:
        """The OutputConfig of an asynchronous endpoint, None for a real-time one."""
        output: Json | None = self.config.document.get("AsyncInferenceConfig", {}).get("OutputConfig")
        return output


@dataclass
class Endpoint:
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
        return self.fleet.output is not None

    @property
    def busy(self) -> bool:
        """Whether a change is in progress. Meanwhile any other is refused."""
        return self.status in ("Creating", "Updating", "Deleting")


@dataclass(frozen=True)
class Job:
    """A queued invocation: its request, when it came (epoch seconds), and S3 URIs for its answer or its error.

    `topics`: the NotificationConfig of its endpoint.
    """

    request: Json
    received: float
    inference_id: str
    output: str
    failure: str | None = None
    topics: Json = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """The name of its endpoint."""
        return str(self.request["EndpointName"])


@dataclass
class Target:
    """A scalable target with its policies and scheduled actions."""

    resource_id: str
    arn: str
    created: datetime
    scaler: Autoscaler
    """Decides, and has the present bounds."""
    suspended: Suspended = field(default_factory=Suspended)
    policies: dict[str, PolicyResource] = field(default_factory=dict)
    actions: dict[str, ActionResource] = field(default_factory=dict)
    configured: object = None
    """The last configuration of `scaler`."""
    changing: Activity | None = None
    """The activity that the endpoint is carrying out."""

    @property
    def endpoint(self) -> str:
        """The name of the endpoint it scales."""
        return self.resource_id.split("/")[1]

    @property
    def variant(self) -> str:
        """The name of the variant it scales."""
        return self.resource_id.split("/")[3]


@dataclass
class ActivityRecord:
    """The latest state of a scaling activity. Its target may have been deregistered."""

    id: str
    target: Target
    activity: Activity


@dataclass
class Progress:
    """A Cloud Control request: its ProgressEvent, and the request, which tells it from a repeated one.

    `deploys`: it started a deployment and ends with it. `failure` is shown once the request has ended.
    """

    event: Json
    request: Json
    deploys: bool
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
    models: dict[str, Resource] = field(default_factory=dict)
    configs: dict[str, Resource] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
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
    finished: dict[tuple[str, str], Usage] = field(default_factory=lambda: defaultdict(Usage))
    """Requests that left the queue since the last publication, by endpoint and variant."""
    queued: set[str] = field(default_factory=set)
    """Endpoints that have had a queued invocation. The size of their queue is published from then on."""
    watched: dict[tuple[str, datetime], WatchedAlarm | None] = field(default_factory=dict)
    """The alarms that are evaluated here, by ARN and when they were put; None: not modelled."""
    serving: Serving = field(default_factory=Serving)
    """The instances of real-time endpoints, and what each has in flight."""
    published: float = 0.0
    """When metrics were last published (epoch seconds)."""
    next_look: float = 0.0
    """When the engine looks at it next (epoch seconds)."""
    looking: threading.Lock = field(default_factory=threading.Lock)
    """Held while the engine looks at it."""
    moved: float = 0.0
    """Seconds that a test has moved its clock forward."""

    def time(self) -> float:
        """Its clock, in epoch seconds: the machine's, and what a test has moved it forward."""
        return time.time() + self.moved

    def now(self) -> datetime:
        """The time that responses show."""
        return datetime.fromtimestamp(self.time(), UTC)

    @property
    def injected(self) -> Injection:
        """The faults that are injected into its account."""
        return faults.of_account(self.account)

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
        self.serving.update(running, self.time(), grace, idle=self.injected.asks("idle"))

    def targets_of(self, endpoint: str) -> list[Target]:
        """The scalable targets registered for an endpoint's variants."""
        return [target for target in self.targets.values() if target.endpoint == endpoint]

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Adds tags to a resource."""
        self.tags.setdefault(arn, {}).update(tags)

    def find(self, kind: Kind, name: str) -> Any:
        """The resource of that kind and name. Raises AwsError if there is none."""
        resources = self.resources_of(kind)
        if name not in resources:
            raise not_found(kind.noun, self.arn_of(kind, name))
        return resources[name]

    def resources_of(self, kind: Kind) -> dict[str, Any]:
        """The resources of a kind by name."""
        by_kind: dict[Kind, dict[str, Any]]
        by_kind = {MODEL: self.models, CONFIG: self.configs, ENDPOINT: self.endpoints}
        return by_kind[kind]

    def arn_of(self, kind: Kind, name: str) -> str:
        """The ARN of a resource of that kind."""
        return self.arn("sagemaker", f"{kind.segment}/{name}")
