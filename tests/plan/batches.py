"""Plans many sets of inputs of one module in one run of Terraform: an instance of the module for each.

A plan with refused instances has no resources, so what is refused is noted and taken out until the rest
plans. Terraform names the instance in the outcome of its checks (validations, preconditions, postconditions)
and in most diagnostics; where it does not, halves of the batch are planned until the instance is found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.runner import CommandFailed

_INSTANCE = re.compile(r'module\.it\["(c\d+)"\]')
_RULE = re.compile(r"\s*This was checked by the validation rule at \S+\.$")
_CONDITIONS = ("Resource ", "Module output value precondition failed")
"""How Terraform begins the summary of a condition of the module that failed, other than a validation."""
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
    """What became of one set of inputs: its plan, or what was said against it.

    Not all of that: where something else in the batch stops Terraform, a module further in is not asked.
    """

    plan: Plan | None = None
    refusals: tuple[Refusal, ...] = ()

    @property
    def accepted(self):
        """Whether it plans."""
        return not self.refusals

    @property
    def resources(self):
        """What is planned, data sources included."""
        return tuple(self.plan.resources.values()) if self.plan else ()


class BatchRoot(Root):
    """A root that gives its plan even where it has errors."""

    def attempt(self, cases):
        """The plan and its errors. With errors it has no resources, but still the outcome of every check."""
        self._ready()
        file = self._work.path / "attempt.tfplan"
        file.unlink(missing_ok=True)
        arguments = self._arguments({"cases": {key: dict(case) for key, case in cases.items()}})
        try:
            output = self._runner().execute_command("plan", *arguments, f"-out={file}").out
        except CommandFailed as failure:
            output = failure.output
        diagnostics = self._reported(output)
        # Some errors leave no plan behind, such as a value that is no JSON.
        shown = self._show(str(file)) if file.exists() else {}
        warnings = tuple(diagnostic for diagnostic in diagnostics if diagnostic.severity == "warning")
        return Plan(shown, warnings), [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]


def judge(roots, cases):
    """What becomes of each set of inputs, in their order. A root gets what those before it do not refuse."""
    verdicts = {}
    left = {f"c{index}": case for index, case in enumerate(cases)}
    for root in roots:
        left = _judge(root, left, verdicts)
    return [verdicts[f"c{index}"] for index in range(len(cases))]


def _judge(root, cases, verdicts):
    """Notes the verdicts; returns what is not refused."""
    left = dict(cases)
    while left:
        plan, errors = root.attempt(left)
        if not errors:
            verdicts |= {key: Verdict(alone(plan, key)) for key in left}
            break
        blamed = _blamed(plan, errors) if len(left) > 1 else {next(iter(left)): list(map(_refusal, errors))}
        if not blamed:
            half = len(left) // 2
            parts = list(left.items())[:half], list(left.items())[half:]
            return {key: case for part in parts for key, case in _judge(root, dict(part), verdicts).items()}
        for key, refusals in blamed.items():
            verdicts[key] = Verdict(refusals=tuple(refusals))
            del left[key]
    return left


def _blamed(plan, diagnostics):
    """What is said against each instance, as far as Terraform says against which."""
    blamed = {}
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
    for diagnostic in diagnostics:
        if key := _named(diagnostic):
            blamed.setdefault(key[1], []).append(_refusal(diagnostic))
    # A condition that could not be evaluated: what Terraform says of it names no instance.
    unnamed = [(diagnostic, _refusal(diagnostic)) for diagnostic in diagnostics] if crashed else []
    others = [refusal for diagnostic, refusal in unnamed if refusal.kind == "other" and not _named(diagnostic)]
    return {key: refusals or list(dict.fromkeys(others)) for key, refusals in blamed.items()}


def _named(diagnostic):
    return _INSTANCE.search(f"{diagnostic.address} {diagnostic.detail}")


def _refusal(diagnostic):
    detail = " ".join(diagnostic.detail.split())
    if diagnostic.summary == "Invalid value for variable" or diagnostic.summary.startswith(_CONDITIONS):
        return Refusal("rule", _RULE.sub("", detail))
    if diagnostic.summary == "Invalid value for input variable" or diagnostic.summary == "Required variable not set":
        return Refusal("type", detail)
    return Refusal("other", f"{diagnostic.summary}: {detail} ({diagnostic.location or diagnostic.address})")


def alone(plan, key):
    """What the plan of `module.it[KEY]` alone would be, with `module.it` in all addresses.

    The configuration and the warnings that name no instance stay those of the whole; the root's variables are
    left out.
    """
    raw, place = plan.raw, f'module.it["{key}"]'
    part = {
        "resource_changes": [
            change for change in raw.get("resource_changes", ()) if change.get("module_address", "").startswith(place)
        ],
        "prior_state": {"values": {"root_module": _module(raw.get("prior_state", {}).get("values"), place)}},
        "planned_values": {"root_module": _module(raw["planned_values"], place)},
        "checks": list(_checks(raw.get("checks", ()), place)),
    }
    moved = json.loads(json.dumps(part).replace(json.dumps(place)[1:-1], "module.it"))
    whole = {name: value for name, value in raw.items() if name != "variables"}
    outputs = {name: _element(change, key) for name, change in raw["output_changes"].items()}
    warnings = (diagnostic for diagnostic in plan.warnings if (named := _named(diagnostic)) is None or named[1] == key)
    return Plan({**whole, **moved, "output_changes": outputs}, tuple(warnings))


def _module(values, place):
    children = (values or {}).get("root_module", {}).get("child_modules", ())
    return {"child_modules": [child for child in children if child["address"] == place]}


def _checks(checks, place):
    for check in checks:
        instances = [
            instance for instance in check.get("instances", ()) if instance["address"]["to_display"].startswith(place)
        ]
        if instances:
            yield {**check, "instances": instances}


def _element(change, key):
    parts = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
    return {
        name: value[key] if name in parts and isinstance(value, dict) and key in value else value
        for name, value in change.items()
    }
