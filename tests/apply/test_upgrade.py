"""State of an earlier module is taken over by this one: the endpoints stay, and so do their instances.

The bases are the first and the last release in git. Without one the test is skipped and says so.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
from tests.apply import account
from tests.plan.planner import IMAGE, REPOSITORY

EXAMPLE = "examples/complete"
VARIABLES = {"region": "us-east-1", "image": IMAGE}
ENDPOINTS = ("speech-async", "speech-realtime")
SCALED = 4


def git(repository: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it cannot."""
    try:
        return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def releases(repository: Path) -> list[str]:
    """The tags of the first and the last release before what is checked out; empty while there is none."""
    found = git(repository, "tag", "--list", "v[0-9]*", "--sort=v:refname", "--merged", "HEAD") or b""
    here = (git(repository, "tag", "--points-at", "HEAD") or b"").decode().split()
    earlier = [tag for tag in found.decode().split() if tag not in here]
    return list(dict.fromkeys([earlier[0], earlier[-1]])) if earlier else []


def unpack(repository: Path, release: str, directory: Path) -> Path:
    """A release in a directory."""
    packed = git(repository, "archive", "--format=tar", release)
    assert packed is not None, f"git has no {release}: fetch the tags, git fetch --tags --unshallow"
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(directory, filter="data")
    return directory


def bases() -> list[object]:
    none = pytest.mark.skip("git has no tag v* of a release before this: there is nothing to upgrade from")
    return list(releases(REPOSITORY)) or [pytest.param("", marks=none, id="no release yet")]


def test_bases_are_the_first_release_and_the_last_before_this_one(tmp_path: Path) -> None:
    repository, file = tmp_path / "made-up", tmp_path / "made-up" / "main.tf"
    repository.mkdir()
    git(repository, "init", "--quiet")
    who = ("-c", "user.name=made up", "-c", "user.email=made@up.example")
    assert releases(repository) == []
    for content, tag in (("one", "v0.9.0"), ("two", "v0.10.0"), ("three", "odd"), ("four", "v1.0.0")):
        file.write_text(content)
        git(repository, "add", "main.tf")
        git(repository, *who, "commit", "--quiet", "-m", content)
        git(repository, "tag", tag)
    assert releases(repository) == ["v0.9.0", "v0.10.0"]
    assert (unpack(repository, "v0.9.0", tmp_path / "first") / "main.tf").read_text() == "one"
    assert (unpack(repository, "v0.10.0", tmp_path / "last") / "main.tf").read_text() == "two"
    git(repository, "checkout", "--quiet", "v0.10.0")
    assert releases(repository) == ["v0.9.0"]


@pytest.mark.parametrize("base", bases())
def test_an_upgrade_keeps_the_endpoints(
    base: str, connection: Connection, standins: StandIns | None, tmp_path: Path
) -> None:
    old = unpack(REPOSITORY, base, tmp_path / "old")

    def root(module: Path) -> Root:
        return Root(
            old / EXAMPLE,
            standins=standins,
            connection=connection,
            variables=VARIABLES,
            state=tmp_path / "terraform.tfstate",
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
