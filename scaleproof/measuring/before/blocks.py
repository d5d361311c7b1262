"""Module blocks of endpoints with one instance each, one for each type."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scaleproof.hcl import writing


def each(name: str, types: Sequence[str]) -> list[str]:
    """A module block for each instance type of the endpoint of a name."""
    return [
        _block(f"{name}-{re.sub('[^a-z0-9]+', '-', kind.removeprefix('ml.'))}", kind, name) for kind in types
    ]


def _block(name: str, kind: str, like: str) -> str:
    lines = [
        f'module "{writing.identifier(name)}" {{',
        '  source = "<as in your configuration>"',
        "",
        f"  name = {writing.inline(name)}",
        "",
        f"  # As of {like}.",
        *writing.entry("model", {"image": "<as in your configuration>"}, 2),
        "",
        "  # A value has to stand here until it is measured.",
        *writing.entry("instance_pools", [{"instance_type": kind, "max_concurrency": 1}], 2),
        "",
        *writing.entry("realtime", {"capacity": {"min": 1, "max": 1}}, 2),
    ]
    return "\n".join([*lines, "}", ""])
