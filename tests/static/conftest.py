"""The directories under test, found anew on every run.

A test that takes `directory`, `module` or `example` runs once for each of them, under its path as the id.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from scaleproof.hcl import Module
from tests.static.reading import read

ROOT = Path(__file__).parents[2]
PUBLISHED = "github.com/your-organisation/terraform-aws-sagemaker-autoscaling"
"""What the module is called where a user's own repository is shown."""


def submodules() -> list[Path]:
    return sorted(path.parent for path in ROOT.glob("modules/*/main.tf"))


def examples() -> list[Path]:
    """Those that are a root configuration, and those that are a repository with one in it."""
    return sorted(path.parent for kind in ("*", "*/infra") for path in ROOT.glob(f"examples/{kind}/main.tf"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    directories = {
        "module": [ROOT, *submodules()],
        "example": examples(),
        "directory": [ROOT, *submodules(), *examples()],
    }
    for name, found in directories.items():
        if f"{name}_path" in metafunc.fixturenames:
            ids = ["root" if path == ROOT else path.relative_to(ROOT).as_posix() for path in found]
            metafunc.parametrize(f"{name}_path", found, ids=ids, scope="session")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the project."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> dict[str, Path]:
    """Where published sources are to be had without network."""
    return {PUBLISHED: ROOT}


@pytest.fixture(scope="session")
def module(module_path: Path) -> Module:
    """The root module or a submodule: what a caller may use as a source."""
    return read(module_path)


@pytest.fixture(scope="session")
def example(example_path: Path) -> Module:
    """An example: a root configuration that applies as it is."""
    return read(example_path)


@pytest.fixture(scope="session")
def directory(directory_path: Path) -> Module:
    """Every directory of Terraform files."""
    return read(directory_path)
