"""SageMaker, its runtime and quotas, Application Auto Scaling, Cloud Control: for a LocalStack that has none.

Imported both here and inside LocalStack's own environment, so this module imports no other of the package.
"""

from __future__ import annotations

import math

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
"""What the launcher reads on its standard input to go on without whoever has started it."""
ENDPOINT_SECONDS = "SCALEPROOF_ENDPOINT_SECONDS"
"""The environment variable that says how long endpoints take over a change."""


def endpoint_seconds(text: str | None) -> float:
    """What a value of SCALEPROOF_ENDPOINT_SECONDS says; 0 for none. Raises ValueError with a sentence."""
    try:
        value = float(text or 0)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{ENDPOINT_SECONDS} must be a number of seconds, 0 or more, not {text!r}.")
    return value
