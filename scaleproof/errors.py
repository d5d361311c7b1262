"""The one exception that reaches a user, and the exit codes of every command."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


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
        self.message = message
        self.advice = advice
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
