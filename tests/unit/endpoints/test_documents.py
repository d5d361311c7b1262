"""Each value of the API's documents, and of Terraform's resources, is read to where it belongs."""

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from scaleproof.endpoints import EndpointError, from_api, from_plan, from_state
from scaleproof.endpoints.documents import Document, Documents, PolicyDocuments, endpoint, unknown
from scaleproof.endpoints.live import documents_of
from scaleproof.endpoints.render import AlarmRow, EndpointRow, PolicyRow, PoolRow, ScheduleRow, rows
from scaleproof.endpoints.terraform import recorded, watched
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Kind, Pool, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import CONFIGURATIONS, TRACKING
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.references import Address
from scaleproof.terraform.state import State
from scaleproof.translation.values import UNKNOWN

Json = dict[str, Any]
STEPPING = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}],
}
ALARM = {
    "AlarmName": "wake-up",
    "AlarmActions": ["arn:wake-up"],
    "Namespace": "AWS/SageMaker",
    "MetricName": "HasBacklogWithoutCapacity",
    "Dimensions": [{"Name": "EndpointName", "Value": "speech"}],
    "Statistic": "Average",
    "Unit": "Count",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "ignore",
}
SETTINGS = AlarmSettings(
    MetricStat("AWS/SageMaker", "HasBacklogWithoutCapacity", (("EndpointName", "speech"),), "Average", 60, "Count"),
    "GreaterThanOrEqualToThreshold",
    1.0,
    3,
    2,
    "ignore",
)
WAKE_UP = StepScaling("wake-up", "ChangeInCapacity", (Step(2, lower=0.0),), {"wake-up": SETTINGS})
VARIANT = {
    "VariantName": "Live",
    "InitialInstanceCount": 4,
    "InstancePools": [
        {"InstanceType": "ml.g6e.2xlarge", "Priority": 2},
        {"InstanceType": "ml.g6.2xlarge", "Priority": 1},
    ],
}
ONE_TYPE = {"VariantName": "Live", "InstanceType": "ml.g6.2xlarge"}
TARGET = {"MinCapacity": 2, "MaxCapacity": 7}
SCHEDULE = {
    "ScheduledActionName": "morning",
    "Schedule": "cron(30 7 ? * MON-FRI *)",
    "Timezone": "Europe/Berlin",
    "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 6},
    "StartTime": "2026-12-01T00:00:00",
    "EndTime": datetime(2027, 12, 1, 1, tzinfo=UTC),
}


def document(content):
    return Document("here", content)


def documents(variant=VARIANT, **members):
    return Documents(**{"name": "speech", "variant": document(variant), "client": document({}), **members})


@pytest.mark.parametrize(("given", "read"), [(None, None), (UNKNOWN, None), (450, 450.0)])
def test_how_long_instances_are_looked_for(given, read):
    """Terraform calls unknown what the configuration leaves out."""
    variant = {**VARIANT, "VariantInstanceProvisionTimeoutInSeconds": given}
    assert endpoint(documents(variant)).provision_timeout == read


@pytest.mark.usefixtures("elsewhere")
def test_all_of_an_endpoint():
    policy = PolicyDocuments(
        document(
            {
                "PolicyName": "wake-up",
                "PolicyType": "StepScaling",
                "StepScalingPolicyConfiguration": STEPPING,
            }
        ),
        (document(ALARM),),
    )
    found = endpoint(
        documents(
            client=document({"MaxConcurrentInvocationsPerInstance": 5}),
            target=document(TARGET),
            policies=(policy,),
            schedules=(document(SCHEDULE),),
            limits={"ml.g6.2xlarge": 12.0},
        )
    )
    assert (found.name, found.variant, found.kind) == ("speech", "Live", Kind.ASYNC)
    assert found.pools == (Pool("ml.g6.2xlarge", 1, 12.0), Pool("ml.g6e.2xlarge", 2, None))
    assert (found.initial, found.max_concurrent_invocations) == (4, 5)
    assert found.target == ScalableTarget(
        min=2,
        max=7,
        policies=(WAKE_UP,),
        schedules=(
            ScheduledAction(
                name="morning",
                schedule="cron(30 7 ? * MON-FRI *)",
                timezone="Europe/Berlin",
                min=3,
                max=6,
                start=datetime(2026, 12, 1, tzinfo=UTC),
                end=datetime(2027, 12, 1, 1, tzinfo=UTC),
            ),
        ),
        suspended=Suspended(),
    )


