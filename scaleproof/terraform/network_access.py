"""Finds what would make Terraform use the network, before Terraform starts.

Terraform fetches modules and providers, reads other states through their backends, and runs provisioners at
apply. A network namespace shows what uses the network (tests/unit/isolation, Terraform 1.15). A working
directory replaces the configuration's backend, unless an override file that is read later has another one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Block, Expression, Module, read_file, read_json
from scaleproof.localstack.connection import check_endpoint
from scaleproof.terraform.sources import copy_option
from scaleproof.terraform.workdir import CONFIGURATION

_BUILT_IN = "terraform.io/builtin/terraform"
_REGISTRY = "registry.terraform.io"
_AWS = (f"{_REGISTRY}/hashicorp/aws", f"{_REGISTRY}/hashicorp/awscc")
# Arguments of the registry's aws and awscc that bypass LocalStack or read the user's files.
_REFUSED_ARGUMENTS = ("http_proxy", "https_proxy", "shared_config_files", "shared_credentials_files")
# Only files are parsed in which a line begins a block that could use the network, or names a provider.
# Parsing takes a hundred times as long as this search. A match in a comment or a text only costs time.
_WORTH_PARSING = re.compile(
    r"""(?m)(?:^|\*/)[^\w"\n]*
    (?!(?:data|ephemeral|resource)[ \t]+"(?:aws|awscc)_|resource[ \t]+"terraform_data")
    (?:action|data|ephemeral|import|module|provider|provisioner|resource|terraform)\b
    (?![ \t]*[.=])[^\n]*(?:\{|/\*)
    |\bprovider\b[ \t]*[=/]""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Finding:
    """Something that uses the network, and its place."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        """One line, with the file relative to the current directory."""
        here = Path.cwd()
        file = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        return f"{file}:{self.line}: {self.what}"


def refuse(
    root: Path,
    override: Path,
    *,
    copies: Mapping[str, str],
    state: Path,
    attached: str | None,
    applying: bool = False,
) -> None:
    """Raises `ScaleproofError` with everything in a root and its local modules that would use the network.

    `override`: a file that Terraform reads beside those in `root`. `copies`: local sources that replace those
    of the root's module blocks, by name of the block. `state`: a state, whose providers are needed too.
    `attached`: the value of TF_REATTACH_PROVIDERS, None for the registry's providers. `applying`: whether
    provisioners will run.
    """
    reader = _Reader(attached, applying, {(root, name): source for name, source in copies.items()})
    reader.root(root, override)
    reader.state(state)
    if reader.found:
        found = "".join(f"\n  {one}" for one in reader.found)
        raise ScaleproofError(
            f"Terraform was not started, because this would use the network:{found}\n",
            advice=f"Name a copy of a module with {copy_option(*reader.remote[:1])}. Replace other data by "
            "variables with --var. Or allow the network with --allow-network (in pytest: "
            "--scaleproof-allow-network).",
        )


class _Reader:
    """Reads a root and its local modules, each once."""

    def __init__(self, attached: str | None, applying: bool, copies: Mapping[tuple[Path, str], str]) -> None:
        self.copies = copies
        self.found: list[Finding] = []
        self.remote: list[str] = []
        self.registry = attached is None
        self.provided = {_BUILT_IN, *json.loads(attached or "{}")}
        self.applying = applying
        self.modules: set[Path] = set()

    def root(self, directory: Path, override: Path) -> None:
        files = _files([*directory.iterdir(), override])
        self.module(directory, files)
        # The override replaces backends in earlier files. Terraform ignores those of other modules.
        for file in files[files.index(override) + 1 :]:
            for terraform in _of_type(self.blocks(file), "terraform"):
                for kind in ("backend", "cloud", "state_store"):
                    for block in terraform.of_type(kind):
                        self.note(block, f"{_name(block)} is used, as {file.name} is read last: rename it")

    def module(self, directory: Path, files: Sequence[Path]) -> None:
        self.modules.add(directory)
        read = {file: self.blocks(file) for file in files}
        blocks = tuple(chain.from_iterable(read.values()))
        self.providers(Module(directory, blocks))
        for block in chain.from_iterable(block.walk() for block in blocks):
            self.block(block)
        for name, expression, file in _sources(read):
            self.source(directory, name, expression, file)

    def blocks(self, file: Path) -> tuple[Block, ...]:
        try:
            return _read(file, file.read_bytes())
        except (OSError, ScaleproofError) as error:
            place = re.match(rf"{re.escape(str(file))}:(\d+): ", str(error))
            rest = str(error)[place.end() :] if place else str(error)
            what = f"the file cannot be read, so what it uses is unknown: {rest}"
            finding = Finding(file, int(place[1]) if place else 1, what)
            if finding not in self.found:
                self.found.append(finding)
            return ()

    def block(self, block: Block) -> None:
        if block.type == "data" and block.labels[:1] == ("terraform_remote_state",):
            backend = block.attributes.get("backend")
            if backend and backend.value not in ("inmem", "local"):
                self.note(block, f"{_name(block)} reads a state from the backend {backend.text}")
        elif block.type == "provisioner" and self.applying:
            self.note(block, f"{_name(block)} runs a program, or connects to another machine")
        elif block.type == "key_provider" and block.labels[:1] != ("pbkdf2",):
            self.note(block, f"{_name(block)} fetches the key of a state")
        elif block.type == "method" and block.labels[:1] == ("external",):
            self.note(block, f"{_name(block)} runs a program")

    def source(self, directory: Path, name: str, expression: Expression, file: Path) -> None:
        source = self.copies.get((directory, name), expression.value)
        what = f"module.{name} comes from {expression.text}"
        if not isinstance(source, str):
            self.found.append(Finding(file, expression.line, f"{what}, which only Terraform can evaluate"))
            return
        path = source.removeprefix("file://")
        below = Path(os.path.normpath(directory / path))
        local = source in (".", "..") or source.startswith(("./", "../"))  # the first two are an error
        if not (local or (path.startswith("/") and below.is_dir())):
            self.found.append(Finding(file, expression.line, what))
            self.remote.append(source)
        elif below not in self.modules and below.is_dir():
            self.module(below, _files(below.iterdir()))

    def providers(self, module: Module) -> None:
        required = {
            name: one.source or f"hashicorp/{name}" for name, one in module.required_providers.items()
        }
        noted: set[str] = set()
        for local, block, line in _uses(module):
            address = _address(required.get(local) or _implied(local))
            if not self.registry and address not in self.provided and address not in noted:
                noted.add(address)
                what = f"the provider {address.removeprefix(f'{_REGISTRY}/')} would be fetched"
                self.found.append(Finding(block.file, line, f"{_name(block)}: {what}"))
            if block.type == "provider" and self.registry and address in _AWS:
                self.settings(block)

    def settings(self, block: Block) -> None:
        for inner in block.blocks:
            remote = any(not _is_local(one.value) for one in inner.attributes.values())
            if (inner.type == "endpoints" and remote) or inner.labels == ("endpoints",):
                self.note(inner, f"{_name(block)} sets endpoints")
        for name, expression in block.attributes.items():
            value = expression.value
            if (name in _REFUSED_ARGUMENTS and value) or (name == "endpoints" and not _is_local(value)):
                self.found.append(Finding(block.file, expression.line, f"{_name(block)} sets {name}"))

    def state(self, file: Path) -> None:
        """Terraform fetches the providers of the resources in its state."""
        try:
            text = file.read_text(encoding="utf-8")
            resources = json.loads(text).get("resources") or ()
            needed = dict.fromkeys(str(one["provider"]) for one in resources)
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            return  # it is missing, or Terraform cannot read it either
        for words in needed:
            address = (re.findall(r'\["(.*)"\]', words) or [words])[0]
            if not self.registry and _address(address) not in self.provided:
                line = text[: max(text.find(address), 0)].count("\n") + 1
                self.found.append(Finding(file, line, f"the provider {address} would be fetched"))

    def note(self, block: Block, what: str) -> None:
        self.found.append(Finding(block.file, block.line, what))


def _files(entries: Any) -> list[Path]:
    """The files that Terraform or OpenTofu reads, in the order in which it merges them: overrides last."""
    read = [
        entry
        for entry in entries
        if entry.name.endswith(CONFIGURATION) and not entry.name.startswith(".") and not entry.is_dir()
    ]
    return sorted(read, key=lambda file: (_overrides(file), file.name))


def _overrides(file: Path) -> bool:
    return bool(re.search(r"(^|_)override\.(tf|tofu)(\.json)?$", file.name))


# The content is in the key, so a changed file is parsed again.
@lru_cache(maxsize=1024)
def _read(file: Path, content: bytes) -> tuple[Block, ...]:
    if file.name.endswith(".json"):
        return read_json(file)
    text = content.decode("utf-8", errors="replace")
    return read_file(file) if _WORTH_PARSING.search(text) else ()


def _of_type(blocks: Sequence[Block], kind: str) -> Iterator[Block]:
    return (block for block in blocks if block.type == kind)


def _sources(read: dict[Path, tuple[Block, ...]]) -> Iterator[tuple[str, Expression, Path]]:
    """The name, source and file of each module block, after override files are merged."""
    found: dict[str, list[tuple[str, Expression, Path]]] = {}
    for file, blocks in read.items():
        for block in _of_type(blocks, "module"):
            if "source" in block.attributes and block.labels:
                if _overrides(file):
                    found.pop(block.labels[0], None)
                entry = (block.labels[0], block.attributes["source"], file)
                found.setdefault(block.labels[0], []).append(entry)
    return chain.from_iterable(found.values())


def _uses(module: Module) -> Iterator[tuple[str, Block, int]]:
    """The local names of the providers that Terraform needs, with the block and the line that needs them."""
    for block in chain.from_iterable(block.walk() for block in module.blocks):
        explicit = block.attributes.get("provider")
        if block.type == "required_providers":
            for name, expression in block.attributes.items():
                yield name, block, expression.line
        elif block.type == "provider" and block.labels:
            yield block.labels[0], block, block.line
        elif block.type == "import" and "to" in block.attributes:
            plain = re.sub(r"^(module\.[^.]+\.)+", "", re.sub(r"\[.*?\]", "", block.text("to")))
            yield _local(explicit.text if explicit else plain.partition("_")[0]), block, block.line
        elif block.type in ("action", "data", "ephemeral", "resource") and len(block.labels) == 2:
            implied = block.labels[0].partition("_")[0]
            yield _local(explicit.text if explicit else implied), block, block.line


def _local(text: str) -> str:
    """The provider's local name in a reference such as `aws.other`, `"aws"` or `aws.by_region[each.key]`."""
    return re.split(r"[.\[]", text.strip('"${} '))[0].strip()


def _implied(local: str) -> str:
    return _BUILT_IN if local == "terraform" else f"hashicorp/{local}"


def _address(source: str) -> str:
    parts = source.lower().replace("registry.opentofu.org/", f"{_REGISTRY}/").split("/")
    missing = (_REGISTRY, "hashicorp")[: max(3 - len(parts), 0)]
    return "/".join((*missing, *parts))


def _is_local(value: Any) -> bool:
    """Whether a value has no endpoints, or only allowed ones."""
    if isinstance(value, list | dict):
        return all(map(_is_local, value.values() if isinstance(value, dict) else value))
    try:
        if value:
            check_endpoint(str(value))
    except ScaleproofError:
        return False
    return True


def _name(block: Block) -> str:
    shown = ".".join((block.type, *block.labels))
    return shown.removeprefix("resource.")
