"""Of the many prices of a type in AWS's Price List, that of hosting in the region is read, or missing."""

import json

import boto3
import pytest
from botocore.stub import Stubber

from scaleproof.endpoints.price_list import API_REGION, hosting_prices
from scaleproof.errors import FailedError, ScaleproofError

G6, G6E = "ml.g6.2xlarge", "ml.g6e.2xlarge"


def product(usage, usd, unit="Hrs", day="2026-11-20"):
    """A product as GetProducts gives it, in a text."""
    dimension = {"unit": unit, "pricePerUnit": {"USD": usd}, "beginRange": "0", "endRange": "Inf"}
    return json.dumps(
        {
            "product": {
                "productFamily": "ML Instance",
                "attributes": {"usagetype": usage, "regionCode": "eu-central-1", "instanceName": G6},
                "sku": "ABC",
            },
            "serviceCode": "AmazonSageMaker",
            "terms": {"OnDemand": {"ABC.JRTC": {"priceDimensions": {"ABC.JRTC.6YS6": dimension}}}},
            "version": "20261120",
            "publicationDate": f"{day}T00:00:00Z",
        }
    )


class Listed:
    """A client whose answers are given: it checks each request against the service model."""

    def __init__(self):
        self.client = boto3.client("pricing", region_name=API_REGION, aws_access_key_id="0", aws_secret_access_key="0")
        self.stub = Stubber(self.client)

    def answers(self, kind, *products, token=None, after=None):
        filters = [
            {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-central-1"},
            {"Type": "TERM_MATCH", "Field": "instanceName", "Value": kind},
        ]
        wanted = {"ServiceCode": "AmazonSageMaker", "Filters": filters}
        answer = {"FormatVersion": "aws_v1", "PriceList": list(products)}
        self.stub.add_response(
            "get_products",
            answer | ({"NextToken": token} if token else {}),
            wanted | ({"NextToken": after} if after else {}),
        )


@pytest.fixture
def listed():
    made = Listed()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()


def test_prices_of_aws_are_those_of_hosting_in_the_region(listed):
    others = [product(f"EUC1-{use}:{G6}", "9.9") for use in ("Train", "Notebk", "AsyncInf", "Host-Savings")]
    larger = product(f"EUC1-Host:{G6}4", "7.0")
    listed.answers(G6, *others, larger, product(f"EUC1-Host:{G6}", "0.0000"), token="more")
    listed.answers(G6, product(f"EUC1-Host:{G6}", "1.5160000000"), after="more")
    listed.answers(G6E, product(f"EUC1-Host:{G6E}", "3.1", day="2026-11-22"))
    found = hosting_prices(listed.client, {G6E, G6}, "eu-central-1")
    assert found == ({G6: 1.516, G6E: 3.1}, "2026-11-22")


@pytest.mark.parametrize(
    ("products", "what"),
    [
        ([], "no price"),
        ([product(f"EUC1-Host:{G6}", "5", unit="Quantity")], "no price"),
        ([product(f"EUC1-Host:{G6}", "5"), product(f"EUC1-Host:{G6}", "6")], "several prices (5.0, 6.0 USD)"),
    ],
)
def test_a_type_without_one_price_is_named(listed, products, what):
    listed.answers(G6, *products)
    with pytest.raises(ScaleproofError) as refused:
        hosting_prices(listed.client, [G6], "eu-central-1")
    assert refused.value.message == (f"AWS's Price List has {what} of {G6} for SageMaker hosting in eu-central-1.")
    assert refused.value.advice == f"Set it: --price {G6}=USD."


def test_advice_to_paste_runs_nothing_of_a_type(listed):
    planted = "ml.x$(touch F);#"
    listed.answers(planted)
    with pytest.raises(ScaleproofError) as refused:
        hosting_prices(listed.client, [planted], "eu-central-1")
    assert refused.value.advice == f"Set it: --price '{planted}'=USD."


def test_what_aws_refuses_is_said_with_the_permission(listed):
    listed.stub.add_client_error("get_products", "AccessDeniedException", "No.")
    with pytest.raises(FailedError, match=r"cannot be read: .*AccessDenied.* Allow pricing:GetProducts"):
        hosting_prices(listed.client, [G6], "eu-central-1")
