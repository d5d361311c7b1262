"""A cycle of the benchmark runs, and leaves nothing behind."""

import pytest

from benchmarks import growth, roots
from scaleproof.terraform.root import Root


@pytest.mark.nightly
def test_a_cycle_measures_every_phase_and_leaves_nothing(tmp_path, standins, connection):
    if standins is None:
        pytest.skip("the benchmark measures the stand-ins")
    directory = roots.write(tmp_path / "root")
    variables = {"endpoints": 2}
    with (
        growth.model(connection),
        Root(directory, standins=standins, connection=connection, variables=variables) as root,
    ):
        durations = growth.cycle(root, connection)
        assert root.state().resources == {}
    assert list(durations) == list(growth.PHASES)
    assert all(duration.wall > 0 and duration.terraform > 0 for duration in durations.values())
    sagemaker = connection.client("sagemaker")
    assert sagemaker.list_models()["Models"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert connection.client("iam").list_roles()["Roles"] == []
