"""`scaleproof plan`, `apply` and `destroy` for any root configuration that uses the module."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from scaleproof.cli import options, output
from scaleproof.cli.sources import plan_of
from scaleproof.endpoints.live import applied
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.endpoints.terraform import planned
from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection, check_endpoint, named_endpoint
from scaleproof.localstack.start import ACCOUNT
from scaleproof.progress import console
from scaleproof.terraform import errored
from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.terraform.parts import Parts, cloud, existing_cloud, parts, standins
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.sensitive import declared_variables

if TYPE_CHECKING:
    from scaleproof.providers.session import StandIns

STATE = "scaleproof.tfstate"
"""The state of an `apply` on LocalStack. Not terraform.tfstate, which may be the state of AWS."""


class PlanDocument(TypedDict):
    """What a plan would create, and the endpoints after it."""

    parts: Parts
    changes: dict[str, int]
    """Resources to `create`, `update`, `replace` and `destroy`, and to `forget` where there are any."""
    endpoints: list[EndpointRow]
    warnings: list[str]


class ApplyDocument(TypedDict):
    """The endpoints after an apply: what the state has, with status, counts and alarm states from the API."""

    parts: Parts
    endpoints: list[EndpointRow]
    outputs: dict[str, Any]
    """The root's outputs by name."""
    state: Path | None
    """The state file; null if LocalStack ended with the command."""
    warnings: list[str]


class DestroyDocument(TypedDict):
    """What was destroyed."""

    destroyed: int
    """Resources and data sources in the state."""


@dataclass(frozen=True)
class Configuration:
    """A root configuration as the user names it; `outside`: arguments of its `Root`."""

    directory: Path
    values: tuple[str, ...]
    files: tuple[str, ...]
    outside: dict[str, Any]

    @property
    def arguments(self) -> list[str]:
        """The words that pass its variables to Terraform."""
        return options.terraform_arguments(self.values, self.files)

    @property
    def state(self) -> Path:
        """The file of its state on a LocalStack that stays."""
        return self.directory / STATE


def _configuration(function: Callable[..., Any]) -> Callable[..., Any]:
    """The argument DIR and its options; the command gets a Configuration as `root`."""
    parameters: list[options.Add] = [options.directory, options.variables, options.outside]
    return options.gathered(Configuration, "root", parameters, function)


account = click.option(
    "--account", default=ACCOUNT, show_default=True, metavar="ID", help="The AWS account in LocalStack."
)


@click.command()
@_configuration
@options.as_json
def plan(root: Configuration, machine: bool) -> None:
    """Plan a root configuration without an AWS account, without credentials and without network.

    Prints the endpoints after an apply: pools, scalable targets, policies and alarms. Writes nothing into
    DIR. Needs LocalStack only with SCALEPROOF_PROVIDERS=registry, because the real providers ask AWS who
    calls; then it uses one or starts one for the command.
    """
    plan, used = plan_of(root.directory, root.arguments, root.outside)
    counted = _changes(plan)
    endpoints = rows(planned(plan))
    if machine:
        output.print_json(
            PlanDocument(
                parts=used,
                changes=counted,
                endpoints=endpoints,
                warnings=[str(warning) for warning in plan.warnings],
            )
        )
        return
    _print(endpoints, plan.warnings)
    output.say(f"Plan: {', '.join(f'{count} to {action}' for action, count in counted.items())}.")


@click.command()
@_configuration
@account
@click.option("--destroy", "remove", is_flag=True, help="The same as `scaleproof destroy`.")
@options.as_json
def apply(root: Configuration, account: str, remove: bool, machine: bool) -> None:
    """Apply a root configuration to LocalStack and show the endpoints, as read back from its API.

    On a LocalStack that stays (`scaleproof up`, or one that you name), DIR/scaleproof.tfstate keeps the
    state, and the next apply continues from it. The configuration's own backend is not touched. Without one,
    LocalStack and everything applied end with the command.
    """
    if remove:
        _destroy(root, account, machine)
        return
    with (
        checked(root.directory, arguments=root.arguments, **root.outside) as providers,
        cloud() as stack,
    ):
        used = parts(stack)
        used.show()
        stays = stack.external or stack.background
        connection = stack.connection(account)
        with _root(root, providers, connection, root.state if stays else None) as made:
            warnings = made.apply()
            state = made.state()
            endpoints = rows(applied(connection, state))
    if machine:
        output.print_json(
            ApplyDocument(
                parts=used,
                endpoints=endpoints,
                outputs=state.shown_outputs,
                state=root.state if stays else None,
                warnings=[str(warning) for warning in warnings],
            )
        )
        return
    _print(endpoints, warnings)
    if stays:
        output.say(f"Applied. State: {root.state}. Destroy with: {_destroy_line(root, account)}")
    else:
        output.say("Applied, and gone with its LocalStack. `scaleproof up` starts one that stays.")


