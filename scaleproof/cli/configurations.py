"""`scaleproof plan`, `apply` and `destroy`: run Terraform on any root configuration that uses the module."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scaleproof.cli import output, parameters, sources
from scaleproof.cli.output import endpoint_blocks
from scaleproof.cli.sources import RootOptions, plan_of
from scaleproof.endpoints.live import applied
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.endpoints.terraform import planned
from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import check_endpoint, named_endpoint
from scaleproof.localstack.start import ACCOUNT
from scaleproof.progress import console
from scaleproof.report.terminal import show
from scaleproof.studies.wording import count
from scaleproof.terraform.parts import Parts, cloud, existing_cloud, parts, standins
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import is_data

if TYPE_CHECKING:
    from scaleproof.providers.session import StandIns

STATE = "scaleproof.tfstate"
"""The state of an `apply` on LocalStack. Not terraform.tfstate, which may be the state of AWS."""
_OF_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):")


@dataclass(frozen=True)
class PlanDocument:
    """The changes of a plan, and the endpoints as an apply would create them."""

    parts: Parts
    changes: dict[str, int]
    """Resources to `create`, `update`, `replace` and `destroy`, and to `forget` where there are any."""
    endpoints: list[EndpointRow]
    warnings: list[str]


@dataclass(frozen=True)
class ApplyDocument:
    """The endpoints after an apply: what the state has, with status, counts and alarm states from the API."""

    parts: Parts
    endpoints: list[EndpointRow]
    outputs: dict[str, Any]
    """The root's outputs by name."""
    state: Path | None
    """The state file; null if LocalStack ended with the command."""
    warnings: list[str]


@dataclass(frozen=True)
class DestroyDocument:
    """The destroyed endpoints."""

    destroyed: int
    """Resources that were in the state, without data sources. None is left."""


account = click.option("--account", default=ACCOUNT, show_default=True, metavar="ID", help="Account in LocalStack.")


@click.command()
@sources.directory
@sources.root_options
@parameters.as_json
def plan(directory: Path, root: RootOptions, as_json: bool) -> None:
    """Plan a root configuration, without AWS account, credentials or network.

    Prints the endpoints as an apply would create them: pools, scalable targets, policies and alarms. Writes nothing
    into DIR. With SCALEPROOF_PROVIDERS=registry the providers call an API, so the command uses a LocalStack that
    runs, or starts one and stops it.
    """
    plan, used = plan_of(directory, root)
    counted = _changes(plan)
    document = PlanDocument(used, counted, rows(planned(plan)), list(map(str, plan.warnings)))
    _show(document, [f"Plan: {', '.join(f'{count} to {action}' for action, count in counted.items())}."], as_json)


@click.command()
@sources.directory
@sources.root_options
@account
@parameters.as_json
def apply(directory: Path, root: RootOptions, account: str, as_json: bool) -> None:
    """Apply a root configuration to LocalStack and show its endpoints, as read back from the API.

    On a LocalStack that keeps running (of `scaleproof up`, or in AWS_ENDPOINT_URL or LOCALSTACK_HOST), the state is
    in DIR/scaleproof.tfstate, and the next apply continues from it; the configuration's backend is not used. Without
    such a LocalStack, the command starts one and ends it with all resources.
    """
    with (
        checked(directory, **root.arguments) as providers,
        cloud() as stack,
    ):
        used = parts(stack)
        used.show()
        stays = stack.external
        connection = stack.connection(account)
        state_file = directory / STATE if stays else None
        with Root(
            directory, standins=providers, connection=connection, state=state_file, **root.arguments
        ) as configuration:
            _check_account(configuration, account)
            plan = configuration.apply()
            state = configuration.state()
            endpoints = rows(shown for shown, _ in applied(connection, state))
    document = ApplyDocument(used, endpoints, state.shown_outputs, state_file, list(map(str, plan.warnings)))
    lines = ["Applied, and gone with its LocalStack. `scaleproof up` starts one that stays."]
    if stays:
        line, *more = _destroy_lines(directory, root, account, plan)
        lines = [f"Applied. State: {state_file}. Destroy with: {line}", *more]
    _show(document, lines, as_json)


