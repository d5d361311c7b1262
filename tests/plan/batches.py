"""Plans many sets of inputs of one module in one run of Terraform: an instance of the module for each.

A plan with refused instances has no resources, so what is refused is noted and taken out until the rest
plans. Terraform names the instance in the outcome of its checks (validations, preconditions, postconditions)
and in most diagnostics; where it does not, halves of the batch are planned until the instance is found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaleproof.localstack.connection import Connection
from scaleproof.providers.session import StandIns
from scaleproof.terraform.diagnostics import Diagnostic, PlanFailed
from scaleproof.terraform.plan import Plan, PlannedResource
from scaleproof.terraform.process import CommandFailed
from scaleproof.terraform.root import Root
from tests.plan.planner import instances

_INSTANCE = re.compile(r'module\.it\["(c\d+)"\]')
_RULE = re.compile(r"\s*This was checked by the validation rule at \S+\.$")
_OWN_CHECKS = ("var", "resource", "output_value")
"""Kinds of checks that stop a plan; `check` blocks only warn."""

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """One thing that Terraform says against the inputs.

    `kind`: "rule" for a validation or condition of the module, "type" for a value of another type than
    declared, "other" for everything that the module did not say itself.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What became of one set of inputs: planned resources, or what was said against it.

    Not all of that: where something else in the batch stops Terraform, a module further in is not asked.
    """

    resources: tuple[PlannedResource, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether it plans."""
        return not self.refusals


class _Root(Root):
    """A root that gives its plan even where it has errors."""

    def attempt(self, **variables: Any) -> tuple[Plan, list[Diagnostic]]:
        """The plan and its errors. With errors it has no resources, but still the outcome of every check."""
        self._ready()
        file = self._work.path / "attempt.tfplan"
        file.unlink(missing_ok=True)
        try:
            output = self._process().execute_command("plan", *self._arguments(variables), f"-out={file}").out
        except CommandFailed as failure:
            output = failure.output
        errors = [found for found in self._diagnostics(output) if found.severity == "error"]
        # Some errors leave no plan behind, such as a value that is no JSON.
        shown = self._read("show", "-json", "-no-color", str(file)) if file.exists() else "{}"
        return Plan(json.loads(shown)), errors


class Batches:
    """Plans batches for one module; initialized once."""

    def __init__(
        self, module: str, directory: Path, standins: StandIns | None, connection: Connection | None
    ) -> None:
        """`directory` is where the root is made and worked in."""
        source = directory / "root"
        source.mkdir(parents=True)
        root = instances(module, source)
        del root["provider"]["aws"]["default_tags"]  # AWS is to get the tags of the inputs and no more
        (source / "main.tf.json").write_text(json.dumps(root))
        self._root = _Root(
            source, standins=standins, connection=connection, workdir=directory / "batches-work"
        )
        self.plans = 0

    def judge(self, cases: Sequence[Inputs]) -> list[Verdict]:
        """A verdict for each set of inputs, in their order."""
        found: dict[str, Verdict] = {}
        self._judge({f"c{index}": case for index, case in enumerate(cases)}, found)
        return [found[f"c{index}"] for index in range(len(cases))]

    def plan(self, inputs: Inputs) -> Plan:
        """The plan of one set of inputs, which has to have one."""
        plan, errors = self._plan({"c0": inputs})
        if errors:
            raise PlanFailed(f"plan {inputs}", errors)
        return plan

    def _judge(self, cases: Mapping[str, Inputs], found: dict[str, Verdict]) -> None:
        left = dict(cases)
        while left:
            plan, diagnostics = self._plan(left)
            if not diagnostics:
                for key in left:
                    found[key] = Verdict(_resources(plan, key))
                return
            blamed = _blamed(plan, diagnostics) if len(left) > 1 else {next(iter(left)): _all(diagnostics)}
            if not blamed:
                half = len(left) // 2
                for part in (list(left.items())[:half], list(left.items())[half:]):
                    self._judge(dict(part), found)
                return
            for key, refusals in blamed.items():
                found[key] = Verdict(refusals=tuple(refusals))
                del left[key]

    def _plan(self, cases: Mapping[str, Inputs]) -> tuple[Plan, list[Diagnostic]]:
        """The plan, which has the outcome of the checks even with errors, and its errors."""
        self.plans += 1
        return self._root.attempt(cases={key: dict(case) for key, case in cases.items()})


def _resources(plan: Plan, key: str) -> tuple[PlannedResource, ...]:
    prefix = f'module.it["{key}"].'
    return tuple(found for address, found in sorted(plan.resources.items()) if address.startswith(prefix))


def _blamed(plan: Plan, diagnostics: Sequence[Diagnostic]) -> dict[str, list[Refusal]]:
    """What is said against each instance, as far as Terraform says against which."""
    blamed: dict[str, list[Refusal]] = {}
    crashed = False
    for check in plan.raw.get("checks", ()):
        if check["address"]["kind"] not in _OWN_CHECKS:
            continue
        for instance in check.get("instances", ()):
            key = _INSTANCE.search(instance["address"]["to_display"])
            if key is None or instance["status"] not in ("fail", "error"):
                continue
            texts = [problem["message"] for problem in instance.get("problems", ())]
            crashed = crashed or not texts
            blamed.setdefault(key[1], []).extend(Refusal("rule", text) for text in texts)
    for found in diagnostics:
        if key := _INSTANCE.search(f"{found.address} {found.detail}"):
            blamed.setdefault(key[1], []).append(_refusal(found))
    # A condition that could not be evaluated: what Terraform says of it names no instance.
    others = [_refusal(found) for found in diagnostics if _is_other(found)] if crashed else []
    return {key: refusals or list(dict.fromkeys(others)) for key, refusals in blamed.items()}


def _all(diagnostics: Sequence[Diagnostic]) -> list[Refusal]:
    return [_refusal(found) for found in diagnostics]


def _is_other(found: Diagnostic) -> bool:
    return _refusal(found).kind == "other" and not _INSTANCE.search(f"{found.address} {found.detail}")


def _refusal(found: Diagnostic) -> Refusal:
    detail = " ".join(found.detail.split())
    if found.summary == "Invalid value for variable" or found.summary.startswith("Resource "):
        return Refusal("rule", _RULE.sub("", detail))
    if found.summary == "Invalid value for input variable" or found.summary == "Required variable not set":
        return Refusal("type", detail)
    return Refusal("other", f"{found.summary}: {detail} ({found.location or found.address})")
