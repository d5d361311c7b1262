"""The pains of those who run SageMaker endpoints by Terraform, each with the module's answer on LocalStack.

docs/traps.md lists all twenty. Those that a plan answers are in tests/plan/test_pains.py, those that need a
story of their own in files of their own. With the providers' stand-ins, awscc keeps planned values here, as
the real provider does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.providers.standin import ApiCall
from tests.apply.account import Inventory
from tests.apply.conftest import OpenStage
from tests.apply.stage import Failure, Stage, Step, assert_order, logged, sentence, wanted
from tests.plan.planner import IMAGE, PAIR, ROOT, SMALLEST

REALTIME, ASYNC = "speech-realtime", "speech-async"
TARGET = f"endpoint/{REALTIME}/variant/AllTraffic"
G6, G6E = (pool["instance_type"] for pool in PAIR)
HALF = {"type": "CAPACITY_PERCENT", "value": 50}
SCALED = 3


def model(version: str, faults: str = "") -> dict[str, Any]:
    """The model input: a version, of the preferred type no more than two instances, and more faults."""
    return {"image": f"{IMAGE}.{version}", "environment": {"SCALEPROOF_FAIL": f"capacity={G6}:2,{faults}"}}


@dataclass(frozen=True)
class Story:
    """What happens to both kinds of endpoint, in order."""

    never_started: Failure
    started: Step
    scaled: Inventory
    new_model: Step
    rolled_back: Failure
    taken_back: Step
    other_types: Step
    deregistered: list[str]
    registered: Step
    destroyed: list[ApiCall] | None
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
def story(open_stage: OpenStage, standins: StandIns | None) -> Story:
    """Both kinds of endpoint, the real-time one with rolling updates."""
    deployment = {"strategy": "ROLLING", "step": HALF, "rollback_step": HALF, "wait_interval": 0}
    stage = open_stage(ROOT, realtime={**SMALLEST[ROOT]["realtime"], "deployment": deployment})
    never_started = stage.fail(model=model("0", "startup"))
    started = stage.apply(model=model("1"))
    stage.scale(SCALED)
    scaled = stage.inventory()
    new_model = stage.apply(model=model("2"))
    rolled_back = stage.fail(model=model("3", "startup,silent"))
    taken_back = stage.apply(model=model("2"))
    other_types = stage.apply(
        instance_pools=[*PAIR, {"instance_type": "ml.g5.2xlarge", "max_concurrency": 12}]
    )
    deregister(stage)
    deregistered = wanted(stage.plan())
    registered = stage.apply()
    calls = len(standins.calls) if standins else 0
    left = stage.destroy()
    destroyed = list(standins.calls[calls:]) if standins else None
    return Story(
        never_started,
        started,
        scaled,
        new_model,
        rolled_back,
        taken_back,
        other_types,
        deregistered,
        registered,
        destroyed,
        left,
    )


def deregister(stage: Stage) -> None:
    """Deregisters the scalable target of the real-time endpoint, by hand."""
    stage.connection.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        ResourceId=TARGET,
    )


def test_pain_01_an_update_resets_the_count(story: Story) -> None:
    for step in (story.new_model, story.taken_back, story.other_types):
        for endpoint in (REALTIME, ASYNC):
            assert step.after.variant(endpoint)["CurrentInstanceCount"] == SCALED


def test_pain_02_a_silent_rollback_is_reported_as_success(story: Story) -> None:
    problems = story.rolled_back.error.diagnostics
    assert {problem.summary for problem in problems} == {"Resource postcondition failed"}
    for endpoint in (REALTIME, ASYNC):
        in_force = story.new_model.after["endpoints"][endpoint]["EndpointConfigName"]
        assert any(f" serves {in_force}, not {endpoint}-" in one.detail for one in problems)
        assert story.rolled_back.after["endpoints"][endpoint]["EndpointStatus"] == "InService"


def test_pain_03_a_configuration_exists_already(story: Story) -> None:
    # The content of before returns while what has its name of before still stands.
    before, after = story.new_model.after, story.taken_back.after
    assert before.config(REALTIME)["EndpointConfigName"] in story.rolled_back.after["endpoint_configs"]
    assert before.portable() == after.portable()
    assert before.config(REALTIME)["EndpointConfigName"] != after.config(REALTIME)["EndpointConfigName"]


def test_pain_04_the_old_configuration_is_deleted_first(story: Story) -> None:
    for endpoint in (REALTIME, ASYNC):
        old, new = (
            inventory.config(endpoint)["EndpointConfigName"]
            for inventory in (story.new_model.before, story.new_model.after)
        )
        assert old in story.scaled["endpoint_configs"]
        assert_order(
            story.new_model.calls,
            f"CreateResource EndpointConfig {new}",
            f"UpdateResource Endpoint {endpoint}",
            f"DeleteResource EndpointConfig {old}",
        )


def test_pain_05_a_new_model_is_not_picked_up(story: Story) -> None:
    after = story.new_model.after
    assert after.the("models")["PrimaryContainer"]["Image"] == f"{IMAGE}.2"
    for endpoint in (REALTIME, ASYNC):
        (variant,) = after.config(endpoint)["ProductionVariants"]
        assert variant["ModelName"] == after.the("models")["ModelName"]


def test_pain_06_a_change_of_types_is_refused_under_a_scalable_target(story: Story) -> None:
    for endpoint in (REALTIME, ASYNC):
        target = f"endpoint/{endpoint}/variant/AllTraffic"
        assert [kind for _, kind in story.other_types.after.pools(endpoint)] == [G6, G6E, "ml.g5.2xlarge"]
        assert_order(
            story.other_types.calls,
            f"DeregisterScalableTarget {target}",
            f"UpdateResource Endpoint {endpoint}",
            f"RegisterScalableTarget {target}",
        )


def test_pain_07_a_delete_needs_the_right_to_deregister(story: Story) -> None:
    # Terraform deregisters itself, before: SageMaker does not have to do it in the caller's name.
    assert_order(
        [
            sentence(call)
            for call in logged(story.destroyed)
            if call.operation.startswith(("Delete", "Deregister"))
        ],
        f"DeleteScalingPolicy {REALTIME}-concurrency",
        f"DeregisterScalableTarget {TARGET}",
        f"DeleteResource Endpoint {REALTIME}",
    )
    assert story.left.names == {}


def test_pain_08_insufficient_capacity(story: Story) -> None:
    for endpoint in (REALTIME, ASYNC):
        running = {
            pool["InstanceType"]: pool["CurrentInstanceCount"]
            for pool in story.scaled.variant(endpoint)["InstancePools"]
        }
        assert running == {G6: 2, G6E: 1}


def test_pain_10_an_asynchronous_endpoint_is_stuck_at_zero(story: Story) -> None:
    after = story.started.after
    assert after.target(ASYNC)["MinCapacity"] == 0
    _, wake_up = after.policies(ASYNC)
    (alarm,) = after.alarms(wake_up)
    assert (alarm["MetricName"], alarm["Threshold"]) == ("HasBacklogWithoutCapacity", 1)
    assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": ASYNC}]
    (step,) = wake_up["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert (step["MetricIntervalLowerBound"], step["ScalingAdjustment"]) == (0, 1)


def test_pain_17_no_scalable_target(story: Story) -> None:
    module = "module.it.module.realtime[0]"
    assert story.deregistered == [
        f"create {module}.aws_appautoscaling_policy.concurrency",
        f"create {module}.module.endpoint.aws_appautoscaling_target.this[0]",
    ]
    assert_order(
        story.registered.calls, f"RegisterScalableTarget {TARGET}", f"PutScalingPolicy {REALTIME}-concurrency"
    )


def test_pain_19_an_endpoint_that_never_starts_is_stuck(story: Story) -> None:
    # It ends as Failed with a reason, and the next apply makes it anew.
    problems = story.never_started.error.diagnostics
    assert all("did not pass the ping health check" in problem.detail for problem in problems)
    assert {one["EndpointStatus"] for one in story.never_started.after["endpoints"].values()} == {"Failed"}
    assert {one["EndpointStatus"] for one in story.started.after["endpoints"].values()} == {"InService"}


def test_pain_20_the_deployment_configuration_drifts(story: Story) -> None:
    for step in (story.started, story.new_model, story.taken_back, story.other_types, story.registered):
        assert step.remaining == []
        assert "RollingUpdatePolicy" in step.after["endpoints"][REALTIME]["LastDeploymentConfig"]