@pytest.mark.parametrize(
    ("member", "suspended"),
    [
        ("DynamicScalingInSuspended", Suspended(scale_in=True)),
        ("DynamicScalingOutSuspended", Suspended(scale_out=True)),
        ("ScheduledScalingSuspended", Suspended(scheduled=True)),
    ],
)
def test_each_part_can_be_suspended(member, suspended):
    found = endpoint(documents(target=document({**TARGET, "SuspendedState": {member: True}}))).target
    assert found
    assert found.suspended == suspended


def test_a_real_time_endpoint():
    assert endpoint(documents(client=None)).kind is Kind.REALTIME


def test_what_the_only_type_sustains():
    found = endpoint(documents(ONE_TYPE, limits={"ml.g6.2xlarge": 12.0}))
    assert found.pools == (Pool("ml.g6.2xlarge", 1, 12.0),)


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"InstanceType": UNKNOWN, "InstancePools": UNKNOWN}, "the instance types"),
        ({"InstanceType": UNKNOWN}, "the instance types"),
        ({"InstancePools": UNKNOWN}, "the instance types"),
        ({"InstanceType": "ml.g6.2xlarge", "InstancePools": UNKNOWN}, None),
        ({}, "names no instance type"),
    ],
)
def test_types_of_instances_that_are_not_known(types, said):
    """Terraform calls the one of the two that is not configured unknown."""
    with pytest.raises(EndpointError, match=said) if said else nullcontext():
        assert endpoint(documents({"VariantName": "Live", **types})).pools == (Pool("ml.g6.2xlarge", 1, None),)


@pytest.mark.parametrize("time", [None, UNKNOWN])
def test_a_schedule_without_a_time_has_no_bound(time):
    schedules = (document({**SCHEDULE, "StartTime": time, "EndTime": time}),)
    (schedule,) = endpoint(documents(target=document(TARGET), schedules=schedules)).target.schedules
    assert (schedule.start, schedule.end) == (None, None)


@pytest.mark.parametrize(
    ("variant", "target", "count", "initial"),
    [
        (VARIANT, None, 6, 6),
        (VARIANT, TARGET, 6, 4),
        (VARIANT, TARGET, None, 4),
        (ONE_TYPE, TARGET, None, 2),
        (ONE_TYPE, {"MinCapacity": 0, "MaxCapacity": 7}, None, 1),
        (ONE_TYPE, None, None, 1),
    ],
    ids=["what is there", "scaling made it", "configured", "the minimum", "never made empty", "nothing scales it"],
)
def test_how_many_instances_there_are_at_first(variant, target, count, initial):
    members = {"target": document(target) if target else None, "count": count}
    assert endpoint(documents(variant, **members)).initial == initial


def test_a_policy_without_a_type_scales_by_steps():
    """PutScalingPolicy, PolicyType: StepScaling where it is left out.

    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    """
    policy = PolicyDocuments(document({"PolicyName": "it", "StepScalingPolicyConfiguration": STEPPING}))
    found = endpoint(documents(target=document(TARGET), policies=(policy,))).target
    assert found
    assert [type(one) for one in found.policies] == [StepScaling]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"PolicyType": "PredictiveScaling"}, "(not modelled)"),
        ({"PolicyType": "TargetTrackingScaling", CONFIGURATIONS[TRACKING]: UNKNOWN}, "(known after apply)"),
    ],
)
def test_a_policy_without_numbers_is_shown(content, text):
    policy = PolicyDocuments(document({"PolicyName": "it", **content}))
    (row,) = rows([documents(target=document(TARGET), policies=(policy,))])
    assert row.policies == [PolicyRow("it", content["PolicyType"], text, text, text, text, True)]
    assert [alarm.watches for alarm in row.alarms] == ([text, text] if text == "(known after apply)" else [])


PAIRS = [[{"Name": "EndpointName", "Value": "speech"}], [{"Name": "Queue", "Value": "speech"}], []]


