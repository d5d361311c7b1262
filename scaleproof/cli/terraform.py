"""`scaleproof terraform`."""

from __future__ import annotations

import os

import click

from scaleproof.terraform import executable


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def terraform(arguments: tuple[str, ...]) -> None:
    """Run the Terraform that scaleproof uses, as it is.

    As if it were on PATH: with the real providers and your own environment, for `fmt` and the like.
    """
    command = executable.find().command
    os.environ["CHECKPOINT_DISABLE"] = "1"
    os.execvp(command[0], [*command, *arguments])
