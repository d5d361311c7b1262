"""Chooses the parts that a command uses: Terraform, providers, LocalStack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import background, health
from scaleproof.localstack.connection import named_endpoint
from scaleproof.localstack.start import LocalStack, find_or_start
from scaleproof.progress import tell
from scaleproof.terraform import executable

if TYPE_CHECKING:
    from scaleproof.providers.session import StandIns

_PLANNING = f"{__name__}.planning"


def provider_kind() -> Literal["stand-in", "registry"]:
    """The kind of providers: "registry" if SCALEPROOF_PROVIDERS says so, else the in-process stand-ins.

    Raises `ScaleproofError` for another value.
    """
    value = os.environ.get("SCALEPROOF_PROVIDERS", "")
    if value in ("", "stand-in"):
        return "stand-in"
    if value == "registry":
        return "registry"
    raise ScaleproofError(
        f"SCALEPROOF_PROVIDERS is {value!r}.", advice='Set it to "registry" or "stand-in", or unset it.'
    )


@dataclass(frozen=True)
class Parts:
    """The parts of a run, as texts for people."""

    terraform: str
    providers: str
    cloud: str

    def show(self) -> None:
        """Prints them on stderr, in one line."""
        tell(f"Using {self.terraform}, {self.providers}, {self.cloud}.")


def parts(stack: LocalStack | None) -> Parts:
    """The parts of this run. `stack` is None for a plan without a cloud."""
    kind = provider_kind()
    return Parts(
        terraform=str(executable.find()),
        providers="providers of the registry" if kind == "registry" else "stand-ins for the providers aws and awscc",
        cloud=str(stack or "no cloud"),
    )


def standins() -> AbstractContextManager[StandIns | None]:
    """The stand-ins, or None if SCALEPROOF_PROVIDERS selects the registry's providers."""
    if provider_kind() == "registry":
        return nullcontext(None)
    # With the registry's providers, no code of the stand-ins is loaded.
    from scaleproof.providers.session import StandIns

    return StandIns()


def existing_cloud() -> LocalStack | None:
    """The LocalStack that the user names, else the one in the background, else None."""
    if named_endpoint():
        return find_or_start()
    if stack := background.find():
        advice = f"End it with `scaleproof down`, then start it again. Its log is {stack.log}."
        health.require(stack.endpoint_url, advice)
    return stack


@contextmanager
def cloud() -> Iterator[LocalStack]:
    """The existing LocalStack, else a new one that stops with the context."""
    with existing_cloud() or find_or_start() as stack:
        yield stack


@contextmanager
def planning() -> Iterator[tuple[Parts, dict[str, Any]]]:
    """Prints the parts of a plan. Yields them, and the arguments `standins` and `connection` for a `Root`."""
    stack = _planning_cloud()
    used = parts(stack)
    used.show()
    with standins() as providers:
        yield used, {"standins": providers, "connection": stack.connection() if stack else None}


def _planning_cloud() -> LocalStack | None:
    """The LocalStack for the plans of this command, or None with stand-ins. It stops with the command.

    The real awscc calls sts:GetCallerIdentity when it is configured, even for a plan, and has no option to
    skip that.
    """
    if provider_kind() != "registry":
        return None
    context = click.get_current_context()
    if _PLANNING not in context.meta:
        context.meta[_PLANNING] = context.with_resource(cloud())
    planning: LocalStack = context.meta[_PLANNING]
    return planning
