"""How Terraform reaches the stand-ins, and several configurations in one run."""

import json
import socket

from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root

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


def test_reattach_names_both_registries_and_a_port_of_this_machine():
    with StandIns(providers=[AwsProvider(lambda: None)]) as standins:
        attached = json.loads(standins.reattach)
        assert set(attached) == {"registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws"}
        ((network, address),) = {(one["Addr"]["Network"], one["Addr"]["String"]) for one in attached.values()}
        host, _, port = address.partition(":")
        assert (network, host) == ("tcp", "127.0.0.1")
        socket.create_connection((host, int(port))).close()


def test_each_alias_has_its_own_region_and_tags(standins, tmp_path):
    (tmp_path / "main.tf").write_text(ALIASES, encoding="utf-8")
    with Root(tmp_path, standins=standins) as root:
        planned = root.plan()
    here, there = (planned.resource(f"aws_sns_topic.{name}").values for name in ("default", "eu"))
    assert (here["region"], here["tags_all"]) == ("us-east-1", {"team": "speech"})
    assert (there["region"], there["tags_all"]) == ("eu-west-1", {"of": "eu-west-1"})
    regions = [planned.resource(f"data.aws_region.{name}").values["region"] for name in ("default", "eu")]
    assert regions == ["us-east-1", "eu-west-1"]
