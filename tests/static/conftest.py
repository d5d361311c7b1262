"""The directories under test.

A test that takes `directory`, `module` or `example` runs once for each of them, under its path as the id.
"""

import pytest

from tests.static.directories import ROOT, examples, modules, name, read

PUBLISHED = "github.com/your-organisation/terraform-aws-sagemaker-autoscaling"
"""What the module is called where a user's own repository is shown."""


def pytest_generate_tests(metafunc):
    directories = {
        "module": modules(),
        "example": examples(),
        "directory": [*modules(), *examples()],
    }
    for kind, paths in directories.items():
        if f"{kind}_path" in metafunc.fixturenames:
            metafunc.parametrize(f"{kind}_path", paths, ids=map(name, paths), scope="session")


@pytest.fixture(scope="session")
def root():
    """The top of the project."""
    return ROOT


@pytest.fixture(scope="session")
def sources():
    """Where published sources are to be had without network."""
    return {PUBLISHED: ROOT}


@pytest.fixture(scope="session")
def module(module_path):
    """The root module or a submodule: what a caller may use as a source."""
    return read(module_path)


@pytest.fixture(scope="session")
def example(example_path):
    """An example: a root configuration that applies as it is."""
    return read(example_path)


@pytest.fixture(scope="session")
def directory(directory_path):
    """Every directory of Terraform files."""
    return read(directory_path)
