"""Recordings that are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scaleproof.verifying.recording import Entry, Kind, Recording

START = 1_790_000_000.0


def recording(*entries: tuple[str, Kind, dict[str, Any]], cloud: str = "aws") -> Recording:
    """A recording of phase, kind and document of each entry after the first, which says where it was."""
    began = ("", Kind.BEGAN, {"cloud": cloud, "region": "us-east-1", "instance_type": "ml.m5.xlarge"})
    return Recording(
        tuple(
            Entry(number, START + number, phase, kind, document)
            for number, (phase, kind, document) in enumerate((began, *entries), 1)
        )
    )


def metric(phase: str, points: int, *more: str) -> tuple[str, Kind, dict[str, Any]]:
    """What was found of the concurrency."""
    names = ["EndpointName", "VariantName", *more]
    return (
        phase,
        Kind.METRIC,
        {"name": "ConcurrentRequestsPerModel", "dimensions": names, "points": points},
    )


def update(phase: str, status: str = "SUCCESS", **document: Any) -> tuple[str, Kind, dict[str, Any]]:
    """An update that is over."""
    return phase, Kind.UPDATE, {"status": status, "message": "", "failure": "", "returned": {}, **document}


def rows(*given: tuple[float, str, str]) -> dict[str, Any]:
    """The document of a capture."""
    return {"rows": [[START + time, kind, value] for time, kind, value in given], "notes": []}


def changes(*given: tuple[float, int, float], status: str = "Successful") -> dict[str, Any]:
    """A capture of one instance whose count was changed: when, to how many, and how long that took.

    `status`: how the first change ended; the others came off.
    """
    target = (0.0, "target", '{"min": 1, "max": 3, "desired": 1, "dimensions": {}}')
    found: list[Iterable[tuple[float, str, str]]] = [
        [
            (time, "activity_start", f"desired to {count}"),
            (time + took, "activity_end", f"{'Successful' if place else status}, desired {count}"),
        ]
        for place, (time, count, took) in enumerate(given)
    ]
    return rows(target, *(row for pair in found for row in pair), (5_000.0, "end", ""))
