"""The stand-in for hashicorp/awscc: like the real one, a generic client of the Cloud Control API.

Calls, their order and messages follow hashicorp/terraform-provider-awscc
internal/generic/{resource,singular_data_source,translate,patch,unknown,diagnostic}.go and
internal/service/cloudcontrol/*.go. After a create or an update the state has the planned values, whatever
Cloud Control made of them: only the next read shows a rolled-back update.

One thing differs. This provider checks values against AWS's service model at plan, the real one leaves that
to the API.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from types import MappingProxyType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.providers import planning, validation
from scaleproof.providers.standin import (
    ConnectionGetter,
    EndpointRegions,
    Planned,
    Problem,
    ProviderError,
    api_error,
    attempts,
    require_connection,
)
from scaleproof.service_models import Shape, service_model
from scaleproof.translation.cloudformation import from_document, to_document
from scaleproof.translation.schema import Block, load
from scaleproof.translation.values import UNKNOWN, Values, contains_unknown

_DONE = ("SUCCESS", "FAILED", "CANCEL_COMPLETE")


class AwsccProvider:
    """Serves every type in schemas/awscc.json. No type has code of its own."""

    name = "awscc"
    legacy = False
    unreadable: Mapping[str, str] = MappingProxyType({})
    volatile: Mapping[str, frozenset[str]] = MappingProxyType({})

    def __init__(self, connection: ConnectionGetter, endpoints: EndpointRegions | None = None) -> None:
        """`connection` is called for every API call, as the cloud may change from run to run.

        `endpoints`: receives the region of each planned endpoint.
        """
        self.schema = load(self.name)
        self._connection = connection
        self._endpoints = endpoints or EndpointRegions()
        self._region = ""

    def configured(self, config: Values) -> AwsccProvider:
        """Reads the region of the block. Address and credentials come from the connection."""
        region = config["region"]
        provider = copy(self)
        provider._region = region if isinstance(region, str) else ""
        return provider

    def validate(self, type_name: str, config: Values, *, data: bool = False) -> list[Problem]:
        """The real provider's validators, then AWS's service model for attributes that pass them."""
        if data:
            return validation.validate(self.schema.data_sources[type_name], config)
        block = self.schema.resources[type_name]
        problems = validation.validate(block, config)
        reported = {problem.path for problem in problems}
        return problems + [problem for problem in _api_problems(block, config) if problem.path not in reported]

    def plan(self, type_name: str, prior: Values | None, config: Values, proposed: Values) -> Planned:
        """See `planning.plan_framework`."""
        if type_name == "awscc_sagemaker_endpoint":
            connection = self._connection()
            region = self._region or (connection.region if connection else "")
            self._endpoints.add(proposed["endpoint_name"], region)
        return planning.plan_framework(self.schema.resources[type_name], prior, config, proposed)

    def create(self, type_name: str, planned: Values) -> Values:
        """CreateResource, then wait.

        The id comes from answers to GetResourceRequestStatus only. If the wait fails after such an answer,
        the state keeps the id. Without any, Terraform does not learn that the resource exists.
        """
        block = self.schema.resources[type_name]
        token = self._request("create", block, DesiredState=json.dumps(to_document(block, planned)))
        seen: dict[str, Any] = {}
        try:
            self._wait("create", block, token, seen)
        except ProviderError as error:
            if identifier := seen.get("Identifier"):
                error.state = {**block.empty(), "id": identifier}
            raise
        return self._completed(block, planned | {"id": seen["Identifier"]})

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        """UpdateResource with a JSON patch, then wait."""
        block = self.schema.resources[type_name]
        patch = patch_document(block, prior, planned)
        if patch:  # AWS does not document what it answers to an empty patch
            patching = {"Identifier": prior["id"], "PatchDocument": json.dumps(patch)}
            self._wait("update", block, self._request("update", block, **patching), {})
        return self._completed(block, planned)

    def read(self, type_name: str, state: Values) -> Values | None:
        """GetResource. Empty lists become null, as in the real provider."""
        block = self.schema.resources[type_name]
        properties = self._get(block, state["id"])
        if properties is None:
            return None
        return {**from_document(block, properties, state), "id": state["id"]}

    def delete(self, type_name: str, state: Values) -> None:
        """DeleteResource and wait. NotFound counts as success."""
        block = self.schema.resources[type_name]
        with suppress(_NotFoundError):
            self._wait("delete", block, self._request("delete", block, Identifier=state["id"]), {})

    def read_data(self, type_name: str, config: Values) -> Values:
        """GetResource by `id`. Unlike a resource, a data source must exist."""
        block = self.schema.data_sources[type_name]
        properties = self._get(block, config["id"])
        if properties is None:
            raise ProviderError(
                "AWS Data Source Not Found",
                "After attempting to read the data source, the API returned a resource not found error for "
                "the id provided. Original Error: couldn't find resource",
            )
        return {**from_document(block, properties, {}), "id": config["id"]}

    def import_state(self, type_name: str, id: str) -> Values:
        """An import only needs the primary identifier. The read that follows fills in the rest."""
        return {**self.schema.resources[type_name].empty(), "id": id}

    def _completed(self, block: Block, planned: Values) -> Values:
        """The planned values. GetResource gives those that are unknown, if there are any."""
        if not contains_unknown(planned):
            return planned
        properties = self._get(block, planned["id"])
        if properties is None:
            raise ProviderError(
                "AWS Resource Not Found After Creation or Update",
                f"{block.cloudformation_type} {planned['id']} does not exist.",
                state={**block.empty(), "id": planned["id"]},
            )
        completed: Values = _known_or(planned, from_document(block, properties, planned))
        return completed

    def _get(self, block: Block, identifier: str) -> dict[str, Any] | None:
        try:
            answer = self._call("get_resource", TypeName=block.cloudformation_type, Identifier=identifier)
        except _NotFoundError:
            return None
        properties: dict[str, Any] = json.loads(answer["ResourceDescription"]["Properties"])
        return properties

    def _request(self, action: str, block: Block, **arguments: Any) -> str:
        """Requests a "create", "update" or "delete", and returns the token of the request."""
        kind, token = block.cloudformation_type, str(uuid.uuid4())
        event = self._call(f"{action}_resource", TypeName=kind, ClientToken=token, **arguments)
        return str(event["RequestToken"])

    def _call(self, method: str, *, waiting_for: str = "", **arguments: Any) -> Any:
        """Makes one call. Returns the progress event in the response if there is one, else the response.

        `waiting_for`: the action whose end this call asks for.
        """
        operation = "".join(word.capitalize() for word in method.split("_"))
        client = require_connection(self._connection, self._region).client("cloudcontrol")
        try:
            response = getattr(client, method)(**arguments)
        except (BotoCoreError, ClientError) as error:
            text = api_error(operation, error)
            if waiting_for:
                raise _incomplete(ProviderError, waiting_for, text) from error
            kind = _NotFoundError if "ResourceNotFound" in text else ProviderError
            raise kind("AWS SDK Go Service Operation Unsuccessful", text) from error
        return response.get("ProgressEvent", response)

    def _wait(self, action: str, block: Block, token: str, seen: dict[str, Any]) -> None:
        """Polls until the request has ended. `seen` gets what the last answer says."""
        for _ in attempts(60 * block.timeouts[action], pause=0.05, longest=5.0):
            seen |= self._call("get_resource_request_status", waiting_for=action, RequestToken=token)
            if seen["OperationStatus"] in _DONE:
                break
        if seen["OperationStatus"] == "SUCCESS":
            return
        kind = _NotFoundError if seen.get("ErrorCode") == "NotFound" else ProviderError
        reason = (
            f"waiter state transitioned to {seen['OperationStatus']}. "
            f"StatusMessage: {seen.get('StatusMessage', '')}. ErrorCode: {seen.get('ErrorCode', '')}"
        )
        raise _incomplete(kind, action, reason)


class _NotFoundError(ProviderError):
    """The resource does not exist."""


def _incomplete(kind: type[ProviderError], action: str, reason: str) -> ProviderError:
    return kind(
        "AWS SDK Go Service Operation Incomplete",
        f"Waiting for Cloud Control API service {action.capitalize()}Resource operation completion returned: {reason}",
    )


def patch_document(block: Block, prior: Values, planned: Values) -> list[dict[str, Any]]:
    """The JSON patch from the prior to the planned values, removals first.

    Write-only properties count as absent before, so every update sends those that are set. Where elements are
    added to an array of keys and values, or taken from it, the patch has the whole array. A changed value
    of such an array has its index, whatever order Cloud Control knows: patch.go, extractArrayPath. Pull
    request 3275 of August 2026 ends that.
    """
    before, after = to_document(block, prior, write_only=False), to_document(block, planned)
    patch = list(_changes(before, after, ""))
    arrays = {array for array, index in map(_split, patch) if index.isdigit()}
    whole = {array for array in arrays if _is_sent_whole(array, patch, _resolve(after, array))}
    patch = [operation for operation in patch if _split(operation)[0] not in whole]
    for array in sorted(whole):
        value = _resolve(after, array)
        patch.append({"op": "remove", "path": array} if value is None else _operation("replace", array, value))
    removals = sorted((operation for operation in patch if operation["op"] == "remove"), key=_position, reverse=True)
    return removals + [operation for operation in patch if operation["op"] != "remove"]


def _changes(old: Any, new: Any, path: str) -> Iterator[dict[str, Any]]:
    """The operations of github.com/mattbaird/jsonpatch. Only arrays of one length are compared by index."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in new.items():
            if name in old:
                yield from _changes(old[name], value, f"{path}/{name}")
            else:
                yield _operation("add", f"{path}/{name}", value)
        yield from ({"op": "remove", "path": f"{path}/{name}"} for name in old if name not in new)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(before, after, f"{path}/{index}")
    elif isinstance(old, list) and isinstance(new, list):
        yield from ({"op": "remove", "path": f"{path}/{index}"} for index, _ in _missing(old, new))
        yield from (_operation("add", f"{path}/{index}", value) for index, value in _missing(new, old))
    elif old != new:
        yield _operation("replace", path, new)


