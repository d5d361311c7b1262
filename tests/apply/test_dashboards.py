"""A dashboard shows the alarms that a policy has now, also right after the policy has changed.

AWS replaces the alarms of a policy with new ones whenever the policy is written, and hashicorp/aws does not
plan that (internal/service/appautoscaling/policy.go has no CustomizeDiff).
"""

import pytest

from tests.plan.planner import ROOT, SMALLEST

pytestmark = pytest.mark.nightly

ASYNC = SMALLEST[ROOT]["async"]
REALTIME = SMALLEST[ROOT]["realtime"]
CHANGES = {
    # The target is a line of the dashboard, a cooldown stands in the policy alone.
    "targets": {
        "realtime": {**REALTIME, "target_utilization": 0.5},
        "async": {**ASYNC, "backlog_per_instance": 7},
    },
    "cooldowns": {
        "realtime": {**REALTIME, "target_utilization": 0.5, "scale_in_cooldown": 900},
        "async": {**ASYNC, "backlog_per_instance": 7, "scale_in_cooldown": 900},
    },
}


@pytest.fixture(scope="module")
def changes(open_stage):
    stage = open_stage(ROOT, monitoring={})
    stage.put()
    return {name: stage.apply(**variables) for name, variables in CHANGES.items()}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_policy_and_its_new_alarms_are_one_apply(changes, name):
    step = changes[name]
    assert len([call for call in step.calls if call.startswith("PutScalingPolicy")]) == 2
    assert step.remaining == []
    assert alarms(step.after).isdisjoint(alarms(step.before))
    shown = str([dashboard["Body"] for dashboard in step.after["dashboards"].values()])
    assert [arn for arn in alarms(step.after) if arn not in shown] == []


def alarms(inventory):
    """The ARNs of the alarms that target tracking has made."""
    return {alarm["AlarmArn"] for name, alarm in inventory["alarms"].items() if name.startswith("TargetTracking")}
