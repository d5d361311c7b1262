"""Cloud Control for the SageMaker types: their CloudFormation schemas in front of the SageMaker API.

Which properties are create-only, read-only and write-only, and that the ARN is the primary identifier, is
from the CloudFormation registry schemas (PyPI cfn-lint 1.58.0, schemas of 2026-10-20).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonpatch
from botocore.session import get_session

from scaleproof.emulator.api import constraints, endpoints, sagemaker
from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.state import Json, Progress, Store, new_id, now
from scaleproof.emulator.errors import AwsError

Call = Callable[[Store, Json], Json]
_MODEL = get_session().get_service_model("sagemaker")


@dataclass(frozen=True)
class ResourceType:
    """A CloudFormation type: `kind` prefixes its SageMaker members (EndpointConfig -> EndpointConfigName)."""

    kind: str
    segment: str
    create: Call
    describe: Call
    delete: Call
    list: Call
    updatable: frozenset[str] = frozenset({"Tags"})
    write_only: frozenset[str] = frozenset()

    @property
    def type_name(self) -> str:
        """AWS::SageMaker::..."""
        return f"AWS::SageMaker::{self.kind}"

    @property
    def input(self) -> Any:
        """The botocore shape of the create request, whose members are the type's properties."""
        return _MODEL.operation_model(f"Create{self.kind}").input_shape

    def name(self, store: Store, identifier: str) -> str:
        """The SageMaker name in an identifier, which is the resource's ARN."""
        prefix = store.arn("sagemaker", f"{self.segment}/")
        if not identifier.startswith(prefix):
            raise _gone(self, identifier)
        return identifier.removeprefix(prefix)

    def read(self, store: Store, identifier: str) -> Json:
        """The resource's properties as its read handler returns them: no write-only ones, tags included."""
        try:
            state = self.describe(store, {f"{self.kind}Name": self.name(store, identifier)})
        except AwsError as error:
            raise _gone(self, identifier) if error.handler == "NotFound" else error from None
        if not _asked(store, "forgotten"):
            # What DescribeEndpoint calls the last deployment configuration has another name in the schema.
            state = {**state, "DeploymentConfig": state.get("LastDeploymentConfig")}
        properties = {key: state[key] for key in self.input.members if state.get(key) is not None}
        tags = sagemaker.list_tags(store, {"ResourceArn": identifier})["Tags"]
        return {f"{self.kind}Arn": identifier, **properties, **({"Tags": tags} if tags else {})}


_RETAIN = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig")
TYPES = {
    kind.type_name: kind
    for kind in (
        ResourceType(
            "EndpointConfig",
            "endpoint-config",
            sagemaker.create_endpoint_config,
            sagemaker.describe_endpoint_config,
            sagemaker.delete_endpoint_config,
            sagemaker.list_endpoint_configs,
        ),
        ResourceType(
            "Endpoint",
            "endpoint",
            endpoints.create_endpoint,
            endpoints.describe_endpoint,
            endpoints.delete_endpoint,
            endpoints.list_endpoints,
            updatable=frozenset({"EndpointConfigName", "DeploymentConfig", "Tags", *_RETAIN}),
            write_only=frozenset(_RETAIN),
        ),
    )
}


def create_resource(store: Store, request: Json) -> Json:
    """CreateResource. The outcome, good or bad, is in the request status, as with the real service."""
    kind = _type(request)
    desired = _object(request["DesiredState"])
    _check_properties(kind, desired)

    def create() -> str:
        properties = {key: value for key, value in desired.items() if key not in kind.write_only}
        properties.setdefault(f"{kind.kind}Name", f"{kind.kind}-{new_id()[:12].replace('-', '')}")
        constraints.check(kind.input, properties)
        faults.of_account(store.account).check("sagemaker", f"Create{kind.kind}")
        return str(kind.create(store, properties)[f"{kind.kind}Arn"])

    return _run(store, request, "CREATE", None, create, deploys=kind.kind == "Endpoint")


def get_resource(store: Store, request: Json) -> Json:
    """GetResource."""
    kind = _type(request)
    properties = kind.read(store, request["Identifier"])
    description = {"Identifier": request["Identifier"], "Properties": json.dumps(properties)}
    return {"TypeName": kind.type_name, "ResourceDescription": description}


def update_resource(store: Store, request: Json) -> Json:
    """UpdateResource with a JSON patch on what GetResource returns."""
    kind, identifier = _type(request), request["Identifier"]
    current = kind.read(store, identifier)
    try:
        desired = jsonpatch.apply_patch(current, request["PatchDocument"])
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, ValueError) as error:
        raise AwsError("ValidationException", f"Invalid patch update: {error}") from error
    _check_properties(kind, {key: value for key, value in desired.items() if key != f"{kind.kind}Arn"})
    changed = {key for key in {*current, *desired} if current.get(key) != desired.get(key)}
    fixed = sorted(changed - kind.updatable)
    if fixed:
        which = "readOnlyProperties" if fixed == [f"{kind.kind}Arn"] else "createOnlyProperties"
        paths = ", ".join(f"/properties/{key}" for key in fixed)
        # aws-cloudformation/cloudformation-coverage-roadmap issue 2205
        raise AwsError("NotUpdatableException", f"Invalid patch update: {which} [{paths}] cannot be updated")

    deploying = {"EndpointConfigName", "DeploymentConfig"}
    if kind.kind == "Endpoint" and _asked(store, "redeployed"):
        deploying.add("Tags")
    deploys = bool(changed & deploying)

    def update() -> str:
        if deploys:
            sent = ("EndpointName", "EndpointConfigName", "DeploymentConfig", *_RETAIN)
            properties = {key: desired[key] for key in sent if key in desired}
            constraints.check(_MODEL.operation_model("UpdateEndpoint").input_shape, properties)
            faults.of_account(store.account).check("sagemaker", "UpdateEndpoint")
            endpoints.update_endpoint(store, properties)
        if "Tags" in changed:
            _replace_tags(store, identifier, desired.get("Tags", []))
        return str(identifier)

    return _run(store, request, "UPDATE", identifier, update, deploys=deploys)