@pytest.mark.parametrize(("dimensions", "own"), list(zip(PAIRS, (True, False, False), strict=True)))
def test_an_alarm_is_on_the_endpoint_of_its_dimension(dimensions, own):
    metric = {"MetricName": "Load", "Dimensions": dimensions}
    assert ("speech" in watched(metric)) is own
    assert watched({"Metrics": [{"Expression": "m"}, {"MetricStat": {"Metric": metric}}]}) == watched(metric)
    assert "other" not in watched(metric)


STANDING = {"AlarmArn": "arn:alarm", "StateValue": "OK"}


class Api:
    """Services that answer from a dictionary, by operation; a list of answers is that many pages.

    What is not in it, and whatever changes anything, fails.
    """

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, _service):
        return self

    def __getattr__(self, operation):
        return lambda **_request: self.answers[operation]

    def get_paginator(self, operation):
        pages = self.answers[operation]

        class Paginator:
            def paginate(self, **_request):
                return iter(pages)

        return Paginator()


def api(**answers):
    step = {"PolicyName": "wake-up", "PolicyARN": "arn:wake-up", "PolicyType": "StepScaling"}
    return Api(
        {
            "list_endpoints": [
                {"Endpoints": [{"EndpointName": "speech-b"}]},
                {"Endpoints": [{"EndpointName": "speech-a"}]},
            ],
            "describe_endpoint": {
                "EndpointConfigName": "speech-1",
                "EndpointStatus": "InService",
                "ProductionVariants": [
                    {
                        "VariantName": "Live",
                        "DesiredInstanceCount": 5,
                        "CurrentInstanceCount": 3,
                        "InstancePools": [{"InstanceType": "ml.g6.2xlarge", "CurrentInstanceCount": 3}],
                    }
                ],
            },
            "describe_endpoint_config": {
                "ProductionVariants": [VARIANT],
                "AsyncInferenceConfig": {"ClientConfig": {"MaxConcurrentInvocationsPerInstance": 8}},
            },
            "describe_scalable_targets": [{"ScalableTargets": []}, {"ScalableTargets": [TARGET]}],
            "describe_scaling_policies": [{"ScalingPolicies": [{**step, "StepScalingPolicyConfiguration": STEPPING}]}],
            "describe_scheduled_actions": [
                {"ScheduledActions": [SCHEDULE]},
                {"ScheduledActions": [{**SCHEDULE, "ScheduledActionName": "evening"}]},
            ],
            "describe_alarms": [{"MetricAlarms": [{**ALARM, **STANDING}]}],
            **answers,
        }
    )


def test_the_api_tells_all_there_is_page_by_page():
    first, second = from_api(api())
    shown = rows(documents_of(api(), ["speech-a"]))
    assert (first.name, second.name) == ("speech-a", "speech-b")
    assert first.max_concurrent_invocations == 8
    assert first.target
    assert first.target.policies == (WAKE_UP,)
    step = PolicyRow("wake-up", "StepScaling", "HasBacklogWithoutCapacity", None, 300, 300, True, "ChangeInCapacity +2")
    assert shown == [
        EndpointRow(
            name="speech-a",
            variant="Live",
            kind="async",
            status="InService",
            pools=[PoolRow("ml.g6.2xlarge", 1, None, 3), PoolRow("ml.g6e.2xlarge", 2, None, 0)],
            initial=5,  # what is desired, whatever runs at the moment
            min=2,
            max=7,
            policies=[step],
            schedules=[
                ScheduleRow(name, "cron(30 7 ? * MON-FRI *)", "Europe/Berlin", 3, 6) for name in ("morning", "evening")
            ],
            alarms=[AlarmRow("wake-up", "HasBacklogWithoutCapacity", ">= 1 in 2 of 3 x 60 s", "OK")],
        )
    ]


def test_an_endpoint_of_one_type_without_scaling():
    bare = {
        "describe_endpoint_config": {"ProductionVariants": [{**ONE_TYPE, "InitialInstanceCount": 2}]},
        "describe_scalable_targets": [{"ScalableTargets": []}],
        "describe_scaling_policies": [{"ScalingPolicies": []}],
        "describe_scheduled_actions": [{"ScheduledActions": []}],
        "describe_alarms": [{"MetricAlarms": []}],
    }
    (found,) = rows(documents_of(api(**bare), ["speech"]))
    assert (found.kind, found.initial, found.min, found.max) == ("realtime", 5, None, None)
    assert (found.policies, found.schedules, found.alarms) == ([], [], [])
    assert found.pools == [PoolRow("ml.g6.2xlarge", 1, None, 3)]


