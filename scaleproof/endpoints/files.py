"""Reads endpoints from a file: a plan or a state as JSON, or a state file itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from shlex import quote
from typing import Any

from scaleproof import shapes
from scaleproof.endpoints.checks import EndpointError
from scaleproof.endpoints.terraform import from_plan, from_state
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform import format
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State
from scaleproof.texts import json_value, read

_EXPECTED = "Expected is a directory, the output of `terraform show -json` for a plan or a state, or a .tfstate file."
_STATE_FILE = 4
"""The version of the state file format, the same since Terraform 0.12."""


def from_file(path: Path) -> list[Endpoint]:
    """The endpoints in a JSON plan, a JSON state or a state file. Raises EndpointError for anything else."""
    try:
        endpoints = _endpoints(json_value(read(path)), str(path))
    except OSError as error:
        raise EndpointError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        advice = _EXPECTED
        if _is_saved_plan(path):
            root, name = quote(str(path.parent)), quote(path.name)
            advice = f"Terraform saved it: terraform -chdir={root} show -json {name} > plan.json"
        raise EndpointError(f"{path} is not JSON: {error}.", advice=advice) from error
    except RecursionError as error:
        raise EndpointError(f"{path} is nested too deeply for a plan or a state.", advice=_EXPECTED) from error
    if endpoints is None:
        raise EndpointError(f"{path} is neither a plan nor a state.", advice=_EXPECTED)
    return endpoints


def _endpoints(content: Any, origin: str) -> list[Endpoint] | None:
    """The endpoints in a plan, a state or a state file, None for anything else."""
    if not isinstance(content, dict):
        return None
    if "resource_changes" in content:
        shapes.check(content, format.PLAN, origin)
        return from_plan(Plan(content))
    if content.get("version") == _STATE_FILE and "resources" in content:
        shapes.check(content, format.STATE_FILE, origin)
        return from_state(State(_shown(content)))
    if "format_version" in content and "values" in content:
        shapes.check(content, format.STATE, origin)
        return from_state(State(content))
    return None


def _is_saved_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"  # Terraform saves plans as zip archives


def _shown(content: Mapping[str, Any]) -> dict[str, Any]:
    """A state file in the form of `terraform show -json`, as far as it is read here."""
    resources = []
    for resource in content["resources"]:
        base = ".".join(
            part
            for part in (
                resource.get("module", ""),
                "data" if resource["mode"] == "data" else "",
                resource["type"],
                resource["name"],
            )
            if part
        )
        for instance in resource.get("instances", ()):
            key = instance.get("index_key")
            suffix = "" if key is None else f"[{json.dumps(key)}]"
            values = dict(instance.get("attributes", {}))
            if resource["type"] == "terraform_data" and isinstance(values.get("input"), dict):
                # A value of any type is kept with its type.
                values["input"] = values["input"].get("value", values["input"])
            resources.append(
                {
                    "address": base + suffix,
                    "type": resource["type"],
                    "mode": resource["mode"],
                    "values": values,
                    "sensitive_values": _marks(instance.get("sensitive_attributes", ())),
                }
            )
    return {"values": {"root_module": {"resources": resources}, "outputs": content.get("outputs", {})}}


def _marks(paths: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The marks of a state file; what is in a list or a map is marked with all of it."""
    marks: dict[str, Any] = {}
    for path in paths:
        names = [str(step["value"]) for step in takewhile(lambda step: step["type"] == "get_attr", path)]
        if not names:
            continue
        inner: Any = marks
        for name in names[:-1]:
            inner = inner.setdefault(name, {}) if inner is not True else True
        if inner is not True:
            inner[names[-1]] = True
    return marks
