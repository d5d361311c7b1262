"""Installs the registry's providers once, for all working directories.

Each provider is installed by a `terraform init` of its own, with the user's CLI configuration, credentials
and proxies. Of the configuration, that init sees the source and the version constraints of the provider. The
init of a working directory gets the directories of installed providers and asks no registry.

Terraform's plugin cache is not used: "the provider installer's behavior in environments with multiple
terraform init calls is undefined" (developer.hashicorp.com/terraform/cli/config/config-file).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory
from scaleproof.progress import step
from scaleproof.terraform import diagnostics, environment
from scaleproof.terraform.blocks import content_of
from scaleproof.terraform.diagnostics import InitFailed
from scaleproof.terraform.runner import CommandFailed, Runner

LOCK_FILE = ".terraform.lock.hcl"
_OF_THE_MODULE = ("hashicorp/aws", "hashicorp/awscc")
_REGISTRIES = ("registry.terraform.io/", "registry.opentofu.org/")
_INIT = ("init", "-input=false", "-no-color")
# What `init` says of each provider that the configuration or the state requires, whether it finds it or not.
_REQUIRED = re.compile(
    r"^- Finding (?:latest version of (?P<latest>\S+)"
    r'|(?P<source>\S+) versions matching "(?P<versions>[^"]*)")\.\.\.$',
    re.MULTILINE,
)


@dataclass(frozen=True)
class Requirement:
    """A provider that a configuration needs.

    `source` is as Terraform shows it, such as "hashicorp/aws". `versions` are all constraints of the
    configuration, "" without one.
    """

    source: str
    versions: str = ""

    def __str__(self) -> str:
        """Such as "hashicorp/aws >= 6.22.0, < 7.0.0"."""
        return f"{self.source} {self.versions}".strip()


def parse_source(word: str) -> str:
    """The source of a provider that the user allows, as Terraform shows it.

    Raises `ScaleproofError` unless it has two or three parts.
    """
    source = word.lower()
    for registry in _REGISTRIES:
        source = source.removeprefix(registry)
    if not re.fullmatch(r"([\w-]+(\.[\w-]+)+(:\d+)?/)?[\w-]+/[\w-]+", source):
        raise ScaleproofError(f"{word!r} is not the source of a provider.", advice="An example: hashicorp/random.")
    return source


def initialize(runner: Runner, lock_file: Path, allowed: Iterable[str] | None) -> None:
    """Runs `terraform init` with the registry's providers, after it has installed those that are missing.

    `lock_file`: decides the versions if it exists; otherwise they are the newest that the constraints allowed
    when they were installed. `allowed`: the sources that may run beside those that the module needs, None for
    all.

    Raises `CommandFailed` if the init fails, `InitFailed` if a provider cannot be installed, and
    `ScaleproofError` if one is not allowed.
    """
    store = private_directory(cache_directory() / "providers")
    directories = {Requirement(""): environment.plugin_directory()}
    while True:
        try:
            runner.execute_command(*_INIT, *(f"-plugin-dir={directory}" for directory in directories.values()))
        except CommandFailed as error:
            # Terraform 1.15 looks for the configuration's providers first, then for the state's.
            missing = [requirement for requirement in _requirements(error.output) if requirement not in directories]
            if not missing:
                raise
            if allowed is not None:
                _check_allowed(missing, {*_OF_THE_MODULE, *allowed})
            for requirement in missing:
                directories[requirement] = _installed(requirement, lock_file, store, runner)
        else:
            return


def _requirements(output: str) -> Iterator[Requirement]:
    for line in _REQUIRED.finditer(output):
        yield Requirement(line["latest"] or line["source"], line["versions"] or "")


def _check_allowed(requirements: Iterable[Requirement], allowed: set[str]) -> None:
    refused = sorted({requirement.source for requirement in requirements} - allowed)
    if refused:
        options = [f"--allow-provider {source}" for source in refused]
        raise ScaleproofError(
            f"The configuration needs {', '.join(refused)}. A provider is a program: it would run with your "
            "rights and could use the network.",
            advice=f"To let it run, add {' '.join(options)} (in pytest: --scaleproof-allow-provider).",
        )


def _installed(requirement: Requirement, lock_file: Path, store: Path, runner: Runner) -> Path:
    """The directory of the installed provider: a filesystem mirror that has only that provider."""
    locked = content_of(lock_file) if os.path.lexists(lock_file) else b""
    key = hashlib.sha256(f"{runner.executable}\n{requirement}\n".encode() + locked).hexdigest()[:12]
    link = store / key
    with step(f"Installing {requirement}"), FileLock(store / ".lock"):
        if not link.exists():
            scratch_directory = scratch.make("install", base=store)
            try:
                target = _install(requirement, locked, scratch_directory, runner)
            finally:
                scratch.remove(scratch_directory)
            link.unlink(missing_ok=True)  # of a directory that somebody removed
            link.symlink_to(target.name)
    return link


def _install(requirement: Requirement, locked: bytes, directory: Path, runner: Runner) -> Path:
    provider = {"source": requirement.source} | ({"version": requirement.versions} if requirement.versions else {})
    document = {"terraform": {"required_providers": {"provider": provider}}}
    (directory / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    if locked:
        (directory / LOCK_FILE).write_bytes(locked)
    users = runner.executable.variables(allow_network=True)
    own = Runner(runner.executable, directory, users, locks=(scratch.lock_of(directory),))
    try:
        own.execute_command(*_INIT)
    except CommandFailed as error:
        raise InitFailed(
            f"install {requirement}",
            diagnostics.from_text(error.errors or error.output),
            advice="It needs the registry, or a mirror that your CLI configuration names.",
        ) from error
    installed = directory / ".terraform" / "providers"
    packages = list(installed.glob("*/*/*/*/*"))
    if len(packages) != 1:
        raise ScaleproofError(
            f"terraform init did not install {requirement}.",
            advice="Remove its `dev_overrides` from your CLI configuration.",
        )
    place = packages[0].relative_to(installed)
    # Another mirror may have other files under the same version, and a lock file says which ones may run.
    target = directory.parent / "_".join((*place.parts, _digest(packages[0])))
    if not target.exists():
        # A copy, as Terraform may have made a link to a mirror or a cache of the user's.
        shutil.copytree(packages[0], directory / "mirror" / place)
        (directory / "mirror").rename(target)
    return target


def _digest(package: Path) -> str:
    """A text that tells the files of a package from others."""
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(package)}\n{content}\n".encode())
    return digest.hexdigest()[:12]
