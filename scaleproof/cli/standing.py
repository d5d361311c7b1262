"""`scaleproof up` and `scaleproof down`."""

from __future__ import annotations

import click

from scaleproof.cli import options, output
from scaleproof.localstack import background
from scaleproof.progress import console
from scaleproof.terraform.parts import describe


@click.command()
@options.port
@options.as_json
def up(port: int | None, machine: bool) -> None:
    """Start a LocalStack that stays, with SageMaker served by scaleproof's plugin.

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
        output.print_json({"pid": stack.pid, "log": str(stack.log), "environment": variables})
        return
    for name, value in variables.items():
        output.say(f"export {name}={value}")


@click.command()
@options.as_json
def down(machine: bool) -> None:
    """End the LocalStack that `scaleproof up` started, and no other process."""
    stack = background.down()
    if machine:
        output.print_json({"stopped": stack.endpoint_url if stack else None})
    elif stack:
        output.say(f"The LocalStack at {stack.endpoint_url} has ended.")
    else:
        output.say("No LocalStack stood.")
