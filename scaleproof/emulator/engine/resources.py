"""What the API's users create, as the engine reads it. None of it changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scaleproof.emulator.engine.container import Description
from scaleproof.emulator.engine.faults import FaultRule
from scaleproof.scaling.endpoint import Policy, Pool, ScheduledAction


@dataclass(frozen=True)
class Documented:
    """Something that the API parsed from `document`, with which Describe answers. Only the API reads it."""

    document: Any


@dataclass(frozen=True)
class Record(Documented):
    """A resource that does not change. Its tags are in the store."""

    name: str
    arn: str
    created: datetime


@dataclass(frozen=True)
class Model(Record):
    """A model. `image`: of its first container that has one. `marketplace`: it runs a Marketplace product."""

    role: str
    image: str
    marketplace: bool
    faults: tuple[FaultRule, ...]
    container: Description


@dataclass(frozen=True)
class ProductionVariant:
    """A variant of an endpoint configuration, with its initial weight and instance count."""

    name: str
    weight: float
    count: int
    pools: tuple[Pool, ...]
    models: tuple[str, ...]
    routing: str = "RANDOM"
    """RoutingStrategy."""


@dataclass(frozen=True)
class AsyncInference:
    """Where an asynchronous endpoint writes results and failures (S3 URIs), and which topics it notifies.

    `included`: which notifications contain the response (values of IncludeInferenceResponseIn).
    """

    output: str | None = None
    failure: str | None = None
    success_topic: str | None = None
    error_topic: str | None = None
    included: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndpointConfig(Record):
    """An endpoint configuration. `inference`: None for a real-time endpoint. `captures`: has data capture."""

    variants: tuple[ProductionVariant, ...]
    inference: AsyncInference | None = None
    captures: bool = False


@dataclass(frozen=True)
class BatchSize:
    """MaximumBatchSize of a rolling update: instances, or percent of a variant's instances."""

    value: int
    percent: bool

    def of(self, count: int) -> int:
        """The instances in a batch of so many."""
        return math.ceil(count * self.value / 100) if self.percent else self.value


@dataclass(frozen=True)
class Deployment(Documented):
    """A DeploymentConfig: the alarms that roll it back, and the batch of a rolling one."""

    alarms: tuple[str, ...]
    batch: BatchSize | None


@dataclass(frozen=True)
class PolicyRecord(Record):
    """A scaling policy; its document is the configuration. `alarms`: those that it made, ARNs by name."""

    alarms: Mapping[str, str]
    policy: Policy


@dataclass(frozen=True)
class ScheduledActionRecord(Record):
    """A scheduled action."""

    action: ScheduledAction
