"""The stand-in for hashicorp/aws: the real provider's schemas, botocore's models and a table of types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cache

from scaleproof.providers.aws.client import Client
from scaleproof.providers.aws.data import DATA_SOURCES, Scope, unreadable
from scaleproof.providers.aws.resource import ResourceType
from scaleproof.providers.aws.settings import DEFAULT_REGION, Settings, partition_of, settings
from scaleproof.providers.aws.table import RESOURCES
from scaleproof.providers.planning import plan_sdk
from scaleproof.providers.standin import (
    ConnectionGetter,
    Planned,
    Problem,
    ProviderError,
    require_connection,
)
from scaleproof.providers.validation import validate
from scaleproof.translation.mapping import with_zeros
from scaleproof.translation.schema import load
from scaleproof.translation.values import Values

_IMPORT_REGION = re.compile(r"(.+)@([a-z]{2}(?:-[a-z]+)+-\d{1,2})")


@cache
def resource_type(type_name: str) -> ResourceType:
    """The type with its schema and table entry. Raises ProviderError if it has a schema only."""
    if type_name not in RESOURCES:
        raise ProviderError(*_planned_only(type_name))
    return ResourceType(RESOURCES[type_name], load("aws").resources[type_name])


def _planned_only(type_name: str) -> tuple[str, str]:
    return (
        f"The stand-in for hashicorp/aws plans {type_name} but cannot apply it",
        "It has the type's schema, not its API calls. Set SCALEPROOF_PROVIDERS=registry to apply it to "
        "LocalStack with the real provider, or remove it from the configuration.",
    )


class AwsProvider:
    """hashicorp/aws, for the types in the schemas and the table; see `standin.Provider` for the methods.

    Types with tags also get default_tags, and regional types have `region`. Without a cloud, plans and data
    sources that call no API work; everything else raises ProviderError.

    A type that is not in the table is planned from its schema: computed values are unknown, and the real
    provider's defaults are null. With a cloud the plan fails, as an apply could not follow.
    """

    name = "aws"
    legacy = True

    def __init__(self, connection: ConnectionGetter) -> None:
        """`connection` is called for every API call, as the cloud may change from run to run."""
        self.schema = load("aws")
        self.unreadable: Mapping[str, str] = unreadable(self.schema)
        self._connection = connection
        self._settings = Settings()

    def configured(self, config: Values) -> AwsProvider:
        """Reads region, default_tags and ignore_tags. Address and credentials come from the connection."""
        connection = self._connection()
        provider = copy(self)
        provider._settings = settings(config, connection.region if connection else DEFAULT_REGION)
        if connection:
            require_connection(self._connection, provider._settings.region)
        return provider

    def validate(self, type_name: str, config: Values, *, data: bool = False) -> list[Problem]:
        """The provider's own validators, and an error for each attribute that is not supported."""
        if data:
            return validate(self.schema.data_sources[type_name], config)
        problems = validate(self.schema.resources[type_name], config)
        if type_name not in RESOURCES:
            return problems
        return problems + [
            Problem(
                f"The stand-in for hashicorp/aws does not support {name} of {type_name}",
                "Use the resource type that manages it separately, or set SCALEPROOF_PROVIDERS=registry.",
                (name,),
            )
            for name in sorted(resource_type(type_name).entry.unsupported)
            if config.get(name) not in (None, [])
        ]

    def plan(self, type_name: str, prior: Values | None, config: Values, proposed: Values) -> Planned:
        """Plans as the SDK does, and checks the create request against AWS's service model."""
        planned = plan_sdk(
            self.schema.resources[type_name],
            prior,
            config,
            proposed,
            region=self._settings.region,
            default_tags=self._settings.default_tags,
        )
        problems = planned.problems + self._region_problems(config)
        if type_name not in RESOURCES:
            if self._connection() is not None:
                problems.append(Problem(*_planned_only(type_name)))
            return replace(planned, problems=problems)
        kind = resource_type(type_name)
        return replace(planned, problems=problems + kind.problems(planned.state))

    def _region_problems(self, config: Values) -> list[Problem]:
        region = config.get("region")
        if not isinstance(region, str):
            return []
        partition = partition_of(region)
        if partition is not None and partition["id"] == self._settings.partition:
            return []
        return [
            Problem(
                f"partition ({partition['id'] if partition else ''}) for per-resource Region ({region}) is "
                f"not the provider's configured partition ({self._settings.partition})",
                path=("region",),
            )
        ]

    def create(self, type_name: str, planned: Values) -> Values:
        """Creates, then reads."""
        kind = resource_type(type_name)
        return kind.create(self._client(kind, planned), self._settings, planned)

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        """Changes tags, then other attributes, then reads."""
        kind = resource_type(type_name)
        return kind.update(self._client(kind, planned), self._settings, prior, planned)

    def read(self, type_name: str, state: Values) -> Values | None:
        """Reads a resource."""
        kind = resource_type(type_name)
        return kind.read(self._client(kind, state), self._settings, state)

    def delete(self, type_name: str, state: Values) -> None:
        """Deletes a resource."""
        kind = resource_type(type_name)
        kind.delete(self._client(kind, state), state)

    def import_state(self, type_name: str, id: str) -> Values:
        """The values in an import id, which may end in @REGION."""
        kind = resource_type(type_name)
        match = _IMPORT_REGION.fullmatch(id) if "region" in kind.block.attributes else None
        values = kind.import_state(match[1] if match else id)
        if "region" in values:
            values["region"] = match[2] if match else self._settings.region
        return values

    def read_data(self, type_name: str, config: Values) -> Values:
        """Reads a data source."""
        if type_name not in DATA_SOURCES:
            raise ProviderError(
                f"The stand-in for hashicorp/aws cannot read {type_name}",
                "In the root module, a plan leaves its values unknown. In other modules, and for an apply, "
                "use a variable for the value, or set SCALEPROOF_PROVIDERS=registry.",
            )
        block = self.schema.data_sources[type_name]
        values = DATA_SOURCES[type_name](Scope(self._connection, self._settings), {**block.empty(), **config})
        nested = {name: with_zeros(values[name], member.cty) for name, member in block.blocks.items()}
        return values | nested

    def _client(self, kind: ResourceType, values: Values) -> Client:
        region = values.get("region")
        region = region if isinstance(region, str) else self._settings.region
        return Client(require_connection(self._connection, region), kind.entry.request.service)
