"""The command `scaleproof` and its subcommands, each in a file that loads when it is called."""

from scaleproof.cli.app import main

__all__ = ["main"]
