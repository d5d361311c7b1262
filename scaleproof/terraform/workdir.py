"""Makes a working directory for Terraform, so that nothing is written to the user's configuration.

It is at the end of a tree of symbolic links that mirrors the real file system, so relative paths in the
configuration (`source = "../../"`) work.

The directory overrides parts of the configuration: the backend, and one argument of each data source that a
plan without a cloud cannot read. Terraform reads a data source at plan unless its arguments are unknown, so
the argument becomes `uuid()`. The data source is then "known after apply". Child modules have no such
override; the stand-in refuses to read their data sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import read_file, read_json
from scaleproof.processes import scratch
from scaleproof.processes.cache import private_directory, private_file
from scaleproof.terraform import errored
from scaleproof.terraform.sources import rewritten_files

CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""The endings of Terraform's and OpenTofu's files."""
_OVERRIDE = "zz_scaleproof_override.tf.json"  # Terraform merges override files in the order of their names
_LEFT_OUT = (
    ".terraform",
    ".terraform.lock.hcl",
    "*.tfstate",
    "*.tfstate.*",
    ".*.tfstate.lock.info",
    "*.tfplan",
)


class WorkingDirectory:
    """A working directory for the root directory `source`. Its state is `state`, by default inside `path`.

    A local backend overrides the configuration's own: an apply here must not change the real state.
    """

    def __init__(
        self, source: Path, *, state: Path | None = None, sources: Mapping[str, Path] | None = None
    ) -> None:
        """`sources`: directories that replace the sources of module blocks.

        Raises `ScaleproofError` if `source` is no directory with a configuration.
        """
        self.source = source.resolve()
        check_configuration(source)
        self._top = scratch.make("root").absolute()
        self.path = self._top.joinpath(*self.source.parts[1:])
        """The directory to run Terraform in."""
        self.locks = (scratch.lock_of(self._top),)
        """Descriptors for child processes. The tree stays while one of them is open."""
        self.state = (state or self.path / "terraform.tfstate").absolute()
        self.override = self.path / _OVERRIDE
        """The file that overrides the configuration in `source`."""
        if self.state.exists():
            # Terraform keeps the mode of the file, and a state contains every value in plain text.
            self.state.chmod(0o600)
        self._keeps_state = state is not None
        self._sources = dict(sources or {})
        self.update({})

    def update(self, unreadable: Mapping[str, str]) -> None:
        """Takes over changes in `source` since the last call.

        `unreadable`: the argument to leave unknown, by type of data source.
        """
        here, real = self._top, Path(self.source.anchor)
        for name in self.source.parts[1:]:
            private_directory(here)
            _link_entries(real, here, {name})
            here, real = here / name, real / name
        private_directory(here)
        for entry in here.iterdir():
            if entry.suffix == ".tf" or (entry.is_symlink() and not entry.exists()):
                entry.unlink()
        for name, text in rewritten_files(self.source, self._sources).items():
            (here / name).write_text(text, encoding="utf-8")
        _link_entries(real, here, {entry.name for entry in real.iterdir() if _left_out(entry.name)})
        override: dict[str, Any] = {"terraform": {"backend": {"local": {"path": str(self.state)}}}}
        if data := _unknown_arguments(self.source, unreadable):
            override["data"] = data
        private_file(self.override).write_text(json.dumps(override), encoding="utf-8")
        if self._keeps_state:
            errored.link(here, self.state)

    def close(self) -> None:
        """Removes the tree."""
        scratch.remove(self._top)


def check_configuration(directory: Path) -> None:
    """Raises `ScaleproofError` unless `directory` is a directory with Terraform files."""
    try:
        names = [entry.name for entry in directory.iterdir()]
    except OSError as error:
        raise ScaleproofError(
            f"{directory} cannot be read as a directory: {error.strerror}.",
            advice="Name the directory of a root configuration.",
        ) from error
    if not any(name.endswith(CONFIGURATION) for name in names):
        raise ScaleproofError(
            f"{directory} has no Terraform configuration (*.tf).",
            advice="Name the directory of a root configuration.",
        )


def _left_out(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _LEFT_OUT)


def _link_entries(source: Path, target: Path, left_out: Set[str]) -> None:
    try:
        entries = list(source.iterdir())
    except PermissionError:
        return  # the user may cross the directory, but not list it
    present = {entry.name for entry in target.iterdir()}
    for entry in entries:
        if entry.name not in present and entry.name not in left_out and not scratch.is_one(entry):
            (target / entry.name).symlink_to(entry)


def _unknown_arguments(root: Path, unreadable: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """The `data` of an override file for `root`, in JSON syntax. Files that cannot be read are skipped."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    # Parsing takes long, so only files are parsed that mention such a data source.
    worth_parsing = re.compile(rf'\bdata\b[\s":{{]+(?:{"|".join(unreadable)})\b')
    for file in sorted(root.iterdir()) if unreadable else ():
        if not file.name.endswith((".tf", ".tf.json")):
            continue
        try:
            if not worth_parsing.search(file.read_text(encoding="utf-8")):
                continue
            blocks = read_json(file) if file.suffix == ".json" else read_file(file)
        except (OSError, ValueError, ScaleproofError):
            continue
        for block in blocks:
            if block.type == "data" and len(block.labels) == 2 and block.labels[0] in unreadable:
                kind, name = block.labels
                found.setdefault(kind, {})[name] = {unreadable[kind]: "${uuid()}"}
    return found
