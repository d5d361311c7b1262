"""The root configuration that is measured."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
MODULE = "modules/realtime"
MODEL = "speech"
"""The name of the model that every endpoint serves; it has to exist before an apply."""


def write(directory: Path) -> Path:
    """Writes a root with one call of the real-time module for each of `var.endpoints` endpoints.

    Each endpoint has two instance types, a scalable target and a target tracking policy. Returns the
    directory.
    """
    directory.mkdir(parents=True)
    # Relative: an absolute source would be a package of its own, whose modules could not name their siblings.
    source = os.path.relpath(REPOSITORY / MODULE, directory.resolve())
    configuration: dict[str, Any] = {
        "terraform": {"required_providers": {name: {"source": f"hashicorp/{name}"} for name in ("aws", "awscc")}},
        "provider": {name: {"region": "us-east-1"} for name in ("aws", "awscc")},
        "variable": {"endpoints": {"type": "number"}},
        "module": {
            "endpoint": {
                "source": source,
                "for_each": '${toset([for n in range(var.endpoints) : format("speech-%03d", n + 1)])}',
                "name": "${each.key}",
                "model_name": MODEL,
                "instance_pools": [
                    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
                    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 12},
                ],
                "capacity": {"min": 1, "max": 4},
            }
        },
    }
    (directory / "main.tf.json").write_text(json.dumps(configuration, indent=2), encoding="utf-8")
    return directory
