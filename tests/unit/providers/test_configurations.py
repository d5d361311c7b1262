"""Several configurations of a provider in one run: aliases, and regions that do not belong together."""

from __future__ import annotations

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.root import Root

REQUIRED = """
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws" }
    awscc = { source = "hashicorp/awscc" }
  }
}
"""
ALIASES = """
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { team = "speech" }
  }
}
provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
}
data "aws_region" "default" {
}
data "aws_region" "eu" {
  provider = aws.eu
}
resource "aws_sns_topic" "default" {
  name = "default"
}
resource "aws_sns_topic" "eu" {
  provider = aws.eu
  name     = "eu"
  tags     = { of = data.aws_region.eu.region }
}
"""


def provider(name, region, alias=""):
    lines = [f'region = "{region}"' if region else "", f'alias = "{alias}"' if alias else ""]
    return f'provider "{name}" {{\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


def scaled(name="main", alias=""):
    """An endpoint called nova and its scalable target."""
    aws, awscc = (f"provider = {one}.{alias}" if alias else "" for one in ("aws", "awscc"))
    return f"""
resource "awscc_sagemaker_endpoint" "{name}" {{
  {awscc}
  endpoint_name        = "nova"
  endpoint_config_name = "nova"
}}
resource "aws_appautoscaling_target" "{name}" {{
  {aws}
  min_capacity       = 1
  max_capacity       = 2
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${{awscc_sagemaker_endpoint.{name}.endpoint_name}}/variant/AllTraffic"
}}
"""


@pytest.fixture(scope="module")
def servers():
    """Stand-ins that all these runs share."""
    with StandIns() as standins:
        yield standins


@pytest.fixture
def plan(servers, tmp_path):
    """Plans a root, without a cloud."""

    def run(*parts):
        (tmp_path / "main.tf").write_text(REQUIRED + "".join(parts), encoding="utf-8")
        with Root(tmp_path, standins=servers) as root:
            return root.plan()

    return run


def test_each_alias_has_its_own_region_and_tags(plan):
    planned = plan(ALIASES)
    here, there = (planned.resource(f"aws_sns_topic.{name}").values for name in ("default", "eu"))
    assert (here["region"], here["tags_all"]) == ("us-east-1", {"team": "speech"})
    assert (there["region"], there["tags_all"]) == ("eu-west-1", {"of": "eu-west-1"})
    regions = [planned.resource(f"data.aws_region.{name}").values["region"] for name in ("default", "eu")]
    assert regions == ["us-east-1", "eu-west-1"]


def test_different_regions_are_found_at_plan(plan):
    with pytest.raises(
        PlanFailed, match=r"different regions: us-east-1 and eu-west-1.*same region"
    ) as failed:
        plan(provider("aws", "us-east-1"), provider("awscc", "eu-west-1"), scaled())
    assert [error.address for error in failed.value.diagnostics] == ["aws_appautoscaling_target.main"]


@pytest.mark.parametrize(("aws", "awscc"), [("eu-west-1", "eu-west-1"), ("eu-west-1", ""), ("", "eu-west-1")])
def test_the_same_region_or_one_that_only_the_environment_knows_is_no_error(plan, aws, awscc):
    assert len(plan(provider("aws", aws), provider("awscc", awscc), scaled()).changes) == 2


def test_an_endpoint_of_the_same_name_in_each_of_two_regions(plan):
    both = [provider(name, "us-east-1") + provider(name, "eu-west-1", "eu") for name in ("aws", "awscc")]
    assert len(plan(*both, scaled(), scaled("eu", "eu")).changes) == 4


def test_an_alias_handed_to_one_of_the_two_providers_only(plan):
    both = [provider(name, "us-east-1") + provider(name, "eu-west-1", "eu") for name in ("aws", "awscc")]
    mixed = scaled("eu", "eu").replace("provider = aws.eu", "")
    with pytest.raises(PlanFailed, match="different regions"):
        plan(*both, mixed)


def test_what_an_earlier_run_has_planned_elsewhere_is_forgotten(plan):
    plan(provider("aws", "us-east-1"), provider("awscc", "us-east-1"), scaled())
    with pytest.raises(PlanFailed, match="different regions"):
        plan(provider("aws", "us-east-1"), provider("awscc", "eu-west-1"), scaled())
