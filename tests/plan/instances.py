"""Plans of the instances of one module, taken out of the plan of them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scaleproof.terraform.plan import Plan


def each(plan: Plan, keys: Iterable[str]) -> dict[str, Plan]:
    """By key, what the plan of `module.it[KEY]` alone would be, with `module.it` in all addresses.

    The configuration stays that of the whole; the root's variables are left out.
    """
    return {key: Plan(_alone(plan.raw, key)) for key in keys}


def _alone(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    place = f'module.it["{key}"]'
    part = {
        "resource_changes": [
            one for one in raw["resource_changes"] if one["module_address"].startswith(place)
        ],
        "prior_state": {
            "values": {"root_module": _module(raw.get("prior_state", {}).get("values", {}), place)}
        },
        "planned_values": {"root_module": _module(raw["planned_values"], place)},
        "checks": list(_checks(raw.get("checks", ()), place)),
    }
    whole = {name: value for name, value in raw.items() if name != "variables"}
    outputs = {name: _element(change, key) for name, change in raw["output_changes"].items()}
    return {**whole, **json.loads(_moved(json.dumps(part), place)), "output_changes": outputs}


def _moved(text: str, place: str) -> str:
    return text.replace(json.dumps(place)[1:-1], "module.it")


def _module(values: Mapping[str, Any], place: str) -> dict[str, Any]:
    children = values.get("root_module", {}).get("child_modules", ())
    return {"child_modules": [child for child in children if child["address"] == place]}


def _checks(checks: Iterable[Mapping[str, Any]], place: str) -> Iterator[dict[str, Any]]:
    for check in checks:
        found = [one for one in check.get("instances", ()) if one["address"]["to_display"].startswith(place)]
        if found:
            yield {**check, "instances": found}


def _element(change: Mapping[str, Any], key: str) -> dict[str, Any]:
    parts = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
    return {
        name: value[key] if name in parts and isinstance(value, dict) and key in value else value
        for name, value in change.items()
    }
