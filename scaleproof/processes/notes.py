"""Notes of what a command has under way, locked while it lives: who finds one without a lock knows that its
process was killed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scaleproof.processes.cache import private_file


@contextmanager
def noted(file: Path, document: Mapping[str, Any]) -> Iterator[None]:
    """Writes a note (`*.json`) and locks it as long as the context lasts. The caller removes it."""
    new = private_file(file.with_suffix(".new"))
    with new.open("w", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        json.dump(document, opened, default=str)
        opened.flush()
        os.fsync(opened.fileno())
        new.rename(file)  # whoever finds it finds it whole and locked
        yield


def left(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The notes of killed processes, each locked until the next one. Removes files that are none."""
    for note in sorted(directory.glob("*.json")):
        try:
            with note.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                try:
                    found = json.load(file)
                except ValueError:
                    note.unlink(missing_ok=True)
                    continue
                yield note, found
        except OSError:  # its process lives, or has removed it just now
            continue
