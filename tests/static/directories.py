"""The directories of Terraform files, found anew on every run, and what they hold."""

from functools import cache
from pathlib import Path

from tools.terraform_module import Module

ROOT = Path(__file__).parents[2]


def modules():
    """What a caller may use as a source: the root module and the submodules."""
    return [ROOT, *sorted(path.parent for path in ROOT.glob("modules/*/main.tf"))]


def examples():
    """Those that are a root configuration, and those that are a repository with one in it."""
    return sorted(path.parent for kind in ("*", "*/infra") for path in ROOT.glob(f"examples/{kind}/main.tf"))


def name(directory):
    """What a directory is called in reports."""
    return "root" if directory == ROOT else directory.relative_to(ROOT).as_posix()


@cache
def read(directory):
    """A directory's module, parsed once for all tests, none of which changes it."""
    return Module.read(directory)
