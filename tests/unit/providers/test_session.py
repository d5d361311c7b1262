"""The stand-ins of a run: what Terraform needs to attach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.providers.session import StandIns
from scaleproof.providers.standin import ProviderError, connected

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
