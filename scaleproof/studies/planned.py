"""Plans the module with a proposal, so that a simulation has the policies that Terraform would apply."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import scaleproof
from scaleproof.endpoints import from_plan
from scaleproof.errors import ScaleproofError
from scaleproof.processes import resident, scratch
from scaleproof.processes.cache import private_directory, private_file
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.proposal import PLACEHOLDER, Proposal
from scaleproof.terraform.root import Root

_PROVIDERS = {
    "terraform": {"required_providers": {name: {"source": f"hashicorp/{name}"} for name in ("aws", "awscc")}},
    "provider": {name: {"region": "us-east-1"} for name in ("aws", "awscc")},
}
_INPUTS = ("instance_pools", "realtime", "async")
_AT_A_TIME = threading.BoundedSemaphore(resident.MAX_IDLE)
"""Plans of this process: as many as Terraform stays loaded for."""
S3_PATH = "s3://results-of-proposal/out/"


def module_directory(module: Path | None = None) -> Path:
    """The module's own directory: `given`, else that of the checkout this package is in.

    Raises ScaleproofError if the module is not there.
    """
    directory = module or Path(scaleproof.__file__).resolve().parent.parent
    if not (directory / "modules" / "endpoint").is_dir():
        raise ScaleproofError(f"The module is not in {directory}.", advice="Name a checkout of it: --module PATH.")
    return directory


class ModulePlanner:
    """Plans the module with proposals as its inputs; runs `terraform init` once."""

    def __init__(self, module: Path, name: str, **options: Any) -> None:
        """`module` is the module's directory, `name` its input; `options` are those of a Root."""
        self._temporary = scratch.make()
        self._base = self._temporary.resolve()
        self._module, self._options = module.resolve(), options
        directory = self._directory("inputs")
        source = self.source(directory)
        called = {"source": source, "name": name, "model": {"image": PLACEHOLDER}}
        content = {
            **_PROVIDERS,
            "variable": {name: {"type": "any", "default": None} for name in _INPUTS},
            "module": {"it": {**called, **{name: f"${{var.{name}}}" for name in _INPUTS}}},
        }
        private_file(directory / "main.tf.json").write_text(json.dumps(content), encoding="utf-8")
        self._root = Root(directory, **options)

    def endpoint(self, proposal: Proposal) -> Endpoint:
        """The endpoint that the module plans for a proposal; raises PlanFailed."""
        inputs = proposal.inputs()
        if "async" in inputs:
            inputs["async"]["s3_output_path"] = S3_PATH
        with _AT_A_TIME:
            (endpoint,) = from_plan(self._root.plan(**{name: inputs.get(name) for name in _INPUTS}))
        return endpoint

    def check(self, text: str, source: str) -> Endpoint:
        """The endpoint that a module block with this `source` plans; raises PlanFailed."""
        directory = self._directory("block")
        local = text.replace(f'"{source}"', f'"{self.source(directory)}"', 1)
        private_file(directory / "main.tf").write_text(local, encoding="utf-8")
        private_file(directory / "providers.tf.json").write_text(json.dumps(_PROVIDERS), encoding="utf-8")
        with _AT_A_TIME, Root(directory, **self._options) as root:
            (endpoint,) = from_plan(root.plan())
        return endpoint

    def source(self, directory: Path) -> str:
        """The module's source for a root in `directory`."""
        # Relative: Terraform would copy an absolute source as a package.
        return os.path.relpath(self._module, directory)

    def _directory(self, name: str) -> Path:
        return private_directory(self._base / name)

    def close(self) -> None:
        """Removes the directories it planned in."""
        self._root.close()
        scratch.remove(self._temporary)
