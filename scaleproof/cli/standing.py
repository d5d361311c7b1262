"""`scaleproof up` and `scaleproof down`."""

from __future__ import annotations

from typing import TypedDict

import click

from scaleproof.cli import options, output
from scaleproof.localstack import background
from scaleproof.progress import console
from scaleproof.terraform.parts import describe


class UpDocument(TypedDict):
    """The LocalStack that stays."""

    pid: int | None
    log: str
    environment: dict[str, str]
    """The variables that point AWS tools at it."""


class DownDocument(TypedDict):
    """What has ended."""

    stopped: str | None
    """The address of the LocalStack; null where none stood."""
    unset: list[str]
    """The variables that `scaleproof up` had a shell export."""


@click.command()
@options.port
@options.as_json
def up(port: int | None, machine: bool) -> None:
    """Start a LocalStack that stays, with SageMaker served by scaleproof's emulator.

    Prints the variables that point AWS tools at it; for a shell: eval "$(scaleproof up)". Port 4566 is
    taken unless --port names another one or it is in use. Does nothing when one stands already.
    """
    stack = background.up(port)
    variables = stack.connection().environment()
    console.print(
        f"{describe(stack)}. Log: {stack.log}. End it with: scaleproof down\n"
        "It asks for no credentials: whoever may use this machine can use it as well.",
        markup=False,
        soft_wrap=True,
    )
    if machine:
        output.print_json(UpDocument(pid=stack.pid, log=str(stack.log), environment=variables))
        return
    for name, value in variables.items():
        output.say(f"export {name}={value}")


@click.command()
@options.as_json
def down(machine: bool) -> None:
    """End the LocalStack that `scaleproof up` started, and no other process.

    Prints the line that unsets what `scaleproof up` exported; for a shell: eval "$(scaleproof down)".
    """
    stack = background.down()
    names = list(stack.connection().environment()) if stack else []
    console.print(
        f"The LocalStack at {stack.endpoint_url} has ended." if stack else "No LocalStack stood.",
        markup=False,
        soft_wrap=True,
    )
    if machine:
        output.print_json(DownDocument(stopped=stack.endpoint_url if stack else None, unset=names))
    elif names:
        output.say(f"unset {' '.join(names)}")
