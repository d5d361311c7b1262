"""Modules as these tests share them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from scaleproof.hcl import Module


@cache
def read(directory: Path) -> Module:
    """A directory's module, parsed once for all tests, none of which changes it."""
    return Module.read(directory)
