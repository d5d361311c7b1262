"""State of an earlier module is taken over by this one: nothing is deployed anew, and all instances stay.

The bases of the upgrade are the first and the last release in git. Without one their test is skipped and says
so. What they are tested by is tested in every run, on two commits of a made-up repository: a release, and one
that adds inputs which nobody sets. With a default such an input deploys every fleet, and that is noticed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from tests.apply import account
from tests.plan.planner import IMAGE, REPOSITORY

pytestmark = pytest.mark.nightly

EXAMPLE = "examples/complete"
VARIABLES = {"region": "us-east-1", "image": IMAGE}
ENDPOINTS = ("complete-async", "complete-realtime")
SCALED = 4
EMPTY = "{ one = var.added, more = { two = var.added, list = [] } }"
"""An object of which nothing is set, as `optional(object({...}), {})` gives it."""
ADDED = {
    "modules/model/main.tf": {
        "    model_data_url                = ": f"a_first = var.added\n z_last = {EMPTY}\n",
    },
    "modules/endpoint/main.tf": {
        "    instance_type                                     = one(": "enable_ssm_access = var.added\n",
        "      priority            = index + 1\n": "a_first = var.added\n z_last = {}\n",
        "          success_topic               ": f"a_first = var.added\n z_last = {EMPTY}\n",
    },
}
"""What a later release adds to the content of a model and of a configuration: by file, before which text."""


UNSET = "default = null"
DEPLOYED = ("aws_sagemaker_model", "awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config")


def git(repository, *arguments):
    """What git prints; None where it cannot."""
    try:
        return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def releases(repository):
    """The tags of the first and the last release before what is checked out; empty while there is none."""
    found = git(repository, "tag", "--list", "v[0-9]*", "--sort=v:refname", "--merged", "HEAD") or b""
    here = (git(repository, "tag", "--points-at", "HEAD") or b"").decode().split()
    earlier = [tag for tag in found.decode().split() if tag not in here]
    return list(dict.fromkeys([earlier[0], earlier[-1]])) if earlier else []


def unpack(repository, release, directory):
    """A release in a directory."""
    packed = git(repository, "archive", "--format=tar", release)
    assert packed is not None, f"git has no {release}: fetch the tags, git fetch --tags --unshallow"
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(directory, filter="data")
    return directory


def bases():
    none = pytest.mark.skip("git has no tag v* of a release before this: there is nothing to upgrade from")
    return list(releases(REPOSITORY)) or [pytest.param("", marks=none, id="no release yet")]


def commit(repository, tag):
    """Commits what stands in a repository, which it makes, and tags it."""
    who = ("-c", "user.name=made up", "-c", "user.email=made@up.example")
    for arguments in (
        ("init", "--quiet"),
        ("add", "--all"),
        (*who, "commit", "--quiet", "-m", tag),
        ("tag", tag),
    ):
        assert git(repository, *arguments) is not None, arguments


def test_bases_are_the_first_release_and_the_last_before_this_one(tmp_path):
    repository, file = tmp_path / "made-up", tmp_path / "made-up" / "main.tf"
    repository.mkdir()
    assert releases(repository) == []
    for content, tag in (("one", "v0.9.0"), ("two", "v0.10.0"), ("three", "odd"), ("four", "v1.0.0")):
        file.write_text(content)
        commit(repository, tag)
    assert releases(repository) == ["v0.9.0", "v0.10.0"]
    assert (unpack(repository, "v0.9.0", tmp_path / "first") / "main.tf").read_text() == "one"
    assert (unpack(repository, "v0.10.0", tmp_path / "last") / "main.tf").read_text() == "two"
    git(repository, "checkout", "--quiet", "v0.10.0")
    assert releases(repository) == ["v0.9.0"]


@pytest.fixture
def root(connection, standins, tmp_path):
    """The example of one copy of this repository with the module of another; all share one state."""

    def made(examples, module):
        return Root(
            examples / EXAMPLE,
            standins=standins,
            connection=connection,
            variables=VARIABLES,
            state=tmp_path / "terraform.tfstate",
            sources={"../..": module},
        )

    return made


def add_inputs(repository):
    """Gives the module an input more for the model and for the configuration, which nobody sets."""
    for name, places in ADDED.items():
        file = repository / name
        text = file.read_text()
        for place, added in places.items():
            assert text.count(place) == 1, place
            text = text.replace(place, added + place)
        file.write_text(text + f'variable "added" {{\n type = string\n {UNSET}\n}}\n')


@dataclass(frozen=True)
class Upgrade:
    """What the first plan with the new module would do, and the endpoints before and after its apply."""

    plan: Plan
    before: dict[str, Any]
    after: dict[str, Any]


def upgrade(old, new, connection, root):
    """Applies the example of one release, lets its endpoints scale, and applies another's module to it."""
    with root(old, old) as before:
        before.apply()
    sagemaker = connection.client("sagemaker")
    for name in ENDPOINTS:
        change = {"VariantName": "AllTraffic", "DesiredInstanceCount": SCALED}
        sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[change])
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})

    def lives():
        """Of each endpoint when it was made and changed, what it serves, and how many instances it has."""
        described = {name: sagemaker.describe_endpoint(EndpointName=name) for name in ENDPOINTS}
        members = ("CreationTime", "LastModifiedTime", "EndpointConfigName")
        return {
            name: (
                {member: one[member] for member in members},
                one["ProductionVariants"][0]["CurrentInstanceCount"],
            )
            for name, one in described.items()
        }

    standing = lives()
    with root(old, new) as after:
        plan = after.plan()
        after.apply()
        assert after.plan().empty
    return Upgrade(plan, standing, lives())


def assert_nothing_is_deployed(upgrade):
    """Asserts that fleets go on as they were, and that the plan had said so."""
    assert deploying(upgrade.plan) == []
    assert upgrade.after == upgrade.before
    assert {count for _, count in upgrade.after.values()} == {SCALED}


def deploying(plan):
    """The changes of a plan to what is deployed."""
    return [change for change in plan.changes if change.type in DEPLOYED]


def destroy(root, connection):
    root.arguments = ("-refresh=false",)  # an empty plan has just read what stands
    root.destroy()
    assert account.read(connection).names == {}


def test_what_an_upgrade_deploys_is_noticed(connection, root, tmp_path):
    """On commits of a made-up repository, as it is done with releases of this one."""
    repository = tmp_path / "made-up"
    for directory in ("modules", EXAMPLE):
        shutil.copytree(REPOSITORY / directory, repository / directory)
    for file in REPOSITORY.glob("*.tf"):
        shutil.copy(file, repository)
    commit(repository, "v0.1.0")
    add_inputs(repository)
    commit(repository, "added")
    (base,) = releases(repository)
    old = unpack(repository, base, tmp_path / "old")
    found = upgrade(old, repository, connection, root)
    assert found.plan.changes == []
    assert_nothing_is_deployed(found)
    endpoint = repository / "modules/endpoint/main.tf"
    endpoint.write_text(endpoint.read_text().replace(UNSET, 'default = "true"'))
    with root(old, repository) as after:
        assert {change.type for change in deploying(after.plan())} == set(DEPLOYED[1:])
        destroy(after, connection)


@pytest.mark.parametrize("base", bases())
def test_an_upgrade_keeps_the_endpoints(base, connection, root, tmp_path):
    old = unpack(REPOSITORY, base, tmp_path / "old")
    assert_nothing_is_deployed(upgrade(old, REPOSITORY, connection, root))
    with root(old, REPOSITORY) as after:
        destroy(after, connection)
