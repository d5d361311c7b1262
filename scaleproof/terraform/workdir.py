"""Makes a working directory for Terraform, so that nothing is written to the user's configuration.

It is at the end of a tree of symbolic links that mirrors the real file system, so relative paths in the
configuration (`source = "../../"`) work. Names to which Terraform, OpenTofu or a version manager gives a meaning
are not linked, nor is what is hidden: of these, configurations and variable files are copied, and nothing else is
there. The directory `tests`, in which Terraform looks for tests, may also have modules and data: all but its tests
is linked.

The directory overrides parts of the configuration: the backend, and one argument of each data source that a
plan without a cloud cannot read. Terraform reads a data source at plan unless its arguments are unknown, so
the argument becomes `uuid()`. The data source is then "known after apply". Child modules have no such
override; the stand-in refuses to read their data sources.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory, private_file, work_directory
from scaleproof.terraform import errored
from scaleproof.terraform.blocks import CONFIGURATION, content_of, data_in, files_in, is_read
from scaleproof.terraform.sources import rewritten_files

_OF_STATE = "~scaleproof_state"
"""A link to the directory of the state."""
_VARIABLES = (".tfvars", ".tfvars.json")
_OVERRIDE = "~scaleproof_override.tf.json"
"""Terraform merges override files in the order of their names, so this one is the last: see `_last`."""
# Some file systems find a name in capitals too. A name may have line ends.
_OF_VERSION_MANAGERS = r"(?is:(mise|aqua)(\..*)?|devbox\..*)"
# Tests, queries, mocks, stacks, states, plans, plugins, and what the next release may add. A .tftpl is data.
_WITH_A_MEANING = re.compile(
    rf"{_OF_VERSION_MANAGERS}|(?is:terraform\.(d|rc)|terraform-provi(der|sioner)-.*|tests)"
    r"|(?s:.*)\.(tf|tofu)(?!tpl$)\w*(\.(hcl|json|backup))?|(?s:.*\.tfstate\..*)"
)
_A_TEST = re.compile(r"(?s:.*\.(tf|tofu)test\..*)")
# The source of a module on this machine is a text, with escapes that HCL or JSON has. These are only used to look for
# files that would not end. Quotes and line ends that are escaped are kept apart from others as long as texts are looked
# for.
_LOCAL_SOURCE = re.compile(r'"(\.{0,2}/[^"\n]*)"')
_MOST_DIRECTORIES = 2_000
"""That the texts of a configuration may lead to: two links to the directory that they are in lead to 2^40."""
_OF_A_PROCESS = re.compile(r"/+(proc/(self|thread-self|\d+)|dev/fd)(/.*)?", re.DOTALL)
"""Directories that are others for Terraform than here."""
_ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5}|[nrt"\\/])|\$\$(?=\{)|%%(?=\{)')
_HALF = re.compile("[\ud800-\udfff]")
_APART = {'"': "\1", "\n": "\2"}
_TOGETHER = str.maketrans({mark: character for character, mark in _APART.items()})


class WorkingDirectory:
    """A working directory for the root directory `source`. Its state is `state`, by default inside `path`.

    A local backend overrides the configuration's own: an apply here must not change the real state.
    """

    def __init__(
        self,
        source: Path,
        *,
        state: Path | None = None,
        sources: Mapping[str, Path] | None = None,
        opentofu: bool = False,
    ) -> None:
        """`sources`: directories that replace the sources of module blocks. `opentofu`: who will read it.

        Raises `ScaleproofError` if `source` is no directory with a configuration that can be read, or if
        `state` cannot keep a state (`errored.check`).
        """
        if state:
            errored.check(state)
        self.source = source.resolve()
        self._endings = CONFIGURATION if opentofu else CONFIGURATION[:2]
        _check_configuration(source, self._endings)
        self._top = scratch.make("root", base=work_directory())
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
        self._keeps_state = state is not None
        self.sources = dict(sources or {})
        self.state_link = ""
        """What Terraform calls the directory of the state."""
        self.update({})

    def update(self, unreadable: Mapping[str, str]) -> None:
        """Takes over changes in `source` since the last call.

        `unreadable`: the argument to leave unknown, by type of data source.
        """
        here, real = self._top, Path(self.source.anchor)
        for name in self.source.parts[1:]:
            private_directory(here)
            _link_entries(real, here, re.compile(f"{_OF_VERSION_MANAGERS}|{re.escape(name)}"))
            here, real = here / name, real / name
        private_directory(here)
        for entry in here.iterdir():
            if self._copied(entry.name):
                entry.unlink()
        for entry in real.iterdir():
            if entry.name.lower() == "tests" and entry.is_dir():
                _link_entries(entry, private_directory(here / entry.name), _A_TEST)
        _link_entries(real, here, _WITH_A_MEANING)
        rewritten = rewritten_files(self.source, self.sources)
        contents: dict[Path, bytes] = {}
        for entry in sorted(real.iterdir()):
            if self._copied(entry.name) and not entry.is_dir():
                _check_order(entry)
                contents[entry] = rewritten.get(entry.name, "").encode() or content_of(entry)
                private_file(here / entry.name).write_bytes(contents[entry])
        self._check_modules(contents)
        # Terraform takes a text in Unicode's form NFC, and the name of a directory may have another form, or none.
        # The link is outside of the root, where a function that lists files rarely looks.
        named = self._top / _OF_STATE
        if not named.is_symlink():
            named.symlink_to(self.state.parent)
        self.state_link = os.path.relpath(named, here)
        backend = {"path": f"{self.state_link}/{self.state.name}"}
        override: dict[str, Any] = {"terraform": {"backend": {"local": backend}}}
        if data := _unknown_arguments(here, unreadable):
            override["data"] = data
        private_file(here / _OVERRIDE).write_text(json.dumps(override), encoding="utf-8")
        if self._keeps_state:
            errored.link(here, self.state)

    def may_be_ephemeral(self) -> bool:
        """Whether a variable of the root may be ephemeral: a file has the word, which JSON may write with escapes."""
        contents = {file: content_of(file) for file in files_in(self.path)}
        return any(
            b"ephemeral" in content or (file.suffix == ".json" and b"\\u" in content)
            for file, content in contents.items()
        )

    @contextmanager
    def not_ephemeral(self, names: Iterable[str]) -> Iterator[None]:
        """Terraform takes these variables of the root for ordinary ones."""
        file = self.path / _OVERRIDE
        before = file.read_text(encoding="utf-8")
        override = {**json.loads(before), "variable": {name: {"ephemeral": False} for name in names}}
        file.write_text(json.dumps(override), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf-8")

    def mirrored(self, place: str) -> Path:
        """The directory behind `place`, which is relative to `path`: in the user's tree where this one mirrors it."""
        top, here = self._top.resolve(), self.path.resolve()
        directory = Path(os.path.normpath(here / place))
        if directory == here or not directory.is_relative_to(top) or directory.is_relative_to(here / ".terraform"):
            return directory
        return Path(self.source.anchor) / directory.relative_to(top)

    def close(self) -> None:
        """Removes the tree."""
        scratch.remove(self._top)

    def _copied(self, name: str) -> bool:
        return is_read(name, (*self._endings, *_VARIABLES))

    def _check_modules(self, contents: Mapping[Path, bytes]) -> None:
        """Raises `ScaleproofError` if a file of a local module is no regular file, or too long.

        `contents`: of the files of the root.
        """
        texts = {os.path.realpath(file): set(_local_sources(content)) for file, content in contents.items()}
        left, seen, directories = [*contents], set[Path](), 0
        while left:
            file = left.pop()
            real = os.path.realpath(file)
            if real not in texts:
                texts[real] = set(_local_sources(content_of(file)))
            for word in sorted(texts[real]):
                below = Path(os.path.normpath(file.parent / word))
                if below in seen:
                    continue
                seen.add(below)
                if _OF_A_PROCESS.fullmatch(str(below)):
                    raise ScaleproofError(
                        f"{file} names {word}, which differs between processes.",
                        advice="Use another directory or file.",
                    )
                with suppress(OSError, ValueError):  # most texts name no directory
                    entries = sorted(below.iterdir())
                    directories += 1
                    if directories > _MOST_DIRECTORIES:
                        raise ScaleproofError(
                            f"{self.source} names more than {_MOST_DIRECTORIES:,} local directories.",
                            advice="Remove links from a directory to itself or to one above it.",
                        )
                    left += [entry for entry in entries if is_read(entry.name, self._endings) and not entry.is_dir()]


