"""Caches what was drawn in memory, up to a limit, for simulations that need the same again."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, TypeVar

Chunk = Sequence[tuple[float, float]]
"""Arrivals as pairs of time and length."""
CHUNK = 4_096
"""Arrivals of a chunk."""
MOST = 8_000_000
"""Arrivals and ends that a process keeps: up to 160 MB, and as much again while it draws some."""
_MOST_KEYS = 1_000
"""Keys that are remembered."""
_T = TypeVar("_T")


class ArrivalCache:
    """Arrivals, and events, by the key of what they are drawn from. It drops the least recently used first."""

    def __init__(self, most: int = MOST) -> None:
        """`most`: arrivals, of all keys together."""
        self._most = most
        self._cached: dict[Hashable, tuple[int, list[Any]] | None] = {}
        """How many, and their chunks; None for a key that was used once."""
        self._lock = threading.Lock()

    def chunks(self, key: Hashable, draw: Callable[[], Iterator[Chunk]]) -> Iterator[Chunk]:
        """The arrivals of a key, which `draw` always generates alike. They are cached from the second use on."""
        return self.packed(key, draw, _columns, lambda columns: list(zip(*columns, strict=True)))

    def packed(
        self,
        key: Hashable,
        draw: Callable[[], Iterator[_T]],
        pack: Callable[[_T], Any],
        unpack: Callable[[Any], _T],
        *,
        at_once: bool = False,
    ) -> Iterator[_T]:
        """As `chunks`, of any kind. `pack` makes columns of a chunk, `unpack` a chunk of columns.

        `at_once`: the first use caches, as for what is dear to draw.
        """
        with self._lock:
            known = key in self._cached
            cached = self._cached[key] = self._cached.pop(key, None)
            if len(self._cached) > _MOST_KEYS:
                del self._cached[next(iter(self._cached))]
        if cached is not None:
            return map(unpack, cached[1])
        return self._keeping(key, draw(), pack) if known or at_once else draw()

    def _keeping(self, key: Hashable, drawn: Iterator[_T], pack: Callable[[_T], Any]) -> Iterator[_T]:
        packed, number = list[Any](), 0
        # Whoever has the last chunk may ask for no more.
        for chunk, following in pairwise(chain(drawn, [None])):
            assert chunk is not None
            if number <= self._most:
                packed.append(pack(chunk))
                number += len(packed[-1][0])
            if following is None and number <= self._most:
                self._keep(key, number, packed)
            yield chunk

    def _keep(self, key: Hashable, number: int, packed: list[Any]) -> None:
        with self._lock:
            self._cached.pop(key, None)
            room = self._most - number - sum(number for number, _ in filter(None, self._cached.values()))
            while room < 0:
                gone = self._cached.pop(next(iter(self._cached)))
                room += gone[0] if gone else 0
            self._cached[key] = (number, packed)


def _columns(chunk: Chunk) -> tuple[array[float], ...]:
    return tuple(array("d", values) for values in zip(*chunk, strict=True))


def replayed(times: array[float], lengths: array[float]) -> Iterator[Chunk]:
    """Arrivals from their times and lengths in seconds."""
    for first in range(0, len(times), CHUNK):
        part = slice(first, first + CHUNK)
        yield list(zip(times[part], lengths[part], strict=True))


ARRIVALS = ArrivalCache()
"""Of this process."""
