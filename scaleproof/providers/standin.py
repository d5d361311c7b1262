"""What both stand-ins share: the interface for the gRPC server, and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

from scaleproof.errors import ScaleproofError
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


_NOT_READ = (
    "Plan without the block: it can be in a file of its own, which you add for the apply.",
    "Use a variable in its place; in a check, such as that of the module's quota_check, this is a warning only.",
)


def require_connection(getter: ConnectionGetter, region: str, *, data: bool = False) -> Connection:
    """The connection of the current run, in `region` if that is set.

    Raises ProviderError if there is none: a plan needs no cloud, an API call does. Such a run only plans, so the call
    is for a data source (`data`) or for the read after an import. Also for a region that LocalStack does not have.
    """
    connection = getter()
    if connection is None:
        raise ProviderError(
            "No cloud is connected",
            f"{'This data source' if data else 'An import block'} reads what exists, which a plan without a cloud "
            f"cannot. {_NOT_READ[data]} Or give `simulate` or `compare` the JSON of a plan that "
            "Terraform has made on AWS (`terraform show -json`) as SOURCE.",
        )
    if region in ("", connection.region):
        return connection
    try:
        return replace(connection, region=region)
    except ScaleproofError as error:
        raise ProviderError(error.message.rstrip("."), error.advice) from error


class Provider(Protocol):
    """A stand-in for one provider. The server calls it from many threads at once.

    `legacy`: the real provider uses SDK v2, which cannot tell null from zero and empty values.
    `unreadable`: the types of data sources that it cannot read. Each has the name of an argument: while that
    argument is unknown, Terraform does not read the data source.
    """

    name: str
    legacy: bool
    schema: ProviderSchema
    unreadable: Mapping[str, str]

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
