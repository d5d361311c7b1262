"""The traffic of each endpoint of `choose --all`: what the user names, or what CloudWatch recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from scaleproof.cli import output, recorded
from scaleproof.cli.clouds import Cloud
from scaleproof.cli.recorded import Period, RecordDocument
from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.progress import tell
from scaleproof.report import write
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.assumptions import START_UP
from scaleproof.studies.traffic import parse


@dataclass(frozen=True)
class Found:
    """`words`: values of --traffic. `assume`: values of --assume that were fitted to the recording."""

    words: tuple[str, ...]
    assume: tuple[str, ...] = ()


class Traffic(Protocol):
    """Where the traffic of endpoints comes from; several threads may ask at a time."""

    def __call__(self, endpoint: Endpoint) -> Found:
        """That of one. Raises ScaleproofError where there is none."""


@dataclass(frozen=True)
class Named:
    """The words of --traffic, for the endpoints `names`."""

    words: tuple[str, ...]
    names: tuple[str, ...]

    def __call__(self, endpoint: Endpoint) -> Found:
        """The words for an endpoint: those that name it, else those that name none."""
        own = self._by_name.get(endpoint.name) or self._by_name.get("")
        if not own:
            raise ScaleproofError("No traffic is for it.", advice=f"Add --traffic {endpoint.name}=FILE.")
        return Found(tuple(own))

    def check(self) -> None:
        """Raises ScaleproofError for words that name an unknown endpoint, and for those that none gets."""
        unnamed = self._by_name.get("", [])
        for word in unnamed:
            parse(word, self.names)
        for name, words in self._by_name.items():
            if name and len(words) > 1:
                raise ScaleproofError(
                    f"{name} has traffic twice: {' and '.join(words)}.", advice="Leave one of them out."
                )
        if unnamed and len(self._by_name) > len(self.names):
            raise ScaleproofError(
                f"No endpoint takes the traffic {unnamed[0]}: all have their own.", advice="Leave it out."
            )

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The words by the endpoint that they name, "" for none."""
        found: dict[str, list[str]] = {}
        for word in _expanded(self.words, self.names):
            head = word.partition("=")[0]
            found.setdefault(head if head in self.names else "", []).append(word)
        return found


@dataclass(frozen=True)
class Recorded:
    """What CloudWatch has of the endpoints of a cloud, in a directory that keeps it for a rerun.

    `given`: names of assumptions that the user gave: what is fitted does not replace those.
    """

    cloud: Cloud
    period: Period
    place: Path
    given: frozenset[str]

    def __call__(self, endpoint: Endpoint) -> Found:
        """The recording of an endpoint; raises NoDataError where CloudWatch has too little."""
        file, document = (self.place / f"{endpoint.name}.{ending}" for ending in ("csv", "record.json"))
        if file.exists():
            tell(f"Traffic of {endpoint.name}: {file}, which was there.")
        else:
            with _ONE_AT_A_TIME:  # the API has limits for all that ask
                self._record(endpoint, file, document)
        return Found((f"{endpoint.name}={file}",), self._assume(endpoint.name, document))

    def _record(self, endpoint: Endpoint, file: Path, document: Path) -> None:
        temporary = scratch.make()
        try:
            taken = recorded.take(self.cloud, endpoint, self.period, temporary / file.name)
            for line in taken.lines(file):
                tell(f"{endpoint.name}: {line}")
            write(output.as_json(taken.document(file)), document)
            # Last, because a rerun goes by it.
            write((temporary / file.name).read_text(encoding="utf-8"), file)
        finally:
            scratch.remove(temporary)

    def _assume(self, name: str, document: Path) -> tuple[str, ...]:
        """What was fitted, unless the user says otherwise."""
        try:
            found: RecordDocument = json.loads(document.read_text(encoding="utf-8"))
            assume = tuple(found["delays"]["assume"]) if found["delays"] else ()
        except (OSError, ValueError, KeyError, TypeError):  # the file is the user's own
            return ()
        if not assume or self.given.intersection(START_UP):
            return ()
        tell(f"{name} is chosen for with {' '.join(f'--assume {one}' for one in assume)}.")
        return assume


_ONE_AT_A_TIME = threading.Lock()


def _expanded(words: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """The words of --traffic, with the files NAME.csv of a directory as NAME=FILE."""
    for word in words:
        if Path(word).is_dir():
            yield from (f"{name}={file}" for name in names if (file := Path(word) / f"{name}.csv").exists())
        else:
            yield word
