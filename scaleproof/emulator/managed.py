"""AWS's own IAM policies, read once for all accounts of a LocalStack.

moto reads them anew for each account that is spoken to: a twentieth of a second, and a dozen thousand objects
for the garbage collector to walk. With an account of its own, each test would pay for that.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from localstack.utils.patch import patch
from moto.iam.models import IAMBackend


def install() -> None:
    """To be called before the first request."""
    known: dict[str, list[Any]] = {}

    def once(read: Callable[[Any], list[Any]], backend: Any) -> list[Any]:
        if backend.partition not in known:
            known[backend.partition] = read(backend)
        return [_of(policy, backend.account_id) for policy in known[backend.partition]]

    patch(IAMBackend._init_aws_policies)(once)


def _of(policy: Any, account: str) -> Any:
    # What an account does changes how often a policy is attached, and its tags; never its versions.
    own = copy(policy)
    own.account_id, own.tags = account, dict(policy.tags)
    return own
