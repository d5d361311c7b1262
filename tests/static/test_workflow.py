"""The project's own continuous integration covers what it says that it supports."""

import re
import tomllib

import pytest
from ruamel.yaml import YAML

from tests.unit.versions.releases import RELEASES
from tools.terraform_module import Module


@pytest.fixture(scope="module")
def workflow(root):
    return dict(YAML(typ="safe").load(root / ".github/workflows/ci.yml"))


@pytest.fixture(scope="module")
def jobs(workflow):
    """The jobs of the workflow, by name."""
    return dict(workflow["jobs"])


def steps(job):
    """The commands of a job."""
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def test_every_python_from_the_lowest_is_tested(root, jobs):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lowest = project["requires-python"].removeprefix(">=")
    versions = jobs["test"]["strategy"]["matrix"]["python"]
    assert versions[0] == lowest
    minors = [int(version.split(".")[1]) for version in versions]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert ".ci/run" in steps(jobs["test"])


def test_the_oldest_python_is_tested_alone(root, jobs):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lowest = project["requires-python"].removeprefix(">=")
    assert jobs["container"]["container"] == f"python:{lowest}-slim"
    assert "make test demo" in steps(jobs["container"])


def test_terraform_and_opentofu_are_tested_at_both_ends(root, jobs):
    matrix = jobs["program"]["strategy"]["matrix"]
    assert "make test demo" in steps(jobs["program"])
    assert {one["version"] for one in matrix["include"]} <= set(RELEASES)
    lowest = Module.read(root).required_version.partition(",")[0].removeprefix(">=").strip()
    assert matrix["program"] == ["terraform", "tofu"]
    assert [version.rpartition(".")[0] or version for version in matrix["version"]] == [lowest, "latest"]


def test_the_newest_of_both_plan_and_apply_every_night(root, workflow, jobs):
    """A release that plans or applies otherwise is news within days."""
    (timed,) = workflow["on"]["schedule"]
    _, _, day, month, weekday = timed["cron"].split()
    assert (day, month, weekday) == ("*", "*", "*")
    job = jobs["program"]
    assert job.keys().isdisjoint({"if", "needs"})
    assert "latest" in job["strategy"]["matrix"]["version"]
    assert job["strategy"]["fail-fast"] is False
    # `make test`, which the test above finds, runs every tier: the whole of tests.
    (recipe,) = re.findall(r"^test: .*\n\t(.+)$", (root / "Makefile").read_text(), flags=re.MULTILINE)
    assert recipe.endswith(' -m "$(MARKS)" tests')
    assert "make nightly" in steps(jobs["nightly"])
    assert {"plan", "apply"} <= {path.name for path in (root / "tests").iterdir()}


def test_the_real_providers_are_tested_at_both_ends(root, jobs):
    job = jobs["providers"]
    assert job["env"]["SCALEPROOF_PROVIDERS"] == "registry"
    assert job["strategy"]["matrix"]["versions"] == ["lowest", "highest"]
    pattern, replacement = re.findall(r"sed -i -E 's/(.+)/(.+)/'", steps(job))[0]
    for provider in Module.read(root).required_providers.values():
        line = f'version = "{provider.version}"'
        assert re.fullmatch(r'version = "~> [0-9.]+\.0"', re.sub(pattern, replacement, line)), line


def test_every_target_exists(root, jobs):
    makefile = (root / "Makefile").read_text()
    targets = set(" ".join(re.findall(r"^([a-z]+(?: [a-z]+)*):", makefile, flags=re.MULTILINE)).split())
    for job in jobs.values():
        for line in re.findall(r"^make (.+)$", steps(job), flags=re.MULTILINE):
            assert {word for word in line.split() if "=" not in word} <= targets


@pytest.mark.parametrize("file", [".github/workflows/ci.yml", "examples/user-ci/.github/workflows/terraform.yml"])
def test_actions_are_pinned_by_commit(root, file):
    """A tag can be moved. The version is a comment, and one action has one commit."""
    used = re.findall(r"uses: (.+)$", (root / file).read_text(), flags=re.MULTILINE)
    assert used
    for action in used:
        assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+", action), action
    assert len(set(used)) == len({action.partition("@")[0] for action in used})
