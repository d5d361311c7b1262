"""What Terraform says of a root, in the words of its user."""

from contextlib import closing

import pytest

from scaleproof.errors import ExitCode
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.messages import Messages
from scaleproof.terraform.runner import CommandFailed
from scaleproof.terraform.workdir import WorkingDirectory


@pytest.fixture
def failed(write):
    """The error for a plan that said something and failed."""
    directory = write(root__main="")

    def of(said):
        with closing(WorkingDirectory(directory)) as work:
            messages = Messages(directory, work, True)
            return messages.of_failed(PlanFailed, "plan", CommandFailed("", said, 1))

    return of


@pytest.mark.parametrize(
    ("says", "code", "advice"),
    [
        ("Error: Unsupported argument\n\nAn argument named x is not expected here.\n", ExitCode.WRONG, ""),
        ("Error: Failed to write plan file\n\nwrite x: no space left on device\n", ExitCode.FAILED, ""),
        ('Error: reading topic\n\nCould not connect to the endpoint URL: "http://127.0.0.1:1"\n', ExitCode.FAILED, ""),
        ("Error: Invalid value\n\nNot an endpoint URL: use https.\n", ExitCode.WRONG, ""),
        ("Error: Module source has changed\n\nThe source address was changed.\n", ExitCode.WRONG, "TF_VAR_..."),
    ],
)
def test_whether_the_call_is_why_a_plan_failed(failed, says, code, advice):
    error = failed(says)
    assert error.exit_code == code
    assert advice in error.advice
