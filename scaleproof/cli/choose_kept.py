"""The directory of `choose --all --output`: what was chosen, for the user and for a rerun."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from scaleproof.cli import output
from scaleproof.errors import ScaleproofError
from scaleproof.report import check_place, write
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.choices import EndpointChoiceDocument
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.workers.cluster import version


def digest(traffic: TrafficSpec, asked: Iterable[object]) -> str:
    """What tells a question from others: all that it is about, the traffic and this code."""
    arrivals = array("d", chain.from_iterable(traffic.traffic.arrivals()))
    words = repr((*asked, version()))
    return hashlib.sha256(words.encode() + arrivals.tobytes()).hexdigest()


def settled(endpoint: Endpoint) -> Endpoint:
    """An endpoint without what changes while nobody changes it: a rerun asks the same of it."""
    initial = endpoint.initial if endpoint.target is None else 0
    return replace(endpoint, initial=initial, status="", instances={}, alarms=())


@dataclass(frozen=True)
class Kept:
    """The directory. Each file is written in one step: a rerun finds what was finished, and nothing else."""

    place: Path

    def prepare(self) -> None:
        """Makes it. Raises ScaleproofError where it cannot be made or written, before any work."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ScaleproofError(
                f"{self.place} cannot be made: {error.strerror}.",
                advice="Name another directory with --output.",
            ) from error
        check_place(self.place / "endpoint.tf")

    def found(self, name: str, asked: str) -> EndpointChoiceDocument | None:
        """What was chosen before for the same question."""
        if not (file := self._document(name)).exists():
            return None
        try:
            found: EndpointChoiceDocument = json.loads(file.read_text(encoding="utf-8"))
            return found if found["asked"] == asked and found["reason"] is None else None
        except (ValueError, KeyError, TypeError):  # cut short, or somebody else's
            return None

    def keep(self, found: EndpointChoiceDocument) -> None:
        """Writes what was found. Where nothing was, what was found before stays."""
        document = self._document(found["endpoint"])
        if found["proposed"] is not None:
            write(found["proposed"]["block"], document.with_name(f"{found['endpoint']}.tf"))
        elif document.exists():
            return
        # Last, because a rerun goes by it.
        write(output.as_json(found), document)

    def _document(self, name: str) -> Path:
        return self.place / f"{name}.json"
