"""Splits long answers into pages; a token is the number of rows on earlier pages."""

from __future__ import annotations

from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.errors import AwsError


def page(request: Json, result: str, rows: list[Any], size: int, bad_token: str) -> Json:
    """The page of `rows` that NextToken and MaxResults ask for, under the member `result`.

    `size` is the longest page, `bad_token` the error code for a token that is not valid.
    """
    token = request.get("NextToken") or "0"
    if not token.isdecimal():
        raise AwsError(bad_token, f"The NextToken '{token}' is invalid.")
    start, end = int(token), int(token) + min(request.get("MaxResults") or size, size)
    more = {"NextToken": str(end)} if end < len(rows) else {}
    return {result: rows[start:end], **more}
