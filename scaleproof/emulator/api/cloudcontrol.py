"""Cloud Control for the SageMaker types: turns their CloudFormation schemas into SageMaker's calls.

The CloudFormation registry schemas (PyPI cfn-lint 1.58.0, schemas of 2026-10-20) say which properties are
create-only, read-only and write-only, and that the ARN is the primary identifier.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import jsonpatch
from botocore import xform_name
from botocore.session import get_session

from scaleproof.emulator import Json
from scaleproof.emulator.api import constraints, endpoints, sagemaker
from scaleproof.emulator.engine.documents import parse_tags
from scaleproof.emulator.engine.state import CONFIG, ENDPOINT, Kind, Progress, Store, new_id
from scaleproof.emulator.errors import AwsError

_MODEL = get_session().get_service_model("sagemaker")


@dataclass(frozen=True)
class ResourceType:
    """The CloudFormation type of a kind of resource, whose operations a module serves."""

    kind: Kind
    module: ModuleType
    updatable: frozenset[str] = frozenset({"Tags"})
    write_only: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The beginning of SageMaker's members (EndpointConfig -> EndpointConfigName)."""
        return self.kind.name

    @property
    def type_name(self) -> str:
        """AWS::SageMaker::..."""
        return f"AWS::SageMaker::{self.name}"

    def call(self, verb: str, store: Store, request: Json) -> Json:
        """The answer of an operation: "create", "describe" or "delete"."""
        answer: Json = getattr(self.module, f"{verb}_{xform_name(self.name)}")(store, request)
        return answer

    @property
    def input(self) -> Any:
        """The botocore shape of the create request. Its members are the properties of the type."""
        return _MODEL.operation_model(f"Create{self.name}").input_shape

    def resource_name(self, store: Store, identifier: str) -> str:
        """The SageMaker name in an identifier, which is the resource's ARN."""
        prefix = store.arn_of(self.kind, "")
        if not identifier.startswith(prefix):
            raise _gone(self, identifier)
        return identifier.removeprefix(prefix)

    def read(self, store: Store, identifier: str) -> Json:
        """The properties as the read handler returns them: with tags, without write-only properties."""
        try:
            state = self.call("describe", store, {f"{self.name}Name": self.resource_name(store, identifier)})
        except AwsError as error:
            raise _gone(self, identifier) if error.handler == "NotFound" else error from None
        if not store.injected.asks("forgotten"):
            # DescribeEndpoint calls LastDeploymentConfig what the schema calls DeploymentConfig.
            state = {**state, "DeploymentConfig": state.get("LastDeploymentConfig")}
        properties = {key: state[key] for key in self.input.members if state.get(key) is not None}
        tags = sagemaker.list_tags(store, {"ResourceArn": identifier})["Tags"]
        return {f"{self.name}Arn": identifier, **properties, **({"Tags": tags} if tags else {})}


_RETAIN = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig")
TYPES = {
    resource_type.type_name: resource_type
    for resource_type in (
        ResourceType(CONFIG, sagemaker),
        ResourceType(
            ENDPOINT,
            endpoints,
            updatable=frozenset({"EndpointConfigName", "DeploymentConfig", "Tags", *_RETAIN}),
            write_only=frozenset(_RETAIN),
        ),
    )
}


def create_resource(store: Store, request: Json) -> Json:
    """CreateResource. The request status shows success or failure, as on AWS."""
    resource_type = _type(request)
    desired = _object(request["DesiredState"])
    _check_properties(resource_type, desired)

    def create() -> str:
        properties = {key: value for key, value in desired.items() if key not in resource_type.write_only}
        properties.setdefault(f"{resource_type.name}Name", f"{resource_type.name}-{new_id()[:12].replace('-', '')}")
        constraints.check(resource_type.input, properties)
        store.injected.check("sagemaker", f"Create{resource_type.name}")
        return str(resource_type.call("create", store, properties)[f"{resource_type.name}Arn"])

    return _run(store, request, "CREATE", None, create, deploys=resource_type.name == "Endpoint")


def get_resource(store: Store, request: Json) -> Json:
    """GetResource."""
    resource_type = _type(request)
    properties = resource_type.read(store, request["Identifier"])
    description = {"Identifier": request["Identifier"], "Properties": json.dumps(properties)}
    return {"TypeName": resource_type.type_name, "ResourceDescription": description}


