"""How long the emulated endpoints take over a change."""

from __future__ import annotations

import math

VARIABLE = "SCALEPROOF_ENDPOINT_SECONDS"


def seconds(text: str | None) -> float:
    """What a value of SCALEPROOF_ENDPOINT_SECONDS says; 0 for none. Raises ValueError with a sentence."""
    try:
        value = float(text or 0)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{VARIABLE} must be a number of seconds, 0 or more, not {text!r}.")
    return value
