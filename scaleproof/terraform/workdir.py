"""Makes a working directory for Terraform, so that nothing is written to the user's configuration.

It is at the end of a tree of symbolic links that mirrors the real file system, so relative paths in the
configuration (`source = "../../"`) work. The configuration, its variable files and its lock file are copied; what
Terraform writes (`.terraform`, states) is left out.

The directory overrides parts of the configuration: the backend, and one argument of each data source that a
plan without a cloud cannot read. Terraform reads a data source at plan unless its arguments are unknown, so
the argument becomes `uuid()`. The data source is then "known after apply". Child modules have no such
override; the stand-in refuses to read their data sources.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import private_directory, private_file
from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.terraform.hcl import CONFIGURATION, blocks_in, files_in
from scaleproof.terraform.sources import rewritten_files

LOCK_FILE = ".terraform.lock.hcl"
_COPIED = (*CONFIGURATION, ".tfvars", ".tfvars.json", LOCK_FILE)
_LEFT_OUT = re.compile(r"\.terraform|.*\.tfstate(\..*)?|\..*\.tfstate\.lock\.info")
_OVERRIDE = "~scaleproof_override.tf.json"
"""Terraform merges override files in the order of their names, so this one is the last."""


class WorkingDirectory:
    """A working directory for the root directory `source`. Its state is `state`, by default inside `path`.

    A local backend overrides the configuration's own: an apply here must not change the real state.
    """

    def __init__(self, source: Path, *, state: Path | None = None, sources: Mapping[str, Path] | None = None) -> None:
        """`sources`: directories that replace the sources of module blocks.

        Raises `ScaleproofError` if `source` is no directory with a configuration.
        """
        _check_configuration(source)
        self.source = source.resolve()
        self._top = scratch.make("root")
        self.path = self._top.joinpath(*self.source.parts[1:])
        """The directory to run Terraform in."""
        self.locks = (scratch.lock_of(self._top),)
        """Descriptors for child processes. The tree stays while one of them is open."""
        self.variables = self.path / "scaleproof.tfvars.json"
        """The file with the variables of a command."""
        self.state = (state or self.path / "terraform.tfstate").absolute()
        if self.state.exists():
            # Terraform keeps the mode of the file, and a state contains every value in plain text.
            self.state.chmod(0o600)
        self.sources = dict(sources or {})
        self.update({})

    def update(self, unreadable: Mapping[str, str]) -> None:
        """Takes over changes in `source` since the last call.

        `unreadable`: the argument to leave unknown, by type of data source.
        """
        here, real = self._top, Path(self.source.anchor)
        for name in self.source.parts[1:]:
            private_directory(here)
            _link_entries(real, here, re.compile(re.escape(name)))
            here, real = here / name, real / name
        private_directory(here)
        for entry in here.iterdir():
            if entry.name.endswith(_COPIED):
                entry.unlink()
        rewritten = rewritten_files(self.source, self.sources)
        for entry in real.iterdir():
            if entry.name.endswith(_COPIED) and entry.is_file():
                copy = private_file(here / entry.name)
                if entry.name in rewritten:
                    copy.write_text(rewritten[entry.name], encoding="utf-8")
                else:
                    shutil.copyfile(entry, copy)
        _link_entries(real, here, _LEFT_OUT)
        override: dict[str, Any] = {"terraform": {"backend": {"local": {"path": str(self.state)}}}}
        if data := _unknown_arguments(here, unreadable):
            override["data"] = data
        private_file(here / _OVERRIDE).write_text(json.dumps(override), encoding="utf-8")

    def write_variables(self, variables: Mapping[str, Any]) -> Path:
        """The file with the values of a command's variables. Raises `ScaleproofError` for one that JSON has not."""
        try:
            # In a file, because `-var` takes some values as HCL and some as texts.
            values = json.dumps(variables, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ScaleproofError(
                f"A variable has a value that Terraform does not support: {error}.",
                advice="Use texts, finite numbers, booleans, None, lists and dictionaries.",
            ) from error
        private_file(self.variables).write_text(values, encoding="utf-8")
        return self.variables

    def saved_state(self) -> Diagnostic | None:
        """Moves what Terraform could not write to the state file out of the directory, and says where it is."""
        written = self.path / "errored.tfstate"
        if not written.exists() or self.state.is_relative_to(self.path):  # a temporary one ends with the directory
            return None
        saved = self.state.with_suffix(".errored.tfstate")
        try:
            saved.touch(0o600, exist_ok=False)  # one of an earlier apply stays
            shutil.copyfile(written, saved)
        except OSError:
            saved = Path(tempfile.mkdtemp(prefix="scaleproof-")) / written.name
            shutil.move(written, saved)
        detail = f"It is saved in {saved}. Move that file there to continue from it."
        return Diagnostic("error", f"The state could not be written to {self.state}", detail)

    def close(self) -> None:
        """Removes the tree."""
        scratch.remove(self._top)


def _check_configuration(directory: Path) -> None:
    """Raises `ScaleproofError` unless `directory` is a directory with a configuration."""
    try:
        files = files_in(directory)
    except OSError as error:
        raise ScaleproofError(
            f"{directory} cannot be read as a directory: {error.strerror}.",
            advice="Name the directory of a root configuration.",
        ) from error
    if not files:
        raise ScaleproofError(
            f"{directory} has no Terraform configuration (*.tf).",
            advice="Name the directory of a root configuration.",
        )


def _link_entries(source: Path, target: Path, left_out: re.Pattern[str]) -> None:
    """Links the entries of a directory, but for those that are there and those `left_out`."""
    for entry in target.iterdir():
        if entry.is_symlink() and not entry.exists():
            entry.unlink()
    present = {entry.name for entry in target.iterdir()}
    try:
        entries = list(source.iterdir())
    except PermissionError:
        return  # the user may cross the directory, but not list it
    for entry in entries:
        if entry.name not in present and not left_out.fullmatch(entry.name):
            (target / entry.name).symlink_to(entry)


def _unknown_arguments(root: Path, unreadable: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """The `data` of an override file for `root`, in JSON syntax."""
    data: dict[str, dict[str, dict[str, str]]] = {}
    for kind, name in _data_sources(root) if unreadable else ():
        if kind in unreadable:
            data.setdefault(kind, {})[name] = {unreadable[kind]: "${uuid()}"}
    return data


def _data_sources(root: Path) -> Iterator[tuple[str, str]]:
    """Type and name of each data source of a configuration."""
    for block in blocks_in(root, "data"):
        yield block.labels[0], block.labels[1]
    for file in files_in(root, (".tf.json", ".tofu.json")):
        with suppress(ValueError, AttributeError):  # Terraform says what is wrong, and a list of blocks is rare
            for kind, named in json.loads(file.read_bytes()).get("data", {}).items():
                yield from ((kind, name) for name in named)
