"""What both stand-ins share: the interface for the gRPC server, errors, and the regions of endpoints."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from scaleproof.translation.values import Path, Values

if TYPE_CHECKING:
    from scaleproof.localstack.connection import Connection
    from scaleproof.translation.schema import ProviderSchema


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in a configuration. An empty path points at the whole block."""

    summary: str
    detail: str = ""
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one resource.

    `state`: the planned values, `UNKNOWN` where only the apply can tell. `replace`: the paths whose change
    replaces the resource.
    """

    state: Values
    replace: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class ProviderError(Exception):
    """A failure that Terraform shows as a diagnostic.

    `state`: what a failed create or update left behind. Terraform saves it. After a failed create it also
    marks the resource as tainted, so nothing that exists is lost.
    """

    def __init__(self, summary: str, detail: str = "", *, state: Values | None = None) -> None:
        """`summary` and `detail` are what the user reads."""
        super().__init__(f"{summary}: {detail}" if detail else summary)
        self.summary = summary
        self.detail = detail
        self.state = state


ConnectionGetter = Callable[[], "Connection | None"]
"""Returns the account that the current run works in, or None when the run only plans."""


def require_connection(getter: ConnectionGetter, region: str) -> Connection:
    """The connection of the current run, in `region` if that is set.

    Raises ProviderError if there is none: a plan needs no cloud, an API call does.
    """
    connection = getter()
    if connection is None:
        raise ProviderError(
            "No cloud is connected",
            "This run can only plan. To read, create, change or delete, start a LocalStack with "
            "`scaleproof up`, or name one in AWS_ENDPOINT_URL.",
        )
    if region and region != connection.region:
        return replace(connection, region=region)
    return connection


class Provider(Protocol):
    """A stand-in for one provider. The server calls it from many threads at once.

    `legacy`: the real provider uses SDK v2, which cannot tell null from zero and empty values.
    `unreadable`: the types of data sources that it cannot read. Each has the name of an argument: while that
    argument is unknown, Terraform does not read the data source.
    `volatile`: attributes by type whose values an apply may change although the plan keeps them.
    """

    name: str
    legacy: bool
    schema: ProviderSchema
    unreadable: Mapping[str, str]
    volatile: Mapping[str, frozenset[str]]

    def configured(self, config: Values) -> Provider:
        """A copy of the provider, configured by one provider block. Raises ProviderError."""

    def validate(self, type_name: str, config: Values, *, data: bool = False) -> list[Problem]:
        """The errors in the configuration of a resource (or data source). Unknown values pass."""

    def plan(self, type_name: str, prior: Values | None, config: Values, proposed: Values) -> Planned:
        """Plans a create (`prior` is None) or an update. `proposed` is core's merge of prior and config."""

    def create(self, type_name: str, planned: Values) -> Values:
        """Creates a resource and returns its state, as the API returns it."""

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        """Updates a resource in place and returns its state, as the API returns it."""

    def read(self, type_name: str, state: Values) -> Values | None:
        """The current state, or None if the resource is gone."""

    def delete(self, type_name: str, state: Values) -> None:
        """Deletes a resource. It is no error if the resource is gone already."""

    def read_data(self, type_name: str, config: Values) -> Values:
        """The values of a data source."""

    def import_state(self, type_name: str, id: str) -> Values:
        """The state that a refresh completes after an import. Raises ProviderError for a malformed id."""


def api_error(operation: str, error: Exception) -> str:
    """What an API call failed with: "CreateModel: ValidationException: Could not find model"."""
    if not isinstance(error, ClientError):
        return f"{operation}: {error}"
    answer = error.response["Error"]
    return f"{operation}: {answer.get('Code', '')}: {answer.get('Message', '')}"


def attempts(seconds: float, pause: float, longest: float) -> Iterator[bool]:
    """Makes pauses between attempts, each twice as long as the one before, `longest` at most.

    Yields whether an attempt is the last: after it the `seconds` would be over.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() + pause < deadline:
        yield False
        time.sleep(pause)
        pause = min(pause * 2, longest)
    yield True


_VARIANT = re.compile(r"endpoint/([^/]+)/variant/.+")


class EndpointRegions:
    """The regions in which a run plans each endpoint: hashicorp/awscc makes it, hashicorp/aws scales it.

    With provider aliases, endpoints in several regions may have the same name. Scaling resources refer to
    their endpoint, so Terraform plans the endpoint first.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._regions: dict[str, set[str]] = {}

    def clear(self) -> None:
        """Forgets all endpoints, for the next run."""
        self._regions.clear()

    def add(self, name: Any, region: str) -> None:
        """Adds an endpoint, unless its name or region is unknown."""
        if isinstance(name, str) and region:
            self._regions.setdefault(name, set()).add(region)

    def problems(self, resource_id: Any, region: Any) -> list[Problem]:
        """The error if `resource_id` (endpoint/NAME/variant/VARIANT) is not in the region of its endpoint."""
        if not isinstance(resource_id, str) or not isinstance(region, str):
            return []
        variant = _VARIANT.fullmatch(resource_id)
        regions = self._regions.get(variant[1], set()) if variant else set()
        if not variant or not regions or region in regions:
            return []
        return [
            Problem(
                f"The providers aws and awscc are configured for different regions: {region} and "
                f"{', '.join(sorted(regions))}",
                f"awscc makes the endpoint {variant[1]} in its own region, so aws finds none to scale. "
                "Give both provider blocks the same region.",
                ("resource_id",),
            )
        ]
