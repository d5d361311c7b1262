"""What the plan of each environment must hold: no cloud, no credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaleproof.terraform.diagnostics import PlanFailed

INFRA = Path(__file__).parent.parent / "infra"


@pytest.fixture(scope="module")
def production(plan):
    """The plan of production."""
    return plan(INFRA, tfvars="production.tfvars")


def test_live_streams_never_run_out_of_instances(production, endpoint):
    live = endpoint(production, "speech-realtime")
    live.is_realtime().runs_on("ml.g6.2xlarge", "ml.g6e.2xlarge")
    live.scales_between(2, 20).never_scales_to_zero()


def test_live_streams_scale_on_the_fullest_type(production, endpoint):
    live = endpoint(production, "speech-realtime")
    live.scales_on("ConcurrentRequestsPerModel", target=0.75, scale_out_cooldown=60, scale_in_cooldown=300)


def test_instances_are_up_before_the_lines_open(production, endpoint):
    live = endpoint(production, "speech-realtime")
    live.follows_schedule("opening", schedule="cron(30 7 ? * MON-FRI *)", timezone="Europe/Berlin", minimum=9)
    live.follows_schedule("closing", minimum=2)


def test_recordings_cost_nothing_while_there_are_none(production, endpoint):
    batch = endpoint(production, "speech-async")
    batch.is_async().scales_between(0, 5).wakes_from_zero()
    batch.scales_on("ApproximateBacklogSizePerInstance", target=5)


def test_a_busy_day_is_served(production, endpoint, simulate):
    live = endpoint(production, "speech-realtime")
    day = simulate(live, "diurnal:peak=60,days=1,seed=3")  # callers at once, at the busiest hour
    day.holds().loses_nothing().needs_at_most(instances=20)


def test_the_invoking_services_find_their_endpoints(plan, production):
    staging = plan(INFRA, tfvars="staging.tfvars")
    for name, planned in (("speech", production), ("speech-staging", staging)):
        assert planned.outputs == {
            "batch_endpoint_name": f"{name}-async",
            "live_endpoint_name": f"{name}-realtime",
        }


def test_a_minimum_above_the_maximum_never_reaches_aws(plan):
    with pytest.raises(PlanFailed, match=r"Raise capacity\.max"):
        plan(INFRA, tfvars="production.tfvars", live_capacity={"min": 21, "max": 20})
