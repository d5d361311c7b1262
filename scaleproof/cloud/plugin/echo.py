"""The model every emulated endpoint runs: it answers with what it was asked.

An input that is a JSON object with a member "fail" makes it fail with that HTTP status, so that the ways of
an error (ModelError, S3 failure path, error topic) can be walked.
"""

from __future__ import annotations

import hashlib
import json

CONTENT_TYPE = "application/json"


class ModelFailedError(Exception):
    """The model answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int) -> None:
        """`status` is from 400 to 599."""
        self.status = status
        kind = "client" if status < 500 else "server"
        # aws/amazon-sagemaker-examples issues 407 and 4324
        super().__init__(f"Received {kind} error ({status}) from primary with message")

    @property
    def answer(self) -> str:
        """The body of the model's answer."""
        return json.dumps({"error": f"asked to fail with {self.status}"})


def predict(endpoint: str, variant: str, body: bytes) -> bytes:
    """The model's answer: JSON with endpoint, variant, size of the input in bytes and its SHA-256.

    Raises ModelFailedError if the input asks for it.
    """
    status = _wanted_failure(body)
    if status is not None:
        raise ModelFailedError(status)
    answer = {
        "endpoint": endpoint,
        "variant": variant,
        "input_bytes": len(body),
        "input_sha256": hashlib.sha256(body).hexdigest(),
    }
    return json.dumps(answer).encode()


def _wanted_failure(body: bytes) -> int | None:
    if b'"fail"' not in body[:1024]:
        return None
    try:
        status = json.loads(body)["fail"]
    except (ValueError, TypeError, KeyError):
        return None
    return status if isinstance(status, int) and 400 <= status <= 599 else None
