"""What an update leaves of the count that scaling has reached, on the API and in what follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scaleproof.cloud.connection import Connection
from scaleproof.endpoints import from_api, limits, with_limits
from scaleproof.providers.session import StandIns
from tests.apply.stage import Stage
from tests.plan.planner import IMAGE, REPOSITORY

from .traffic import simulated, steady

AMI = "al2-ami-sagemaker-inference-gpu-2"


@pytest.fixture
def stage(connection: Connection, standins: StandIns | None) -> Iterator[Stage]:
    """examples/realtime in an account of its own."""
    example = REPOSITORY / "examples" / "realtime"
    opened = Stage(example, standins=standins, connection=connection, region="us-east-1", image=IMAGE)
    yield opened
    opened.close()


def test_an_update_keeps_its_count(stage: Stage, connection: Connection) -> None:
    """Three instances carry 21 streams; an update of the image they boot goes on with three, and so no stream
    finds less than there was."""
    stage.apply()
    stage.scale(3)
    stage.apply(inference_ami_version=AMI)
    (found,) = from_api(connection.client)
    assert found.initial == 3
    endpoint = with_limits(found, limits(["ml.g6.2xlarge=10", "ml.g6e.2xlarge=10"]))
    result = simulated(endpoint, steady(21, 120.0, hours=1))
    assert set(result.timeline.desired) == {3}
    assert result.totals.overload_seconds == 0
