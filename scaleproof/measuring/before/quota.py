"""How many more instances of a type the account may have."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints import from_api
from scaleproof.endpoints.live import Clients
from scaleproof.errors import ScaleproofError


def room(clients: Clients, instance_type: str) -> str:
    """A sentence on the quota of a type, on what the endpoints of the account use of it, and on what is left.

    It says as well where one of the two cannot be read: nothing depends on it.
    """
    name = f"{instance_type} for endpoint usage"
    try:
        pages = (
            clients("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
        )
        found = next(
            (one["Value"] for page in pages for one in page["Quotas"] if one["QuotaName"] == name), None
        )
    except (ClientError, BotoCoreError) as error:
        return f'The quota "{name}" cannot be read: {error}'
    if found is None:
        return f'Service Quotas has no "{name}".'
    try:
        used = sum(one.instances.get(instance_type, 0) for one in from_api(clients))
    except ScaleproofError as error:
        return f'The quota "{name}" is {found:g}. What is used of it is not known: {error}'
    left = max(found - used, 0)
    return f'The quota "{name}" is {found:g}; endpoints use {used}, which leaves room for {left:g} more.'
