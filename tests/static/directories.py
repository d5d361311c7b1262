"""The directories of Terraform files, found anew on every run, and what they hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tools.terraform_module import Module

ROOT = Path(__file__).parents[2]


def modules() -> list[Path]:
    """What a caller may use as a source: the root module and the submodules."""
    return [ROOT, *sorted(path.parent for path in ROOT.glob("modules/*/main.tf"))]


def examples() -> list[Path]:
    """Those that are a root configuration, and those that are a repository with one in it."""
    return sorted(path.parent for kind in ("*", "*/infra") for path in ROOT.glob(f"examples/{kind}/main.tf"))


def name(directory: Path) -> str:
    """What a directory is called in reports."""
    return "root" if directory == ROOT else directory.relative_to(ROOT).as_posix()


@cache
def read(directory: Path) -> Module:
    """A directory's module, parsed once for all tests, none of which changes it."""
    return Module.read(directory)
