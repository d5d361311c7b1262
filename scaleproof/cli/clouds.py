"""Finds the AWS account or the LocalStack that `--live` names, with its region."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import boto3
import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
from botocore.session import Session

from scaleproof.cli import parameters
from scaleproof.endpoints.live import Clients
from scaleproof.endpoints.price_list import API_REGION, hosting_prices
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection, check_region
from scaleproof.localstack.start import ACCOUNT
from scaleproof.progress import tell
from scaleproof.studies.prices import Prices, PriceSource
from scaleproof.studies.run import PriceList
from scaleproof.terraform.parts import existing_cloud

AWS, LOCALSTACK = "aws", "localstack"
"""The clouds that --live can name."""

_CONFIG = Config(
    retries={"mode": "adaptive", "total_max_attempts": 10},
    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # the stubs lack it
)
"""Of clients for AWS. A recording makes many calls, and waits where AWS asks for fewer. The variables that
`scaleproof up` prints do not lead AWS's clients to LocalStack."""


@dataclass(frozen=True)
class Cloud:
    """One region of it. `connection`: of a LocalStack; `session`: of AWS. One of the two is None.

    `account` is empty where AWS was not asked.
    """

    client: Clients
    region: str
    place: str
    account: str = ""
    connection: Connection | None = None
    session: Any = None


@dataclass(frozen=True)
class Where:
    """The options that name a cloud. `live`: CLOUD or CLOUD:REGION; `account`: of LocalStack."""

    live: str | None
    account: str

    @property
    def aws(self) -> bool:
        """Whether AWS is named."""
        return self.live is not None and self.live.partition(":")[0] == AWS

    @property
    def region(self) -> str | None:
        """The region that the user names."""
        return None if self.live is None else self.live.partition(":")[2] or None


def _live(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and value.partition(":")[0] not in (LOCALSTACK, AWS):
        raise click.BadParameter(f"{value!r} is neither {LOCALSTACK} nor {AWS}, nor one of them with :REGION.")
    return value


def place(live_help: str) -> parameters.Add:
    """The options --live, with its help, and --account; the command gets `where`."""
    options: list[parameters.Add] = [
        click.option(
            "--live",
            metavar="CLOUD[:REGION]",
            callback=_live,
            help=f"{live_help} CLOUD is {LOCALSTACK} (default region us-east-1) or {AWS} (default region from your AWS "
            "settings).",
        ),
        click.option(
            "--account",
            default=ACCOUNT,
            show_default=True,
            metavar="ID",
            help="Account in LocalStack, for --live localstack.",
        ),
    ]
    return parameters.gather(Where, "where", options)


def named(where: Where) -> Cloud:
    """AWS if it is named, which is not called yet, else the LocalStack that there is.

    Raises ScaleproofError if there is none, and for a region that AWS does not have.
    """
    if where.aws:
        return _aws(where.region, "--live")
    stack = existing_cloud()
    if stack is None:
        raise ScaleproofError(
            "There is no LocalStack.",
            advice="Start one with `scaleproof up`, name one in AWS_ENDPOINT_URL, or use --live aws.",
        )
    connection = stack.connection(where.account, *([where.region] if where.region else []))
    place = f"account {connection.account}, region {connection.region} of {stack}"
    return Cloud(connection.client, connection.region, place, connection.account, connection)


def _aws(region: str | None, option: str) -> Cloud:
    """`option`: the one that names AWS."""
    try:
        # boto3 reads AWS_DEFAULT_REGION only; the AWS CLI reads AWS_REGION before it.
        region = region or os.environ.get("AWS_REGION") or None
        session: Any = boto3.Session(region_name=region)
        region = session.region_name
    except ProfileNotFound as error:
        known = ", ".join(Session().available_profiles)
        raise ScaleproofError(
            f"{error}.",
            advice=f"Known profiles: {known}." if known else "AWS's configuration files have no profiles.",
        ) from error
    except BotoCoreError as error:
        raise ScaleproofError(f"AWS's configuration files cannot be read: {error}") from error
    if region is None:
        raise ScaleproofError("No AWS region is set.", advice=f"Use {option} {AWS}:REGION, or set AWS_REGION.")
    check_region(region, of_aws=True)
    for name in ("botocore.credentials", "botocore.tokens"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised, without their tracebacks
    return Cloud(partial(session.client, config=_CONFIG), region, f"region {region} of AWS", session=session)


def reached(where: Where, doing: str) -> Cloud:
    """The `named` cloud, with its account in `place`. First prints `doing` in account 1, region 2.

    Raises as `named`, and FailedError where AWS does not answer.
    """
    cloud = named(where)
    if cloud.session:
        account_id = account(cloud)
        cloud = replace(cloud, account=account_id, place=f"account {account_id}, {cloud.place}")
    tell(f"{doing} in {cloud.place}.")
    return cloud


def price_list(usual: str | None) -> PriceList:
    """Reads AWS's Price List for hosting, by default for the `usual` region, else that of the AWS settings."""

    def read(types: Collection[str], region: str | None) -> Prices:
        cloud = _aws(region or usual, "--price")
        tell(f"Reading the prices of region {cloud.region} from AWS's Price List.")
        client = cloud.session.client("pricing", region_name=API_REGION, config=_CONFIG)
        prices, day = hosting_prices(client, types, cloud.region)
        source = f"AWS's Price List, SageMaker hosting on demand in {cloud.region}"
        return Prices(prices, PriceSource(source, day))

    return read


def account(cloud: Cloud) -> str:
    """The account of AWS that the user's credentials are for. Raises FailedError where none can be read."""
    try:
        return str(cloud.client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError, RuntimeError) as error:  # the last: a program gave credentials of the past
        raise FailedError(
            f"The AWS account is not known: {str(error).rstrip('.')}.",
            advice="Check AWS_PROFILE, sign in with `aws sso login`, or set other credentials.",
        ) from error
