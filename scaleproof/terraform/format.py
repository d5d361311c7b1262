"""The shapes of Terraform's JSON: plans and states as `terraform show -json` prints them.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from typing import Any

from scaleproof.shapes import Keyed, Null, Shape


def _values() -> Shape:
    resource = {"address": str, "type": str, "mode": str, "values": dict, "sensitive_values?": dict}
    return {"resources?": [resource], "child_modules?": [_values]}


def _configuration() -> Shape:
    resource = {"type": str, "name": str, "expressions?": dict}
    call = {"expressions?": dict, "module?": _configuration}
    return {
        "resources?": [resource],
        "variables?": Keyed(dict),
        "outputs?": Keyed(dict),
        "module_calls?": Keyed(call),
    }


_STATE_VALUES = {"root_module?": _values, "outputs?": Keyed({"value": object})}
_CHANGE = {"actions": [str], "after?": Null(dict), "before?": Null(dict), "replace_paths?": [list]}
PLAN = {
    "resource_changes": [{"address": str, "type": str, "deposed?": str, "change": _CHANGE}],
    "output_changes?": Keyed({"actions": [str]}),
    "prior_state?": {"values?": _STATE_VALUES},
    "variables?": Keyed(dict),
    "configuration?": {"root_module?": _configuration},
}
STATE = {"values": _STATE_VALUES}


def of_type(cty: Any) -> Shape:
    """The shape of a cty type's values, as of ["object", {"a": "string"}]. Any attribute may be missing."""
    if isinstance(cty, str):
        return {"string": str, "number": float, "bool": bool}.get(cty, object)
    kind, inner = cty
    if kind == "object":
        return {f"{name}?": Null(of_type(element)) for name, element in inner.items()}
    return Keyed(of_type(inner)) if kind == "map" else [of_type(inner)]
