"""The endpoints that are simulated, from a real plan of the module."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.defaults.cases import CAPACITY, FLEETS, SETTINGS
from scaleproof.endpoints import from_plan
from scaleproof.providers.session import StandIns
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform.root import Root

MODULE = Path(__file__).resolve().parents[2] / "modules/realtime"


def planned() -> dict[tuple[str, str], Endpoint]:
    """One endpoint by fleet and setting, as `terraform plan` has it."""
    names = {
        f"fleet-{row}-{column}": (fleet, setting)
        for row, fleet in enumerate(FLEETS)
        for column, setting in enumerate(SETTINGS)
    }
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch).resolve()
        (directory / "main.tf.json").write_text(
            json.dumps(_configuration(names, directory)), encoding="utf-8"
        )
        with StandIns() as standins, Root(directory, standins=standins) as root:
            found = {endpoint.name: endpoint for endpoint in from_plan(root.plan())}
    return {place: found[name] for name, place in names.items()}


def _configuration(names: Mapping[str, tuple[str, str]], directory: Path) -> dict[str, Any]:
    return {
        "terraform": {
            "required_providers": {name: {"source": f"hashicorp/{name}"} for name in ("aws", "awscc")}
        },
        "provider": {name: {"region": "us-east-1"} for name in ("aws", "awscc")},
        "module": {
            name: {
                "source": os.path.relpath(MODULE, directory),
                "name": name,
                "model_name": "speech",
                "capacity": CAPACITY,
                "instance_pools": [
                    {"instance_type": kind, "max_concurrency": limit} for kind, limit in FLEETS[fleet]
                ],
                **SETTINGS[setting],
            }
            for name, (fleet, setting) in names.items()
        },
    }
