"""Asks a LocalStack which services it has."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from scaleproof.errors import FailedError

NEEDED = ("application-autoscaling", "cloudcontrol", "sagemaker", "sagemaker-runtime")
"""The services that the module needs and that LocalStack's free edition lacks."""


def fetch(url: str, *, seconds: float, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    """The status and the body of what a LocalStack answers by itself, without AWS's clients.

    The user's proxy is not used, because it is for the network, not for this machine. Raises `OSError` if nothing
    answers in time (`ConnectionError`, `TimeoutError`), and `ValueError` for no HTTP.
    """
    place = urlsplit(url)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    try:
        with closing(kind(place.hostname or "", place.port, timeout=seconds)) as connection:
            connection.request(method, place.path, body)
            response = connection.getresponse()
            return response.status, response.read()
    except ConnectionError:  # one of them is an HTTPException too
        raise
    except HTTPException as error:
        raise ValueError(f"its answer is no HTTP: {type(error).__name__}") from error


@dataclass(frozen=True)
class Health:
    """The answer of /_localstack/health: the release, and the needed services that are missing."""

    version: str
    missing: list[str]


def ask(endpoint_url: str, timeout: float = 5.0) -> Health:
    """The health of the LocalStack at `endpoint_url`; `timeout` in seconds.

    Raises `OSError` if nothing answers in time, and `ValueError` if another server answers.
    """
    status, content = fetch(f"{endpoint_url}/_localstack/health", seconds=timeout)
    if status != 200:
        raise ValueError(f"HTTP {status} for its health")
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise ValueError("its health is no JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("services"), dict):
        raise ValueError("its health names no services")
    off = ("disabled", "error")
    missing = [name for name in NEEDED if answer["services"].get(name, off[0]) in off]
    return Health(str(answer.get("version", "unknown")), missing)


def answers(endpoint_url: str) -> bool:
    """Whether a LocalStack runs; one that ended has taken everything with it."""
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
    except OSError as error:
        raise FailedError(f"No LocalStack answers at {endpoint_url} ({error}).", advice=advice) from error
    except ValueError as error:
        raise FailedError(f"The server at {endpoint_url} is not a LocalStack ({error}).", advice=advice) from error
    if health.missing:
        raise FailedError(
            f"The LocalStack {health.version} at {endpoint_url} does not serve {', '.join(health.missing)}.",
            advice=advice,
        )
    return health