def delete_resource(store: Store, request: Json) -> Json:
    """DeleteResource."""
    kind, identifier = _type(request), request["Identifier"]

    def delete() -> str:
        kind.read(store, identifier)
        faults.of_account(store.account).check("sagemaker", f"Delete{kind.kind}")
        kind.delete(store, {f"{kind.kind}Name": kind.name(store, identifier)})
        return str(identifier)

    return _run(store, request, "DELETE", identifier, delete)


def list_resources(store: Store, request: Json) -> Json:
    """ListResources."""
    kind = _type(request)
    page = kind.list(store, {key: request[key] for key in ("MaxResults", "NextToken") if key in request})
    arns = [row[f"{kind.kind}Arn"] for row in page[f"{kind.kind}s"]]
    rows = [{"Identifier": arn, "Properties": json.dumps({f"{kind.kind}Arn": arn})} for arn in arns]
    more = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    return {"TypeName": kind.type_name, "ResourceDescriptions": rows, **more}


def get_resource_request_status(store: Store, request: Json) -> Json:
    """GetResourceRequestStatus: an endpoint's request lasts until the endpoint is done.

    It fails with NotStabilized if the endpoint did not come up, or came up as it was before; `faults` says
    what is known of the latter.
    """
    token = request["RequestToken"]
    if token not in store.requests:
        raise AwsError("RequestTokenNotFoundException", f"Request with token {token} was not found")
    progress = store.requests[token]
    if progress.event["OperationStatus"] == "IN_PROGRESS":
        progress.event |= _outcome(store, progress)
    return {"ProgressEvent": progress.event}


def _run(
    store: Store,
    request: Json,
    operation: str,
    identifier: str | None,
    action: Callable[[], str],
    *,
    deploys: bool = False,
) -> Json:
    """Does the work at once but answers IN_PROGRESS; a repeated ClientToken gets the first answer again."""
    given = {key: value for key, value in request.items() if key != "ClientToken"}
    client_token = request.get("ClientToken")
    for earlier in store.requests.values():
        if client_token is not None and earlier.client_token == client_token:
            if earlier.request != given:
                message = f"ClientToken {client_token} was used for another request"
                raise AwsError("ClientTokenConflictException", message)
            return {"ProgressEvent": earlier.event}
    token = new_id()
    event = {
        "TypeName": request["TypeName"],
        "RequestToken": token,
        "Operation": operation,
        "OperationStatus": "IN_PROGRESS",
        "EventTime": now(),
        **({"Identifier": identifier} if identifier else {}),
    }
    progress = store.requests[token] = Progress(event, given, client_token, deploys=deploys)
    try:
        event["Identifier"] = action()
    except AwsError as error:
        progress.failure = error
    return {"ProgressEvent": dict(event)}


def _outcome(store: Store, progress: Progress) -> Json:
    failed: Json = {"OperationStatus": "FAILED", "EventTime": now()}
    if progress.failure:
        error = progress.failure
        return {**failed, "ErrorCode": error.handler, "StatusMessage": error.message}
    event = progress.event
    if event["TypeName"] == "AWS::SageMaker::Endpoint":
        endpoint = store.endpoints.get(event["Identifier"].rsplit("/", 1)[1])
        if endpoint and endpoint.busy:
            return {}
        if endpoint and progress.deploys and endpoint.failure:
            return {**failed, "ErrorCode": "NotStabilized", "StatusMessage": endpoint.failure}
    return {"OperationStatus": "SUCCESS", "EventTime": now()}


def _asked(store: Store, answer: str) -> bool:
    return faults.asked(answer, faults.of_account(store.account).rules)


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


def _check_properties(kind: ResourceType, properties: Json) -> None:
    """Refuses what the type's schema does not have; the form is that of Cloud Control's own refusals."""
    given = {key: value for key, value in properties.items() if key not in kind.write_only}
    problems = list(constraints.schema_problems(kind.input, given))
    missing = [key for key in kind.input.required_members if key not in given and key != f"{kind.kind}Name"]
    problems += [f"#: required key [{key}] not found" for key in missing]
    if problems:
        raise AwsError("ValidationException", f"Model validation failed ({chr(10).join(problems)})")


def _replace_tags(store: Store, arn: str, tags: list[Json]) -> None:
    store.tags[arn] = {}
    store.tag(arn, tags)


def _gone(kind: ResourceType, identifier: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"Resource of type '{kind.type_name}' with identifier '{identifier}' was not found.",
        handler="NotFound",
    )
