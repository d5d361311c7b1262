"""How Terraform reaches the stand-ins, and several configurations in one run: aliases and regions."""

import json
import socket
from pathlib import Path

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


def provider_block(name, region, alias=""):
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
    """The stand-ins of all these runs."""
    with StandIns() as standins:
        yield standins


@pytest.fixture
def plan(servers, tmp_path):
    """Plans a root without a cloud."""

    def run(*parts):
        (tmp_path / "main.tf").write_text(REQUIRED + "".join(parts), encoding="utf-8")
        with Root(tmp_path, standins=servers) as root:
            return root.plan()

    return run


def test_reattach_names_both_registries_and_a_socket(provider):
    with StandIns(providers=[provider]) as standins:
        attached = json.loads(standins.reattach)
        assert set(attached) == {
            "registry.terraform.io/hashicorp/aws",
            "registry.opentofu.org/hashicorp/aws",
        }
        ((network, address),) = {(one["Addr"]["Network"], one["Addr"]["String"]) for one in attached.values()}
        assert network == "unix"
        assert Path(address).parent.stat().st_mode & 0o777 == 0o700
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
    assert not Path(address).exists()


def test_each_alias_has_its_own_region_and_tags(plan):
    planned = plan(ALIASES)
    here, there = (planned.resource(f"aws_sns_topic.{name}").values for name in ("default", "eu"))
    assert (here["region"], here["tags_all"]) == ("us-east-1", {"team": "speech"})
    assert (there["region"], there["tags_all"]) == ("eu-west-1", {"of": "eu-west-1"})
    regions = [planned.resource(f"data.aws_region.{name}").values["region"] for name in ("default", "eu")]
    assert regions == ["us-east-1", "eu-west-1"]


NAMED = """
provider "aws" {{
  region = "us-east-1"
}}
data "aws_region" "named" {{
  {}
}}
"""


def test_a_region_is_found_by_its_endpoint(plan):
    """internal/service/meta/region_data_source.go of hashicorp/terraform-provider-aws."""
    found = plan(NAMED.format('endpoint = "ec2.cn-north-1.amazonaws.com.cn"')).resource("data.aws_region.named")
    assert (found.values["region"], found.values["description"]) == ("cn-north-1", "China (Beijing)")
    with pytest.raises(PlanFailed, match=r'region not found for endpoint "ec2\.example"'):
        plan(NAMED.format('endpoint = "ec2.example"'))
    with pytest.raises(PlanFailed, match="multiple Regions matched"):
        plan(NAMED.format('endpoint = "ec2.eu-west-1.amazonaws.com"\n  region = "us-east-1"'))


def test_different_regions_are_found_at_plan(plan):
    with pytest.raises(PlanFailed, match=r"different regions: us-east-1 and eu-west-1.*same region") as failed:
        plan(provider_block("aws", "us-east-1"), provider_block("awscc", "eu-west-1"), scaled())
    assert [error.address for error in failed.value.diagnostics] == ["aws_appautoscaling_target.main"]


@pytest.mark.parametrize(("aws", "awscc"), [("eu-west-1", "eu-west-1"), ("eu-west-1", ""), ("", "eu-west-1")])
def test_equal_and_unset_regions_are_no_error(plan, aws, awscc):
    assert len(plan(provider_block("aws", aws), provider_block("awscc", awscc), scaled()).changes) == 2


def test_an_endpoint_of_the_same_name_in_each_of_two_regions(plan):
    both = [provider_block(name, "us-east-1") + provider_block(name, "eu-west-1", "eu") for name in ("aws", "awscc")]
    assert len(plan(*both, scaled(), scaled("eu", "eu")).changes) == 4


def test_an_alias_for_only_one_of_the_two_providers(plan):
    both = [provider_block(name, "us-east-1") + provider_block(name, "eu-west-1", "eu") for name in ("aws", "awscc")]
    mixed = scaled("eu", "eu").replace("provider = aws.eu", "")
    with pytest.raises(PlanFailed, match="different regions"):
        plan(*both, mixed)


def test_each_run_forgets_the_regions_of_the_one_before(plan):
    plan(provider_block("aws", "us-east-1"), provider_block("awscc", "us-east-1"), scaled())
    with pytest.raises(PlanFailed, match="different regions"):
        plan(provider_block("aws", "us-east-1"), provider_block("awscc", "eu-west-1"), scaled())