@click.command()
@_configuration
@account
@options.as_json
def destroy(root: Configuration, account: str, machine: bool) -> None:
    """Destroy what `scaleproof apply` created on a LocalStack that stays."""
    _destroy(root, account, machine)


@contextmanager
def checked(directory: Path, **options: Any) -> Iterator[StandIns | None]:
    """The stand-ins for an apply. Refuses the apply before it starts a LocalStack (`Root.check`).

    `options`: those of the `Root` that will be applied. An endpoint that the user names is looked at first:
    `Root.check` may install the registry's providers.
    """
    if url := named_endpoint():
        check_endpoint(url)
    with standins() as providers:
        with Root(directory, standins=providers, **options) as root:
            root.check(applying=True)
        yield providers


def _root(
    root: Configuration, providers: StandIns | None, connection: Connection, state: Path | None
) -> Root:
    return Root(
        root.directory,
        standins=providers,
        connection=connection,
        state=state,
        arguments=root.arguments,
        **root.outside,
    )


def _destroy_line(root: Configuration, account: str) -> str:
    """The command that destroys what these options applied, without the values of secrets.

    A destroy needs a value for each variable; any value does for a sensitive one.
    """
    declared = declared_variables(root.directory)
    words = ["scaleproof", "destroy", str(root.directory)]
    for value in root.values:
        name = value.partition("=")[0].strip()
        shown = name in declared and not declared[name].sensitive
        words += ["--var", value if shown else f"{name}=..."]
    words += [word for file in root.files for word in ("--var-file", file)]
    sources = root.outside["sources"].items()
    words += [word for name, copy in sources for word in ("--source", f"{name}={copy}")]
    words += ["--allow-network"] if root.outside["allow_network"] else []
    words += [word for source in root.outside["allow_providers"] for word in ("--allow-provider", source)]
    words += ["--account", account] if account != ACCOUNT else []
    return shlex.join(words)


def _destroy(root: Configuration, account: str, machine: bool) -> None:
    if not errored.exists(root.state):
        raise ScaleproofError(
            f"There is no {root.state}: nothing was applied there.",
            advice="Name the directory that `scaleproof apply` was given.",
        )
    stack = existing_cloud()
    if stack is None:
        raise ScaleproofError(
            "There is no LocalStack, so what was applied is gone with it.",
            advice=f"Delete {root.state}, or name the LocalStack in AWS_ENDPOINT_URL.",
        )
    parts(stack).show()
    with standins() as providers, _root(root, providers, stack.connection(account), root.state) as found:
        before = len(found.state().resources)
        found.destroy()
    errored.forget(root.state)
    if machine:
        output.print_json(DestroyDocument(destroyed=before))
    else:
        output.say(f"Destroyed; {before} resources and data sources were in the state.")


def _print(endpoints: Sequence[EndpointRow], warnings: Iterable[Diagnostic]) -> None:
    output.print_endpoints(endpoints)
    for warning in warnings:
        console.print(f"warning: {warning}")


def _changes(planned: Plan) -> dict[str, int]:
    kinds: dict[str, int] = dict.fromkeys(("create", "update", "replace", "destroy"), 0)
    found: Counter[str] = Counter(_kind(change.actions) for change in planned.changes)
    return kinds | dict(found)


def _kind(actions: tuple[str, ...]) -> str:
    if len(actions) == 2:
        return "replace"
    return "destroy" if actions == ("delete",) else actions[0]
