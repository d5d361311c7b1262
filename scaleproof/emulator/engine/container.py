"""How a container behaves: when it is ready, how long it takes, how many requests it accepts.

This is a feature of the emulation. A container that nobody describes answers at once and takes every request.
`api.container_rules` says how to describe one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

_NOTHING = 1e-6  # seconds of work that are none
_LOOK = 0.02  # seconds between two looks at how many share an instance


@dataclass(frozen=True)
class Container:
    """The behaviour. Times are in seconds.

    `answer`: until an answer, or by requests in flight on the instance. `sharing`: so many requests take no
    longer than one, and more share the instance. `slots`: requests in flight that it takes. `startup`: until
    it is ready. `upgrade`: until it accepts a bidirectional stream, infinite if it refuses. `stream_seconds`:
    how long a stream may last. `stop_seconds`: from SIGTERM to SIGKILL.
    """

    answer: float | Mapping[int, float] = 0.0
    sharing: int | None = None
    slots: int | None = None
    startup: float = 0.0
    upgrade: float = 0.0
    stream_seconds: float = 1800.0
    """https://developers.deepgram.com/docs/auto-scaling-sagemaker"""
    stop_seconds: float = 30.0
    """https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"""

    def seconds(self, level: int) -> float:
        """How long an answer takes while so many requests are in flight, without sharing."""
        if not isinstance(self.answer, Mapping):
            return self.answer
        table = sorted(self.answer.items())
        if level <= table[0][0]:
            return table[0][1]
        for (low, first), (high, last) in pairwise(table):
            if level <= high:
                return first + (last - first) * (level - low) / (high - low)
        return table[-1][1]

    def pauses(self, level: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
        """The pauses to make until an answer is there, in seconds. `level`: requests in flight just now."""
        if self.sharing is None:
            yield self.seconds(level())
            return
        left = self.seconds(1)
        while left > _NOTHING:
            speed = min(1.0, self.sharing / max(level(), 1))
            before = clock()
            yield min(left / speed, _LOOK)
            left -= (clock() - before) * speed


_accounts: dict[str, Mapping[str, Any]] = {}


def set_account(account: str, members: Mapping[str, Any]) -> None:
    """Sets what is said of all containers of an account: members of `Container`."""
    _accounts[account] = members


def described(account: str) -> Mapping[str, Any]:
    """What is said of all containers of an account."""
    return _accounts.get(account, {})


def of_account(account: str, own: Mapping[str, Any] = MappingProxyType({})) -> Container:
    """A container of an account; `own`: members that its model sets, which go before the account's."""
    return Container(**{**described(account), **own})
