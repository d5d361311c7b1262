"""Compares a plan with the inventory in a YAML file, and writes that file anew.

Four sections, after the inventories of Google's Cloud Foundation Fabric: `values` (attributes by address, a
subset), `counts` (instances of each type of managed resource after the apply, exact; `modules` and
`resources` for the totals), `outputs` (a subset) and `endpoints` (what scales them, a subset).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from scaleproof.endpoints.documents import AFTER_APPLY
from scaleproof.endpoints.render import EndpointRow, PolicyRow, ScheduleRow, rows
from scaleproof.endpoints.terraform import planned
from scaleproof.pytest_plugin.expectations import same
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.sensitive import TEXT
from scaleproof.terraform.state import is_data
from scaleproof.texts import did_you_mean

TOTALS = ("modules", "resources")
ACCOUNT = "123456789012"
"""Stands in inventories for the account of a plan, which is another one in each LocalStack."""
MOST_HINTS = 100
"""Differences beside which near names are looked for: each takes some milliseconds, and a file may have thousands."""


@dataclass
class Comparison:
    """A plan beside an inventory.

    `differences`: in words. `rebuilt`: the sections with the same addresses and attributes and the plan's
    values; an empty section gets everything except sensitive values, which lists have as TEXT. `gone`: what the plan
    has not.
    """

    differences: list[str] = field(default_factory=list)
    rebuilt: dict[str, Any] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def compare(sections: Mapping[str, Any], plan: Plan) -> Comparison:
    """Compares a plan with the given sections."""
    comparison = Comparison()
    plan = _portable(plan)
    for name, expected in sections.items():
        actual = SECTIONS[name](plan)
        if not expected:
            # Any plan would pass.
            comparison.differences.append(f"{name}: nothing is expected yet")
            comparison.rebuilt[name] = _shown(_filled(name, actual))
        elif name == "counts":
            comparison.rebuilt[name] = _compare_counts(expected, actual, comparison)
        else:
            comparison.rebuilt[name] = _compare(expected, actual, [name], comparison)
    return comparison


def _portable(plan: Plan) -> Plan:
    """The plan with ACCOUNT instead of the account that it reads from STS."""
    callers = (resource.values for resource in plan.resources.values() if resource.type == "aws_caller_identity")
    accounts = {caller["account_id"] for caller in callers if caller.get("account_id")}
    if len(accounts) != 1 or accounts == {ACCOUNT}:
        return plan
    return Plan(json.loads(json.dumps(plan.raw).replace(accounts.pop(), ACCOUNT)), plan.warnings)


def _values(plan: Plan) -> dict[str, Any]:
    resources = plan.shown().items()
    return {address: resource.overlaid(AFTER_APPLY) for address, resource in resources if not resource.leaves}


def _counts(plan: Plan) -> dict[str, int]:
    types = Counter(
        resource.type for address, resource in plan.resources.items() if not resource.leaves and not is_data(address)
    )
    root = plan.raw.get("planned_values", {}).get("root_module", {})
    return {**types, "modules": _modules(root), "resources": types.total()}


def _modules(module: Mapping[str, Any]) -> int:
    below = module.get("child_modules", ())
    return len(below) + sum(_modules(child) for child in below)


def _outputs(plan: Plan) -> dict[str, Any]:
    return plan.shown_outputs(AFTER_APPLY)


def _endpoints(plan: Plan) -> dict[str, Any]:
    return {row.name: endpoint_values(row) for row in rows(planned(plan))}


def endpoint_values(row: EndpointRow) -> dict[str, Any]:
    """An endpoint in the section `endpoints`: policies and schedules by name, no alarms, no live counts."""
    values: dict[str, Any] = {
        "kind": row.kind,
        "pools": [{"instance_type": pool.instance_type, "max_concurrency": pool.max_concurrency} for pool in row.pools],
        "initial": row.initial,
    }
    if row.max is not None:
        values |= {
            "min": row.min,
            "max": row.max,
            "policies": {policy.name: _unnamed(policy) for policy in row.policies},
            "schedules": {schedule.name: _unnamed(schedule) for schedule in row.schedules},
        }
    return values


def _unnamed(row: PolicyRow | ScheduleRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name not in ("name", "type") and value != ""}


SECTIONS: Mapping[str, Callable[[Plan], dict[str, Any]]] = {
    "values": _values,
    "counts": _counts,
    "outputs": _outputs,
    "endpoints": _endpoints,
}
"""Reads a section from a plan."""


def _filled(name: str, actual: Mapping[str, Any]) -> dict[str, Any]:
    """What an empty section gets: the known values that are neither sensitive nor null, and every output."""
    if name == "outputs":
        return {output: value for output, value in actual.items() if value != TEXT}
    if name == "counts":
        return {kind: actual[kind] for kind in sorted(actual) if kind not in TOTALS}
    if name == "values":
        actual = {address: actual[address] for address in sorted(actual) if not is_data(address)}
    return {key: _without(value) for key, value in actual.items()}


def _compare(expected: Any, actual: Any, path: list[str], comparison: Comparison) -> Any:
    """`expected` in its order with the values of `actual`; adds what differs and what is gone."""
    where = ": ".join(path)
    if isinstance(expected, Mapping | list) and isinstance(actual, str):
        actual = _parsed(actual)
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        rebuilt: dict[str, Any] = {}
        for key, value in expected.items():
            if key in actual or value is None:
                rebuilt[key] = _compare(value, actual.get(key), [*path, key], comparison)
            else:
                hint = did_you_mean(key, actual, 2) if len(comparison.differences) < MOST_HINTS else ""
                comparison.differences.append(f"{where}: there is no {key}. {hint}".rstrip())
                comparison.gone.append(f"{where}: {key}")
        return rebuilt
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) == len(actual):
            return [
                _compare(element, counterpart, [*path[:-1], f"{path[-1]}[{place}]"], comparison)
                for place, (element, counterpart) in enumerate(zip(expected, actual, strict=True))
            ]
        comparison.differences.append(f"{where} has {len(actual)} elements, expected {len(expected)}: {_text(actual)}")
    elif same(actual, expected):
        return expected
    else:
        comparison.differences.append(f"{where} is {_text(actual)}, expected {_text(expected)}")
    return _shown(actual)


def _compare_counts(expected: Mapping[str, Any], actual: Mapping[str, int], comparison: Comparison) -> dict[str, Any]:
    counts: dict[str, Any] = _compare(expected, dict.fromkeys(expected, 0) | dict(actual), ["counts"], comparison)
    if set(expected) - set(TOTALS):  # exact: a new type is a difference, unless only totals are given
        new = {kind: number for kind, number in _filled("counts", actual).items() if kind not in expected}
        comparison.differences += [f"counts: {kind} is {number}, expected none" for kind, number in new.items()]
        counts |= new
    return {kind: number for kind, number in counts.items() if kind in actual}


def _parsed(text: str) -> Any:
    """The value of a text that holds JSON, such as a policy or a dashboard; else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _without(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: _without(value) for name, value in values.items() if value not in (None, {}, AFTER_APPLY, TEXT)}
    if isinstance(values, list):
        return [_without(value) for value in values]  # all of them: lists are compared element by element
    return values


def _shown(value: Any) -> Any:
    """A value for YAML: whole numbers without a fraction, and plain texts."""
    if isinstance(value, dict):
        return {name: _shown(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_shown(content) for content in value]
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: Any) -> str:
    shown = json.dumps(_shown(value), default=str, ensure_ascii=False)
    return shown if len(shown) <= 300 else f"{shown[:297]}..."