def test_only_what_is_named_is_described():
    assert [one.name for one in from_api(api(), ["speech-b"])] == ["speech-b"]
    assert from_api(api(), []) == []
    assert from_api(api(list_endpoints=[{"Endpoints": []}])) == []


@pytest.mark.parametrize("change", [{"ActionsEnabled": False}, {"AlarmActions": ["arn:another"]}])
def test_an_alarm_that_does_not_act_on_the_policy_is_not_its_own(change):
    (found,) = from_api(api(describe_alarms=[{"MetricAlarms": [{**ALARM, **STANDING, **change}]}]), ["speech"])
    assert found.target
    assert found.target.policies[0].alarms == {}


def test_each_alarm_of_target_tracking_has_its_own_state():
    name, states = "TargetTracking-endpoint/speech/variant/Live-Alarm{}-1", {"High": "ALARM", "Low": "OK"}
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": CONCURRENCY.type}}
    policy = {
        "PolicyName": "follow",
        "PolicyARN": "arn:it",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 9.0, **metric},
        "Alarms": [{"AlarmName": name.format(end), "AlarmARN": f"arn:{end}"} for end in states],
    }
    alarms = [
        {**ALARM, "AlarmName": name.format(end), "AlarmArn": f"arn:{end}", "StateValue": value}
        for end, value in states.items()
    ]
    made = {
        "describe_scaling_policies": [{"ScalingPolicies": [policy]}],
        "describe_alarms": [{"MetricAlarms": alarms}],
    }
    (found,) = rows(documents_of(api(**made), ["speech"]))
    assert found.policies == [PolicyRow("follow", "TargetTrackingScaling", CONCURRENCY.type, 9.0, 300, 300, True)]
    assert found.alarms == [
        AlarmRow(f"follow: Alarm{end}", "ConcurrentRequestsPerModel", condition, states[end])
        for end, condition in (("High", "> 9 in 3 of 3 x 10 s"), ("Low", "< 8.1 in 90 of 90 x 10 s"))
    ]


def module(name, **changes):
    """The resources of an endpoint in a module of its own, with a step policy and its alarm."""
    target = {
        "service_namespace": "sagemaker",
        "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
        "resource_id": f"endpoint/{name}/variant/Live",
    }
    variant = {
        "variant_name": "Live",
        "instance_type": "ml.g6.2xlarge",
        "initial_instance_count": changes.get("count", 1),
    }
    values = {
        "awscc_sagemaker_endpoint_config.this": {
            "endpoint_config_name": f"{name}-1",
            "production_variants": [variant],
        },
        "awscc_sagemaker_endpoint.this": {"endpoint_name": name, "endpoint_config_name": f"{name}-1"},
        "terraform_data.instance_pools": {
            "input": [{"instance_type": "ml.g6.2xlarge", "max_concurrency": changes.get("limit", 12)}]
        },
        "aws_appautoscaling_target.this[0]": {**target, "min_capacity": 1, "max_capacity": 4},
        "aws_appautoscaling_policy.step": {
            **target,
            "name": f"{name}-step",
            "arn": f"arn:{name}-step",
            "policy_type": "StepScaling",
            "step_scaling_policy_configuration": [
                {
                    "adjustment_type": "ChangeInCapacity",
                    "step_adjustment": [{"metric_interval_lower_bound": "0", "scaling_adjustment": 1}],
                }
            ],
        },
        "aws_cloudwatch_metric_alarm.step": {
            "alarm_name": f"{name}-step",
            "alarm_actions": [f"arn:{name}-step"],
            "namespace": "AWS/SageMaker",
            "metric_name": "Invocations",
            "dimensions": {"EndpointName": name},
            "statistic": "Sum",
            "period": 60,
            "evaluation_periods": 2,
            "threshold": 100,
            "comparison_operator": "GreaterThanThreshold",
            **changes.get("alarm", {}),
        },
    }
    return [
        {
            "address": f"module.{name}.{address}",
            "type": address.partition(".")[0],
            "mode": "managed",
            "values": given,
        }
        for address, given in values.items()
    ]


