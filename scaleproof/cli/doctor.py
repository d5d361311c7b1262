"""`scaleproof doctor`: what is found, what will be used, what is missing and how to get it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import click

from scaleproof.cli import options, output
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.localstack import environment, pinned
from scaleproof.processes.cache import cache_directory
from scaleproof.terraform import executable
from scaleproof.terraform.parts import describe, present_cloud, provider_kind


@dataclass(frozen=True)
class Finding:
    """One part: whether it can be used, what it is, and what to do where it cannot."""

    part: str
    ok: bool
    found: str
    advice: str = ""


class DoctorDocument(TypedDict):
    """What is found. The exit code is 1 where `ok` is false."""

    ok: bool
    """Nothing that is needed is missing."""
    findings: list[Finding]


@click.command()
@options.as_json
def doctor(machine: bool) -> None:
    """Show what is found here, what will be used, and how to get what is missing.

    Changes nothing. The exit code is 1 when something that is needed is missing.
    """
    findings = [
        _finding("Python", _python),
        _finding("Terraform", _terraform),
        _finding("Providers", _providers),
        _finding("LocalStack", _localstack),
        _finding("Cache", _cache),
    ]
    ok = all(finding.ok for finding in findings)
    if machine:
        output.print_json(DoctorDocument(ok=ok, findings=findings))
    else:
        for finding in findings:
            output.say(f"{'ok' if finding.ok else 'MISSING':8}{finding.part:12}{finding.found}")
            if finding.advice:
                output.say(f"{'':20}{finding.advice}")
    if not ok:
        raise click.exceptions.Exit(ExitCode.NO)


def _finding(part: str, look: Callable[[], tuple[str, str]]) -> Finding:
    try:
        found, advice = look()
    except ScaleproofError as error:
        return Finding(part, False, error.message, error.advice)
    return Finding(part, True, found, advice)


def _python() -> tuple[str, str]:
    return f"{platform.python_version()} ({sys.executable})", ""


def _terraform() -> tuple[str, str]:
    found = executable.find()
    return str(found), " ".join(f"Passed over: {reason}" for reason in found.passed_over)


def _providers() -> tuple[str, str]:
    if provider_kind() == "registry":
        return "hashicorp/aws and hashicorp/awscc from the registry (SCALEPROOF_PROVIDERS)", ""
    return (
        "in-process stand-ins for hashicorp/aws and hashicorp/awscc",
        "SCALEPROOF_PROVIDERS=registry takes the real ones.",
    )


def _localstack() -> tuple[str, str]:
    if stack := present_cloud():
        return describe(stack), ""
    own = environment.describe()
    python = f"Python {own.interpreter.name} ({own.interpreter.path})"
    what = f"LocalStack {own.version}, started when needed, on {python}"
    if own.built:
        if found := pinned.flaw(own):
            raise ScaleproofError(
                f"The environment of LocalStack in {own.directory} is damaged: {found}.",
                advice="The next start builds it again: half a minute, and a package index in reach.",
            )
        advice = f"Its environment is built: {own.directory}"
    else:
        advice = "Its environment is built on first use: half a minute, and a package index in reach."
    return what, advice


def _cache() -> tuple[str, str]:
    directory = cache_directory()
    named = "" if "SCALEPROOF_CACHE" in os.environ else "SCALEPROOF_CACHE names another place."
    return str(directory), named
