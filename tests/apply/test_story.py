"""The life of both endpoints on one root: what an apply, a hand or scaling changes, and what else stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from botocore.exceptions import ClientError

from scaleproof.endpoints import from_api
from scaleproof.localstack.control import ApiCall, recorded
from scaleproof.scaling.endpoint import Endpoint, with_limits
from tests.apply import hands
from tests.apply.account import Inventory
from tests.apply.parts import ASYNC_ADDRESS as ASYNC
from tests.apply.parts import PARTS, SCALED, SMALLEST_PARTS, WAKE_UP_ALARM
from tests.apply.parts import REALTIME_ADDRESS as REALTIME
from tests.apply.stage import Failure, Step, assert_order, planned_actions, sentence
from tests.behaviour.traffic import simulated, steady
from tests.plan.planner import IMAGE, PAIR

G6, G6E, G5 = "ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge"
BURST_ALARM = "speech-realtime-burst"
REALTIME_TARGET = "endpoint/speech-realtime/variant/AllTraffic"
ASYNC_TARGET = "endpoint/speech-async/variant/AllTraffic"
SCARCE = {"SCALEPROOF_FAIL": f"capacity={G6}:2"}
"""Of the preferred type there are no more than two instances."""
HALF = {"type": "CAPACITY_PERCENT", "value": 50}


def pools(**limits):
    """Instance pools, by the last letters of their types."""
    types = {"g6": G6, "g6e": G6E, "g5": G5}
    return [{"instance_type": types[name], "max_concurrency": limit} for name, limit in limits.items()]


def realtime(**changes):
    """A real-time endpoint with rolling updates and a policy of the caller's own of either type."""
    alarm = {"metric_name": "Invocations", "statistic": "Sum", "threshold": 100}
    cpu = {"metric_name": "CPUUtilization", "namespace": "/aws/sagemaker/Endpoints"}
    return {
        "capacity": {"min": 2, "max": 6},
        "deployment": {"strategy": "ROLLING", "step": HALF, "rollback_step": HALF, "wait_interval": 0},
        "policies": {
            "burst": {"step": {"alarm": alarm, "steps": [{"adjustment": 1, "lower_bound": 0}]}},
            "cpu": {"target_tracking": {"custom_metric": cpu, "target_value": 60}},
        },
        **changes,
    }


def queued(least):
    return {**SMALLEST_PARTS["async"], "capacity": {"min": least, "max": 7}}