def _check_configuration(directory: Path, endings: tuple[str, ...]) -> None:
    """Raises `ScaleproofError` unless `directory` is a directory with files of such endings."""
    try:
        names = [entry.name for entry in directory.iterdir()]
    except OSError as error:
        raise ScaleproofError(
            f"{directory} cannot be read as a directory: {error.strerror}.",
            advice="Name the directory of a root configuration.",
        ) from error
    if not any(name.endswith(endings) for name in names):
        raise ScaleproofError(
            f"{directory} has no Terraform configuration (*.tf).",
            advice="Name the directory of a root configuration.",
        )


def _check_order(file: Path) -> None:
    """Raises `ScaleproofError` for a file after which Terraform would not read `_OVERRIDE`."""
    overrides = re.search(r"(^|_)override\.(tf|tofu)(\.json)?$", file.name)
    if overrides and os.fsencode(file.name) >= os.fsencode(_OVERRIDE):
        raise ScaleproofError(
            f"{file} could name another backend, as Terraform reads it last.",
            advice=f"Rename it: override files are read by name, and {_OVERRIDE} has to be the last.",
        )


def _local_sources(content: bytes) -> Iterator[str]:
    """The texts in a file that could be sources of local modules, as Terraform reads them."""
    text = _ESCAPE.sub(_meaning, os.fsdecode(content))
    # JSON has a character as two halves; a half that is alone means the character for what is wrong.
    pairs = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for read in {pairs, _HALF.sub("\ufffd", text)}:
        for word in _LOCAL_SOURCE.findall(read):
            yield unicodedata.normalize("NFC", word.translate(_TOGETHER))


