"""A change of the instance pools goes around SageMaker's refusal: deregister, update, register.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from tests.apply.account import Inventory
from tests.apply.parts import PARTS, POLICIES, SCALED, WAKE_UP_ALARM
from tests.apply.stage import Step, assert_order
from tests.plan.planner import PAIR

G6, G6E, G5 = "ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge"
CHANGES = {"order": [PAIR[1], PAIR[0]], "one type": [PAIR[1]], "two types again": PAIR}
"""Another type in the place of one is a change in test_life_cycles."""
POOLS = {"order": [G6E, G6], "two types again": [G6, G6E]}


@dataclass(frozen=True)
class Story:
    """What SageMaker says to a change by hand, then the changes by Terraform."""

    refusals: dict[str, ClientError | None]
    unharmed: tuple[Inventory, Inventory]
    changes: dict[str, Step]


@pytest.fixture(scope="module")
def story(open_stage):
    """Both kinds of endpoint, scaled out and changed."""
    stage = open_stage(PARTS)
    stage.put()
    stage.scale(SCALED)
    before = stage.inventory()
    refusals = {
        "order": update_by_hand(stage, [G6E, G6]),
        "types": update_by_hand(stage, [G6, G5]),
        "count": update_by_hand(stage, [G6, G6E]),
    }
    unharmed = before, stage.inventory()
    changes = {name: stage.apply(instance_pools=pools) for name, pools in CHANGES.items()}
    return Story(refusals, unharmed, changes)


@pytest.fixture(params=CHANGES)
def name(request):
    """The name of one of the changes."""
    return str(request.param)


@pytest.fixture
def change(story, name):
    """One of the changes."""
    return story.changes[name]


def update_by_hand(stage, types):
    """UpdateEndpoint of the real-time endpoint with the same model on other pools; gives its refusal.

    Where it is not refused the endpoint is moved back.
    """
    client = stage.connection.client("sagemaker")
    name = client.describe_endpoint(EndpointName="speech-realtime")["EndpointConfigName"]
    variant = client.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"][0]
    variant["InstancePools"] = [{"InstanceType": kind, "Priority": index} for index, kind in enumerate(types, start=1)]
    client.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=[variant])
    try:
        for config in ("by-hand", name):
            client.update_endpoint(
                EndpointName="speech-realtime", EndpointConfigName=config, RetainAllVariantProperties=True
            )
            stage.await_endpoint("speech-realtime")
    except ClientError as refusal:
        return refusal
    finally:
        client.delete_endpoint_config(EndpointConfigName="by-hand")
    return None


def test_sagemaker_refuses_other_pools_while_the_target_is_registered_and_changes_nothing(story):
    for what in ("order", "types"):
        refusal = story.refusals[what]
        assert refusal is not None
        assert refusal.operation_name == "UpdateEndpoint"
        assert refusal.response["Error"]["Code"] == "ValidationException"
        assert "deregistered as scalable targets" in refusal.response["Error"]["Message"]
    assert story.refusals["count"] is None  # the same pools
    before, after = story.unharmed
    assert before.portable() == after.portable()


def test_the_pools_are_as_written_and_the_live_count_is_kept(change, name, endpoint):
    assert change.after["endpoints"][endpoint]["EndpointStatus"] == "InService"
    if name == "one type":
        (variant,) = change.after.config(endpoint)["ProductionVariants"]
        assert variant["InstanceType"] == G6E
        assert "InstancePools" not in variant
    else:
        assert change.after.pools(endpoint) == list(enumerate(POOLS[name], start=1))
    for inventory in (change.before, change.after):
        variant = inventory.variant(endpoint)
        assert (variant["DesiredInstanceCount"], variant["CurrentInstanceCount"]) == (SCALED, SCALED)


def test_pain_06_a_change_of_types_is_refused_under_a_scalable_target(change, endpoint):
    """The target steps aside for the update."""
    target = f"endpoint/{endpoint}/variant/AllTraffic"
    for policy in POLICIES[endpoint]:
        assert_order(
            change.calls,
            f"DeleteScalingPolicy {policy}",
            f"DeregisterScalableTarget {target}",
            f"UpdateResource Endpoint {endpoint}",
            f"RegisterScalableTarget {target}",
            f"PutScalingPolicy {policy}",
        )
    assert change.after.target(endpoint)["CreationTime"] > change.after["endpoints"][endpoint]["LastModifiedTime"]


def test_the_old_configuration_goes_only_after_the_endpoint_has_moved(change, endpoint):
    assert_order(
        change.calls,
        f"CreateResource EndpointConfig {change.after.config(endpoint)['EndpointConfigName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteResource EndpointConfig {change.before.config(endpoint)['EndpointConfigName']}",
    )


def test_nothing_else_is_touched_and_nothing_is_left_to_do(change):
    # For each endpoint two calls for its target and three for its move, two for each policy, and the alarm.
    assert len(change.calls) == 2 * (2 + 3) + 3 * 2 + 1
    assert change.after["models"] == change.before["models"]
    assert change.after["roles"] == change.before["roles"]
    assert change.after.counts == change.before.counts
    assert change.remaining == []


def test_the_target_and_its_policies_are_as_before_but_new(change, endpoint):
    before, after = change.before, change.after
    assert before.target(endpoint)["ScalableTargetARN"] != after.target(endpoint)["ScalableTargetARN"]
    for old, new in zip(before.policies(endpoint), after.policies(endpoint), strict=True):
        assert old["PolicyName"] == new["PolicyName"]
        assert old["PolicyARN"] != new["PolicyARN"]
    for kind in ("scalable_targets", "scaling_policies", "alarms"):
        assert before.portable()[kind] == after.portable()[kind]


def test_the_alarm_wakes_by_the_new_policy(change):
    _, wake_up = change.after.policies("speech-async")
    assert change.after["alarms"][WAKE_UP_ALARM]["AlarmActions"] == [wake_up["PolicyARN"]]
    assert_order(change.calls, "PutScalingPolicy speech-async-wake-up", f"PutMetricAlarm {WAKE_UP_ALARM}")