FIRST = {"realtime": realtime(capacity={"min": 1, "max": 4}), "instance_pools": PAIR}
NIGHT = {"night": {"schedule": "cron(0 20 ? * * *)", "max": 4}}
NEW = {"image": IMAGE.replace(":1.4", ":1.5"), "environment": {**SCARCE, "MAX_ACTIVE_REQUESTS": "120"}}
ELSEWHERE = {**NEW, "image": IMAGE.replace("/speech:1.4", "/speech-next:2.0")}
BUSY = realtime(target_utilization=0.5)
CHANGES = {
    "bounds": {
        "realtime": realtime(suspended={"in": True}),
        "async": queued(1),
        "instance_pools": pools(g6=12, g6e=16),
    },
    "targets": {"realtime": BUSY, "async": queued(0), "tags": {"Stage": "test", "Team": "transcripts"}},
    "types": {"realtime": {**BUSY, "schedules": NIGHT}, "instance_pools": pools(g6=12, g5=16), "tags": {}},
    "equal": {"instance_pools": pools(g6=12, g5=12)},
    "one type": {"instance_pools": pools(g6e=12)},
    "two types": {"realtime": BUSY, "instance_pools": PAIR},
    "model": {"model": NEW},
    "repository": {"model": ELSEWHERE, "instance_pools": PAIR[::-1]},
}
"""What the steps of the story change, one after the other."""
IN_PLACE = {
    "bounds": [
        f"DeleteAlarms {WAKE_UP_ALARM}",
        "DeleteScalingPolicy speech-async-wake-up",
        "PutScalingPolicy speech-realtime-concurrency",
        "PutScalingPolicy speech-realtime-guard",
        f"RegisterScalableTarget {ASYNC_TARGET}",
        f"RegisterScalableTarget {REALTIME_TARGET}",
    ],
    "targets": [
        f"PutMetricAlarm {WAKE_UP_ALARM}",
        "PutScalingPolicy speech-async-wake-up",
        "PutScalingPolicy speech-realtime-concurrency",
        "PutScalingPolicy speech-realtime-guard",
        f"RegisterScalableTarget {ASYNC_TARGET}",
        # The pause ends with it.
        f"RegisterScalableTarget {REALTIME_TARGET}",
    ],
    "equal": ["DeleteScalingPolicy speech-realtime-guard", "PutScalingPolicy speech-realtime-concurrency"],
}
"""The calls of changes that deploy nothing, beside those for tags."""
POOLS = {
    "types": [G6, G5],
    "one type": [G6E],
    "two types": [G6, G6E],
    "repository": [G6E, G6],
}
"""Changes of the pools, which register the scalable targets anew, and the types after them."""
SERVED = {"model": NEW, "repository": ELSEWHERE}
TAGS = {
    "targets": {"Stage": "test", "Team": "transcripts"},
    # default_tags of the root's aws provider.
    "types": {"Team": "speech"},
}
TAGGING = {"AddTags", "DeleteTags", "TagResource", "UntagResource", "TagRole", "UntagRole", "UpdateResource"}
"""Cloud Control, with the last, knows but one call for a change."""
POLICIES = {"speech-realtime": ["burst", "concurrency", "cpu"], "speech-async": ["backlog", "wake-up"]}
HANDS = {"edited": (hands.delete, hands.edit), "torn down": (hands.tear_down,)}
WANTED = {
    "edited": [
        f"update {ASYNC}.aws_appautoscaling_policy.backlog",
        f"update {ASYNC}.aws_cloudwatch_metric_alarm.wake_up[0]",
        f"update {ASYNC}.module.endpoint.awscc_sagemaker_endpoint.this",
        # An edited policy gets other alarms.
        f"delete/create {ASYNC}.terraform_data.policy_alarms",
        f"create {REALTIME}.aws_appautoscaling_policy.concurrency",
        f"update {REALTIME}.module.endpoint.aws_appautoscaling_target.this[0]",
        f'create {REALTIME}.module.endpoint.aws_cloudwatch_metric_alarm.step["burst"]',
    ],
    "torn down": [
        f"create {ASYNC}.aws_appautoscaling_policy.backlog",
        f"create {ASYNC}.aws_appautoscaling_policy.wake_up[0]",
        # It acts on a policy that is made anew.
        f"update {ASYNC}.aws_cloudwatch_metric_alarm.wake_up[0]",
        f"create {ASYNC}.module.endpoint.aws_appautoscaling_target.this[0]",
        f"create {REALTIME}.aws_appautoscaling_policy.concurrency",
        f'create {REALTIME}.module.endpoint.aws_appautoscaling_policy.step["burst"]',
        f'create {REALTIME}.module.endpoint.aws_appautoscaling_policy.target_tracking["cpu"]',
        f"create {REALTIME}.module.endpoint.aws_appautoscaling_target.this[0]",
        f'update {REALTIME}.module.endpoint.aws_cloudwatch_metric_alarm.step["burst"]',
        f"create {REALTIME}.module.endpoint.awscc_sagemaker_endpoint.this",
        # What tells when the endpoint was made, and that a new one wants a new registration.
        f"delete/create {REALTIME}.module.endpoint.terraform_data.creation",
        f"delete/create {REALTIME}.module.endpoint.terraform_data.registration",
        f"delete/create {REALTIME}.terraform_data.registration",
    ],
}
"""What the next plan does about what was done by hand."""


@dataclass(frozen=True)
class Story:
    """From an empty account to an empty account.

    A model that never starts, and one that does; scaled out, then changed by hand in vain; the changes; what is
    read of the endpoints after those; what a plan wants after each deed by hand, and the apply of it; the end.
    """

    never_started: Failure
    scaled: Inventory
    refusals: dict[str, ClientError | None]
    unharmed: Inventory
    steps: dict[str, Step]
    read: list[Endpoint]
    planned_actions: dict[str, list[str]]
    destroyed: list[ApiCall]
    left: Inventory