def update_resource(store: Store, request: Json) -> Json:
    """UpdateResource. The JSON patch applies to what GetResource returns."""
    resource_type, identifier = _type(request), request["Identifier"]
    current = resource_type.read(store, identifier)
    try:
        desired = jsonpatch.apply_patch(current, request["PatchDocument"])
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, ValueError) as error:
        raise AwsError("ValidationException", f"Invalid patch update: {error}") from error
    _check_properties(
        resource_type, {key: value for key, value in desired.items() if key != f"{resource_type.name}Arn"}
    )
    changed = {key for key in {*current, *desired} if current.get(key) != desired.get(key)}
    fixed = sorted(changed - resource_type.updatable)
    if fixed:
        which = "readOnlyProperties" if fixed == [f"{resource_type.name}Arn"] else "createOnlyProperties"
        paths = ", ".join(f"/properties/{key}" for key in fixed)
        # aws-cloudformation/cloudformation-coverage-roadmap issue 2205
        raise AwsError("NotUpdatableException", f"Invalid patch update: {which} [{paths}] cannot be updated")

    deploying = {"EndpointConfigName", "DeploymentConfig"}
    if resource_type.name == "Endpoint" and store.injected.asks("redeployed"):
        deploying.add("Tags")
    deploys = bool(changed & deploying)

    def update() -> str:
        if deploys:
            sent = ("EndpointName", "EndpointConfigName", "DeploymentConfig", *_RETAIN)
            properties = {key: desired[key] for key in sent if key in desired}
            constraints.check(_MODEL.operation_model("UpdateEndpoint").input_shape, properties)
            store.injected.check("sagemaker", "UpdateEndpoint")
            endpoints.update_endpoint(store, properties)
        if "Tags" in changed:
            store.tags[identifier] = parse_tags(desired.get("Tags"))
        return str(identifier)

    return _run(store, request, "UPDATE", identifier, update, deploys=deploys)


def delete_resource(store: Store, request: Json) -> Json:
    """DeleteResource."""
    resource_type, identifier = _type(request), request["Identifier"]

    def delete() -> str:
        resource_type.read(store, identifier)
        store.injected.check("sagemaker", f"Delete{resource_type.name}")
        resource_type.call(
            "delete", store, {f"{resource_type.name}Name": resource_type.resource_name(store, identifier)}
        )
        return str(identifier)

    return _run(store, request, "DELETE", identifier, delete)


def get_resource_request_status(store: Store, request: Json) -> Json:
    """GetResourceRequestStatus. The request of an endpoint lasts until the endpoint has finished its change.

    It fails with NotStabilized if the endpoint failed or was rolled back. `faults` says what is known of
    rollbacks.
    """
    token = request["RequestToken"]
    if token not in store.requests:
        raise AwsError("RequestTokenNotFoundException", f"Request with token {token} was not found")
    progress = store.requests[token]
    if progress.event["OperationStatus"] == "IN_PROGRESS":
        _finish(store, progress)
    return {"ProgressEvent": dict(progress.event)}


def _run(
    store: Store,
    request: Json,
    operation: str,
    identifier: str | None,
    action: Callable[[], str],
    *,
    deploys: bool = False,
) -> Json:
    """Does the work at once but answers IN_PROGRESS. A repeated ClientToken gets the same request again."""
    token = request.get("ClientToken")
    for earlier in store.requests.values():
        if token is not None and earlier.request.get("ClientToken") == token:
            if earlier.request != request:
                raise AwsError("ClientTokenConflictException", f"ClientToken {token} was used for another request")
            return {"ProgressEvent": dict(earlier.event)}
    event = {
        "TypeName": request["TypeName"],
        "RequestToken": new_id(),
        "Operation": operation,
        "OperationStatus": "IN_PROGRESS",
        "EventTime": store.now(),
        **({"Identifier": identifier} if identifier else {}),
    }
    progress = store.requests[event["RequestToken"]] = Progress(event, request, deploys)
    try:
        event["Identifier"] = action()
    except AwsError as error:
        progress.failure = error
    return {"ProgressEvent": dict(event)}


def _finish(store: Store, progress: Progress) -> None:
    """Ends a request whose work is done."""
    event = progress.event
    if event["TypeName"] == "AWS::SageMaker::Endpoint" and "Identifier" in event and not progress.failure:
        endpoint = store.endpoints.get(event["Identifier"].rsplit("/", 1)[1])
        if endpoint and endpoint.busy:
            return
        if endpoint and progress.deploys and endpoint.failure:
            progress.failure = AwsError("NotStabilized", endpoint.failure, handler="NotStabilized")
    event |= {"OperationStatus": "FAILED" if progress.failure else "SUCCESS", "EventTime": store.now()}
    if progress.failure:
        event |= {"ErrorCode": progress.failure.handler, "StatusMessage": progress.failure.message}


def _type(request: Json) -> ResourceType:
    name = request["TypeName"]
    if name not in TYPES:
        raise AwsError("TypeNotFoundException", f"The type '{name}' cannot be found.")
    return TYPES[name]


def _object(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise AwsError("ValidationException", f"DesiredState is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise AwsError("ValidationException", "DesiredState must be a JSON object.")
    return value


def _check_properties(resource_type: ResourceType, properties: Json) -> None:
    """Refuses what the type's schema does not have, in the form of Cloud Control's refusals."""
    readable = {key: value for key, value in properties.items() if key not in resource_type.write_only}
    problems = list(constraints.schema_problems(resource_type.input, readable))
    missing = [
        key
        for key in resource_type.input.required_members
        if key not in readable and key != f"{resource_type.name}Name"
    ]
    problems += [f"#: required key [{key}] not found" for key in missing]
    if problems:
        raise AwsError("ValidationException", f"Model validation failed ({chr(10).join(problems)})")


def _gone(resource_type: ResourceType, identifier: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"Resource of type '{resource_type.type_name}' with identifier '{identifier}' was not found.",
        handler="NotFound",
    )
