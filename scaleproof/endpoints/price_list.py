"""Reads the prices of SageMaker hosting from AWS's Price List.

No page of AWS says which attributes SageMaker's products have. AWS's own code asks for `instanceName` and
`regionCode`, and reads the price per `Hrs` [llmeter]. Of what that finds, the usage type tells hosting, as in
bills: USE1-Host:ml.m5.xlarge. Asynchronous endpoints have another, AsyncInf; a type has one price here.

[products] https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
[llmeter] https://github.com/awslabs/llmeter/blob/main/llmeter/callbacks/cost/providers/sagemaker.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from shlex import quote
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.errors import FailedError, ScaleproofError

API_REGION = "us-east-1"
"""The Price List answers in a few regions, for all [products]."""


def hosting_prices(client: Any, types: Collection[str], region: str) -> tuple[dict[str, float], str]:
    """USD per instance-hour of hosting on demand in a region, by type, and the day of the list (ISO 8601).

    `client`: boto3's, for pricing in API_REGION.

    Raises FailedError where AWS does not answer, ScaleproofError for a type without a price there.
    """
    prices: dict[str, float] = {}
    days: list[str] = []
    for kind in sorted(types):
        hourly: set[float] = set()
        for product in _products(client, kind, region):
            if re.search(rf"(^|-)Host:{re.escape(kind)}$", product["product"]["attributes"]["usagetype"]):
                hourly |= set(_hourly(product))
                days.append(product["publicationDate"][:10])
        if len(hourly) != 1:
            number = "no price" if not hourly else f"several prices ({', '.join(map(str, sorted(hourly)))} USD)"
            raise ScaleproofError(
                f"AWS's Price List has {number} of {kind} for SageMaker hosting in {region}.",
                advice=f"Set it: --price {quote(kind)}=USD.",
            )
        (prices[kind],) = hourly
    return prices, max(days, default="")


def _products(client: Any, kind: str, region: str) -> Iterator[dict[str, Any]]:
    """The products of a type [llmeter]; each is a document in a text [products]."""
    attributes = {"regionCode": region, "instanceName": kind}
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in attributes.items()]
    try:
        for page in client.get_paginator("get_products").paginate(ServiceCode="AmazonSageMaker", Filters=filters):
            yield from map(json.loads, page["PriceList"])
    except (ClientError, BotoCoreError) as error:
        raise FailedError(
            f"AWS's Price List cannot be read: {str(error).rstrip('.')}.",
            advice="Allow pricing:GetProducts, or set prices with --price TYPE=USD or --price FILE.",
        ) from error


def _hourly(product: dict[str, Any]) -> Iterable[float]:
    """USD per hour on demand."""
    for term in product["terms"].get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            usd = float(dimension["pricePerUnit"].get("USD", 0))
            if dimension["unit"].lower() in ("hrs", "hours", "hour") and usd > 0:
                yield usd
