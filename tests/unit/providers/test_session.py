"""The stand-ins of a run: what Terraform needs to attach."""

from __future__ import annotations

import json
import socket

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.providers.session import StandIns
from scaleproof.providers.standin import ProviderError, connected

NOWHERE = "http://127.0.0.1:9"  # the discard port, on which nothing listens


def test_reattach_names_both_registries_and_a_port_of_this_machine_that_closes(provider):
    with StandIns(providers=[provider]) as standins:
        attached = json.loads(standins.reattach)
        assert set(attached) == {
            "registry.terraform.io/hashicorp/aws",
            "registry.opentofu.org/hashicorp/aws",
        }
        ((network, address),) = {(one["Addr"]["Network"], one["Addr"]["String"]) for one in attached.values()}
        host, port = address.split(":")
        assert (network, host) == ("tcp", "127.0.0.1")
        socket.create_connection((host, int(port)), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def test_two_sets_of_stand_ins_do_not_meet(provider):
    with StandIns(providers=[provider]) as one, StandIns(providers=[provider]) as other:
        assert one.reattach != other.reattach


def test_clients_are_kept_by_service_and_region(provider):
    with StandIns(Connection(NOWHERE, "000000000001"), providers=[provider]) as standins:
        here = connected(lambda: standins.connection)
        there = connected(lambda: standins.connection, "eu-central-1")
        assert here.client("sagemaker") is here.client("sagemaker")
        assert there.client("sagemaker") is not here.client("sagemaker")
        assert there.client("sagemaker").meta.region_name == "eu-central-1"


def test_without_a_cloud_an_api_call_says_what_to_do():
    with pytest.raises(ProviderError, match="scaleproof up"):
        connected(lambda: None)
