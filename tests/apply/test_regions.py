"""examples/multi-region: one apply makes an endpoint in each of two regions, and one destroy removes both."""

from dataclasses import replace

import pytest

from scaleproof.endpoints.live import applied
from scaleproof.endpoints.render import rows
from tests.apply import account
from tests.apply.stage import REGIONS
from tests.plan.planner import IMAGE

pytestmark = pytest.mark.nightly

IMAGES = {"us-east-1": IMAGE, "eu-west-1": IMAGE.replace("us-east-1", "eu-west-1")}


def test_each_region_has_an_endpoint_of_its_own(open_stage):
    first, second = IMAGES
    stage = open_stage(f"examples/{REGIONS}", region=first, second_region=second, images=IMAGES)

    def standing():
        return {region: account.read(replace(stage.connection, region=region)) for region in IMAGES}

    assert stage.apply().remaining == []
    for region, found in standing().items():
        name = f"multi-region-{region}-realtime"
        assert found["endpoints"].keys() == {name}
        assert found["endpoints"][name]["EndpointStatus"] == "InService"
        assert found.the("models")["PrimaryContainer"]["Image"] == IMAGES[region]
        assert f":{region}:" in found.the("endpoint_configs")["EndpointConfigArn"]
        assert found.target(name)["MaxCapacity"] == 4
        (policy,) = found.policies(name)
        assert len(found.alarms(policy)) == 2
        assert stage.outputs()["realtime_endpoint_name"][region] == name
    # What `scaleproof apply` shows: each endpoint is asked for in its own region.
    shown = rows(documents for documents, _ in applied(stage.connection, stage.state()))
    assert [(one.name, one.status) for one in shown] == [
        (f"multi-region-{region}-realtime", "InService") for region in sorted(IMAGES)
    ]
    stage.destroy()
    assert [found.names for found in standing().values()] == [{}, {}]