def state(*modules):
    return State({"values": {"root_module": {"resources": [item for one in modules for item in one]}}})


@pytest.mark.parametrize("limit", [0, -1, 1e-308, 1e300, 10**400])
def test_what_an_instance_sustains_has_bounds(limit):
    with pytest.raises(EndpointError, match=r"max_concurrency of ml\.g6\.2xlarge is .+; expected is a number"):
        from_state(state(module("a", limit=limit)))


def test_two_endpoints_of_a_state_keep_to_what_is_theirs():
    silent = {"alarm_name": "a-silent", "alarm_rule": 'ALARM("a-step")'}
    kind = "aws_cloudwatch_composite_alarm"
    composite = [{"address": f"{kind}.it", "type": kind, "mode": "managed", "values": silent}]
    both = module("b", count=2, limit=12), module("a", count=3, limit=16)
    first, second = from_state(state(*both, composite))
    assert [(one.name, one.initial, one.pools[0].max_concurrency) for one in (first, second)] == [
        ("a", 3, 16.0),
        ("b", 2, 12.0),
    ]
    for one in (first, second):
        assert one.target
        assert [list(policy.alarms) for policy in one.target.policies] == [[f"{one.name}-step"]]
    shown = [[alarm.name for alarm in row.alarms] for _, own in recorded(state(*both, composite)) for row in rows(own)]
    assert shown == [["a-silent", "a-step"], ["b-step"]]


def test_a_deposed_object_takes_no_place():
    """It has the address of the one that took its place: `terraform show` lists it after that."""
    deposed = [item | {"deposed_key": "0a1b2c3d"} for item in module("a", count=3, limit=16)]
    both = state(module("a", count=2, limit=12), deposed)
    assert from_state(both) == from_state(state(module("a", count=2, limit=12)))
    target = "module.a.aws_appautoscaling_target.this[0]"
    assert {target, f"{target} (deposed object 0a1b2c3d)"} < both.resources.keys()


@pytest.mark.parametrize("action", ["delete", "forget"])
def test_what_a_plan_destroys_or_forgets_is_no_endpoint_any_more(action):
    gone = [{**item, "change": {"actions": [action], "before": item["values"], "after": None}} for item in module("a")]
    with pytest.raises(EndpointError, match=r"There is no endpoint in the plan\."):
        from_plan(Plan({"resource_changes": gone}))


@pytest.mark.parametrize(("enabled", "alarms"), [(None, ["a-step"]), (True, ["a-step"]), (False, [])])
def test_an_alarm_whose_actions_are_off_invokes_nothing(enabled, alarms):
    (found,) = from_state(state(module("a", alarm={"actions_enabled": enabled})))
    assert found.target
    assert list(found.target.policies[0].alarms) == alarms


def test_a_configuration_of_another_name_is_not_that_of_the_endpoint():
    resources = module("a")
    resources[1]["values"]["endpoint_config_name"] = "a-0"
    with pytest.raises(EndpointError, match="uses the endpoint configuration a-0, which is not managed here"):
        from_state(state(resources))


def test_a_target_of_another_service_is_none_of_the_endpoint():
    resources = module("a")
    resources[3]["values"]["service_namespace"] = "ecs"
    assert from_state(state(resources))[0].target is None


def test_a_reference_with_a_key_is_to_that_instance_alone():
    place = Address.parse('module.it[0].aws_appautoscaling_policy.step["a"]')
    for key, fits in (('["a"]', True), ('["b"]', False), ("", True)):
        assert Address((("it", ""),), "aws_appautoscaling_policy.step", key).matches(place) is fits
    for module, fits in (("[0]", True), ("[1]", False), ("", True)):
        assert Address((("it", module),), "aws_appautoscaling_policy.step", "").matches(place) is fits
    assert not Address((("other", ""),), "aws_appautoscaling_policy.step", "").matches(place)
    assert not Address((("it", ""),), "aws_appautoscaling_policy.guard", "").matches(place)


def test_six_of_many_unknown_values_are_named():
    assert "sensitive: a, b, c, d, e, f and 2 more." in str(unknown("abcdefgh"))
    assert "sensitive: a, b, c, d, e, f." in str(unknown("abcdef"))
