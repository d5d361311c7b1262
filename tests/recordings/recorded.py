"""The recordings of the real providers (tests/recordings/real), and the configuration they were made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REAL = Path(__file__).parent / "real"
RECORDED = sorted(path.name.removesuffix(".plan.json") for path in REAL.glob("*.plan.json"))
"""The examples of which there are recordings."""


def file(example: str, step: str) -> Path:
    """The file of the recorded "plan", "state" or "second" plan of an example."""
    return REAL / f"{example}.{step}.json"


def content(example: str, step: str) -> dict[str, Any]:
    """What is in it."""
    document: dict[str, Any] = json.loads(file(example, step).read_bytes())
    return document


def variables(example: str) -> dict[str, Any]:
    """The variables that the example was recorded with."""
    return {name: variable["value"] for name, variable in content(example, "plan")["variables"].items()}


def unpack(directory: Path) -> Path:
    """Puts the recorded modules and examples into `directory`; returns the directory of the examples."""
    for name, text in json.loads((REAL / "configuration.json").read_bytes()).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory / "examples"
