"""The functions that fixtures return."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from scaleproof.endpoints import from_plan, from_state
from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.expectations import ExpectedEndpoint, the
from scaleproof.pytest_plugin.run import Applied, Directory, Run
from scaleproof.pytest_plugin.simulated import SimulatedEndpoint, simulated, study
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation import Traffic
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.traffic import parse as parse_traffic
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State

Files: TypeAlias = Directory | Sequence[Directory]
"""Files of variables (`-var-file`), relative to the root configuration."""
PlanRoot: TypeAlias = Callable[..., Plan]
ApplyRoot: TypeAlias = Callable[..., Applied]
TheEndpoint: TypeAlias = Callable[..., ExpectedEndpoint]
SimulateEndpoint: TypeAlias = Callable[..., SimulatedEndpoint]


def plan_root(run: Run) -> PlanRoot:
    """`plan(directory, **variables)` of a run."""

    def plan(directory: Directory, /, *, tfvars: Files = (), **variables: Any) -> Plan:
        """The plan of a root configuration, without a cloud. Writes nothing into the directory.

        The registry's providers ask AWS who calls, so they plan against the LocalStack of the run. `tfvars`:
        files of variables; `variables` win over them. Raises `PlanFailed` with Terraform's diagnostics, as
        for `pytest.raises(PlanFailed, match="...")`.
        """
        return run.plan(directory, variables, _files(tfvars))

    return plan


def apply_root(run: Run) -> ApplyRoot:
    """`apply(directory, **variables)` of a run."""

    def apply(directory: Directory, /, *, tfvars: Files = (), **variables: Any) -> Applied:
        """A root configuration applied to LocalStack, in an account of its own.

        The end of a `with` statement destroys it; else the end of its LocalStack, or of the run if the
        LocalStack keeps running. Raises `PlanFailed` or `ApplyFailed`.
        """
        return run.apply(directory, variables, _files(tfvars))

    return apply


def endpoint(source: Plan | State | Applied, name: str | None = None) -> ExpectedEndpoint:
    """One endpoint of a plan, of a state or of an `Applied`; `name` can be omitted if there is only one.

    Raises `ScaleproofError` if there is no such endpoint, or if its scaling is known only after an apply.
    """
    if isinstance(source, Plan):
        return ExpectedEndpoint(the(from_plan(source), name))
    if isinstance(source, Applied | State):
        state = source.state if isinstance(source, Applied) else source
        return ExpectedEndpoint(the(from_state(state), name))
    raise ScaleproofError(
        f"Cannot read an endpoint from {type(source).__name__}.",
        advice="Pass what plan(...) or apply(...) returned.",
    )


def simulate(
    endpoint: ExpectedEndpoint | Endpoint,
    traffic: str | Path | Traffic,
    *,
    seed: int = 0,
    start: datetime | None = None,
    assume: Mapping[str, Any] | None = None,
    price: Mapping[str, float] | None = None,
    max_cut: str | float | None = None,
) -> SimulatedEndpoint:
    """An endpoint under traffic, with its policies: `simulate(endpoint, "diurnal:peak=150")`.

    `traffic`: in the words of `scaleproof simulate --traffic` (a generator with its settings, or a CSV file,
    relative to where pytest was started), the path of such a file, or a `Traffic`. `seed`: of everything random,
    unless the words say. `start`: when it begins, with a time zone; a Monday by default. `assume`: answers to what
    AWS does not document, by name, as in `assume={"provisioning": 300}`. `price`: USD per instance-hour by type.
    `max_cut`: the most requests that scale-in may cut off, a number a day or as in "0.5%"; by default 0.1 %. Raises
    `ScaleproofError` for what cannot be simulated.
    """
    described = endpoint.described if isinstance(endpoint, ExpectedEndpoint) else endpoint
    request = study(str(traffic), seed, start, assume, price, max_cut)
    spec = (
        TrafficSpec(traffic.name, traffic, seed=seed)
        if isinstance(traffic, Traffic)
        else parse_traffic(str(traffic), [described.name], seed=seed)
    )
    return simulated(described, request, spec)


def _files(files: Files) -> tuple[Path, ...]:
    return tuple(map(Path, [files] if isinstance(files, str | os.PathLike) else files))
