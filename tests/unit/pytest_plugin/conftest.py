"""Runs of pytest as a user has them, in an empty directory."""

import sys

import numpy  # noqa: F401
import pytest

from scaleproof.processes.cache import cache_directory

# Imported here, so that what they load is not loaded anew by every run inside this process: grpc and numpy bear that
# once at most.
from scaleproof.providers import session  # noqa: F401
from scaleproof.pytest_plugin import cases, fixtures  # noqa: F401

ROOT = """
variable "amount" {
  type    = number
  default = 1

  validation {
    condition     = var.amount >= 0
    error_message = "Set amount to 0 or more."
  }

  validation {
    condition     = var.amount != -2
    error_message = "Set amount to anything but -2."
  }
}

variable "label" {
  type    = string
  default = "a"
}

resource "terraform_data" "item" {
  count = var.amount
  input = var.label
}

output "labels" {
  value = terraform_data.item[*].input
}
"""


@pytest.fixture(scope="session")
def cache():
    """Where LocalStack's environment is; found before pytester has another home."""
    return cache_directory()


@pytest.fixture
def user(cache, pytester, monkeypatch):
    """A directory of a user's, with a root configuration `infra`."""
    monkeypatch.setenv("SCALEPROOF_CACHE", str(cache))
    infra = pytester.mkdir("infra")
    (infra / "main.tf").write_text(ROOT)
    (infra / "three.tfvars").write_text('amount = 3\nlabel = "file"\n')
    return pytester


def run(user, *arguments, **settings):
    """A run of pytest in this process."""
    return user.runpytest_inprocess("-p", "scaleproof.pytest_plugin", "-p", "no:cacheprovider", *arguments, **settings)


def run_apart(user, *arguments):
    """A run of pytest in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "scaleproof.pytest_plugin", "-p", "no:cacheprovider"]
    return user.run(*command, *arguments)
