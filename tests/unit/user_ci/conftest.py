"""scaleproof as a user installs it: a wheel in an environment of its own, with nothing of this tree in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCE = "github.com/your-organisation/terraform-aws-sagemaker-autoscaling"
_PROJECT = ("LICENSE", "README.md", "pyproject.toml", "scaleproof")
_MODULE = ("*.tf", "modules")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a copy of the module beside it."""

    wheel: Path
    python: Path
    module: Path

    def run(self, *arguments, cwd):
        """Runs the environment's Python, with nothing of this run of pytest around it."""
        dropped = ("COV_", "PYTEST", "PYTHON", "VIRTUAL_ENV")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return subprocess.run(
            [self.python, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )


def copied(patterns, directory):
    """A directory with copies of what the patterns find in this tree."""
    directory.mkdir()
    left_out = shutil.ignore_patterns("__pycache__", ".terraform*", "*.tfstate*")
    for path in (path for pattern in patterns for path in sorted(REPOSITORY.glob(pattern))):
        if path.is_dir():
            shutil.copytree(path, directory / path.name, ignore=left_out)
        else:
            shutil.copy(path, directory)
    return directory


def done(command, cwd):
    """Runs a command that is to succeed."""
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Builds the wheel with `python -m build` and installs it, without network.

    What the wheel depends on comes from the environment that runs the tests; scaleproof itself does not.
    """
    work = tmp_path_factory.mktemp("user")
    project = copied(_PROJECT, work / "project")
    done([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", work], cwd=project)
    (wheel,) = work.glob("*.whl")
    done([sys.executable, "-m", "venv", "--without-pip", work / "venv"], cwd=work)
    python = work / "venv/bin/python"
    done([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps",
          "--disable-pip-version-check", wheel], cwd=work)  # fmt: skip
    # As plain paths: the *.pth files in there are not read, so an editable scaleproof is out of reach.
    (site,) = work.glob("venv/lib/python*/site-packages")
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return Installed(wheel, python, copied(_MODULE, work / "terraform-aws-sagemaker-autoscaling"))


@pytest.fixture
def repository(tmp_path):
    """An empty git repository with the example copied into it."""
    directory = tmp_path / "speech"
    shutil.copytree(
        REPOSITORY / "examples/user-ci",
        directory,
        ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"),
    )
    done(["git", "init", "--quiet"], cwd=directory)
    done(["git", "add", "."], cwd=directory)
    return directory
