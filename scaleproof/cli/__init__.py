"""The command `scaleproof`."""

from scaleproof.cli.app import main

__all__ = ["main"]
