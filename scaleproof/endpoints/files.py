"""Reads endpoints from a file: a plan or a state in the JSON of `terraform show -json`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from scaleproof import shapes
from scaleproof.endpoints.checks import EndpointError
from scaleproof.endpoints.terraform import from_plan, from_state
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform import format
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State
from scaleproof.texts import json_value, read

_EXPECTED = "Expected is a directory, or the output of `terraform show -json` for a plan or a state."


def from_file(path: Path) -> list[Endpoint]:
    """The endpoints in a plan or a state as JSON. Raises EndpointError for anything else."""
    try:
        content = json_value(read(path))
        if isinstance(content, dict) and "resource_changes" in content:
            shapes.check(content, format.PLAN, str(path))
            return from_plan(Plan(content))
        if isinstance(content, dict) and "format_version" in content and "values" in content:
            shapes.check(content, format.STATE, str(path))
            return from_state(State(content))
    except OSError as error:
        raise EndpointError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        advice = _show(path, "plan") if _is_saved_plan(path) else _EXPECTED
        raise EndpointError(f"{path} is not JSON: {error}.", advice=advice) from error
    except RecursionError as error:
        raise EndpointError(f"{path} is nested too deeply for a plan or a state.", advice=_EXPECTED) from error
    if isinstance(content, dict) and "terraform_version" in content and "lineage" in content:
        raise EndpointError(f"{path} is a state in Terraform's own format.", advice=_show(path, "state"))
    raise EndpointError(f"{path} is neither a plan nor a state.", advice=_EXPECTED)


def _show(path: Path, kind: str) -> str:
    """How Terraform shows what it has saved."""
    root = quote(str(path.parent))
    return f"Terraform saved it: terraform -chdir={root} show -json {quote(path.name)} > {kind}.json"


def _is_saved_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"  # Terraform saves plans as zip archives
