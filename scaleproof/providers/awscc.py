"""The stand-in for hashicorp/awscc: like the real one, a generic client of the Cloud Control API.

Calls and their order follow hashicorp/terraform-provider-awscc
internal/generic/{resource,singular_data_source,translate,unknown}.go and internal/service/cloudcontrol/*.go.
After a create or an update the state has the planned values, whatever Cloud Control made of them: only the next
read shows a rolled-back update.

Two things differ. This provider checks values against AWS's service model at plan, the real one leaves that to
the API. And its patches replace a changed property as a whole, the real one's go into it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from types import MappingProxyType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.providers import planning, validation
from scaleproof.providers.standin import (
    ConnectionGetter,
    Planned,
    Problem,
    ProviderError,
    api_error,
    require_connection,
)
from scaleproof.service_models import Shape, service_model
from scaleproof.times import attempts
from scaleproof.translation.cloudformation import from_document, to_document
from scaleproof.translation.schema import Block, load
from scaleproof.translation.values import UNKNOWN, Values, contains_unknown


class AwsccProvider:
    """Serves every type in schemas/awscc.json. No type has code of its own."""

    name = "awscc"
    legacy = False
    unreadable: Mapping[str, str] = MappingProxyType({})

    def __init__(self, connection: ConnectionGetter) -> None:
        """`connection` is called for every API call, as the cloud may change from run to run."""
        self.schema = load(self.name)
        self._connection = connection
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
        return planning.plan_framework(self.schema.resources[type_name], prior, config, proposed)

    def create(self, type_name: str, planned: Values) -> Values:
        """CreateResource, then wait.

        The id comes from answers to GetResourceRequestStatus only. If the wait fails after such an answer,
        the state keeps the id. Without any, Terraform does not learn that the resource exists.
        """
        block = self.schema.resources[type_name]
        progress: dict[str, Any] = {}
        try:
            self._request("create", block, progress, DesiredState=json.dumps(to_document(block, planned)))
        except ProviderError as error:
            if identifier := progress.get("Identifier"):
                error.state = {**block.empty(), "id": identifier}
            raise
        return self._completed(block, planned | {"id": progress["Identifier"]})

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        """UpdateResource with a JSON patch, then wait."""
        block = self.schema.resources[type_name]
        patch = patch_document(block, prior, planned)
        if patch:  # AWS does not document what it answers to an empty patch
            self._request("update", block, {}, Identifier=prior["id"], PatchDocument=json.dumps(patch))
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
        with suppress(_NotFoundError):
            self._request("delete", self.schema.resources[type_name], {}, Identifier=state["id"])

    def read_data(self, type_name: str, config: Values) -> Values:
        """GetResource by `id`. Unlike a resource, a data source must exist."""
        require_connection(self._connection, self._region, data=True)
        block = self.schema.data_sources[type_name]
        properties = self._get(block, config["id"])
        if properties is None:
            raise ProviderError(f"There is no {block.cloudformation_type} {config['id']}")
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
            gone = f"There is no {block.cloudformation_type} {planned['id']} any more"
            raise ProviderError(gone, state={**block.empty(), "id": planned["id"]})
        completed: Values = _known_or(planned, from_document(block, properties, planned))
        return completed

    def _get(self, block: Block, identifier: str) -> dict[str, Any] | None:
        try:
            answer = self._call("get_resource", TypeName=block.cloudformation_type, Identifier=identifier)
        except _NotFoundError:
            return None
        properties: dict[str, Any] = json.loads(answer["ResourceDescription"]["Properties"])
        return properties

    def _request(self, action: str, block: Block, progress: dict[str, Any], **arguments: Any) -> None:
        """Requests a "create", "update" or "delete" and polls until it has ended.

        `progress` gets what the last answer to a poll says.
        """
        token = str(uuid.uuid4())
        kind = block.cloudformation_type
        event = self._call(f"{action}_resource", TypeName=kind, ClientToken=token, **arguments)["ProgressEvent"]
        for _ in attempts(60 * block.timeouts[action], pause=0.05, longest=5.0):
            answer = self._call("get_resource_request_status", RequestToken=event["RequestToken"])
            progress |= answer["ProgressEvent"]
            if progress["OperationStatus"] in ("SUCCESS", "FAILED", "CANCEL_COMPLETE"):
                break
        if progress["OperationStatus"] != "SUCCESS":
            error = _NotFoundError if progress.get("ErrorCode") == "NotFound" else ProviderError
            raise error(
                f"{action.capitalize()}Resource of {kind}: {progress['OperationStatus']}",
                f"{progress.get('StatusMessage', '')} ({progress.get('ErrorCode', '')})",
            )

    def _call(self, method: str, **arguments: Any) -> Any:
        client = require_connection(self._connection, self._region).client("cloudcontrol")
        try:
            return getattr(client, method)(**arguments)
        except (BotoCoreError, ClientError) as error:
            text = api_error("".join(map(str.capitalize, method.split("_"))), error)
            kind = _NotFoundError if "ResourceNotFound" in text else ProviderError
            raise kind(text) from error


class _NotFoundError(ProviderError):
    """The resource does not exist."""


def patch_document(block: Block, prior: Values, planned: Values) -> list[dict[str, Any]]:
    """The JSON patch from the prior to the planned values, removals first.

    Write-only properties count as absent before, so every update sends those that are set.
    """
    before, after = to_document(block, prior, write_only=False), to_document(block, planned)
    patch: list[dict[str, Any]] = [{"op": "remove", "path": f"/{name}"} for name in before if name not in after]
    for name, value in after.items():
        if before.get(name) != value:
            patch.append({"op": "replace" if name in before else "add", "path": f"/{name}", "value": value})
    return patch


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
