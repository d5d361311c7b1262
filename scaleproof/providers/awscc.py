"""The stand-in for hashicorp/awscc: like the real one, a generic client of the Cloud Control API.

Calls, their order and messages follow hashicorp/terraform-provider-awscc
internal/generic/{resource,singular_data_source,translate,patch,unknown,diagnostic}.go and
internal/service/cloudcontrol/*.go. There are two differences:

- The real provider keeps the planned values after a create or an update. This one saves what GetResource
  returns, so Terraform reports an emulator that ignores a value. `keep_planned` switches to the real way.
- This one checks values against AWS's service model at plan. The real one leaves that to the API.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from types import MappingProxyType
from typing import Any

import jsonpatch
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.providers import planning, validation
from scaleproof.providers.standin import (
    ConnectionGetter,
    EndpointRegions,
    Planned,
    Problem,
    ProviderError,
    operation_error,
    require_connection,
)
from scaleproof.service_models import Shape, service_model
from scaleproof.translation.cloudformation import from_document, key_value_properties, to_document
from scaleproof.translation.schema import Block, load
from scaleproof.translation.values import UNKNOWN, Values, contains_unknown

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds between two polls of a request
_DONE = ("SUCCESS", "FAILED", "CANCEL_COMPLETE")


class AwsccProvider:
    """Serves every type in schemas/awscc.json. No type has code of its own."""

    name = "awscc"
    legacy = False
    unreadable: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        connection: ConnectionGetter,
        endpoints: EndpointRegions | None = None,
        *,
        keep_planned: bool = False,
    ) -> None:
        """`connection` is called for every API call, as the cloud may change from run to run.

        `endpoints`: receives the region of each planned endpoint.
        `keep_planned`: keeps known planned values in the state, whatever GetResource returns. That is why
        the real provider reports a rolled-back update as a success.
        """
        self.schema = load(self.name)
        self._connection = connection
        self._keep_planned = keep_planned
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
        return problems + [
            problem for problem in _api_problems(block, config) if problem.path not in reported
        ]

    def plan(self, type_name: str, prior: Values | None, config: Values, proposed: Values) -> Planned:
        """See `planning.plan_framework`."""
        if type_name == "awscc_sagemaker_endpoint":
            connection = self._connection()
            region = self._region or (connection.region if connection else "")
            self._endpoints.add(proposed["endpoint_name"], region)
        return planning.plan_framework(self.schema.resources[type_name], prior, config, proposed)

    def create(self, type_name: str, planned: Values) -> Values:
        """CreateResource, wait, GetResource. If a failed request left a resource, the state keeps its id."""
        block = self.schema.resources[type_name]
        event = self._request("create", block, DesiredState=json.dumps(to_document(block, planned)))
        try:
            event = self._wait("create", block, event)
        except ProviderError as error:
            if identifier := event.get("Identifier"):
                error.state = {**block.empty(), "id": identifier}
            raise
        return self._read_after_change(block, event["Identifier"], planned)

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        """UpdateResource with a JSON patch, wait, GetResource."""
        block = self.schema.resources[type_name]
        patch = patch_document(block, prior, planned)
        if patch:  # AWS does not document what it answers to an empty patch
            event = self._request("update", block, Identifier=prior["id"], PatchDocument=json.dumps(patch))
            self._wait("update", block, event)
        return self._read_after_change(block, prior["id"], planned)

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
            self._wait("delete", block, self._request("delete", block, Identifier=state["id"]))

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

    def _read_after_change(self, block: Block, identifier: str, planned: Values) -> Values:
        if self._keep_planned and not contains_unknown(planned | {"id": identifier}):
            return planned | {"id": identifier}
        properties = self._get(block, identifier)
        if properties is None:
            raise ProviderError(
                "AWS Resource Not Found After Creation or Update",
                f"{block.cloudformation_type} {identifier} does not exist.",
                state={**block.empty(), "id": identifier},
            )
        found = {**from_document(block, properties, planned, keep_empty=True), "id": identifier}
        return _known_or(planned, found) if self._keep_planned else found

    def _get(self, block: Block, identifier: str) -> dict[str, Any] | None:
        try:
            found = self._call("get_resource", TypeName=block.cloudformation_type, Identifier=identifier)
        except _NotFoundError:
            return None
        properties: dict[str, Any] = json.loads(found["ResourceDescription"]["Properties"])
        return properties

    def _request(self, action: str, block: Block, **arguments: Any) -> dict[str, Any]:
        """Requests a "create", "update" or "delete", and returns the first event."""
        kind, token = block.cloudformation_type, str(uuid.uuid4())
        event: dict[str, Any] = self._call(
            f"{action}_resource", TypeName=kind, ClientToken=token, **arguments
        )
        return event

    def _call(self, method: str, **arguments: Any) -> Any:
        """Makes one call. Returns the progress event in the response if there is one, else the response."""
        operation = "".join(word.capitalize() for word in method.split("_"))
        client = require_connection(self._connection, self._region).client("cloudcontrol")
        kind = ProviderError
        try:
            response = getattr(client, method)(**arguments)
        except (BotoCoreError, ClientError) as error:
            text = str(error)
            if isinstance(error, ClientError):
                code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
                text = operation_error("CloudControl", operation, error, f"{code}: {message}")
                kind = _NotFoundError if "ResourceNotFound" in code else ProviderError
            raise kind(
                "AWS SDK Go Service Operation Unsuccessful",
                f"Calling Cloud Control API service {operation} operation returned: {text}",
            ) from error
        return response.get("ProgressEvent", response)

    def _wait(self, action: str, block: Block, event: dict[str, Any]) -> dict[str, Any]:
        """Polls until the request has ended, and returns the last event."""
        deadline, pause = time.monotonic() + 60 * block.timeouts[action], _FIRST_PAUSE
        while event["OperationStatus"] not in _DONE and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            event = self._call("get_resource_request_status", RequestToken=event["RequestToken"])
        if event["OperationStatus"] == "SUCCESS":
            return event
        kind = _NotFoundError if event.get("ErrorCode") == "NotFound" else ProviderError
        raise kind(
            "AWS SDK Go Service Operation Incomplete",
            f"Waiting for Cloud Control API service {action.capitalize()}Resource operation completion "
            f"returned: waiter state transitioned to {event['OperationStatus']}. "
            f"StatusMessage: {event.get('StatusMessage', '')}. ErrorCode: {event.get('ErrorCode', '')}",
        )


class _NotFoundError(ProviderError):
    """The resource does not exist."""


def patch_document(block: Block, prior: Values, planned: Values) -> list[dict[str, Any]]:
    """The JSON patch from the prior to the planned values.

    Write-only properties count as absent before, so every update sends those that are set. A changed array
    of keys and values is replaced as a whole: it has no order, so an index does not identify an element.
    """
    before, after = to_document(block, prior, write_only=False), to_document(block, planned)
    whole = [name for name in key_value_properties(block) if name in before and name in after]
    replaced = [
        {"op": "replace", "path": f"/{name}", "value": after[name]}
        for name in whole
        if before[name] != after[name]
    ]
    for name in whole:
        del before[name], after[name]
    patch: list[dict[str, Any]] = jsonpatch.make_patch(before, after).patch
    return [*patch, *replaced]


def _known_or(planned: Any, found: Any) -> Any:
    """The planned value. Where it is unknown, the found value takes its place."""
    if planned is UNKNOWN:
        return found
    if isinstance(planned, dict):
        members = found if isinstance(found, dict) else {}
        return {name: _known_or(value, members.get(name)) for name, value in planned.items()}
    if isinstance(planned, list):
        items = [*(found if isinstance(found, list) else []), *[None] * len(planned)]
        return [_known_or(value, item) for value, item in zip(planned, items, strict=False)]
    return planned


def _api_problems(block: Block, config: Values) -> list[Problem]:
    """Checks the configuration against the requests of the type's own API, which name members alike.

    Each member is checked alone: CloudFormation may fill in what the API requires.
    """
    _, service, kind = block.cloudformation_type.split("::")
    service = service.lower()
    model = service_model(service)
    shapes: list[Shape] = [
        model.shape_for(name)
        for name in (f"Create{kind}Input", f"Update{kind}Input")
        if name in model.shape_names
    ]
    members = {name: shape for request in shapes for name, shape in request.members.items()}
    document = to_document(block, config, unknown=True)
    problems: list[Problem] = []
    for attribute in block.attributes.values():
        name = attribute.property_name
        if name in document and name in members:
            problems += validation.check_shape(service, members[name].name, document[name], (attribute.name,))
    return problems