def _missing(items: list[Any], others: list[Any]) -> Iterator[tuple[int, Any]]:
    """The items that the others lack, with their indexes."""
    rest = list(others)
    for index, item in enumerate(items):
        if item in rest:
            rest.remove(item)
        else:
            yield index, item


def _operation(kind: str, path: str, value: Any) -> dict[str, Any]:
    return {"op": kind, "path": path, "value": value}


def _split(operation: dict[str, Any]) -> tuple[str, str]:
    """The path of what holds the value, and the value's name or index in it."""
    parent, _, last = operation["path"].rpartition("/")
    return parent, last


def _position(operation: dict[str, Any]) -> list[str]:
    """A key that sorts paths, with indexes as numbers."""
    return [step.zfill(9) if step.isdigit() else step for step in operation["path"].split("/")]


def _is_sent_whole(array: str, patch: list[dict[str, Any]], value: Any) -> bool:
    """Whether a patch has all of an array: one of keys and values, or one that only loses elements."""
    pairs = isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "Key" in value[0]
    inside = [operation["op"] for operation in patch if operation["path"].startswith(f"{array}/")]
    return pairs or set(inside) == {"remove"}


def _resolve(document: Any, path: str) -> Any:
    """The value at a path, None if there is none."""
    for step in path.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document.get(step)
    return document


