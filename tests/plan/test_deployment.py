"""How an update reaches the fleet."""

import pytest

from tests.plan.planner import REALTIME, SMALLEST, content

HALF = {"type": "CAPACITY_PERCENT", "value": 50}


def deployment(plan):
    """The deployment configuration of the endpoint."""
    (endpoint,) = plan.of_type("awscc_sagemaker_endpoint")
    return dict(endpoint.values["deployment_config"])


@pytest.mark.parametrize("given", [None, {}, {"strategy": "ALL_AT_ONCE", "wait_interval": 60}], ids=str)
@pytest.mark.inputs(REALTIME, lambda given: {"deployment": given})
def test_what_sagemaker_does_by_itself_is_no_configuration(it, given):
    (endpoint,) = it.of_type("awscc_sagemaker_endpoint")
    assert "deployment_config" not in endpoint.values


@pytest.mark.parametrize(
    "given",
    [{"rollback_alarm_names": ["errors"]}, {"maximum_execution_timeout": 700}, {"termination_wait": 0}],
    ids=str,
)
@pytest.mark.inputs(REALTIME, lambda given: {"deployment": given})
def test_what_stands_beside_all_at_once_is_one(it, given):
    routing = deployment(it)["blue_green_update_policy"]["traffic_routing_configuration"]
    assert (routing["type"], routing["wait_interval_in_seconds"]) == ("ALL_AT_ONCE", 0)


@pytest.mark.inputs(REALTIME, deployment={"strategy": "ROLLING", "step": HALF})
def test_it_is_no_new_configuration(it, planner):
    assert content(it) == content(planner(REALTIME))


@pytest.mark.inputs(REALTIME, marketplace=True, deployment={"rollback_alarm_names": ["errors"]})
def test_pain_20_guardrails_are_refused_for_a_package(refusal):
    assert "Remove deployment: SageMaker updates the model of an AWS Marketplace package" in refusal


STEPS = {
    "half": ("CANARY", "INSTANCE_COUNT", 2, {"min": 4, "max": 40}, False),
    "over-half": ("CANARY", "INSTANCE_COUNT", 3, {"min": 4, "max": 40}, True),
    "tenth": ("LINEAR", "INSTANCE_COUNT", 2, {"min": 4, "max": 20}, False),
    "under-a-tenth": ("LINEAR", "INSTANCE_COUNT", 2, {"min": 4, "max": 21}, True),
    "twentieth": ("ROLLING", "INSTANCE_COUNT", 2, {"min": 4, "max": 40}, False),
    "under-a-twentieth": ("ROLLING", "INSTANCE_COUNT", 2, {"min": 4, "max": 41}, True),
    "single": ("ROLLING", "INSTANCE_COUNT", 1, {"min": 1, "max": 4}, True),
    "percent": ("ROLLING", "CAPACITY_PERCENT", 5, {"min": 1, "max": 4}, False),
}
"""By the endpoint's name: strategy, step, bounds, and whether the step may not fit."""
NIGHT = {"schedule": "cron(0 20 * * ? *)", "min": 2}


def test_a_step_of_instances_has_to_fit_every_count_within_the_bounds(planner):
    """TrafficRoutingConfig and RollingUpdatePolicy: shares "of the variant's total instance count"."""
    cases = [
        {
            **SMALLEST[REALTIME],
            "name": name,
            "capacity": bounds,
            "deployment": {"strategy": strategy, "step": {"type": kind, "value": value}},
        }
        for name, (strategy, kind, value, bounds, _) in STEPS.items()
    ]
    cases.append({**cases[0], "name": "at-night", "schedules": {"night": NIGHT}})
    plans = [verdict.plan for verdict in planner.judge(REALTIME, cases)]
    assert all(plans)
    warned = {
        name
        for name in (*STEPS, "at-night")
        for warning in (plans[0].warnings if plans[0] else ())
        if f"endpoint {name} may have" in warning.detail and "CAPACITY_PERCENT" in warning.detail
    }
    assert warned == {*(name for name, step in STEPS.items() if step[-1]), "at-night"}
