"""The same providers, in this process and as processes that Terraform starts."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import roots
from benchmarks.clock import Duration, timed
from scaleproof.errors import ScaleproofError
from scaleproof.progress import console
from scaleproof.providers.plugin import mirror
from scaleproof.providers.session import StandIns
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root


@dataclass
class Comparison:
    """The plans of one endpoint, in the order they were made; both lists are of one length."""

    in_process: list[Duration] = field(default_factory=list)
    spawned: list[Duration] = field(default_factory=list)


def compare(standins: StandIns, repetitions: int) -> Comparison:
    """Plans one endpoint by turns with `standins` and with the same providers from a provider mirror.

    One plan of each goes before and is not counted. Raises ScaleproofError when the two plans differ, since
    then the comparison would be of different things.
    """
    with tempfile.TemporaryDirectory(prefix="scaleproof-bench-") as top:
        directory = roots.write(Path(top) / "root")
        mirrored = Path(top) / "mirror"
        mirrored.mkdir()
        one = {"endpoints": 1}
        with (
            # For both: what reattachment does not need, it does not read.
            _environment(mirror(mirrored)),
            Root(directory, standins=standins, variables=one) as attached,
            Root(directory, variables=one) as installed,
        ):
            _check_same(attached.plan(), installed.plan())
            found = Comparison()
            turns = [(attached, found.in_process), (installed, found.spawned)]
            for repetition in range(repetitions):
                _announce(repetition, repetitions)
                # Neither is always the first, in case the first of a pair has it harder.
                for root, durations in turns if repetition % 2 == 0 else reversed(turns):
                    durations.append(timed(root.plan)[0])
    return found


def _announce(repetition: int, repetitions: int) -> None:
    console.print(
        f"Planning one endpoint with providers in-process and spawned, {repetition + 1} of {repetitions}"
    )


def _check_same(one: Plan, other: Plan) -> None:
    first, second = _changes(one), _changes(other)
    differing = sorted(
        address for address in first.keys() | second.keys() if first.get(address) != second.get(address)
    )
    if differing:
        raise ScaleproofError(
            f"The providers plan differently in-process and spawned: {', '.join(differing)}.",
            advice="This is a defect of scaleproof.",
        )


def _changes(plan: Plan) -> dict[str, str]:
    """The changes by address, without what a plan has of its time (docs/decisions/0014)."""
    configurations = plan.of_type("awscc_sagemaker_endpoint_config")
    timed = [plan.raw["timestamp"], *(found.values["endpoint_config_name"] for found in configurations)]
    found = {change["address"]: json.dumps(change) for change in plan.raw["resource_changes"]}
    for moment in timed:
        found = {address: text.replace(moment, "") for address, text in found.items()}
    return found


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
