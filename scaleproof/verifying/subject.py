"""The endpoint of a verification: what state it is in, and how it is updated."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from scaleproof.endpoints import metric_data
from scaleproof.endpoints.live import Clients
from scaleproof.scaling.metrics import MetricStat
from scaleproof.verifying.limits import Limits
from scaleproof.verifying.recording import Kind, Recorder
from scaleproof.verifying.sweep import CHANGING

TYPE = "AWS::SageMaker::Endpoint"
CONCURRENCY = "ConcurrentRequestsPerModel"
AT_ONCE = {
    "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
    "TerminationWaitInSeconds": 0,
}
"""A blue/green update without waits."""
OVER = ("SUCCESS", "FAILED", "CANCEL_COMPLETE")
"""States of a change through Cloud Control that has ended."""


class Subject:
    """One endpoint with one variant. `poll`: seconds between two looks at it."""

    def __init__(
        self, clients: Clients, endpoint: str, variant: str, recorder: Recorder, limits: Limits, poll: float
    ) -> None:
        """Looks at nothing yet."""
        self.name, self.variant = endpoint, variant
        self._clients, self._recorder, self._limits, self._poll = clients, recorder, limits, poll
        self._last: dict[str, Any] = {}

    def state(self) -> dict[str, Any]:
        """What it is in; an entry of the recording if that is new."""
        found = self._clients("sagemaker").describe_endpoint(EndpointName=self.name)
        variants = found.get("ProductionVariants") or [{}]
        now = {
            "status": found["EndpointStatus"],
            "desired": variants[0].get("DesiredInstanceCount"),
            "running": variants[0].get("CurrentInstanceCount"),
            "config": found["EndpointConfigName"],
            "failure": found.get("FailureReason", ""),
        }
        if now != self._last:
            self._recorder.add(Kind.ENDPOINT, **now)
            self._last = now
        return now

    def until(self, what: Callable[[Mapping[str, Any]], bool], patience: float) -> bool:
        """Waits until its state is so; False where it is not after `patience` seconds. Raises Stopped."""
        end = time.monotonic() + patience
        while not what(self.state()):
            if time.monotonic() >= end:
                return False
            self._limits.sleep(self._poll)
        return True

    def settled(self, patience: float) -> bool:
        """Waits until no change of it is in progress."""
        return self.until(lambda state: state["status"] not in CHANGING, patience)

    def count(self, instances: int, patience: float) -> bool:
        """Waits until so many instances are in service."""
        return self.until(
            lambda state: state["running"] == instances and state["status"] == "InService", patience
        )

    def look(self, since: float, now: float, *more: tuple[str, str]) -> None:
        """Records how much data its concurrency has had, with `more` dimensions."""
        dimensions = (("EndpointName", self.name), ("VariantName", self.variant), *more)
        metric = MetricStat("AWS/SageMaker", CONCURRENCY, tuple(sorted(dimensions)), "Maximum", 10)
        points = metric_data.read(self._clients("cloudwatch"), [metric], since, now)[metric]
        names = [name for name, _ in metric.dimensions]
        self._recorder.add(Kind.METRIC, name=CONCURRENCY, dimensions=names, points=len(points))

    def copy(self, name: str) -> str:
        """Makes a second configuration under a name, records how it comes back, and gives its name."""
        sagemaker, members = self._clients("sagemaker"), ("ModelName", "InstanceType", "InstancePools")
        found = sagemaker.describe_endpoint_config(EndpointConfigName=self.state()["config"])
        variant = {
            "VariantName": self.variant,
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
            **{member: found["ProductionVariants"][0].get(member) for member in members},
        }
        sent = [{member: value for member, value in variant.items() if value is not None}]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=sent)
        back = sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"][0]
        differs = [key for key in sorted({*sent[0], *back}) if sent[0].get(key) != back.get(key)]
        self._recorder.add(Kind.CONFIGURATION, differs=differs)
        return name

    def change(self, *operations: Mapping[str, Any]) -> str:
        """Starts an update through Cloud Control, as the provider awscc does; its token."""
        found = self._clients("cloudcontrol").update_resource(
            TypeName=TYPE, Identifier=self._arn, PatchDocument=json.dumps(operations)
        )
        return str(found["ProgressEvent"]["RequestToken"])

    def deploy(self, config: str, **more: Any) -> str:
        """Starts an update to another configuration; `more` of the DeploymentConfig."""
        deployment = {"BlueGreenUpdatePolicy": AT_ONCE, **more}
        return self.change(
            {"op": "replace", "path": "/EndpointConfigName", "value": config},
            {"op": "add", "path": "/DeploymentConfig", "value": deployment},
        )

    def tag(self, key: str, value: str) -> str:
        """Starts a change of nothing but its tags."""
        known = self._clients("sagemaker").list_tags(ResourceArn=self._arn)["Tags"]
        return self.change({"op": "add", "path": "/Tags", "value": [*known, {"Key": key, "Value": value}]})

    def progress(self, token: str) -> tuple[str, str]:
        """Status and message of a change."""
        event = self._clients("cloudcontrol").get_resource_request_status(RequestToken=token)["ProgressEvent"]
        return str(event["OperationStatus"]), str(event.get("StatusMessage", ""))

    def ended(self, token: str) -> bool:
        """Whether a change has ended, one way or the other."""
        return self.progress(token)[0] in OVER

    def over(self, token: str, patience: float) -> None:
        """Waits until an update is over, and records what came of it."""
        self.until(lambda _: self.ended(token), patience)
        self.settled(patience)
        status, message = self.progress(token)
        described = self._clients("cloudcontrol").get_resource(TypeName=TYPE, Identifier=self._arn)
        properties = json.loads(described["ResourceDescription"]["Properties"])
        returned = {key: properties[key] for key in ("DeploymentConfig",) if key in properties}
        self._recorder.add(
            Kind.UPDATE, status=status, message=message, failure=self.state()["failure"], returned=returned
        )

    @property
    def _arn(self) -> str:
        return str(self._clients("sagemaker").describe_endpoint(EndpointName=self.name)["EndpointArn"])
