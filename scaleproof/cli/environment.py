"""`scaleproof doctor`, `up` and `down`: check, start and stop what other commands use."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote

import click

from scaleproof.cli import output, parameters
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.localstack import background, control, environment
from scaleproof.processes.cache import cache_directory
from scaleproof.progress import console
from scaleproof.terraform import executable
from scaleproof.terraform.parts import existing_cloud, provider_kind


@dataclass(frozen=True)
class Finding:
    """One part: whether it is usable, what it is, and what to do if not."""

    part: str
    ok: bool
    description: str
    advice: str = ""


@dataclass(frozen=True)
class DoctorDocument:
    """The parts found. The exit code is 1 if `ok` is false."""

    ok: bool
    """Whether no required program is missing."""
    findings: list[Finding]


@click.command()
@parameters.as_json
def doctor(as_json: bool) -> None:
    """Show which programs scaleproof found, which it will use, and how to install missing ones.

    Changes nothing. Exits with 1 if a required program is missing.
    """
    findings = [
        _finding("Python", _python),
        _finding("Terraform", _terraform),
        _finding("Providers", _providers),
        _finding("LocalStack", _localstack),
        _finding("Cache", _cache),
    ]
    ok = all(finding.ok for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{'ok' if finding.ok else 'MISSING':8}{finding.part:12}{finding.description}")
        lines += [f"{'':20}{finding.advice}"] if finding.advice else []
    output.answer(DoctorDocument(ok=ok, findings=findings), lines, as_json=as_json)
    if not ok:
        raise click.exceptions.Exit(ExitCode.NO)


def _finding(part: str, look: Callable[[], tuple[str, str]]) -> Finding:
    try:
        description, advice = look()
    except ScaleproofError as error:
        return Finding(part, False, error.message, error.advice)
    return Finding(part, True, description, advice)


def _python() -> tuple[str, str]:
    return f"{platform.python_version()} ({sys.executable})", ""


def _terraform() -> tuple[str, str]:
    program = executable.find()
    return str(program), " ".join(f"Passed over: {reason}" for reason in program.passed_over)


def _providers() -> tuple[str, str]:
    if provider_kind() == "registry":
        return "hashicorp/aws and hashicorp/awscc from the registry (SCALEPROOF_PROVIDERS)", ""
    return (
        "in-process stand-ins for hashicorp/aws and hashicorp/awscc",
        "SCALEPROOF_PROVIDERS=registry uses the real ones.",
    )


def _localstack() -> tuple[str, str]:
    if stack := existing_cloud():
        return str(stack), ""
    own = environment.describe()
    python = f"Python {own.interpreter.name} ({own.interpreter.path})"
    description = f"LocalStack {own.version}, started when needed, on {python}"
    if own.built:
        advice = f"Its environment is built: {own.directory}"
    else:
        advice = "Its environment is built on first use: half a minute, and a package index in reach."
    return description, advice


def _cache() -> tuple[str, str]:
    directory = cache_directory()
    named = "" if "SCALEPROOF_CACHE" in os.environ else "SCALEPROOF_CACHE names another place."
    return str(directory), named


@dataclass(frozen=True)
class UpDocument:
    """The LocalStack that runs in the background."""

    pid: int | None
    log: str
    environment: dict[str, str]
    """The variables that make AWS tools use it."""


@dataclass(frozen=True)
class DownDocument:
    """The LocalStack that `scaleproof down` stopped."""

    stopped: str | None
    """The address of the LocalStack; null if none ran."""
    unset: list[str]
    """The variables that `scaleproof up` printed."""


@click.command()
@parameters.port
@parameters.as_json
def up(port: int | None, as_json: bool) -> None:
    """Start a LocalStack in the background, with scaleproof's emulation of SageMaker.

    Prints the variables that make AWS tools use it; in a shell: eval "$(scaleproof up)". Listens on port 4566, or
    on a free port if 4566 is in use. Does nothing if it already runs.
    """
    stack = background.up(port)
    connection = stack.connection()
    variables = connection.environment() | control.streams(connection).environment()
    console.print(
        f"{stack}. Log: {stack.log}. End it with: scaleproof down\n"
        "It needs no credentials: every user of this machine can use it."
    )
    document = UpDocument(pid=stack.pid, log=str(stack.log), environment=variables)
    output.answer(document, [f"export {name}={quote(value)}" for name, value in variables.items()], as_json=as_json)


@click.command()
@parameters.as_json
def down(as_json: bool) -> None:
    """Stop the LocalStack that `scaleproof up` started.

    Prints the command that unsets the variables of `scaleproof up`; in a shell: eval "$(scaleproof down)".
    """
    stack = background.down()
    names = [*stack.connection().environment(), *control.STREAM_VARIABLES] if stack else []
    console.print(f"The LocalStack at {stack.endpoint_url} has ended." if stack else "No LocalStack was running.")
    document = DownDocument(stopped=stack.endpoint_url if stack else None, unset=names)
    output.answer(document, [f"unset {' '.join(names)}"] if names else [], as_json=as_json)
