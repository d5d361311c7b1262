"""Two providers make one endpoint. Where they work in different places, the apply says so before it costs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.session import StandIns
from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root
from tests.plan.planner import IMAGE, REALTIME, SMALLEST, configuration

pytestmark = pytest.mark.nightly


@dataclass(frozen=True)
class Places:
    """Where each of the providers works."""

    aws: Connection
    awscc: Connection


@pytest.fixture(params=["region", "account"])
def places(request, cloud, new_account, standins):
    """Places that differ in one thing; the model is where awscc works."""
    if standins is None:
        pytest.skip("the registry's providers take their accounts from one environment")
    aws = cloud.connection(new_account())
    if request.param == "region":
        found = Places(aws, replace(aws, region="eu-west-1"))
    else:
        found = Places(aws, cloud.connection(new_account()))
    found.awscc.client("sagemaker").create_model(ModelName="nova-3", PrimaryContainer={"Image": IMAGE})
    return found


@pytest.fixture
def root(places, tmp_path):
    """modules/realtime with a provider in each of the places."""
    written = configuration(REALTIME, tmp_path)
    written["provider"]["aws"]["region"] = places.aws.region
    written["provider"]["awscc"]["region"] = places.awscc.region
    (tmp_path / "main.tf.json").write_text(json.dumps(written))
    providers = [AwsProvider(lambda: places.aws), AwsccProvider(lambda: places.awscc)]
    with (
        StandIns(providers) as servers,
        Root(tmp_path, standins=servers, connection=places.aws, variables=SMALLEST[REALTIME]) as opened,
    ):
        yield opened


def standing(places):
    """Endpoints and configurations in both places."""
    clients = [place.client("sagemaker") for place in (places.aws, places.awscc)]
    return [
        sum(len(client.list_endpoints()["Endpoints"]) for client in clients),
        sum(len(client.list_endpoint_configs()["EndpointConfigs"]) for client in clients),
    ]


def test_providers_in_different_places_are_found_out_before_there_is_an_endpoint(places, root):
    with pytest.raises(ApplyFailed) as failed:
        root.apply()
    (problem,) = failed.value.diagnostics
    assert problem.summary == "Resource precondition failed"
    kind = "region" if places.aws.region != places.awscc.region else "account"
    assert problem.detail.startswith(
        f"Configure the aws and awscc providers for the same {kind}: "
        f"awscc uses {getattr(places.awscc, kind)}, aws uses {getattr(places.aws, kind)}."
    )
    assert standing(places) == [0, 1]
    root.destroy()
    assert standing(places) == [0, 0]
