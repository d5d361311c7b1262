"""A directory for Terraform to work in, so that nothing is written beside a user's configuration.

The directory stands at the end of a tree of symbolic links that looks like the real file system, so that
relative paths in the configuration (`source = "../../"`) lead where they lead from the real directory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import private_directory, private_file
from scaleproof.terraform import errored
from scaleproof.terraform.sources import rewritten
from scaleproof.terraform.unread_data import overrides

CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""How the names of Terraform's and OpenTofu's files end."""
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
    """Stands for the root directory `source`; its state is `state`, by default inside `path`.

    The configuration's own backend is overridden by a local one: what is applied here is never the real
    thing, and must not reach the state of the real thing.
    """

    def __init__(
        self,
        source: Path,
        *,
        base: Path | None = None,
        state: Path | None = None,
        sources: Mapping[str, Path] | None = None,
    ) -> None:
        """`base`: where the tree is made and kept; a temporary directory, removed by `close`, by default.

        `sources`: directories to use for the sources of module blocks, see `scaleproof.terraform.sources`.
        Raises `ScaleproofError` when `source` is no directory with a configuration in it.
        """
        self.source = source.resolve()
        check_configuration(source)
        self._temporary = base is None
        self._top = (base or scratch.make("root")).absolute()
        self.path = self._top.joinpath(*self.source.parts[1:])
        """The directory to run Terraform in."""
        self.locks = (scratch.lock_of(self._top),) if self._temporary else ()
        """Descriptors for those who work here: the tree stays for as long as one of them is open."""
        self.state = (state or self.path / "terraform.tfstate").absolute()
        self.override = self.path / _OVERRIDE
        """What is read over the configuration in `source`."""
        if self.state.exists():
            # Terraform keeps the mode of what is there, and a state holds every value in plain text.
            self.state.chmod(0o600)
        self._outside = state is not None
        self._sources = dict(sources or {})
        self.update()

    def update(self, unread: Mapping[str, str] | None = None) -> None:
        """Takes over files that have come and gone in `source` since the last call.

        `unread`: what to leave unknown of data sources that cannot be read, see `unread.py`.
        """
        here, real = self._top, Path(self.source.anchor)
        for name in self.source.parts[1:]:
            private_directory(here)
            # The tree itself is left out where it stands within what it looks like.
            _link_entries(real, here, {name, *([self._top.name] if real == self._top.parent else [])})
            here, real = here / name, real / name
        private_directory(here)
        for entry in here.iterdir():
            if entry.suffix == ".tf" or (entry.is_symlink() and not entry.exists()):
                entry.unlink()
        for name, text in rewritten(self.source, self._sources).items():
            (here / name).write_text(text, encoding="utf-8")
        _link_entries(real, here, {entry.name for entry in real.iterdir() if _left_out(entry.name)})
        override: dict[str, Any] = {"terraform": {"backend": {"local": {"path": str(self.state)}}}}
        if data := overrides(self.source, unread or {}):
            override["data"] = data
        private_file(self.override).write_text(json.dumps(override), encoding="utf-8")
        if self._outside:
            errored.link(here, self.state)

    def close(self) -> None:
        """Removes the tree, unless it was made in a directory that the caller named."""
        if self._temporary:
            scratch.remove(self._top)


def check_configuration(directory: Path) -> None:
    """Raises `ScaleproofError` unless `directory` is a directory that holds Terraform files."""
    try:
        names = [entry.name for entry in directory.iterdir()]
    except OSError as error:
        raise ScaleproofError(
            f"{directory} cannot be read as a directory: {error.strerror}.",
            advice="Name the directory of a root configuration.",
        ) from error
    if not any(name.endswith(CONFIGURATION) for name in names):
        raise ScaleproofError(
            f"{directory} holds no Terraform configuration (*.tf).",
            advice="Name the directory of a root configuration.",
        )


def _left_out(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _LEFT_OUT)


def _link_entries(source: Path, target: Path, left_out: Set[str]) -> None:
    try:
        entries = list(source.iterdir())
    except PermissionError:
        return  # A parent that only lets itself be crossed.
    present = {entry.name for entry in target.iterdir()}
    for entry in entries:
        if entry.name not in present and entry.name not in left_out and not scratch.is_one(entry):
            (target / entry.name).symlink_to(entry)
