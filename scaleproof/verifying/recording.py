"""The recording of a verification: entries in the order of time, written as they come.

A file has one JSON object in each line, so that it can be read however the command ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from scaleproof.auditing.captures import Capture, Row
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.processes.cache import private_file
from scaleproof.texts import read


class Kind(StrEnum):
    """What an entry is about, and the members of its document."""

    BEGAN = "began"
    """`cloud`, "aws" or "localstack"; `region`; `instance_type`."""
    ENDPOINT = "endpoint"
    """The endpoint is in another state: `status`, `desired`, `running`, `config`, `failure`."""
    METRIC = "metric"
    """`name`, `dimensions` (names only) and `points`, the number of data points."""
    CONFIGURATION = "configuration"
    """`differs`: members of an endpoint configuration that came back other than they were sent."""
    UPDATE = "update"
    """An update that is over: `status` and `message` of Cloud Control, `failure` of the endpoint, and
    `returned`, the properties that Cloud Control gives back."""
    TAGS = "tags"
    """A change of tags only: `statuses` of the endpoint that were seen from then on."""
    REFUSED = "refused"
    """A call that was sent to see whether it is refused: `call`, `refused` and `message`."""
    CAPTURE = "capture"
    """What alarms, policies and schedules did, as `scaleproof audit` captures it: `rows` and `notes`."""
    ENDED = "ended"
    """`why` it ended before its end; empty if it did not."""


@dataclass(frozen=True)
class Entry:
    """One entry; `number` counts from 1, `time` is in epoch seconds."""

    number: int
    time: float
    phase: str
    kind: Kind
    document: Mapping[str, Any]

    @property
    def capture(self) -> Capture:
        """The capture in an entry of this kind."""
        rows = tuple(Row(*row) for row in self.document["rows"])
        return Capture(self.phase, rows, tuple(self.document["notes"]))


@dataclass(frozen=True)
class Recording:
    """All entries."""

    entries: Sequence[Entry]

    def of(self, kind: Kind) -> list[Entry]:
        """Those of a kind."""
        return [entry for entry in self.entries if entry.kind is kind]

    @property
    def local(self) -> bool:
        """Whether it is of a LocalStack."""
        return any(entry.document["cloud"] == "localstack" for entry in self.of(Kind.BEGAN))


class Recorder(AbstractContextManager["Recorder"]):
    """Writes a recording into a new file, which only this user can read."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives epoch seconds. Raises FailedError where the file cannot be written."""
        try:
            self._file = private_file(path).open("a", encoding="utf-8")
        except OSError as error:
            raise FailedError(f"{path} cannot be written: {error.strerror}.") from error
        self._clock = clock
        self.phase = ""
        self.entries: list[Entry] = []

    def add(self, kind: Kind, **document: Any) -> Entry:
        """Adds an entry to the present phase, which is in the file at once."""
        entry = Entry(len(self.entries) + 1, round(self._clock(), 3), self.phase, kind, document)
        self._file.write(line(entry))
        self._file.flush()
        self.entries.append(entry)
        return entry

    def capture(self, capture: Capture) -> Entry:
        """Adds a capture."""
        rows = [[row.time, row.kind, row.value] for row in capture.rows]
        return self.add(Kind.CAPTURE, rows=rows, notes=list(capture.notes))

    @property
    def recording(self) -> Recording:
        """What was written."""
        return Recording(tuple(self.entries))

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self._file.close()


def line(entry: Entry) -> str:
    """An entry as a line of the file."""
    return json.dumps(asdict(entry)) + "\n"


def load(path: Path) -> Recording:
    """The recording in a file; a last line that was not finished is left out. Raises ScaleproofError."""
    try:
        *lines, _unfinished = read(path).decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ScaleproofError(f"{path} cannot be read: {error}.") from error
    found = []
    for number, text in enumerate(lines, 1):
        try:
            document = json.loads(text)
            found.append(Entry(**document | {"kind": Kind(document["kind"])}))
        except (ValueError, KeyError, TypeError) as error:
            raise ScaleproofError(
                f"{path}, line {number} is no entry of a recording: {error}.",
                advice="Give a file that `scaleproof verify` wrote.",
            ) from error
    if not found:
        raise ScaleproofError(f"{path} has no entries.", advice="Give a file that `scaleproof verify` wrote.")
    return Recording(tuple(found))
