"""The pytest plugin: tests for root configurations that use the module, with no cloud and no credentials.

Fixtures: `plan`, `apply`, `endpoint` and `simulate`. Files named `*.scaleproof.yaml` are tests without Python. Where
scaleproof is installed, every run of pytest imports this module; it loads the rest only when needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from scaleproof.localstack.connection import Connection
    from scaleproof.localstack.start import LocalStack
    from scaleproof.providers.session import StandIns
    from scaleproof.pytest_plugin.fixtures import ApplyRoot, PlanRoot, SimulateEndpoint, TheEndpoint
    from scaleproof.pytest_plugin.run import Run
    from scaleproof.pytest_plugin.shared import Offer

_SUFFIXES = (".scaleproof.yaml", ".scaleproof.yml")


@dataclass
class Session:
    """What one process of pytest holds.

    `copies`: local directories by the sources of modules that they replace. `used`: the parts that the run used, in
    words, in order. `rebuilt`: files that --scaleproof-rebuild wrote, and what it removed from them. `run`: once
    something needs it. `offer`: the LocalStack for workers, in the process that started them.
    """

    copies: Mapping[str, Path]
    used: dict[str, None] = field(default_factory=dict)
    rebuilt: dict[Path, list[str]] = field(default_factory=dict)
    run: Run | None = None
    offer: Offer | None = None


SESSION = pytest.StashKey[Session]()


def current_run(config: pytest.Config) -> Run:
    """The `Run` of this process."""
    from scaleproof.pytest_plugin.run import Run

    session = config.stash[SESSION]
    if session.run is None:
        offer = getattr(config, "workerinput", {}).get("scaleproof")
        session.run = Run(config.rootpath, session.copies, Path(offer) if offer else None)
    return session.run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("scaleproof")
    group.addoption(
        "--scaleproof-source",
        action="append",
        default=[],
        metavar="SOURCE=DIR",
        help="Use a local directory for the root's module blocks with this source. Can be repeated.",
    )
    group.addoption(
        "--scaleproof-rebuild",
        action="store_true",
        help="Update the selected cases in YAML from their plans, instead of comparing.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Stores the options where the rest of scaleproof reads them."""
    if config.getoption("scaleproof_rebuild") and config.getoption("dist", "no") != "no":
        raise pytest.UsageError("--scaleproof-rebuild writes files one after the other: add -n 0.")
    config.stash[SESSION] = Session(_copies(config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends what was started, however the run ends."""
    if (session := config.stash.get(SESSION, None)) is not None:
        for part in (session.run, session.offer):
            if part is not None:
                part.close()
        del config.stash[SESSION]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells every worker of pytest-xdist where to get the LocalStack of the run."""
    from scaleproof.pytest_plugin.shared import Offer

    session = node.config.stash[SESSION]
    session.offer = session.offer or Offer()
    node.workerinput["scaleproof"] = str(session.offer.directory)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Records the parts that this process used."""
    held = session.config.stash[SESSION]
    if held.run is not None and (parts := held.run.parts()):
        held.used.update(dict.fromkeys(parts))
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["scaleproof"] = parts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Records the parts that a worker used."""
    if parts := getattr(node, "workeroutput", {}).get("scaleproof"):
        node.config.stash[SESSION].used.update(dict.fromkeys(parts))


def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Ends the traceback of a failure that has a message for users where scaleproof begins."""
    from scaleproof.errors import ScaleproofError

    if call.excinfo is None or not isinstance(call.excinfo.value, ScaleproofError | AssertionError | Warning):
        return
    entry = call.excinfo.value.__traceback__
    while entry and entry.tb_next:
        # A fixture of scaleproof, which pytest calls, is shown: there is no line of a test.
        if _package(entry.tb_next) == "scaleproof" and _package(entry) not in ("_pytest", "pluggy"):
            entry.tb_next = None
            call.excinfo.value.__cause__ = None
        entry = entry.tb_next


def _package(entry: TracebackType) -> str:
    return str(entry.tb_frame.f_globals.get("__name__")).partition(".")[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints which parts were real and which were stand-ins."""
    session = config.stash[SESSION]
    if session.used:
        terminalreporter.write_line(f"scaleproof used {', '.join(session.used)}.")
    for path, gone in session.rebuilt.items():
        shown = os.path.relpath(path, config.invocation_params.dir)
        terminalreporter.write_line(f"scaleproof rebuilt {shown}: read the difference before you keep it.")
        for expectation in gone:
            terminalreporter.write_line(f"  no longer expected, since the plan has no such thing: {expectation}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects cases in YAML."""
    if not file_path.name.endswith(_SUFFIXES):
        return None
    from scaleproof.pytest_plugin.cases import File

    return File.from_parent(parent, path=file_path)


@pytest.fixture(scope="session")
def plan(pytestconfig: pytest.Config) -> PlanRoot:
    """Plans a root configuration: plan(directory, **variables) returns a typed plan."""
    from scaleproof.pytest_plugin.fixtures import plan_root

    return plan_root(current_run(pytestconfig))


@pytest.fixture(scope="session")
def apply(pytestconfig: pytest.Config) -> Iterator[ApplyRoot]:
    """Applies a root configuration to LocalStack: apply(directory, **variables) returns an `Applied`."""
    from scaleproof.pytest_plugin.fixtures import apply_root

    held = current_run(pytestconfig)
    yield apply_root(held)
    held.destroy_applied()


@pytest.fixture(scope="session")
def endpoint() -> TheEndpoint:
    """Statements about an endpoint: endpoint(planned_or_applied, name) returns an `ExpectedEndpoint`."""
    from scaleproof.pytest_plugin import fixtures

    return fixtures.endpoint


@pytest.fixture(scope="session")
def simulate() -> SimulateEndpoint:
    """Simulates an endpoint in virtual time: simulate(endpoint, "diurnal:peak=150").holds()."""
    from scaleproof.pytest_plugin import fixtures

    return fixtures.simulate


@pytest.fixture(scope="session")
def scaleproof_standins(pytestconfig: pytest.Config) -> StandIns | None:
    """The in-process providers of this process, None with the registry's providers."""
    return current_run(pytestconfig).standins


@pytest.fixture(scope="session")
def scaleproof_cloud(pytestconfig: pytest.Config) -> LocalStack:
    """The LocalStack of the run."""
    return current_run(pytestconfig).cloud


@pytest.fixture(scope="session")
def scaleproof_new_account(pytestconfig: pytest.Config) -> Callable[[], str]:
    """Each call returns an empty AWS account."""
    return current_run(pytestconfig).new_account


@pytest.fixture
def scaleproof_connection(scaleproof_cloud: LocalStack, scaleproof_new_account: Callable[[], str]) -> Connection:
    """An empty account in the LocalStack of the run: boto3 clients by `.client(service)`."""
    return scaleproof_cloud.connection(scaleproof_new_account())


def _copies(config: pytest.Config) -> dict[str, Path]:
    words = config.getoption("scaleproof_source")
    if not words:
        return {}
    from scaleproof.errors import ScaleproofError
    from scaleproof.terraform import sources

    try:
        return dict(sources.parse(word, config.invocation_params.dir) for word in words)
    except ScaleproofError as error:
        raise pytest.UsageError(f"--scaleproof-source: {error}") from None