@pytest.fixture(scope="module")
def story(open_stage):
    stage = open_stage(PARTS, **FIRST)
    never_started = stage.fail(model={"image": IMAGE, "environment": {"SCALEPROOF_FAIL": "startup"}})
    stage.put(model={"image": IMAGE, "environment": SCARCE})
    stage.scale(SCALED)
    scaled = stage.inventory()
    refusals = {
        "order": hands.update(stage, [G6E, G6]),
        "types": hands.update(stage, [G6, G5]),
        "count": hands.update(stage, [G6, G6E]),
    }
    unharmed = stage.inventory()
    steps, plans = {}, {}
    for name, changes in CHANGES.items():
        # The guard goes late, which could come first by chance.
        late = [{"fault": "throttling", "operation": "DeleteScalingPolicy", "times": 1}] * (name == "equal")
        with stage.suffering(*late):
            steps[name] = stage.apply(**changes)
    read = from_api(stage.connection.client)
    for name, deeds in HANDS.items():
        for by_hand in deeds:
            by_hand(stage)
        plans[name] = planned_actions(stage.plan())
        steps[name] = stage.apply()
    with recorded(stage.connection) as destroyed:
        left = stage.destroy(refresh=False)
    return Story(never_started, scaled, refusals, unharmed, steps, read, plans, destroyed, left)


def each_of(names):
    """Runs a test for each of these steps, as `change`."""
    return pytest.mark.parametrize("name", names)


@pytest.fixture
def change(story, name):
    return story.steps[name]


def operation(call):
    return call.partition(" ")[0]


@each_of([*CHANGES, *HANDS])
def test_pain_20_the_deployment_configuration_drifts(change):
    """A second plan is empty."""
    assert change.remaining == []
    assert "RollingUpdatePolicy" in change.after["endpoints"]["speech-realtime"]["LastDeploymentConfig"]


def test_pain_19_an_endpoint_that_never_starts_is_stuck(story, endpoint):
    """It ends as Failed with a reason, and the next apply makes it anew."""
    problems = story.never_started.error.diagnostics
    assert all("did not pass the ping health check" in problem.detail for problem in problems)
    assert story.never_started.after["endpoints"][endpoint]["EndpointStatus"] == "Failed"
    assert story.scaled["endpoints"][endpoint]["EndpointStatus"] == "InService"


def test_pain_08_insufficient_capacity(story, endpoint):
    running = {
        pool["InstanceType"]: pool["CurrentInstanceCount"] for pool in story.scaled.variant(endpoint)["InstancePools"]
    }
    assert running == {G6: 2, G6E: 1}


# Changes in place.


@each_of(IN_PLACE)
def test_only_what_has_to_be_called_is_called(change, name):
    tagging = {call for call in change.calls if operation(call) in TAGGING}
    assert sorted(call for call in change.calls if call not in tagging) == IN_PLACE[name]
    assert bool(tagging) == (name in TAGS)
    assert not tagging or {operation(call) for call in tagging} > {"UpdateResource"}


@each_of(IN_PLACE)
def test_configuration_live_count_and_registration_stay(change, endpoint):
    before, after = change.before, change.after
    assert after.variant(endpoint) == before.variant(endpoint)
    assert {**before.config(endpoint), "Tags": None} == {**after.config(endpoint), "Tags": None}
    assert len(after["endpoint_configs"]) == 2
    for member in ("ScalableTargetARN", "CreationTime"):
        assert before.target(endpoint)[member] == after.target(endpoint)[member]


@pytest.mark.parametrize(("kind", "bounds"), [("realtime", (2, 6)), ("async", (1, 7))])
def test_bounds(story, kind, bounds):
    target = story.steps["bounds"].after.target(f"speech-{kind}")
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds


