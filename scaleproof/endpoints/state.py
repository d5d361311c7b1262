"""Endpoints as a Terraform state has them."""

from __future__ import annotations

from scaleproof.endpoints.terraform import Item, endpoints
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform.plan import is_data
from scaleproof.terraform.state import State
from scaleproof.translation.values import UNKNOWN


def from_state(state: State) -> list[Endpoint]:
    """The endpoints of a state with pools, bounds, policies, alarms and schedules; one for each variant.

    The initial count is that of the configuration: what scaling has made of it is not in a state. Raises
    EndpointError where there is no endpoint.
    """
    secrets = state.secrets
    items = [
        Item(address, found.type, found.values, secrets.masked(found.values, found.sensitive, UNKNOWN))
        for address, found in state.resources.items()
        if not is_data(address)
    ]
    return endpoints(items, lambda _item, _argument, _other: False, "the state")
