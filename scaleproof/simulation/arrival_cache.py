"""Caches drawn arrivals in memory, up to a limit, for simulations that need the same again."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence

Chunk = Sequence[tuple[float, float]]
"""Arrivals as pairs of time and length."""
CHUNK = 4_096
"""Arrivals of a chunk."""
MOST = 4_000_000
"""Arrivals that a process keeps: 64 MB, and as much again while it draws some."""
_MOST_KEYS = 1_000
"""Keys that are remembered."""
_Columns = tuple["array[float]", "array[float]"]
"""Times and lengths."""


class ArrivalCache:
    """Arrivals by the key of what they are drawn from. It drops the least recently used first."""

    def __init__(self, most: int = MOST) -> None:
        """`most`: arrivals, of all keys together."""
        self._most = most
        self._columns: dict[Hashable, _Columns | None] = {}
        """None for a key that was used once."""
        self._lock = threading.Lock()

    def chunks(self, key: Hashable, draw: Callable[[], Iterator[Chunk]]) -> Iterator[Chunk]:
        """The arrivals of a key, which `draw` always generates alike. They are cached from the second use on."""
        with self._lock:
            known = key in self._columns
            columns = self._columns[key] = self._columns.pop(key, None)
            if len(self._columns) > _MOST_KEYS:
                del self._columns[next(iter(self._columns))]
        if columns is not None:
            return replayed(*columns)
        return self._keeping(key, draw()) if known else draw()

    def _keeping(self, key: Hashable, drawn: Iterator[Chunk]) -> Iterator[Chunk]:
        columns = times, lengths = array("d"), array("d")
        fits = True
        for chunk in drawn:
            fits = fits and len(times) + len(chunk) <= self._most
            if fits:
                for column, values in zip(columns, zip(*chunk, strict=True), strict=True):
                    column.extend(values)
            yield chunk
        if not fits:
            return
        with self._lock:
            self._columns.pop(key, None)
            room = self._most - len(times) - sum(len(columns[0]) for columns in self._columns.values() if columns)
            while room < 0:
                gone = self._columns.pop(next(iter(self._columns)))
                room += len(gone[0]) if gone else 0
            self._columns[key] = (times, lengths)


def replayed(times: array[float], lengths: array[float]) -> Iterator[Chunk]:
    """Arrivals from their times and lengths in seconds."""
    for first in range(0, len(times), CHUNK):
        part = slice(first, first + CHUNK)
        yield list(zip(times[part], lengths[part], strict=True))


ARRIVALS = ArrivalCache()
"""Of this process."""
