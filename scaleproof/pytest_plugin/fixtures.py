"""The values of the fixtures: callables that know the run, and types for annotations.

They raise errors without a traceback: the message says what to change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pytest

from scaleproof.endpoints import from_plan, from_state
from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin import cases
from scaleproof.pytest_plugin.expectations import ExpectedEndpoint, the
from scaleproof.pytest_plugin.run import Applied, Directory, Run
from scaleproof.pytest_plugin.simulated import SimulatedEndpoint
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation import Traffic
from scaleproof.studies.assumptions import parse as parse_model
from scaleproof.studies.run import Setting, check_prices, types_of
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.traffic import parse as parse_traffic
from scaleproof.studies.verdict import CUT_LIMIT, CutLimit
from scaleproof.terraform.diagnostics import TerraformError
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State

_T = TypeVar("_T")
Files: TypeAlias = Directory | Sequence[Directory]
"""Files of variables (`-var-file`), relative to the root configuration."""


class PlanRoot:
    """`plan(directory, **variables)`: the plan of a root configuration, without a cloud.

    The registry's providers ask AWS who calls, so they plan against the LocalStack of the run. Writes nothing
    into the directory. `tfvars`: files of variables; `variables` win over them.
    Raises `PlanFailed` with Terraform's diagnostics, as for `pytest.raises(PlanFailed, match="...")`.
    """

    def __init__(self, run: Run) -> None:
        """`run`: the parts to plan with."""
        self._run = run

    def __call__(self, directory: Directory, /, *, tfvars: Files = (), **variables: Any) -> Plan:
        """See the class."""
        __tracebackhide__ = True
        return _without_traceback(lambda: self._run.plan(directory, variables, _files(tfvars)))


class ApplyRoot:
    """`apply(directory, **variables)`: a root configuration applied to LocalStack, in an account of its own.

    Raises `PlanFailed` or `ApplyFailed`. The end of a `with` statement destroys it; else the end of its
    LocalStack, or of the run if the LocalStack keeps running.
    """

    def __init__(self, run: Run) -> None:
        """`run`: the parts to apply with."""
        self._run = run

    def __call__(self, directory: Directory, /, *, tfvars: Files = (), **variables: Any) -> Applied:
        """See the class."""
        __tracebackhide__ = True
        return _without_traceback(lambda: self._run.apply(directory, variables, _files(tfvars)))


class TheEndpoint:
    """`endpoint(planned, name)`: one endpoint of a plan, of a state or of an `Applied`.

    `name` can be omitted if there is only one. Raises `ScaleproofError` if there is no such endpoint, or if
    its scaling is known only after an apply.
    """

    def __call__(self, source: Plan | State | Applied, name: str | None = None) -> ExpectedEndpoint:
        """See the class."""
        __tracebackhide__ = True
        return _without_traceback(lambda: ExpectedEndpoint(the(_endpoints(source), name)))


class SimulateEndpoint:
    """`simulate(endpoint, "diurnal:peak=150")`: an endpoint under traffic, with its policies.

    `traffic`: in the words of `scaleproof simulate --traffic` (a generator with its settings, or a CSV file,
    relative to where pytest was started), or a `Traffic`. `seed`: of everything random. `start`:
    when it begins, with a time zone; a Monday by default. `assume`: answers to what AWS does not document,
    by name, as in `assume={"provisioning": 300}`. `price`: USD per instance-hour by
    type. `max_cut`: the most requests that scale-in may cut off, a number a day or as in "0.5%"; by default
    0.1 %. Raises `ScaleproofError` for what cannot be simulated.
    """

    def __call__(
        self,
        endpoint: ExpectedEndpoint | Endpoint,
        traffic: str | Traffic,
        *,
        seed: int = 0,
        start: datetime | None = None,
        assume: Mapping[str, Any] | None = None,
        price: Mapping[str, float] | None = None,
        max_cut: str | float | None = None,
    ) -> SimulatedEndpoint:
        """See the class."""
        __tracebackhide__ = True
        described = endpoint.described if isinstance(endpoint, ExpectedEndpoint) else endpoint

        def simulated() -> SimulatedEndpoint:
            model = parse_model(f"{name}={value}" for name, value in (assume or {}).items())
            named = (
                parse_traffic(traffic, seed=seed)
                if isinstance(traffic, str)
                else TrafficSpec(traffic.name, traffic)
            )
            check_prices(price or {}, types_of([described]))
            limit = CUT_LIMIT if max_cut is None else CutLimit.parse(str(max_cut))
            setting = Setting(model=model, seed=seed, start=start, price=price or {}, max_cut=limit)
            return SimulatedEndpoint(setting.outcome(described, named))

        return _without_traceback(simulated)


class CheckInventory:
    """`inventory(planned, "speech.yaml")`: compares the plan with the file; relative to the test's file.

    The file has any of the sections `values`, `counts`, `outputs` and `endpoints`. Raises AssertionError
    with the differences and the command that rebuilds the file.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        """`request`: the test's."""
        self._request = request

    def __call__(self, planned: Plan, path: Directory, /) -> None:
        """See the class."""
        __tracebackhide__ = True
        file = self._request.path.parent / Path(path)
        _without_traceback(
            lambda: cases.check(self._request.config, file, planned, self._request.node.nodeid)
        )


def _endpoints(source: Any) -> list[Endpoint]:
    if isinstance(source, Plan):
        return from_plan(source)
    if isinstance(source, Applied | State):
        return from_state(source.state if isinstance(source, Applied) else source)
    raise ScaleproofError(
        f"Cannot read an endpoint from {type(source).__name__}.",
        advice="Pass what plan(...) or apply(...) returned.",
    )


def _without_traceback(ask: Callable[[], _T]) -> _T:
    __tracebackhide__ = True
    try:
        return ask()
    except (ScaleproofError, cases.Different) as error:
        if os.environ.get("SCALEPROOF_DEBUG"):
            raise
        if isinstance(error, TerraformError):
            for one in error.diagnostics[1:]:
                error.add_note(f"{one.severity}: {one}")
        raise error.with_traceback(None) from None


def _files(given: Files) -> tuple[Path, ...]:
    if isinstance(given, str | os.PathLike):
        return (Path(given),)
    return tuple(Path(one) for one in given)
