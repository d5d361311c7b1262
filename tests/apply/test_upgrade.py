"""State of an earlier module is taken over by this one: the endpoints stay, and so do their instances.

The bases are the first and the last release in git. Until there is one, or where a clone lacks the tags, the
base is commit 63934cb, at which every example was applied, changed and destroyed by the tests. Its HCL is in
bases/, file after file, so that it is there without git.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
from tests.apply import account
from tests.plan.planner import IMAGE, REPOSITORY

BASES = Path(__file__).with_name("bases")
FROZEN = "63934cb"
EXAMPLE = "examples/complete"
VARIABLES = {"region": "us-east-1", "image": IMAGE}
ENDPOINTS = ("speech-async", "speech-realtime")
SCALED = 4


def git(*arguments: str) -> bytes | None:
    """What git prints; None where it cannot."""
    try:
        return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def releases() -> list[str]:
    """The tags of the releases before this state of the project, oldest first."""
    found = (git("tag", "--list", "v[0-9]*", "--sort=v:refname", "--merged", "HEAD") or b"").decode().split()
    here = (git("tag", "--points-at", "HEAD") or b"").decode().split()
    return [tag for tag in found if tag not in here]


def bases() -> list[str]:
    """The first release and the last, or what stands for one."""
    found = releases()
    return list(dict.fromkeys([found[0], found[-1]])) if found else [FROZEN]


def unpack(base: str, directory: Path) -> Path:
    """The project's HCL at a base, in a directory."""
    if base == FROZEN:
        _, *parts = re.split(r"^-- (.+) --\n", (BASES / f"{FROZEN}.txt").read_text(), flags=re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
        return directory
    packed = git("archive", "--format=tar", base)
    assert packed is not None
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(directory, filter="data")
    return directory


def test_the_frozen_base_is_what_git_has(tmp_path: Path) -> None:
    """Where git has it: a shallow clone knows the archive only."""
    files = [path for path in unpack(FROZEN, tmp_path).rglob("*") if path.is_file()]
    assert len(files) > 30
    for path in files:
        shown = git("show", f"{FROZEN}:{path.relative_to(tmp_path).as_posix()}")
        assert shown is None or shown == path.read_bytes(), path


@pytest.mark.parametrize("base", bases())
def test_an_upgrade_keeps_the_endpoints(
    base: str, connection: Connection, standins: StandIns | None, tmp_path: Path
) -> None:
    old = unpack(base, tmp_path / "old")
    state = tmp_path / "terraform.tfstate"

    def root(module: Path) -> Root:
        return Root(
            old / EXAMPLE,
            standins=standins,
            connection=connection,
            variables=VARIABLES,
            state=state,
            sources={"../..": module},
        )

    with root(old) as before:
        before.apply()
    sagemaker = connection.client("sagemaker")

    def lives() -> dict[str, tuple[object, int]]:
        """When each endpoint was made, and how many instances it has."""
        described = {name: sagemaker.describe_endpoint(EndpointName=name) for name in ENDPOINTS}
        return {
            name: (one["CreationTime"], one["ProductionVariants"][0]["CurrentInstanceCount"])
            for name, one in described.items()
        }

    for name in ENDPOINTS:
        change = {"VariantName": "AllTraffic", "DesiredInstanceCount": SCALED}
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[change]
        )
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})
    standing = lives()
    assert {count for _, count in standing.values()} == {SCALED}

    with root(REPOSITORY) as after:
        after.apply()
        assert lives() == standing
        assert after.settled()
        # The empty plan has just read what stands.
        after.arguments = ("-refresh=false",)
        after.destroy()
    assert account.read(connection).names == {}