def test_a_pause_of_scale_in_and_its_end(story):
    paused, resumed = (story.steps[name].after.target("speech-realtime") for name in ("bounds", "targets"))
    assert paused["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }
    assert set(resumed["SuspendedState"].values()) == {False}


def policy(inventory, name):
    (found,) = [one for one in inventory.policies("speech-realtime") if one["PolicyName"] == f"speech-realtime-{name}"]
    return found


def tracking(inventory, name="concurrency"):
    return policy(inventory, name)["TargetTrackingScalingPolicyConfiguration"]


def thresholds(inventory, name="concurrency"):
    return [alarm["Threshold"] for alarm in inventory.alarms(policy(inventory, name))]


def test_pools_that_become_unequal_move_the_policy_to_the_weighted_metric_and_back(story):
    change, back = story.steps["bounds"], story.steps["equal"]
    assert policy(change.before, "concurrency")["PolicyARN"] == policy(change.after, "concurrency")["PolicyARN"]
    assert "PredefinedMetricSpecification" in tracking(change.before)
    assert tracking(change.before)["TargetValue"] == 9  # three quarters of 12
    weighted = tracking(change.after)
    assert "PredefinedMetricSpecification" not in weighted
    *series, utilization = weighted["CustomizedMetricSpecification"]["Metrics"]
    assert utilization["Expression"] == "MAX([concurrency_1/12, concurrency_2/16])"
    assert [query["ReturnData"] for query in (*series, utilization)] == [False, False, True]
    high, _ = change.after.alarms(policy(change.after, "concurrency"))
    assert {query["Id"] for query in high["Metrics"]} == {"concurrency_1", "concurrency_2", "utilization"}
    # The guard is on the metric that the first policy has left, at three quarters of the larger 16.
    assert "PredefinedMetricSpecification" in tracking(change.after, "guard")
    assert thresholds(change.after, "guard") == [12]
    assert tracking(back.after)["TargetValue"] == 6
    assert "PredefinedMetricSpecification" in tracking(back.after)


def test_the_guard_has_left_the_predefined_metric_before_the_policy_returns_to_it(story):
    """AWS takes one policy for a predefined metric (hashicorp/terraform-provider-aws issue 41179)."""
    calls = story.steps["equal"].calls
    gone = max(place for place, call in enumerate(calls) if call == "DeleteScalingPolicy speech-realtime-guard")
    assert gone < calls.index("PutScalingPolicy speech-realtime-concurrency")


def test_another_utilization_moves_the_targets_and_the_alarms(story):
    change = story.steps["targets"]
    assert (tracking(change.before)["TargetValue"], tracking(change.after)["TargetValue"]) == (0.75, 0.5)
    assert thresholds(change.before) == [0.75, pytest.approx(0.675)]
    assert thresholds(change.after) == [0.5, pytest.approx(0.45)]
    assert thresholds(change.after, "guard") == [8]


def test_an_endpoint_that_is_never_empty_needs_no_waking(story):
    """The alarm goes before the policy that it acts on."""
    change = story.steps["bounds"]
    assert [policy["PolicyName"] for policy in change.after.policies("speech-async")] == ["speech-async-backlog"]
    assert WAKE_UP_ALARM not in change.after["alarms"]
    assert_order(change.calls, f"DeleteAlarms {WAKE_UP_ALARM}", "DeleteScalingPolicy speech-async-wake-up")


def test_pain_10_an_asynchronous_endpoint_is_stuck_at_zero(story):
    """One that may be empty again is woken."""
    after = story.steps["targets"].after
    assert after.target("speech-async")["MinCapacity"] == 0
    _, wake_up = after.policies("speech-async")
    (alarm,) = after.alarms(wake_up)
    assert alarm["AlarmName"] == WAKE_UP_ALARM
    assert (alarm["MetricName"], alarm["Threshold"]) == ("HasBacklogWithoutCapacity", 1)
    assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": "speech-async"}]
    assert wake_up["PolicyType"] == "StepScaling"
    (step,) = wake_up["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert (step["MetricIntervalLowerBound"], step["ScalingAdjustment"]) == (0, 1)


@each_of(TAGS)
def test_tags_reach_everything(change, name):
    tagged = {
        resource: found["Tags"]
        for kind in ("models", "endpoint_configs", "endpoints", "scalable_targets", "alarms", "roles")
        for resource, found in change.after[kind].items()
        if not resource.startswith("TargetTracking-")
    }
    assert len(tagged) == 1 + 2 + 2 + 2 + 2 + 1
    for resource, tags in tagged.items():
        assert tags == TAGS[name], resource


# Other pools: deregister, update, register
# (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html).


def test_sagemaker_refuses_other_pools_while_the_target_is_registered_and_changes_nothing(story):
    for what in ("order", "types"):
        refusal = story.refusals[what]
        assert refusal is not None
        assert refusal.operation_name == "UpdateEndpoint"
        assert refusal.response["Error"]["Code"] == "ValidationException"
        assert "deregistered as scalable targets" in refusal.response["Error"]["Message"]
    assert story.refusals["count"] is None  # the same pools
    assert story.scaled.portable() == story.unharmed.portable()


@each_of(POOLS)
def test_the_pools_are_as_written(change, name, endpoint):
    assert change.after["endpoints"][endpoint]["EndpointStatus"] == "InService"
    if len(POOLS[name]) == 1:
        (variant,) = change.after.config(endpoint)["ProductionVariants"]
        assert [variant["InstanceType"]] == POOLS[name]
        assert "InstancePools" not in variant
    else:
        assert change.after.pools(endpoint) == list(enumerate(POOLS[name], start=1))


@each_of(POOLS)
def test_pain_06_a_change_of_types_is_refused_under_a_scalable_target(change, endpoint):
    """The target steps aside for the update, and all that scales leaves with it and joins the new one.

    Deregistering deletes the policies of a target. Source:
    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
    """
    target = f"endpoint/{endpoint}/variant/AllTraffic"
    for old, new in zip(change.before.policies(endpoint), change.after.policies(endpoint), strict=True):
        name = old["PolicyName"]
        assert new["PolicyName"] == name
        assert new["PolicyARN"] != old["PolicyARN"]
        assert_order(
            change.calls,
            f"DeleteScalingPolicy {name}",
            f"DeregisterScalableTarget {target}",
            f"UpdateResource Endpoint {endpoint}",
            f"RegisterScalableTarget {target}",
            f"PutScalingPolicy {name}",
        )
    assert change.before.target(endpoint)["ScalableTargetARN"] != change.after.target(endpoint)["ScalableTargetARN"]
    assert change.after.target(endpoint)["CreationTime"] > change.after["endpoints"][endpoint]["LastModifiedTime"]


def test_every_kind_of_policy_was_there(story):
    for endpoint, names in POLICIES.items():
        guard = ["guard"] if endpoint == "speech-realtime" else []
        found = [one["PolicyName"] for one in story.steps["types"].before.policies(endpoint)]
        assert found == sorted(f"{endpoint}-{name}" for name in [*names, *guard])


def test_a_schedule_leaves_the_old_registration_and_joins_the_new_one(story):
    assert_order(
        story.steps["one type"].calls,
        f"DeleteScheduledAction {REALTIME_TARGET}",
        f"DeregisterScalableTarget {REALTIME_TARGET}",
        f"RegisterScalableTarget {REALTIME_TARGET}",
        f"PutScheduledAction {REALTIME_TARGET}",
    )


@each_of(["one type", "two types", "repository"])
def test_what_scales_is_as_before_but_new(change):
    for kind in ("scalable_targets", "scaling_policies", "alarms"):
        assert change.before.portable()[kind] == change.after.portable()[kind]


@each_of(["types", "one type", "two types", "repository", "torn down"])
def test_alarms_act_by_the_new_policies(change, name):
    _, wake_up = change.after.policies("speech-async")
    assert change.after["alarms"][WAKE_UP_ALARM]["AlarmActions"] == [wake_up["PolicyARN"]]
    assert change.after["alarms"][BURST_ALARM]["AlarmActions"] == [policy(change.after, "burst")["PolicyARN"]]
    if name != "torn down":
        assert_order(change.calls, "PutScalingPolicy speech-async-wake-up", f"PutMetricAlarm {WAKE_UP_ALARM}")


# Of a registration anew: for each endpoint two calls for its target and three for its move, two for each policy of
# five, and two alarms. Of a model: it comes and goes, and each configuration with it.
REGISTERED = 2 * (2 + 3) + 2 * 5 + 2
CALLS = {
    "one type": REGISTERED + 2,  # the schedule
    "two types": REGISTERED + 1,
    "model": 2 + 2 * 3,
    "repository": REGISTERED + 2 + 2,  # with the role's policy
}


@each_of(CALLS)
def test_nothing_else_is_touched(change, name):
    assert len(change.calls) == CALLS[name], change.calls
    kinds = ["models", "roles"] if name not in SERVED else ["scalable_targets", "scaling_policies", "alarms", "roles"]
    for kind in kinds if name != "repository" else []:
        assert change.after[kind] == change.before[kind]
    counts = {**change.before.counts, "scheduled_actions": None}
    assert {**change.after.counts, "scheduled_actions": None} == counts


# Another model.


@each_of(SERVED)
def test_pain_05_a_new_model_is_not_picked_up(change, name, endpoint):
    served = change.after.the("models")["PrimaryContainer"]
    assert {"image": served["Image"], "environment": served["Environment"]} == SERVED[name]
    assert change.after["endpoints"][endpoint]["EndpointStatus"] == "InService"
    (variant,) = change.after.config(endpoint)["ProductionVariants"]
    assert variant["ModelName"] == change.after.the("models")["ModelName"]
    assert variant["ModelName"] != change.before.the("models")["ModelName"]


@each_of([*POOLS, "model"])
def test_pain_04_the_old_configuration_is_deleted_first(change, name, endpoint):
    """What is old goes only after the endpoint has moved."""
    models = [inventory.the("models")["ModelName"] for inventory in (change.before, change.after)]
    assert_order(
        change.calls,
        *([f"CreateModel {models[1]}"] if name in SERVED else []),
        f"CreateResource EndpointConfig {change.after.config(endpoint)['EndpointConfigName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteResource EndpointConfig {change.before.config(endpoint)['EndpointConfigName']}",
        *([f"DeleteModel {models[0]}"] if name in SERVED else []),
    )


def test_the_role_reaches_the_old_image_until_the_endpoint_has_moved(story, endpoint):
    change = story.steps["repository"]
    assert_order(
        change.calls,
        f"PutRolePolicy {change.after.model_policy()}",
        f"CreateModel {change.after.the('models')['ModelName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteModel {change.before.the('models')['ModelName']}",
        f"DeleteRolePolicy {change.before.model_policy()}",
    )
    (pull,) = [one for one in change.after.statements() if one["Sid"] == "PullImage"]
    assert pull["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/speech-next"


@each_of([*CHANGES, "edited"])
def test_pain_01_an_update_resets_the_count(change, endpoint):
    for inventory in (change.before, change.after):
        variant = inventory.variant(endpoint)
        assert (variant["DesiredInstanceCount"], variant["CurrentInstanceCount"]) == (SCALED, SCALED)
    assert change.after.config(endpoint)["ProductionVariants"][0]["InitialInstanceCount"] < SCALED


def test_what_was_updated_goes_on_with_its_count(story):
    """Three instances carry 17 streams before the updates and after: no stream finds less than there was."""
    (found,) = (one for one in story.read if one.name == "speech-realtime")
    assert sum(found.instances.values()) == SCALED
    (own,) = (one for one in found.target.policies if one.name == "speech-realtime-concurrency")
    found = with_limits(
        replace(found, initial=SCALED, target=replace(found.target, policies=(own,))), {G6: 12, G6E: 12}
    )
    result = simulated(found, steady(17, 120.0, hours=1))
    assert set(result.timeline.desired) == {SCALED}
    assert result.totals.overload_seconds == 0


# What somebody does by hand is seen by the next plan, and undone by its apply; what scaling does is not.


@each_of(WANTED)
def test_what_was_done_by_hand_is_undone_and_nothing_else(story, name):
    """An endpoint that was only scaled is not among it."""
    assert story.planned_actions[name] == WANTED[name]


@each_of(HANDS)
def test_an_apply_repairs_it(story, change, name):
    expected, repaired = story.steps["repository"].after.portable(), change.after.portable()
    assert change.before.portable() != expected
    if name == "torn down":
        # The new endpoint has the initial count again: what had scaled it is gone.
        count = repaired["endpoint_configs"]["speech-realtime-HASH"]["ProductionVariants"][0]["InitialInstanceCount"]
        (variant,) = expected["endpoints"]["speech-realtime"]["ProductionVariants"]
        variant |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
        for pool, running in zip(variant["InstancePools"], (count, 0), strict=True):
            pool["CurrentInstanceCount"] = running
    assert repaired == expected


def test_pain_17_no_scalable_target(story):
    """What hung on a deregistered target or a deleted endpoint comes back, the target first."""
    for endpoint, name in (("speech-realtime", "concurrency"), ("speech-async", "backlog")):
        assert_order(
            story.steps["torn down"].calls,
            f"RegisterScalableTarget endpoint/{endpoint}/variant/AllTraffic",
            f"PutScalingPolicy {endpoint}-{name}",
        )


def test_pain_07_a_delete_needs_the_right_to_deregister(story, endpoint):
    """Terraform deregisters itself, before: SageMaker does not have to do it in the caller's name."""
    deletions = ("Delete", "Deregister")
    assert_order(
        [sentence(call) for call in story.destroyed if call.operation.startswith(deletions)],
        f"DeleteScalingPolicy {endpoint}-{'concurrency' if endpoint == 'speech-realtime' else 'backlog'}",
        f"DeregisterScalableTarget endpoint/{endpoint}/variant/AllTraffic",
        f"DeleteResource Endpoint {endpoint}",
    )
    assert story.left.names == {}
