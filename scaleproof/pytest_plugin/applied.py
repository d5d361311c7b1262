"""A root that was applied to LocalStack."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from scaleproof.localstack.connection import Connection
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import State


class Applied:
    """What stands of a root, in an AWS account of its own; a context manager that destroys it.

    `connection` makes boto3 clients for the account: `applied.connection.client("sagemaker")`. Variables stay
    as the last apply set them.
    """

    def __init__(self, root: Root, connection: Connection) -> None:
        """Applies nothing yet."""
        self._connection = connection
        self.stands = False
        """True from the beginning of the first apply to the end of a destroy."""
        self._root = root
        self._state: State | None = None

    @property
    def state(self) -> State:
        """The state as the last apply or destroy left it."""
        if self._state is None:
            self._state = self._root.state()
        return self._state

    @property
    def connection(self) -> Connection:
        """The account, in the region of what stands."""
        return replace(self._connection, region=self.state.region or self._connection.region)

    @property
    def outputs(self) -> dict[str, Any]:
        """The values of the root's outputs."""
        return self.state.outputs

    def plan(self, **changes: Any) -> Plan:
        """What another apply would do, with `changes` to the variables; `plan().empty` right after one."""
        return self._root.plan(**changes)

    def apply(self, **changes: Any) -> State:
        """Applies with `changes` to the variables, which stay; raises `PlanFailed` or `ApplyFailed`."""
        self._root.variables |= changes
        self._state, self.stands = None, True
        self._root.apply()
        return self.state

    def destroy(self) -> None:
        """Destroys what stands; raises `ApplyFailed` where something is left."""
        self._state = None
        self._root.destroy()
        self.stands = False

    def close(self) -> None:
        """Removes the working directory. Destroys nothing."""
        self._root.close()

    def __enter__(self) -> Self:
        """It stands already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Destroys what stands."""
        if self.stands:
            self.destroy()
