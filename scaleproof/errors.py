"""The one exception that reaches a user, and the exit codes of every command."""

from __future__ import annotations

import re
import traceback
from enum import IntEnum
from pathlib import Path
from typing import ClassVar

from scaleproof.texts import cut, printable

DEBUG = "SCALEPROOF_DEBUG"
"""The variable that shows the tracebacks of defects."""
MORE = f"(a defect; {DEBUG}=1 shows more)"
"""What follows the words of `defect`."""
_PACKAGE = Path(__file__).parent


class ExitCode(IntEnum):
    """The exit codes of commands. `meaning` is the line for users."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """A code and the line that explains it."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "Done."
    NO = 1, "The answer is no: a verdict, a proposal or a check does not meet the requirements."
    WRONG = 2, "The call or its input is wrong: correct the options, the configuration or the file."
    FAILED = 3, "Something else failed, such as LocalStack, an apply or the disk: the message names it."


class ScaleproofError(Exception):
    """A failure whose cause the user can remove.

    `message` says what was wrong and what was expected; `advice` says what to change. Commands print both as
    one line and end with `exit_code`, which each class of errors sets.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.WRONG

    def __init__(self, message: str, *, advice: str = "") -> None:
        """`advice` may be left out where the message says it all."""
        self.message = cut(printable(message))
        self.advice = cut(printable(advice))
        super().__init__(f"{self.message} {self.advice}".strip())


class FailedError(ScaleproofError):
    """Something failed though the call and its input are right."""

    exit_code = ExitCode.FAILED


def with_extra(name: str) -> str:
    """How to install an extra of this package. No index has the package: a stranger could publish one of its name."""
    return (
        f"install scaleproof with its extra `{name}`, from a checkout for example: "
        f"pip install './terraform-aws-sagemaker-autoscaling[{name}]'."
    )


def client_error(error: Exception) -> str:
    """What an error of AWS's client says by itself. It may quote what another library says of a request or of the
    address of a proxy, with the credentials in them: of that error this tells the class only.
    """
    from botocore.exceptions import ClientError, SSLError  # whoever raised the error has loaded it

    if isinstance(error, ClientError):  # behind an empty line AWS quotes a request whose signature is wrong
        return re.split(r"\r?\n\r?\n", str(error), maxsplit=1)[0]
    if isinstance(error, SSLError) or not re.search(r"\{(error|proxy_url)\}", getattr(error, "fmt", "")):
        return str(error)
    cause = type(getattr(error, "kwargs", {}).get("error")).__name__
    return (
        f"{type(error).__name__} ({cause}). A proxy that does not answer, or a line end or an odd character in "
        "HTTPS_PROXY or in the credentials, may be the cause"
    )


def defect(error: Exception) -> str:
    """What is said of an error that nobody expected: its type, and the line of this package where it came up. Its text
    may quote a sensitive value."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    place = f" in {Path(own[-1].filename).relative_to(_PACKAGE.parent)}, line {own[-1].lineno}" if own else ""
    return f"unexpected {type(error).__name__}{place}"
