"""The stand-ins of a run: what Terraform needs to attach, and the record of API calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.cloud.connection import Connection
from scaleproof.providers.session import StandIns
from scaleproof.providers.standin import ApiCall, ProviderError, connected

NOWHERE = "http://127.0.0.1:9"  # the discard port, on which nothing listens


def test_reattach_names_both_registries_and_sockets_that_exist_until_closed(provider):
    with StandIns(providers=[provider]) as standins:
        attached = json.loads(standins.reattach)
        assert set(attached) == {
            "registry.terraform.io/hashicorp/aws",
            "registry.opentofu.org/hashicorp/aws",
        }
        (socket,) = {entry["Addr"]["String"] for entry in attached.values()}
        assert Path(socket).is_socket()
        assert len(socket) < 104
    assert not Path(socket).parent.exists()


def test_two_sets_of_stand_ins_do_not_meet(provider):
    with StandIns(providers=[provider]) as one, StandIns(providers=[provider]) as other:
        assert one.reattach != other.reattach


def test_every_call_is_recorded_in_order_with_its_parameters(provider):
    with StandIns(Connection(NOWHERE, "000000000001"), providers=[provider]) as standins:
        connection = standins._recording
        for service, method, arguments in (
            ("sagemaker", "describe_endpoint", {"EndpointName": "nova"}),
            ("cloudcontrol", "get_resource", {"TypeName": "AWS::SageMaker::Endpoint", "Identifier": "x"}),
        ):
            client = connection.client(service)
            client.meta.events.register("before-send", refuse)
            with pytest.raises((BotoCoreError, ClientError)):
                getattr(client, method)(**arguments)
        assert standins.calls == [
            ApiCall("sagemaker", "DescribeEndpoint", {"EndpointName": "nova"}),
            ApiCall(
                "cloudcontrol", "GetResource", {"TypeName": "AWS::SageMaker::Endpoint", "Identifier": "x"}
            ),
        ]


def refuse(**_):
    raise BotoCoreError


def test_clients_are_kept_by_service_and_region_and_share_the_record(provider):
    with StandIns(Connection(NOWHERE, "000000000001"), providers=[provider]) as standins:
        here = connected(lambda: standins._recording)
        there = connected(lambda: standins._recording, "eu-central-1")
        assert here.client("sagemaker") is here.client("sagemaker")
        assert there.client("sagemaker") is not here.client("sagemaker")
        assert there.client("sagemaker").meta.region_name == "eu-central-1"
        assert there.calls is standins.calls


def test_without_a_cloud_an_api_call_says_what_to_do():
    with pytest.raises(ProviderError, match="scaleproof up"):
        connected(lambda: None)
