"""Refuses configurations in which Terraform would read or run what its environment does not stop.

Terraform's environment is the fence (`environment`). This refuses what the environment alone would let
through: what needs no program from PATH and no address beyond this machine.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import check_endpoint
from scaleproof.terraform.blocks import CONFIGURATION, files_in, is_read
from scaleproof.terraform.sources import copy_advice
from scaleproof.terraform.workdir import WorkingDirectory

# Whatever a preview may refuse has these bytes in its file, or an escape that could stand for them.
_WORTH_A_PREVIEW = re.compile(rb"terraform_remote_state|\\[uU]")
_WHEN_APPLYING = re.compile(rb"provisioner")
_WITH_THE_REGISTRY = re.compile(rb"endpoints|proxy|shared_c|\\[uU]")
_REFUSED_ARGUMENTS = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "shared_config_files",
    "shared_credentials_files",
)
"""Of the registry's aws and awscc: they bypass LocalStack, or read the user's files."""
# The header of a block in OpenTofu's `encryption`: a word, two labels and a brace, between them only spaces.
# A comment may be there too, and ends the search: what kind it hides does not matter. The header is looked
# ahead for: what looks like one and begins in a comment must not hide the one after it.
_LABEL = rb'[ \t]*+(?:"(?:[^"\\\n]|\\.)*+"|(?<![\w-])[^\s"{}/\\]++)'
_COMMENT = rb"[ \t]*+/\*"
_KEY = re.compile(
    rb"\b(?:key_provider|method)(?=%(comment)b|(%(label)b)(?:%(comment)b|%(label)b[ \t]*+(?:/\*|\{)))"
    % {b"comment": _COMMENT, b"label": _LABEL}
)
_LOCAL_KEYS = ("pbkdf2", "aes_gcm", "unencrypted")


_DEFAULT = {"constant_value": "default"}
"""The workspace that has no directory of its own: the local backend makes that of another one, wherever it is."""


def advice(modules: str) -> str:
    """What to change where something would use the network. `modules`: advice about these, or nothing."""
    return (
        f"{modules} Replace other data by variables with --var. "
        "Or allow the network with --allow-network (in pytest: --scaleproof-allow-network)."
    ).lstrip()


def refuse(findings: Iterable[str], modules: str = "") -> None:
    """Raises `ScaleproofError` if there are findings."""
    _refuse("This would use the network, run a program, or write a file", findings, advice(modules))


def _refuse(danger: str, findings: Iterable[str], advised: str) -> None:
    if lines := "".join(f"\n  {finding}" for finding in findings):
        raise ScaleproofError(f"{danger}:{lines}\n", advice=advised)


def check_keys(directory: Path) -> None:
    """Refuses keys of an encrypted state, which OpenTofu may get from a program or the network.

    Those that it computes itself are allowed, but not in JSON. This looks for bytes and not for blocks: no
    escape can stand for the name of a block in HCL, so a comment or a text may be refused, but nothing is
    hidden.
    """
    refuse(
        f"{file.name}: {kind} is used to encrypt the state"
        for file in files_in(directory)
        for kind in _keys(file)
        if kind not in _LOCAL_KEYS
    )


def _keys(file: Path) -> list[str]:
    content = file.read_bytes()
    if file.suffix == ".json":
        names: set[str] = set()
        try:
            json.loads(content, object_pairs_hook=lambda pairs: names.update(name for name, _ in pairs))
        except (ValueError, RecursionError):
            return ["a document that is not JSON"]
        return ["an encryption in JSON"] if "encryption" in names else []
    kinds = _KEY.findall(content) if b"encryption" in content else []
    return [kind.decode(errors="replace").strip(' \t"') or "a kind behind a comment" for kind in kinds]


def check_modules(work: Path, copies: Iterable[str] = ()) -> None:
    """Refuses modules that `init` has installed from elsewhere than a path. `copies`: sources with a copy."""
    remote = [
        (module["Key"], module["Source"])
        for module in installed_modules(work)
        if module["Source"] and not re.match(r"\.{1,2}/|/|file:///", module["Source"])
    ]
    refuse(
        (f"module.{key} comes from {json.dumps(source)}" for key, source in remote),
        copy_advice(
            [source for key, source in remote if "." not in key], copies, below=any("." in key for key, _ in remote)
        ),
    )


def needs_preview(work: WorkingDirectory, *, applying: bool, with_registry: bool, allow_network: bool) -> bool:
    """Whether a file of the root or of a module could have what `check_configuration` refuses.

    One behind a link could: through /proc/self/cwd Terraform, which runs elsewhere, reads another file.
    """
    patterns = [_WORTH_A_PREVIEW]
    if applying and not allow_network:
        patterns.append(_WHEN_APPLYING)
    if with_registry:
        patterns.append(_WITH_THE_REGISTRY)
    places = [".", *(module["Dir"] for module in installed_modules(work.path))]
    directories = {work.mirrored(place) for place in places}
    try:
        files = [file for path in directories for file in path.iterdir() if is_read(file.name, CONFIGURATION)]
        passed = {path for entry in (*directories, *files) for path in (entry, *entry.parents)}
        # Behind a link, .. is not where it seems to be.
        if any(path.is_symlink() for path in passed) or any(os.path.normpath(place) != place for place in places):
            return True
        return any(
            pattern.search(content)
            for file in files
            if file.is_file()  # no directory, and no pipe
            for content in [file.read_bytes()]
            for pattern in patterns
        )
    except OSError:
        return True  # Terraform says what it cannot read


def check_configuration(plan: Mapping[str, Any], *, applying: bool, with_registry: bool, allow_network: bool) -> None:
    """Refuses states of others and provisioners that would run, and settings with which providers bypass LocalStack.

    `plan`: a plan in Terraform's JSON format, whose "Configuration Representation" is in
    developer.hashicorp.com/terraform/internals/json-format. It lacks what a `dynamic` block makes.
    """
    configuration = plan.get("configuration", {})
    root = configuration.get("root_module", {})
    if allow_network:
        _refuse("This would write to S3", _workspaces(root), "Replace such data by variables with --var.")
    else:
        refuse(_in_modules(root, applying))
    if with_registry:
        _refuse(
            "The providers would bypass LocalStack",
            _in_providers(configuration.get("provider_config", {})),
            "Remove these settings: the providers reach LocalStack without them.",
        )


def _resources(module: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The resources of a module and its children, by address."""
    for resource in module.get("resources", ()):
        yield path + resource["address"], resource
    for name, call in module.get("module_calls", {}).items():
        yield from _resources(call.get("module", {}), f"{path}module.{name}.")


