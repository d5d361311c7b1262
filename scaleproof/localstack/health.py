"""Asks a LocalStack which services it has."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from scaleproof.errors import FailedError

NEEDED = ("application-autoscaling", "cloudcontrol", "sagemaker", "sagemaker-runtime")
"""The services that the module needs and that LocalStack's free edition lacks."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Treats a redirect as an error: it could lead to an address that was not checked."""

    def redirect_request(self, *_: object) -> None:
        """Refuses to follow."""


# Ignores the user's proxy, which is for the network, not for this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
# No web page sends that by itself: see `scaleproof.emulator.guard`.
OPENER.addheaders = [("Content-Type", "application/json")]


@dataclass(frozen=True)
class Health:
    """The answer of /_localstack/health: the release, and the needed services that are missing."""

    version: str
    missing: list[str]


def ask(endpoint_url: str, timeout: float = 5.0) -> Health:
    """The health of the LocalStack at `endpoint_url`; `timeout` in seconds.

    Raises `OSError` if nothing answers (`ConnectionError`, `TimeoutError`, an HTTP error) and `ValueError`
    if another server answers.
    """
    with OPENER.open(f"{endpoint_url}/_localstack/health", timeout=timeout) as response:
        answer = json.load(response)
    if not isinstance(answer, dict) or not isinstance(answer.get("services"), dict):
        raise ValueError("no object with services")
    off = ("disabled", "error")
    missing = [name for name in NEEDED if answer["services"].get(name, off[0]) in off]
    return Health(str(answer.get("version", "unknown")), missing)


def answers(endpoint_url: str) -> bool:
    """Whether a LocalStack still runs; one that ended has taken everything with it."""
    try:
        ask(endpoint_url)
    except (OSError, ValueError):
        return False
    return True


def require(endpoint_url: str, advice: str) -> Health:
    """The health of a LocalStack that is to be used; `advice`: what to do if it cannot be.

    Raises `ScaleproofError` if nothing answers, if another server answers, or if a needed service is missing.
    """
    try:
        health = ask(endpoint_url)
    except urllib.error.HTTPError as error:
        raise FailedError(
            f"The server at {endpoint_url} is not a LocalStack (HTTP {error.code} for its health).",
            advice=advice,
        ) from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise FailedError(f"No LocalStack answers at {endpoint_url} ({reason}).", advice=advice) from error
    except ValueError as error:
        raise FailedError(f"The server at {endpoint_url} is not a LocalStack.", advice=advice) from error
    if health.missing:
        raise FailedError(
            f"The LocalStack {health.version} at {endpoint_url} does not serve {', '.join(health.missing)}.",
            advice=advice,
        )
    return health
