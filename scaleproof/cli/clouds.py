"""The cloud that --live names, with its account and region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from scaleproof.endpoints.live import Clients
from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.terraform.parts import describe, existing_cloud


@dataclass(frozen=True)
class Cloud:
    """One region of it. `connection`: of a LocalStack; `session`: of AWS. One of the two is None.

    `region` is None where neither the user nor the settings name one.
    """

    client: Clients
    region: str | None
    place: str
    connection: Connection | None = None
    session: Any = None


def named(live: str | None, account: str, region: str | None) -> Cloud:
    """AWS where `live` is "aws", else the LocalStack that there is; raises ScaleproofError if there is none.

    `account`: of LocalStack. AWS is not called yet.
    """
    if live == "aws":
        session: Any = boto3.Session(region_name=region)
        found = session.region_name
        return Cloud(session.client, found, f"region {found} of AWS", session=session)
    stack = existing_cloud()
    if stack is None:
        raise ScaleproofError(
            "There is no LocalStack.",
            advice="Start one with `scaleproof up`, name one in AWS_ENDPOINT_URL, or use --live aws.",
        )
    connection = stack.connection(account, *([region] if region else []))
    place = f"account {connection.account}, region {connection.region} of {describe(stack)}"
    return Cloud(connection.client, connection.region, place, connection=connection)