def _workspaces(root: Mapping[str, Any]) -> Iterator[str]:
    """Remote states of workspaces in S3: Terraform makes one that is not there."""
    for address, resource in _resources(root):
        expressions = resource.get("expressions", {})
        if (
            resource["type"] == "terraform_remote_state"
            and expressions.get("backend", {}).get("constant_value", "s3") == "s3"
            and expressions.get("workspace", _DEFAULT) != _DEFAULT
        ):
            yield f"{address} reads a state of a workspace, which Terraform makes if it is not there"


def _in_modules(root: Mapping[str, Any], applying: bool) -> Iterator[str]:
    for address, resource in _resources(root):
        if resource["type"] == "terraform_remote_state":
            expressions = resource.get("expressions", {})
            backend = expressions.get("backend", {})
            if backend.get("constant_value") not in ("local", "inmem"):
                shown = json.dumps(backend.get("constant_value", "that only Terraform can evaluate"))
                yield f"{address} reads a state from the backend {shown}"
            elif expressions.get("workspace", _DEFAULT) != _DEFAULT:
                yield f"{address} reads a state of a workspace, whose directory Terraform would make"
        for provisioner in resource.get("provisioners", ()) if applying else ():
            danger = "runs a program, or connects to another machine"
            yield f"{address}: provisioner.{provisioner['type']} {danger}"


def _in_providers(providers: Mapping[str, Any]) -> Iterator[str]:
    for key, provider in providers.items():
        settings = provider.get("expressions", {})
        for name in _REFUSED_ARGUMENTS:
            # Empty, a proxy is none, and the environment's is not used.
            if name in settings and settings[name].get("constant_value", True) not in (None, []):
                yield f"provider.{key} sets {name}"
        if not _is_local(settings.get("endpoints")):
            yield f"provider.{key} sets endpoints"


def _is_local(value: Any) -> bool:
    """Whether expressions have no endpoint, or only such as are allowed."""
    if isinstance(value, list):
        return all(map(_is_local, value))
    if isinstance(value, dict) and "references" not in value:
        return value != {} and all(map(_is_local, value.values()))  # Terraform shows nothing of a function's call
    try:
        if value:
            check_endpoint(str(value))
    except ScaleproofError:
        return False
    return True


def installed_modules(work: Path) -> list[dict[str, str]]:
    """The modules that `init` has found, the root among them."""
    try:
        listed: list[dict[str, str]] = json.loads((work / ".terraform" / "modules" / "modules.json").read_bytes())[
            "Modules"
        ]
    except FileNotFoundError:
        return []  # there are none
    return listed
