"""Plans on disk, under the hash of all that makes them: workers share them, and the next run has them."""

import hashlib
import json
import os
import pickle
import re
import shutil
import sys
import tempfile
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path

from scaleproof.providers.aws import data
from scaleproof.terraform import executable
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.root import Root

REPOSITORY = Path(__file__).resolve().parents[2]
NO_PART = {
    *("auditing", "cli", "endpoints", "measuring", "recording", "report", "scaling", "simulation", "studies"),
    "workers",
}
"""Rooms of the package that neither the stand-ins nor what runs Terraform may import."""
RELATIVE = re.compile(r'"(\.\./?[^"]*)"')
VARIABLES = re.compile(r"AWS_|SCALEPROOF_(?!CACHE)|TERRAFORM|TF_|GO|LANG|LC_|(DY)?LD_|TZ")


class PlanCache:
    """Values by text keys, for this state of the repository and this machine's settings only."""

    def __init__(self, directory):
        """`directory` may be shared; what other states left in it is removed. None: nothing is kept."""
        self._shared = directory

    @cached_property
    def _directory(self):
        """That of this state; with the first plan, as some runs of tests have none."""
        own = self._shared and self._shared / fingerprint()
        for other in self._shared.iterdir() if self._shared else ():
            if other != own:
                shutil.rmtree(other, ignore_errors=True)
        return own

    def get(self, key, make):
        """What `make` returned for the key, in this run or an earlier one."""
        if self._directory is None:
            return make()
        file = self._directory / hashlib.sha256(key.encode()).hexdigest()
        # A run of another state may remove the directory at any moment.
        with suppress(FileNotFoundError):
            return pickle.loads(zlib.decompress(file.read_bytes()))
        made = make()
        if fingerprint() != self._directory.name:  # somebody edits while tests run
            return made
        with suppress(FileNotFoundError):
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as partial:
                partial.write(zlib.compress(pickle.dumps(made), 1))
            Path(partial.name).replace(file)
        return made


def cached(run, cache):
    """`plan` of a run of scaleproof's pytest plugin, which plans a root with the same files and variables once."""
    plan = run.plan

    def planned(directory, variables, tfvars=()):
        key = _root_key(run.directory(directory), variables, tfvars)
        return _once(cache, key, f"plan {directory}", lambda: plan(directory, variables, tfvars))

    return planned


def kept_root(cache):
    """A `Root` without a cloud that plans the same files, variables and options once."""

    class KeptRoot(Root):
        def __init__(self, directory, **options):
            super().__init__(directory, **options)
            self._sources = options.get("sources")

        def plan(self, /, **variables):
            plan = super().plan
            outside = self.connection or self._sources or self.files
            if outside or not self.standins or _leads_out(self.directory):
                return plan(**variables)
            options = [_content(option) for option in self.arguments]
            key = _root_key(self.directory.resolve(), {**self.variables, **variables}, options)
            # What is said against an option may name its file, which is another in each run.
            return _once(cache, key, f"plan {self.directory}", lambda: plan(**variables), refused=not options)

    return KeptRoot


def _content(option):
    """An option of Terraform; that of a file of variables has what is in it, too."""
    name, _, file = option.partition("=")
    return f"{name} {Path(file).name} {Path(file).read_bytes().hex()}" if name == "-var-file" else option


def _leads_out(directory):
    """Whether a root names a directory beside itself that is not of the repository."""
    ways = (way for file in directory.glob("*.tf*") for way in RELATIVE.findall(file.read_text(encoding="utf-8")))
    return not all((directory / way).resolve().is_relative_to(REPOSITORY) for way in ways)


def _once(cache, key, action, plan, *, refused=True):
    """What `plan` returned for the key, or the refusal that it raised, which is kept if `refused`."""

    def outcome():
        try:
            return plan(), []
        except PlanFailed as failed:
            if not refused:
                raise
            return None, failed.diagnostics

    result, refusals = cache.get(key, outcome)
    if result is None:
        raise PlanFailed(action, refusals)
    return result


def _root_key(directory, variables, tfvars):
    """A text for all that makes a plan beside what `fingerprint` counts."""
    # A test's directory is another in each run, and so is the way from it to the module.
    way = os.path.relpath(REPOSITORY, directory).encode()
    files = {
        str(path.relative_to(directory)): path.read_bytes().replace(way, b"REPOSITORY").hex()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    others = [_environment(), list(map(str, tfvars)), data.PLACEHOLDER_ACCOUNT]
    return json.dumps([files, variables, *others], sort_keys=True)


def _environment():
    """The variables that a plan may depend on."""
    return sorted((name, value) for name, value in os.environ.items() if VARIABLES.match(name))


def fingerprint(repository=REPOSITORY):
    """The hash of whatever a plan depends on beside its inputs.

    These are the module, the stand-ins and what runs Terraform, the code that plans for tests, the installed
    distributions, Terraform, the variables that they may see, and the day: a plan has its time in it.
    """
    digest = hashlib.sha256()
    for path in _files(repository):
        digest.update(f"{path.relative_to(repository)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    program = executable.find()
    installed = sorted(f"{distribution.name} {distribution.version}" for distribution in metadata.distributions())
    others = (sys.version, program.path, program.version, _environment(), installed, datetime.now(UTC).date())
    digest.update(repr(others).encode())
    return digest.hexdigest()


def _files(repository):
    """Each file that makes plans, in a fixed order."""
    yield from sorted(repository.glob("*.tf"))
    for name in ("modules", "scaleproof", "tests/plan", "tools"):
        for path in sorted((repository / name).rglob("*")):
            parts = path.relative_to(repository).parts
            test = name == "tests/plan" and parts[-1].startswith("test_")
            if path.is_file() and not test and not {"__pycache__", *NO_PART}.intersection(parts):
                yield path
