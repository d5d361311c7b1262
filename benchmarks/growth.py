"""Plan, apply and destroy of more and more endpoints in one root."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import roots
from benchmarks.clock import Duration, timed
from scaleproof.endpoints.live import endpoint_names, pages
from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack
from scaleproof.progress import console
from scaleproof.providers.session import StandIns
from scaleproof.studies.wording import count
from scaleproof.terraform.root import Root

PHASES = ("plan", "apply", "plan again", "destroy")
"""In this order: a plan with nothing there, an apply and a destroy each with its own plan, and between these
two a plan of what stands, which reads every resource and changes none."""

Growth = dict[int, dict[str, list[Duration]]]
"""The repetitions of each phase, by count of endpoints."""

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def measure(stack: LocalStack, standins: StandIns, repetitions: Mapping[int, int]) -> Growth:
    """Measures each count of endpoints as often as `repetitions` says.

    Every repetition has an account of its own. One endpoint goes before and is not counted: LocalStack loads
    a service when it is called for the first time.
    """
    growth: Growth = {number: {phase: [] for phase in PHASES} for number in repetitions}
    with tempfile.TemporaryDirectory(prefix="scaleproof-bench-") as top:
        directory = roots.write(Path(top) / "root")
        console.print("Warming up")
        _in_new_account(stack, standins, directory, 1)
        for number, times in repetitions.items():
            for repetition in range(times):
                console.print(f"Applying and destroying {count(number, 'endpoint')}, {repetition + 1} of {times}")
                durations = _in_new_account(stack, standins, directory, number)
                for phase in PHASES:
                    growth[number][phase].append(durations[phase])
    return growth


def cycle(root: Root, connection: Connection) -> dict[str, Duration]:
    """Takes a root with `endpoints` among its variables through all phases; returns the duration of each.

    What was applied is destroyed even if a later phase fails. Raises ScaleproofError when the API does not
    have as many endpoints and policies as were asked for, when the second plan is not empty, and when
    anything is left at the end.
    """
    number = root.variables["endpoints"]
    root.init()
    durations = {"plan": timed(root.plan)[0]}
    try:
        durations["apply"], _ = timed(root.apply)
        _check_standing(connection, number)
        durations["plan again"], plan = timed(root.plan)
        if not plan.empty:
            changed = ", ".join(change.address for change in plan.changes)
            message = f"A second plan of {count(number, 'endpoint')} is not empty"
            raise ScaleproofError(f"{message}: {changed or 'outputs'}.")
    finally:
        durations["destroy"], _ = timed(root.destroy)
    _check_standing(connection, 0)
    return durations


def _in_new_account(stack: LocalStack, standins: StandIns, directory: Path, count: int) -> dict[str, Duration]:
    connection = stack.connection(f"{random.randrange(10**12):012d}")
    with (
        model(connection),
        Root(directory, standins=standins, connection=connection, variables={"endpoints": count}) as root,
    ):
        return cycle(root, connection)


@contextmanager
def model(connection: Connection) -> Iterator[None]:
    """A model that exists, with the role it needs."""
    iam, sagemaker = connection.client("iam"), connection.client("sagemaker")
    role = iam.create_role(RoleName=roots.MODEL, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
    try:
        image = f"{connection.account}.dkr.ecr.{connection.region}.amazonaws.com/speech:1.4"
        sagemaker.create_model(ModelName=roots.MODEL, ExecutionRoleArn=role["Arn"], PrimaryContainer={"Image": image})
        try:
            yield
        finally:
            sagemaker.delete_model(ModelName=roots.MODEL)
    finally:
        iam.delete_role(RoleName=roots.MODEL)


def _check_standing(connection: Connection, expected: int) -> None:
    scaling = connection.client("application-autoscaling")
    policies = pages(scaling, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="sagemaker")
    numbers = {"endpoints": len(endpoint_names(connection.client)), "scaling policies": len(policies)}
    for noun, number in numbers.items():
        if number != expected:
            raise ScaleproofError(f"There are {number} {noun} where {expected} were expected.")
