"""A cycle of the benchmark: what it leaves behind, and what it refuses to count as measured."""

from __future__ import annotations

import pytest

from benchmarks import growth, roots
from scaleproof.errors import ScaleproofError
from scaleproof.terraform.root import Root


def test_the_root_plans_as_many_endpoints_as_it_is_told(tmp_path, standins):
    directory = roots.write(tmp_path / "a root")
    with Root(directory, standins=standins, variables={"endpoints": 3}) as root:
        plan = root.plan()
    names = [found.values["endpoint_name"] for found in plan.of_type("awscc_sagemaker_endpoint")]
    assert names == ["speech-001", "speech-002", "speech-003"]
    assert len(plan.of_type("aws_appautoscaling_policy")) == 3


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


class FakeRoot:
    """A root whose apply does something else than it was told."""

    def __init__(self, applied):
        self.variables = {"endpoints": 1}
        self.applied = applied
        self.commands = []

    def __getattr__(self, command):
        def run():
            self.commands.append(command)
            if command == "apply":
                self.applied()

        return run


def test_endpoints_that_are_not_there_count_for_nothing(connection):
    root = FakeRoot(applied=lambda: None)
    with pytest.raises(ScaleproofError, match="0 endpoints where 1 were expected"):
        growth.cycle(root, connection)
    assert root.commands[-1] == "destroy"


@pytest.mark.parametrize("failure", [ScaleproofError("no"), KeyboardInterrupt()])
def test_what_was_applied_is_destroyed_after_a_failed_apply(connection, failure):
    def fail():
        raise failure

    root = FakeRoot(applied=fail)
    with pytest.raises(type(failure)):
        growth.cycle(root, connection)
    assert root.commands == ["init", "plan", "apply", "destroy"]