@click.command()
@sources.directory
@sources.root_options
@account
@parameters.as_json
def destroy(directory: Path, root: RootOptions, account: str, as_json: bool) -> None:
    """Destroy the resources that `scaleproof apply` created on a LocalStack that keeps running."""
    state = directory / STATE
    if not state.exists():
        raise ScaleproofError(
            f"There is no {state}, so nothing was applied from there.",
            advice="Name the directory of `scaleproof apply`.",
        )
    stack = existing_cloud()
    if stack is None:
        raise ScaleproofError(
            "There is no LocalStack, so the applied resources are gone.",
            advice=f"Delete {state}, or name the LocalStack in AWS_ENDPOINT_URL.",
        )
    parts(stack).show()
    with (
        standins() as providers,
        Root(
            directory, standins=providers, connection=stack.connection(account), state=state, **root.arguments
        ) as configuration,
    ):
        _check_account(configuration, account)
        destroyed = sum(not is_data(name) for name in configuration.state().resources)
        configuration.destroy()
    for file in (state, Path(f"{state}.backup")):
        file.unlink(missing_ok=True)
    lines = [f"Destroyed {count(destroyed, 'resource')}; none is left."]
    output.answer(DestroyDocument(destroyed), lines, as_json=as_json)


def _check_account(configuration: Root, account: str) -> None:
    """Raises `ScaleproofError` where what was applied is in another account.

    Its resources would not be there, so Terraform would forget them.
    """
    resources = [resource for name, resource in configuration.state().resources.items() if not is_data(name)]
    # Some resources, such as awscc's endpoint configuration, have their ARN as their id only.
    arns = [str(resource.values.get(name)) for resource in resources for name in ("arn", "id")]
    accounts = {match[1] for arn in arns if (match := _OF_ACCOUNT.match(arn))}
    if accounts and account not in accounts:
        other = min(accounts)
        raise ScaleproofError(
            f"The resources in {configuration.state_file} are in the account {other}, not in {account}.",
            advice=f"Add --account {other}.",
        )


@contextmanager
def checked(directory: Path, **options: Any) -> Iterator[StandIns | None]:
    """The stand-ins for an apply. What `terraform init` refuses is refused before a LocalStack starts.

    `options`: those of the `Root` that will be applied.
    """
    if url := named_endpoint():
        check_endpoint(url)
    with standins() as providers:
        with Root(directory, standins=providers, **options) as root:
            root.init()
        yield providers


def _destroy_lines(directory: Path, root: RootOptions, account: str, plan: Plan) -> list[str]:
    """The command that destroys what these options applied, by `plan`, and what to add to it.

    It lacks values of sensitive variables. A destroy needs all of them, of the right types.
    """
    words = ["scaleproof", "destroy", f"./{directory}" if str(directory).startswith("-") else str(directory)]
    secret: dict[str, None] = {}
    for value in root.values:
        name = value.partition("=")[0]
        if plan.hides(name):
            secret[name] = None
        else:
            words += ["--var", value]
    words += [word for file in root.files for word in ("--var-file", file)]
    words += [word for name, copy in root.sources for word in ("--source", f"{name}={copy}")]
    words += ["--account", account] if account != ACCOUNT else []
    line = shlex.join(words)
    return [line, f"Add --var with your values of {', '.join(secret)}, which are sensitive."] if secret else [line]


def _show(document: PlanDocument | ApplyDocument, lines: list[str], as_json: bool) -> None:
    if not as_json:
        show(endpoint_blocks(document.endpoints))
        for warning in document.warnings:
            console.print(f"warning: {warning}")
    output.answer(document, lines, as_json=as_json)


def _changes(planned: Plan) -> dict[str, int]:
    kinds: dict[str, int] = dict.fromkeys(("create", "update", "replace", "destroy"), 0)
    counts: Counter[str] = Counter(_kind(change.actions) for change in planned.changes)
    return kinds | dict(counts)


def _kind(actions: tuple[str, ...]) -> str:
    if len(actions) == 2:
        return "replace"
    return "destroy" if actions == ("delete",) else actions[0]
