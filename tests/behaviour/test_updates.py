"""What an update leaves of the count that scaling has reached, on the API and in what follows."""

from __future__ import annotations

from scaleproof.cloud.connection import Connection
from scaleproof.cloud.localstack import LocalStack
from scaleproof.endpoints import from_api, limits, with_limits
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
from tests.plan.planner import IMAGE, REPOSITORY

from .traffic import simulated, steady

EXAMPLE = REPOSITORY / "examples" / "realtime"
AMI = "al2-ami-sagemaker-inference-gpu-2"


def test_an_update_keeps_its_count(
    cloud: LocalStack, connection: Connection, standins: StandIns | None
) -> None:
    """Three instances carry 21 streams; an update of the image they boot goes on with three, and so no stream
    finds less than there was."""
    variables = {"region": "us-east-1", "image": IMAGE}
    with Root(EXAMPLE, standins=standins, connection=connection, variables=variables) as root:
        root.apply()
        (endpoint,) = from_api(connection.client)
        three = [{"VariantName": endpoint.variant, "DesiredInstanceCount": 3}]
        sagemaker = connection.client("sagemaker")
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint.name, DesiredWeightsAndCapacities=three
        )
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=endpoint.name)
        root.apply(inference_ami_version=AMI)
        (found,) = from_api(connection.client)
        if cloud.external:
            root.destroy()
    assert found.initial == 3
    result = simulated(
        with_limits(found, limits(["ml.g6.2xlarge=10", "ml.g6e.2xlarge=10"])), steady(21, 120.0, hours=1)
    )
    assert set(result.timeline.desired) == {3}
    assert result.totals.overload_seconds == 0
