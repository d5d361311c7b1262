"""Speaks to the plugin inside a LocalStack: what belongs to one account, and is no API of AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from scaleproof.cloud.connection import Connection
from scaleproof.cloud.health import OPENER
from scaleproof.errors import ScaleproofError

_SECONDS = 10.0


def ask(connection: Connection, method: str, subject: str, body: Any = None) -> Any:
    """What the plugin answers about `subject` ("faults", "calls") in the account of a connection.

    Raises `ScaleproofError` for a body that it refuses, for a LocalStack that runs without the plugin, and
    for one that does not answer.
    """
    request = urllib.request.Request(
        f"{connection.endpoint_url}/_scaleproof/{subject}/{connection.account}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    try:
        with OPENER.open(request, timeout=_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 400:
            raise ScaleproofError(json.load(error)["message"]) from None
        raise ScaleproofError(
            f"The LocalStack at {connection.endpoint_url} knows of no {subject} (HTTP {error.code}).",
            advice="Use one that this version of scaleproof starts: its plugin does.",
        ) from error
    except (OSError, ValueError) as error:
        raise ScaleproofError(
            f"The LocalStack at {connection.endpoint_url} does not answer ({error})."
        ) from error