def _meaning(escape: re.Match[str]) -> str:
    written = escape[0]
    if written[1] in "uU":
        number = int(written[2:], 16)
        character = chr(number) if number <= sys.maxunicode else written
    else:
        character = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}.get(written, written[1])
    return _APART.get(character, character)


def _link_entries(source: Path, target: Path, left_out: re.Pattern[str]) -> None:
    """Links files and directories: whoever opens a pipe or a device may wait or read without an end.

    What is hidden is not linked: version managers read files such as .tool-versions, and those of the directories
    above as well, and run the program that they name.
    """
    cache = cache_directory().resolve()
    try:
        entries = list(source.iterdir())
    except PermissionError:
        return  # the user may cross the directory, but not list it
    for entry in target.iterdir():
        if entry.is_symlink() and not entry.exists():
            entry.unlink()
    present = {entry.name for entry in target.iterdir()}
    for entry in entries:
        if (
            entry.name in present
            or entry.name.startswith(".")
            or left_out.fullmatch(entry.name)
            or scratch.is_one(entry)
            or entry == cache  # links inside links: a function that lists files would not end
        ):
            continue
        with suppress(OSError):
            mode = entry.stat().st_mode
            if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                (target / entry.name).symlink_to(entry)


def _unknown_arguments(root: Path, unreadable: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """The `data` of an override file for `root`, in JSON syntax."""
    data: dict[str, dict[str, dict[str, str]]] = {}
    for file in files_in(root) if unreadable else ():
        for kind, name in data_in(file):
            if kind in unreadable:
                data.setdefault(kind, {})[name] = {unreadable[kind]: "${uuid()}"}
    return data
