"""Endpoints as they would stand after the apply of a plan."""

from __future__ import annotations

from scaleproof.endpoints.references import Place, referred
from scaleproof.endpoints.terraform import Item, endpoints
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform.plan import Plan, is_data
from scaleproof.translation.values import UNKNOWN


def from_plan(plan: Plan) -> list[Endpoint]:
    """The endpoints of a plan with their pools, bounds, policies, alarms and schedules; one for each variant.

    `max_concurrency` is what the module records of its pools, None where it does not. A step policy's alarms
    are followed through references where the plan does not know ARNs yet. Raises EndpointError where there is
    no endpoint, and where a value that bears on scaling is known only after the apply: it names the value.
    """
    shown = plan.shown(UNKNOWN)
    items = [
        Item(address, found.type, found.overlaid(UNKNOWN), shown[address].overlaid(UNKNOWN))
        for address, found in plan.resources.items()
        if found.actions != ("delete",) and not is_data(address)
    ]

    def names(item: Item, argument: str, other: Item) -> bool:
        place = Place.of(other.address)
        found = [one for one in referred(plan.raw, item.address, argument) if one.fits(place)]
        return bool(found) and _same_instance(Place.of(item.address), place)

    return endpoints(items, names, "the plan")


def _same_instance(one: Place, other: Place) -> bool:
    """Whether two resource instances belong together where keys were left open.

    As far as their modules are the same, so are the instances of these; and resources of one module that are
    made with the same keys refer to each other key by key.
    """
    for (name, key), (other_name, other_key) in zip(one.module, other.module, strict=False):
        if name != other_name:
            break
        if key != other_key:
            return False
    textual = one.key.startswith('["') and other.key.startswith('["')
    return not textual or one.module != other.module or one.key == other.key