def _known_or(planned: Any, actual: Any) -> Any:
    """The planned value. Where it is unknown, the actual value takes its place."""
    if planned is UNKNOWN:
        return actual
    if isinstance(planned, dict):
        members = actual if isinstance(actual, dict) else {}
        return {name: _known_or(value, members.get(name)) for name, value in planned.items()}
    if isinstance(planned, list):
        elements = [*(actual if isinstance(actual, list) else []), *[None] * len(planned)]
        return [_known_or(value, element) for value, element in zip(planned, elements, strict=False)]
    return planned


def _api_problems(block: Block, config: Values) -> list[Problem]:
    """Checks the configuration against the requests of the type's own API, which name members alike.

    Each member is checked alone: CloudFormation may fill in what the API requires.
    """
    _, service, kind = block.cloudformation_type.split("::")
    service = service.lower()
    model = service_model(service)
    shapes: list[Shape] = [
        model.shape_for(name) for name in (f"Create{kind}Input", f"Update{kind}Input") if name in model.shape_names
    ]
    members = {name: shape for request in shapes for name, shape in request.members.items()}
    document = to_document(block, config, unknown=True)
    problems: list[Problem] = []
    for attribute in block.attributes.values():
        name = attribute.property_name
        if name in document and name in members:
            problems += validation.check_shape(service, members[name].name, document[name], (attribute.name,))
    return problems
