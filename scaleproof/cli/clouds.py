"""Finds the AWS account or the LocalStack that `--live` names, with its region."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import boto3
import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError, ProfileNotFound
from botocore.session import Session

from scaleproof.cli import options
from scaleproof.endpoints.live import Clients
from scaleproof.endpoints.price_list import API_REGION, hosting_prices
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection, belongs_to_aws, check_region
from scaleproof.localstack.start import ACCOUNT, LocalStack
from scaleproof.progress import tell
from scaleproof.studies.prices import Prices, PriceSource
from scaleproof.studies.run import PriceList
from scaleproof.terraform.parts import existing_cloud

AWS, LOCALSTACK = "aws", "localstack"
"""The clouds that --live can name."""

_SERVICES = (
    *("sagemaker", "sagemaker-runtime", "application-autoscaling", "cloudwatch", "sts", "pricing"),
    *("cloudcontrol", "iam", "logs", "service-quotas"),
)
"""What is called in AWS: the user's settings may name an address for each."""


_RETRIES = Config(retries={"mode": "adaptive", "total_max_attempts": 10})
"""Of AWS: a recording makes many calls, and waits where AWS asks for fewer."""


@dataclass(frozen=True)
class Cloud:
    """One region of it. `connection`: of a LocalStack; `session`: of AWS. One of the two is None.

    `region` is None where neither the user nor the settings name one, `account` is empty
    where AWS was not asked.
    """

    client: Clients
    region: str | None
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


def place(live_help: str) -> options.Add:
    """The options --live, with its help, and --account; the command gets `where`."""
    parameters: list[options.Add] = [
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
    return lambda function: options.gathered(Where, "where", parameters, function)


def named(where: Where) -> Cloud:
    """AWS if it is named, else the LocalStack that there is; raises ScaleproofError if there is none.

    AWS is not called yet. Raises ScaleproofError where a client for it would call something else.
    """
    if where.aws:
        return _aws(where.region)
    stack = existing_cloud()
    if stack is None:
        raise ScaleproofError(
            "There is no LocalStack.",
            advice="Start one with `scaleproof up`, name one in AWS_ENDPOINT_URL, or use --live aws.",
        )
    return of_stack(stack, where)


def of_stack(stack: LocalStack, where: Where) -> Cloud:
    """The account and region of a LocalStack. Raises ScaleproofError for a region that AWS does not have."""
    if where.region:
        check_region(where.region)
    connection = stack.connection(where.account, *([where.region] if where.region else []))
    place = f"account {connection.account}, region {connection.region} of {stack}"
    return Cloud(connection.client, connection.region, place, connection.account, connection)


def _aws(region: str | None) -> Cloud:
    try:
        # boto3 reads AWS_DEFAULT_REGION only; the AWS CLI reads AWS_REGION before it.
        region = region or os.environ.get("AWS_REGION") or None
        session: Any = boto3.Session(region_name=region)
        region = session.region_name
    except ProfileNotFound as error:
        known = ", ".join(Session().available_profiles)
        raise ScaleproofError(
            f"{error}.",
            advice=f"Known profiles: {known}." if known else "AWS's settings name none.",
        ) from error
    except BotoCoreError as error:
        raise ScaleproofError(f"AWS's settings cannot be read: {error}") from error
    client = partial(session.client, config=_RETRIES)
    cloud = Cloud(client, region, f"region {region} of AWS", session=session)
    _refuse_others(cloud)
    return cloud


def reached(where: Where, doing: str, cloud: Cloud | None = None) -> Cloud:
    """The cloud, by default the `named` one, with its account in `place`, which stderr is told before
    anything else is done there: `doing` in account 1, region 2.

    Raises as `named`, and FailedError where AWS does not answer.
    """
    cloud = cloud or named(where)
    if cloud.session:
        account_id = account(cloud)
        cloud = replace(cloud, account=account_id, place=f"account {account_id}, {cloud.place}")
    tell(f"{doing} in {cloud.place}.")
    return cloud


def price_list(where: Where) -> PriceList:
    """Reads AWS's Price List for hosting, by default for the region of `where`."""

    def read(types: Collection[str], region: str | None) -> Prices:
        cloud = _aws(region or where.region)
        tell(f"Reading the prices of region {cloud.region} from AWS's Price List.")
        client = cloud.session.client("pricing", region_name=API_REGION)
        prices, day = hosting_prices(client, types, str(cloud.region))
        source = f"AWS's Price List, SageMaker hosting on demand in {cloud.region}"
        return Prices(prices, PriceSource(source, day))

    return read


def _refuse_others(cloud: Cloud) -> None:
    """Raises ScaleproofError where a client for AWS would call something else."""
    for service in _SERVICES:
        try:
            url = cloud.client(service).meta.endpoint_url
        except NoRegionError as error:
            raise ScaleproofError(
                "AWS is named, but no region.", advice=f"Name one: --live {AWS}:REGION, or set AWS_REGION."
            ) from error
        except BotoCoreError as error:
            raise FailedError(f"The API cannot be read: {error}") from error
        if not belongs_to_aws(url):
            raise ScaleproofError(
                f"AWS is named, but its variables or settings lead to {url}.",
                advice=f"{_way_back(url)} What is in a LocalStack is read with --live localstack.",
            )


def _way_back(url: str) -> str:
    """What leads clients to a URL, and how it is taken away."""
    names = [
        name
        for name, value in os.environ.items()
        if name.startswith("AWS_ENDPOINT_URL") and value.strip().rstrip("/") == url.rstrip("/")
    ]
    if not names:
        return "Take endpoint_url out of the profile."
    how = ', as with: eval "$(scaleproof down)"' if "AWS_ENDPOINT_URL" in names else ""
    return f"Unset {', '.join(sorted(names))}{how}."


def account(cloud: Cloud) -> str:
    """The account of AWS that the user's credentials are for. Raises FailedError where there are none."""
    try:
        return str(cloud.client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError) as error:
        raise FailedError(
            f"AWS does not say who is calling: {str(error).rstrip('.')}.",
            advice="Give credentials, as with AWS_PROFILE and `aws sso login`.",
        ) from error
