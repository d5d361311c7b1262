"""The cloud that --live names, with its account and region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints.live import Clients
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection, belongs_to_aws
from scaleproof.localstack.start import ACCOUNT
from scaleproof.progress import console
from scaleproof.terraform.parts import describe, existing_cloud

_SERVICES = ("sagemaker", "sagemaker-runtime", "application-autoscaling", "cloudwatch", "sts")
"""What is called in AWS: the user's settings may name an address for each."""


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

    @property
    def key(self) -> str:
        """What tells it from others: AWS, or the address of a LocalStack."""
        return self.connection.endpoint_url if self.connection else "aws"


def place(live_help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options --live, with its help, --account and --region."""
    parameters: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = [
        click.option("--live", type=click.Choice(["localstack", "aws"]), help=live_help),
        click.option(
            "--account",
            default=ACCOUNT,
            show_default=True,
            metavar="ID",
            help="AWS account for --live localstack.",
        ),
        click.option(
            "--region",
            metavar="NAME",
            help="AWS region for --live. Default: us-east-1 for localstack, that of your settings for aws.",
        ),
    ]

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for parameter in reversed(parameters):
            function = parameter(function)
        return function

    return add


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
    return Cloud(connection.client, connection.region, place, connection.account, connection)


def reached(live: str | None, account_id: str, region: str | None, doing: str) -> Cloud:
    """The cloud, with its account in `place`, which stderr is told before anything else is done there:
    `doing` in account 1, region 2.

    `account_id`: of LocalStack. Raises ScaleproofError where --live aws would not reach AWS, FailedError
    where AWS does not answer.
    """
    cloud = named(live, account_id, region)
    if cloud.session:
        _refuse_others(cloud)
        found = account(cloud)
        cloud = replace(cloud, account=found, place=f"account {found}, {cloud.place}")
    console.print(f"{doing} in {cloud.place}.", style="dim", markup=False, soft_wrap=True)
    return cloud


def _refuse_others(cloud: Cloud) -> None:
    """Raises ScaleproofError where a client for AWS would call something else."""
    for service in _SERVICES:
        try:
            url = cloud.client(service).meta.endpoint_url
        except BotoCoreError as error:
            raise FailedError(f"The API cannot be read: {error}") from error
        if not belongs_to_aws(url):
            raise ScaleproofError(
                f"--live aws, but AWS's variables or settings name {url}.",
                advice='Unset AWS_ENDPOINT_URL, as with: eval "$(scaleproof down)".',
            )


def account(cloud: Cloud) -> str:
    """The account of AWS that the user's credentials are for. Raises FailedError where there are none."""
    try:
        return str(cloud.client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError) as error:
        raise FailedError(
            f"AWS does not say who is calling: {str(error).rstrip('.')}.",
            advice="Give credentials and a region, as with AWS_PROFILE, `aws sso login` and --region.",
        ) from error
