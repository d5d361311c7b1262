"""Reads endpoints and all that scales them: from a Terraform plan, from a state, or live through the API.

All three lead to the same `scaleproof.scaling.endpoint.Endpoint`, by way of the API's own documents.
"""

from __future__ import annotations

from scaleproof.endpoints.documents import EndpointError
from scaleproof.endpoints.live import from_api
from scaleproof.endpoints.terraform import from_file, from_plan, from_state

__all__ = [
    "EndpointError",
    "from_api",
    "from_file",
    "from_plan",
    "from_state",
]
