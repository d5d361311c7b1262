"""Translates between a resource's values in Terraform and its properties in CloudFormation.

Follows hashicorp/terraform-provider-awscc internal/generic/translate.go.
"""

from __future__ import annotations

import json
from typing import Any

from scaleproof.translation.schema import Attribute, Block
from scaleproof.translation.values import UNKNOWN, Values, from_plain

_KEY_VALUE = {"key", "value"}


def to_document(block: Block, values: Values, *, write_only: bool = True, unknown: bool = False) -> dict[str, Any]:
    """The properties for values, without null and empty ones and, unless `unknown`, without unknown ones."""
    document: dict[str, Any] = {}
    for attribute in block.attributes.values():
        if not attribute.property_name:
            continue
        value: Any = _property_value(attribute, values.get(attribute.name), unknown=unknown)
        if value in (None, [], {}) or (value is UNKNOWN and not unknown):
            continue
        if write_only or not attribute.write_only:
            document[attribute.property_name] = value
    return document


def from_document(block: Block, document: dict[str, Any], reference: Values) -> Values:
    """The values in a document, with the order and the write-only values of `reference`.

    `reference`: the planned or prior values. An empty list becomes null.
    """
    values: Values = {}
    for name, attribute in block.attributes.items():
        if attribute.property_name:
            known = reference.get(name) if isinstance(reference, dict) else None
            value = _attribute_value(attribute, document.get(attribute.property_name), known)
            if attribute.write_only:
                value = None if known is UNKNOWN else known
            values[name] = value
        else:
            values[name] = None
    return values


def _property_value(attribute: Attribute, value: Any, *, unknown: bool) -> Any:
    if value is None or value is UNKNOWN or isinstance(value, str):  # a sensitive block may be a text
        return value
    if attribute.nested is None:
        if isinstance(value, list):
            return [element for element in value if unknown or element is not UNKNOWN]
        return value
    if attribute.nesting == "single":
        return to_document(attribute.nested, value, unknown=unknown)
    return [
        element
        if element is UNKNOWN or isinstance(element, str)
        else to_document(attribute.nested, element, unknown=unknown)
        for element in value
        if unknown or element is not UNKNOWN
    ]


def _attribute_value(attribute: Attribute, value: Any, known: Any) -> Any:
    if value is None or value == []:
        return None
    if attribute.nested is None:
        value = from_plain(value, attribute.type)
        return _ordered_like(known, value) if isinstance(value, list) else value
    if attribute.nesting == "single":
        return from_document(attribute.nested, value, known)
    references = known if isinstance(known, list) else []
    if attribute.nesting == "list" and attribute.nested.attributes.keys() == _KEY_VALUE:
        items = [{"key": element.get("Key"), "value": element.get("Value")} for element in value]
        return _ordered_like(references, sorted(items, key=lambda element: str(element["key"])), by="key")
    padded = [*references, *[{}] * len(value)]
    return [
        from_document(attribute.nested, element, reference) for element, reference in zip(value, padded, strict=False)
    ]


def _ordered_like(reference: Any, items: list[Any], by: str = "") -> list[Any]:
    """The items in the order of the reference. Items that it lacks come last, in their own order."""

    def name(element: Any) -> str:
        return json.dumps(element[by] if by and isinstance(element, dict) else element, sort_keys=True, default=repr)

    if not isinstance(reference, list):
        return items
    order = {name(element): index for index, element in reversed(list(enumerate(reference)))}
    return sorted(items, key=lambda element: order.get(name(element), len(order)))
