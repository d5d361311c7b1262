"""The log of API calls of each account, which `control` writes and shows over HTTP.

When a client retries a request, this is one call. The last MOST_CALLS calls of an account are kept, with their
parameters except payloads and what the service model calls sensitive.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MOST_CALLS = 2_000
"""Calls of an account: an apply of an example makes about two hundred."""
_SHOWN = ("cloudcontrol",)
"""Services whose sensitive members are shown: the model calls every property of a resource sensitive."""


class Calls:
    """The calls of one account. It can be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forgets all calls."""
        with self._lock:
            # By the client's id of the call. As text: there are thousands, and they are seldom read.
            self._known: dict[str, tuple[str, int]] = {}
            self._forgotten = 0

    def add(self, invocation: str, **call: Any) -> None:
        """Records a request, with its time. `invocation` is the same for each retry of a call."""
        with self._lock:
            text, requests = self._known.get(invocation, ("", 0))
            self._known[invocation] = (text or json.dumps({**call, "time": time.time()}), requests + 1)
            if len(self._known) > MOST_CALLS:
                del self._known[next(iter(self._known))]
                self._forgotten += 1

    def shown(self) -> dict[str, Any]:
        """The calls that are kept, by time of their first request, and how many are forgotten."""
        with self._lock:
            known, forgotten = list(self._known.values()), self._forgotten
        calls = [json.loads(text) | {"requests": requests} for text, requests in known]
        return {"calls": calls, "forgotten": forgotten}


def parameters(shape: Any, value: Any, service: str) -> Any:
    """The logged part of a request, or of a member of it, as JSON. `shape` is its botocore shape."""
    if isinstance(value, Mapping):
        members = shape.members if shape.type_name == "structure" else dict.fromkeys(value, shape.value)
        return {
            name: parameters(members[name], element, service)
            for name, element in value.items()
            if element is not None and name in members and _is_kept(members[name], service)
        }
    if isinstance(value, list | tuple):
        return [parameters(shape.member, element, service) for element in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _is_kept(shape: Any, service: str) -> bool:
    return shape.type_name != "blob" and (service in _SHOWN or not shape.metadata.get("sensitive"))


_calls: dict[str, Calls] = {}


def of_account(account: str) -> Calls:
    """The calls of an account."""
    return _calls.setdefault(account, Calls())
