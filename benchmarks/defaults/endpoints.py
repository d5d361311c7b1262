"""The endpoints that are simulated, from a real plan of the module."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.defaults.cases import Study
from scaleproof.endpoints import from_plan
from scaleproof.providers.session import StandIns
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform.root import Root

MODULES = Path(__file__).resolve().parents[2] / "modules"


def planned(study: Study) -> dict[tuple[str, str], Endpoint]:
    """One endpoint by fleet and setting, as `terraform plan` has it."""
    names = {
        f"fleet-{row}-{column}": (fleet, setting)
        for row, fleet in enumerate(study.fleets)
        for column, setting in enumerate(study.settings)
    }
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch).resolve()
        configuration = json.dumps(_configuration(study, names, directory))
        (directory / "main.tf.json").write_text(configuration, encoding="utf-8")
        with StandIns() as standins, Root(directory, standins=standins) as root:
            found = {endpoint.name: endpoint for endpoint in from_plan(root.plan())}
    return {place: found[name] for name, place in names.items()}


def _configuration(study: Study, names: Mapping[str, tuple[str, str]], directory: Path) -> dict[str, Any]:
    return {
        "terraform": {"required_providers": {name: {"source": f"hashicorp/{name}"} for name in ("aws", "awscc")}},
        "provider": {name: {"region": "us-east-1"} for name in ("aws", "awscc")},
        "module": {
            name: {
                "source": os.path.relpath(MODULES / study.module, directory),
                "name": name,
                "model_name": "speech",
                "instance_pools": [
                    {"instance_type": kind, "max_concurrency": limit} for kind, limit in study.fleets[fleet]
                ],
                **study.inputs,
                **study.settings[setting],
            }
            for name, (fleet, setting) in names.items()
        },
    }
