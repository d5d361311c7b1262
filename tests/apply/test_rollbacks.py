"""An update that SageMaker rolls back never looks like a success, and both ways out of it are open.

With the providers' stand-ins, awscc keeps planned values here, as the real provider does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from scaleproof.providers.session import StandIns
from tests.apply.account import Inventory
from tests.apply.conftest import OpenStage
from tests.apply.stage import Failure, Step, wanted
from tests.plan.planner import IMAGE, PAIR, ROOT

ENDPOINT = "speech-realtime"
MODULE = "module.it.module.realtime[0].module.endpoint"
G5 = "ml.g5.2xlarge"
SCALED = 3


def failing(faults: str, **environment: str) -> dict[str, Any]:
    """A model that carries faults with it (`scaleproof.cloud.plugin.faults`)."""
    return {"image": IMAGE, "environment": {"SCALEPROOF_FAIL": faults, **environment}}


GOOD: dict[str, Any] = {"model": {"image": IMAGE}}
SCARCE: dict[str, Any] = {"model": failing(f"capacity={G5}:0,silent")}
"""A model that runs on all but one instance type, whose lack is not told of."""
TWICE = [{"model": failing("startup,silent", ATTEMPT=attempt)} for attempt in ("1", "2")]
ROLLBACKS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "silent": (GOOD, [{"model": failing("startup,silent")}]),
    "silent, of other types": (SCARCE, [{"instance_pools": [{"instance_type": G5, "max_concurrency": 12}]}]),
    "silent, twice": (GOOD, TWICE),
    "reported": (GOOD, [{"model": failing("startup")}]),
}
"""What stands at first, and the changes since, each of which is rolled back."""
SILENT = [name for name in ROLLBACKS if name.startswith("silent")]
CORRECTED = "silent, twice"
"""The one that ends with a change that succeeds; in the others the change is taken back."""
REVERTED = [name for name in ROLLBACKS if name != CORRECTED]


@dataclass(frozen=True)
class Story:
    """Changes that are rolled back, what the next plan wants, and a way out."""

    first: Inventory
    failures: list[Failure]
    wanted: list[str]
    out: Step
    left: Inventory


@pytest.fixture(scope="module")
def standins(standins: StandIns | None) -> Iterator[StandIns | None]:
    """Providers that believe what they planned."""
    if standins is None:
        yield None
    else:
        with StandIns(keep_planned=True) as believing:
            yield believing


@pytest.fixture(scope="module")
def stories(open_stage: OpenStage) -> Callable[[str], Story]:
    """Tells a story of ROLLBACKS, each but once."""

    @cache
    def told(name: str) -> Story:
        first, changes = ROLLBACKS[name]
        stage = open_stage(ROOT, **{"async": None}, **first)
        stage.apply()
        stage.scale(SCALED)
        before = stage.inventory()
        failures = [stage.fail(**change) for change in changes]
        plan = stage.plan()
        way_out = (
            {"model": {"image": f"{IMAGE}.1"}} if name == CORRECTED else {"instance_pools": PAIR, **first}
        )
        return Story(before, failures, wanted(plan), stage.apply(**way_out), stage.destroy())

    return told


@pytest.fixture(params=ROLLBACKS)
def story(request: pytest.FixtureRequest, stories: Callable[[str], Story]) -> Story:
    """Each of the stories."""
    return stories(request.param)


@pytest.mark.parametrize("name", SILENT)
def test_the_apply_fails_and_says_what_is_in_force_and_what_to_do(
    stories: Callable[[str], Story], name: str
) -> None:
    story = stories(name)
    for failure in story.failures:
        (problem,) = failure.error.diagnostics
        assert problem.summary == "Resource postcondition failed"
        old, new = in_force(story.first), newest(failure.after)
        assert f"endpoint {ENDPOINT} " in problem.detail
        assert f" serves {old}, not {new}. " in problem.detail
        assert f"aws sagemaker describe-endpoint --endpoint-name {ENDPOINT}" in problem.detail
        assert "apply again" in problem.detail


def test_a_reason_that_cloud_control_gives_is_passed_on(stories: Callable[[str], Story]) -> None:
    (failure,) = stories("reported").failures
    (problem,) = failure.error.diagnostics
    assert problem.summary == "AWS SDK Go Service Operation Incomplete"
    assert "did not pass the ping health check" in problem.detail


def test_the_endpoint_serves_as_it_did(story: Story) -> None:
    for failure in story.failures:
        after = failure.after
        assert after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"
        assert after.variant(ENDPOINT) == story.first.variant(ENDPOINT)
        assert after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED


def test_what_the_endpoint_serves_is_not_deleted(story: Story) -> None:
    (variant,) = story.first.config(ENDPOINT)["ProductionVariants"]
    for failure in story.failures:
        assert failure.after.config(ENDPOINT) == story.first.config(ENDPOINT)
        assert variant["ModelName"] in failure.after["models"]


@pytest.mark.parametrize("name", SILENT)
def test_a_silently_rolled_back_endpoint_goes_on_scaling(stories: Callable[[str], Story], name: str) -> None:
    story = stories(name)
    for failure in story.failures:
        assert scaling(failure.after) == scaling(story.first)


def test_the_next_plan_wants_the_update_again(story: Story) -> None:
    assert f"update {MODULE}.awscc_sagemaker_endpoint.this" in story.wanted


def test_the_way_out_leads_to_what_is_written(story: Story) -> None:
    after = story.out.after
    assert in_force(after) == newest(after)
    assert after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED
    assert len(after["endpoint_configs"]) == len(after["models"]) == 1


@pytest.mark.parametrize("name", REVERTED)
def test_a_change_taken_back_restores_what_stood_under_a_new_name(
    stories: Callable[[str], Story], name: str
) -> None:
    # The old name may still be taken: its configuration stands until the endpoint has left it.
    story = stories(name)
    assert story.out.after.portable() == story.first.portable()
    assert in_force(story.out.after) != in_force(story.first)


def test_a_second_plan_is_empty(story: Story) -> None:
    assert story.out.remaining == []


def test_nothing_is_left_after_a_destroy(story: Story) -> None:
    assert story.left.names == {}


def test_an_unchanged_endpoint_is_looked_at_by_the_plan_and_makes_nothing_unknown(
    open_stage: OpenStage,
) -> None:
    stage = open_stage(ROOT, **{"async": None})
    stage.apply()
    plan = stage.plan(realtime={"capacity": {"min": 2, "max": 6}})
    (change,) = plan.changes
    assert wanted(plan) == [f"update {MODULE}.aws_appautoscaling_target.this[0]"]
    assert not any(change.unknown.values())
    live = plan.resource(f"{MODULE}.data.awscc_sagemaker_endpoint.live")
    assert live.actions == ("no-op",)
    assert live.values["endpoint_config_name"] == in_force(stage.inventory())


def in_force(inventory: Inventory) -> str:
    """The name of the configuration that the endpoint serves."""
    return str(inventory["endpoints"][ENDPOINT]["EndpointConfigName"])


def scaling(inventory: Inventory) -> Any:
    """Target, policies and their alarms, without what is made up."""
    kinds = ("scalable_targets", "scaling_policies", "alarms")
    none: dict[str, Any] = {kind: {} for kind in inventory.kinds if kind not in kinds}
    found = Inventory(inventory.account, {**inventory.kinds, **none}).portable()
    return {kind: found[kind] for kind in kinds}


def newest(inventory: Inventory) -> str:
    """The name of the configuration that was made last."""
    configs = inventory["endpoint_configs"]
    return max(configs, key=lambda name: configs[name]["CreationTime"])
