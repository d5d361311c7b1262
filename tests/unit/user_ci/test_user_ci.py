"""The example for a user's own CI, run as a user runs it."""

import re
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML

from tests.unit.user_ci.conftest import REPOSITORY, SOURCE

PAGE = REPOSITORY / "docs/ci.md"
BOUNDS = "live_capacity     = { min = 2, max = 20 }"


def run_pytest(installed, repository, *options):
    """`pytest` as the example's README has it, with the copy of the module."""
    return installed.run(
        *("-m", "pytest", "--scaleproof-source", f"{SOURCE}={installed.module}", *options), cwd=repository
    )


def outcomes(finished):
    """The counts in the last line of a run."""
    summary = re.findall(r"(\d+) (passed|failed|errors?|skipped)", finished.stdout.splitlines()[-1])
    return {name: int(number) for number, name in summary}


def test_the_wheel_is_complete(installed, tmp_path):
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    package = REPOSITORY / "scaleproof"
    expected = {
        path.relative_to(REPOSITORY).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= names
    assert "scaleproof/py.typed" in names
    assert not [name for name in names if name.startswith("tests")]
    asked = installed.run("-c", "import scaleproof.pytest_plugin as it; print(it.__file__)", cwd=tmp_path)
    assert installed.python.parents[1] in Path(asked.stdout.strip()).parents


@pytest.mark.nightly
def test_the_example_and_the_page_are_green(installed, repository, cloud, monkeypatch):
    """The example's own tests, and every block in Python and YAML of docs/ci.md beside them."""
    blocks = re.findall(r"^```(python|yaml)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert {language for language, _ in blocks} == {"python", "yaml"}
    for place, (language, text) in enumerate(blocks):
        name = f"test_page_{place}.py" if language == "python" else f"page_{place}.scaleproof.yaml"
        (repository / "tests" / name).write_text(text)
    report = repository.parent / "report.xml"
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    finished = run_pytest(installed, repository, f"--junitxml={report}")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert set(outcomes(finished)) == {"passed"}
    ran = Counter(case.get("classname", "").split(".")[1] for case in ElementTree.parse(report).iter("testcase"))
    written = {path.stem: path.read_text() for path in repository.glob("tests/test_*.py")}
    for name, text in written.items():
        assert ran[name] >= text.count("def test_") > 0, name
    pages = [name for name in ran if "page_" in name]
    assert len(pages) == len(blocks)
    assert ran.total() >= sum(ran[name] for name in {*written, *pages}) + 4, "the example's own cases in YAML"
    assert f"LocalStack {cloud.version} at {cloud.endpoint_url}" in finished.stdout
    status = subprocess.run(
        ["git", "status", "--porcelain", "infra"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert {line[:2] for line in status.stdout.splitlines()} == {"A "}, "something was written into infra"


@pytest.mark.nightly
def test_a_pull_request_gets_a_summary(installed, repository):
    """The command of the workflow, after a change of production, with a copy of the module."""
    workflow = YAML(typ="safe").load(repository / ".github/workflows/terraform.yml")
    (command,) = (step["run"] for step in workflow["jobs"]["summary"]["steps"] if "simulate" in step.get("run", ""))
    shutil.copytree(repository / "infra", repository / "base/infra")
    settings = repository / "infra/production.tfvars"
    assert BOUNDS in settings.read_text()
    settings.write_text(settings.read_text().replace(BOUNDS, BOUNDS.replace("20", "30")))
    source = f"--source {SOURCE}={installed.module}"
    words = f"{command} {source}".split()
    ran = installed.run("-m", *words, cwd=repository)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    summary = (repository / "summary.md").read_text()
    assert "### speech-realtime " in summary
    assert "### speech-async holds" in summary
    assert "| capacity.max | 20 | 30 |" in summary


@pytest.mark.nightly
def test_what_it_needs_as_it_is_copied_is_named(installed, repository):
    """Every failure names the option, which then is all that it takes."""
    bare = installed.run("-m", "pytest", "-k", "production.scaleproof or lines_open", cwd=repository)
    assert bare.returncode == 1
    failures = re.split(r"^_{3,} .* _{3,}$", bare.stdout.partition("short test summary")[0], flags=re.MULTILINE)[1:]
    assert len(failures) >= 2
    for failure in failures:
        (option,) = re.findall(r"--scaleproof-source \S+=DIR", failure)
    words = option.replace("DIR", str(installed.module)).split()
    named = installed.run("-m", "pytest", "-k", "production.scaleproof or lines_open", *words, cwd=repository)
    assert named.returncode == 0, named.stdout


@pytest.mark.nightly
def test_a_broken_configuration_fails_in_words(installed, repository):
    file = repository / "infra/production.tfvars"
    assert BOUNDS in file.read_text()
    file.write_text(file.read_text().replace(BOUNDS, BOUNDS.replace("min = 2", "min = 1")))
    finished = run_pytest(installed, repository, "-k", "live_streams or lines_open or production.scaleproof")
    assert finished.returncode == 1
    assert outcomes(finished)["failed"] >= 3
    for words in (
        "AssertionError: speech-realtime scales between 1 and 20 instances, not between 2 and 20.",
        "AssertionError: speech-realtime follows the schedule closing, but: its min is 1, not 2.",
        "  endpoints: speech-realtime: min is 1, expected 2",
        "  pytest tests/production.scaleproof.yaml::plan --scaleproof-rebuild",
    ):
        assert words in finished.stdout
