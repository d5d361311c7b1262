"""Plans one module of the project with inputs given as Python values."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from scaleproof.hcl.module import Module
from scaleproof.pytest_plugin.fixtures import PlanRoot
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.plan import Plan
from tests.plan.instances import each

REPOSITORY = Path(__file__).resolve().parent.parent.parent
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"
PAIR = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 12},
]

MAX_RETRIES = 4
"""How often the providers send a request that fails for a time: as often as the stand-ins do.

By themselves the real ones send it 25 times, with pauses of up to five minutes. Both take the argument, but
only aws takes AWS_MAX_ATTEMPTS. Sources: aws_config.go of hashicorp/aws-sdk-go-base, max_retries in the
documentation of aws, internal/provider/provider.go of hashicorp/terraform-provider-awscc.
"""

ROOT, MODEL, ENDPOINT, REALTIME, ASYNC, MONITORING = (
    ".",
    "modules/model",
    "modules/endpoint",
    "modules/realtime",
    "modules/async",
    "modules/monitoring",
)
_ENDPOINT = {
    "name": "speech",
    "model_name": "nova-3",
    "instance_pools": PAIR,
    "capacity": {"min": 1, "max": 4},
}
SMALLEST: dict[str, dict[str, Any]] = {
    ROOT: {
        "name": "speech",
        "model": {"image": IMAGE},
        "instance_pools": PAIR,
        "realtime": {"capacity": {"min": 1, "max": 4}},
        "async": {"capacity": {"min": 0, "max": 5}, "s3_output_path": "s3://acme-transcripts/out/"},
    },
    MODEL: {"name": "speech", "image": IMAGE},
    ENDPOINT: _ENDPOINT,
    REALTIME: _ENDPOINT,
    ASYNC: {**_ENDPOINT, "capacity": {"min": 0, "max": 5}, "s3_output_path": "s3://acme-transcripts/out/"},
    MONITORING: {
        "kind": "realtime",
        "endpoint_name": "speech",
        "instance_pools": PAIR,
        "capacity": {"min": 1, "max": 4},
        "signal": {"target": 9},
    },
}
"""The least that each module plans with."""


class Planner:
    """Plans modules, each in a root that hands every input through; remembers its plans.

    Their only content is the module, under the name `it`, whose outputs are the output `it`. Nobody may
    change them: another test gets the same.
    """

    def __init__(self, directory: Path, plan: PlanRoot) -> None:
        """`directory` holds the generated roots."""
        self._directory = directory
        self._plan = plan
        self._known: dict[str, Plan] = {}

    def __call__(self, module: str, **changes: Any) -> Plan:
        """The plan of `module` with its smallest inputs and `changes`; None leaves an input to its default.

        Raises `PlanFailed`.
        """
        inputs = {**SMALLEST[module], **changes}
        key = _key(module, inputs)
        if key not in self._known:
            self._known[key] = self._plan(self._root(module, configuration), **inputs)
        return self._known[key]

    def together(self, module: str, variants: Iterable[Mapping[str, Any]]) -> None:
        """Plans with each of these changes in one run of Terraform, so that they can be had at once.

        What is refused or warned of is not: the call that asks for it plans it alone, and says why.
        """
        names = Module.read(REPOSITORY / module).variables.keys()
        given = ({**SMALLEST[module], **changes} for changes in variants)
        # An instance takes no notice of an element that is no input.
        wanted = {_key(module, inputs): inputs for inputs in given if inputs.keys() <= names}
        cases = {f"c{place}": key for place, key in enumerate(wanted) if key not in self._known}
        if not cases:
            return
        try:
            plan = self._plan(
                self._root(module, instances), cases={case: wanted[key] for case, key in cases.items()}
            )
        except PlanFailed:
            return
        if not plan.warnings:
            self._known |= {cases[case]: found for case, found in each(plan, cases).items()}

    def _root(self, module: str, made: Callable[[str, Path], dict[str, Any]]) -> Path:
        directory = self._directory / made.__name__ / module.replace("/", "-").replace(".", "root")
        if not directory.exists():
            directory.mkdir(parents=True)
            root = {**made(module, directory), "output": {"it": {"value": "${module.it}"}}}
            (directory / "main.tf.json").write_text(json.dumps(root))
        return directory


def _key(module: str, inputs: Mapping[str, Any]) -> str:
    return json.dumps([module, inputs], sort_keys=True)


def configuration(module: str, directory: Path) -> dict[str, Any]:
    """A root for `directory` whose only content is `module`, with each of its inputs as a variable."""
    names = sorted(Module.read(REPOSITORY / module).variables)
    # Relative: an absolute source would be a package of its own, whose modules could not name their siblings.
    source = Path(os.path.relpath(REPOSITORY / module, directory.resolve()))
    return {
        "terraform": {
            "required_providers": {name: {"source": f"hashicorp/{name}"} for name in ("aws", "awscc")}
        },
        "provider": {
            "aws": {
                "region": "us-east-1",
                "default_tags": {"tags": {"Team": "speech"}},
                "max_retries": MAX_RETRIES,
            },
            "awscc": {"region": "us-east-1", "max_retries": MAX_RETRIES},
        },
        "variable": {name: {"type": "any", "default": None} for name in names},
        "module": {"it": {"source": str(source), **{name: f"${{var.{name}}}" for name in names}}},
    }


def instances(module: str, directory: Path) -> dict[str, Any]:
    """The same with an instance of the module for each element of `var.cases`, which are its inputs."""
    alone = configuration(module, directory)
    given = {name: f"${{try(each.value.{name}, null)}}" for name in alone["variable"]}
    return {
        **alone,
        "variable": {"cases": {"type": "any"}},
        "module": {"it": {**alone["module"]["it"], "for_each": "${var.cases}", **given}},
    }
