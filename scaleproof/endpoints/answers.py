"""Reads answers of the API that may be endless, or not what its documentation says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from scaleproof.errors import FailedError

MOST_PAGES = 2_000
"""Of one answer: 100,000 rows of 50, the default of most operations."""
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What boto3, too, raises for an answer that has another shape than its documentation says."""


def advice(error: BotoCoreError | ClientError, permission: str) -> str:
    """What to change where AWS did not answer a call that needs a permission."""
    if isinstance(error, ConnectionError | HTTPClientError):
        return "Check that this machine reaches AWS, directly or through the proxy in HTTPS_PROXY."
    if isinstance(error, ClientError) and "AccessDenied" in str(error):
        return f"Allow {permission}."
    # botocore tries again what is throttled and what AWS calls its own fault.
    if isinstance(error, ClientError) and error.response.get("ResponseMetadata", {}).get("RetryAttempts"):
        return "Try again later."
    return "Set credentials, for example with AWS_PROFILE and `aws sso login`."


def paged(client: Any, operation: str, request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The pages of an answer. Raises FailedError if there are more than MOST_PAGES."""
    for number, page in enumerate(client.get_paginator(operation).paginate(**request)):
        if number == MOST_PAGES:
            name = operation.title().replace("_", "")
            raise FailedError(f"{name} answered more than {MOST_PAGES:,} pages.")
        yield page


@contextmanager
def reading(operation: str) -> Iterator[None]:
    """Raises FailedError that names the call whose answer cannot be read, for what that raises."""
    try:
        yield
    except KeyError as error:
        raise FailedError(f"{operation} answered without {error.args[0]}.") from error
    except UNREADABLE as error:
        raise FailedError(f"{operation} answered what cannot be read: {str(error).rstrip('.')}.") from error
