"""Emulates SageMaker with runtime and quotas, Application Auto Scaling and Cloud Control in LocalStack.

The commands import this module, and so does LocalStack in its own environment. It imports no other module of
the package.
"""

from __future__ import annotations

import math
from typing import Any

Json = dict[str, Any]
"""A request, a response or a part of one, with the API's member names."""


def without_none(document: Json) -> Json:
    """A document without the members that are None."""
    return {name: value for name, value in document.items() if value is not None}


_SERVICES = "scaleproof.emulator.api.services"

ENTRY_POINTS: dict[str, str] = {
    "sagemaker:default": f"{_SERVICES}:SAGEMAKER",
    "sagemaker-runtime:default": f"{_SERVICES}:SAGEMAKER_RUNTIME",
    "application-autoscaling:default": f"{_SERVICES}:APPLICATION_AUTOSCALING",
    "cloudcontrol:default": f"{_SERVICES}:CLOUDCONTROL",
    "service-quotas:default": f"{_SERVICES}:SERVICE_QUOTAS",
}
"""Entry points of the group `localstack.aws.provider`: name -> where LocalStack finds the service."""
KEEP = b"k"
"""The launcher reads this on its standard input to keep running after its parent has ended."""
STREAMS_PORT = "SCALEPROOF_STREAMS_PORT"
"""The environment variable that tells the launcher which port streams get, if it is free."""
ENDPOINT_SECONDS = "SCALEPROOF_ENDPOINT_SECONDS"
"""The environment variable that sets how long a change of an endpoint takes."""


def endpoint_seconds(text: str | None) -> float:
    """The value of SCALEPROOF_ENDPOINT_SECONDS, 0 if it is not set. Raises ValueError with a sentence."""
    try:
        value = float(text or 0)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{ENDPOINT_SECONDS} must be a number of seconds, 0 or more, not {text!r}.")
    return value
