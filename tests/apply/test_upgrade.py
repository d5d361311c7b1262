"""State of an earlier module is taken over by this one: the endpoints stay, and so do their instances.

A module with one input more, which nobody sets, takes it over too. The bases of the upgrade are the first and
the last release in git. Without one its test is skipped and says so.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable
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
EMPTY = "{ one = var.added, more = { two = var.added, list = [] } }"
"""An object of which nothing is set, as `optional(object({...}), {})` gives it."""
ADDED = {
    "modules/model/main.tf": {
        "    model_data_url           = var.model_data_url\n": f"a_first = var.added\n z_last = {EMPTY}\n",
    },
    "modules/endpoint/main.tf": {
        "    instance_type                                     = one(": "enable_ssm_access = var.added\n",
        "      priority            = index + 1\n": "a_first = var.added\n z_last = {}\n",
        "          success_topic               ": f"a_first = var.added\n z_last = {EMPTY}\n",
    },
}
"""What a later release adds to the content of a model and of a configuration: by file, before which text."""


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


@pytest.fixture
def root(connection: Connection, standins: StandIns | None, tmp_path: Path) -> Callable[[Path, Path], Root]:
    """The example of one copy of this repository with the module of another; all share one state."""

    def made(examples: Path, module: Path) -> Root:
        return Root(
            examples / EXAMPLE,
            standins=standins,
            connection=connection,
            variables=VARIABLES,
            state=tmp_path / "terraform.tfstate",
            sources={"../..": module},
        )

    return made


def with_inputs_added(directory: Path) -> Path:
    """A copy of the module with an input more for the model and for the configuration, which nobody sets."""
    shutil.copytree(REPOSITORY / "modules", directory / "modules")
    for file in REPOSITORY.glob("*.tf"):
        shutil.copy(file, directory)
    for name, places in ADDED.items():
        file = directory / name
        text = file.read_text()
        for place, added in places.items():
            assert text.count(place) == 1, place
            text = text.replace(place, added + place)
        file.write_text(text + 'variable "added" {\n type = string\n default = null\n}\n')
    return directory


def test_an_input_that_is_added_and_not_set_changes_nothing(
    root: Callable[[Path, Path], Root], tmp_path: Path
) -> None:
    with root(REPOSITORY, REPOSITORY) as before:
        before.apply()
    with root(REPOSITORY, with_inputs_added(tmp_path / "later")) as after:
        assert after.plan().changes == []
        after.arguments = ("-refresh=false",)
        after.destroy()


@pytest.mark.parametrize("base", bases())
def test_an_upgrade_keeps_the_endpoints(
    base: str, connection: Connection, root: Callable[[Path, Path], Root], tmp_path: Path
) -> None:
    old = unpack(REPOSITORY, base, tmp_path / "old")
    with root(old, old) as before:
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

    with root(old, REPOSITORY) as after:
        after.apply()
        assert lives() == standing
        assert after.settled()
        # The empty plan has just read what stands.
        after.arguments = ("-refresh=false",)
        after.destroy()
    assert account.read(connection).names == {}
