"""What a stand-in for a Terraform provider is: the protocol between the gRPC server and the type tables.

Values are plain Python: None, bool, int, float, str, list, dict, and `UNKNOWN` for a value that
Terraform does not know yet. Sets are lists. A resource's value is a dict with every name of its schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from scaleproof.translation.values import Path, Values

if TYPE_CHECKING:
    from scaleproof.localstack.connection import Connection
    from scaleproof.translation.schema import ProviderSchema


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration; an empty path points at the whole block."""

    summary: str
    detail: str = ""
    path: Path = ()
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """The outcome of planning one resource.

    `state` is the planned value (`UNKNOWN` where only apply can tell), `replace` the paths whose change
    replaces the resource, `private` what the provider wants back at apply.
    """

    state: Values
    replace: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    private: bytes = b""


class ProviderError(Exception):
    """A failure that Terraform shows as a diagnostic.

    `state`, if given, is what a failed create or update left behind: it is saved, and after a create
    Terraform marks the resource as tainted, so that nothing that exists is forgotten.
    """

    def __init__(
        self, summary: str, detail: str = "", *, path: Path = (), state: Values | None = None
    ) -> None:
        """`path` points into the configuration; `summary` and `detail` are what the user reads."""
        super().__init__(f"{summary}: {detail}" if detail else summary)
        self.summary = summary
        self.detail = detail
        self.path = path
        self.state = state


ConnectionGetter = Callable[[], "Connection | None"]
"""Gives the cloud of the present run, or None when only plans are wanted."""


def connected(getter: ConnectionGetter, region: str = "") -> Connection:
    """The cloud behind `getter`, in the given region if one is given.

    Raises ProviderError when there is none: a plan needs no cloud, everything that calls an API does.
    """
    connection = getter()
    if connection is None:
        raise ProviderError(
            "No cloud is connected",
            "This run can plan only. Reading, creating, changing and deleting need LocalStack: "
            "start one with `scaleproof up`, or name one in AWS_ENDPOINT_URL.",
        )
    if region and region != connection.region:
        return replace(connection, region=region)
    return connection


class Provider(Protocol):
    """A stand-in for one provider. Calls come from many threads at once.

    `legacy`: it is written with SDK v2, which cannot tell null from zero and empty values. `unread`: the
    types of data sources that it cannot read, each with an argument: unknown, it keeps Terraform from asking.
    """

    name: str
    legacy: bool
    schema: ProviderSchema
    unread: Mapping[str, str]

    def configured(self, config: Values) -> Provider:
        """The provider with the values of one provider block. Raises ProviderError."""

    def validate(self, type_name: str, config: Values, *, data: bool = False) -> list[Problem]:
        """What the configuration of a resource (or data source) gets wrong; unknown values pass."""

    def plan(self, type_name: str, prior: Values | None, config: Values, proposed: Values) -> Planned:
        """Plans a create (prior None) or an update. `proposed` is core's merge of prior and config."""

    def create(self, type_name: str, planned: Values) -> Values:
        """Creates and returns the new state: what the API returned wins over what was planned."""

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        """Updates in place and returns the new state, under the same rule."""

    def read(self, type_name: str, state: Values) -> Values | None:
        """The present state, or None when the resource is gone."""

    def delete(self, type_name: str, state: Values) -> None:
        """Deletes; a resource that is gone already is no error."""

    def read_data(self, type_name: str, config: Values) -> Values:
        """The value of a data source."""

    def import_state(self, type_name: str, id: str) -> Values:
        """The state to refresh from an import id. Raises ProviderError when the id is malformed."""


def given_up(meta: Mapping[str, Any]) -> str:
    """What comes before the error of a call that was repeated in vain; "" for one that was not.

    `meta`: the ResponseMetadata of the error. Source: MaxAttemptsError of aws/aws-sdk-go-v2, aws/retry, and
    for its place in the whole GoogleCloudPlatform/terraformer issue 1933.
    """
    if not meta.get("MaxAttemptsReached"):
        return ""
    return f"exceeded maximum number of attempts, {meta.get('RetryAttempts', 0) + 1}, "
