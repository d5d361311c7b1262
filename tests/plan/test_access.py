"""The policy documents for those who call and for those who apply."""

from __future__ import annotations

from typing import Any

from scaleproof.terraform.plan import Plan
from tests.plan.planner import ROOT, Planner

UNSCOPED = {"UseCloudControl", "ReadScaling"}  # services without a resource level


def statements(plan: Plan, name: str) -> dict[str, dict[str, Any]]:
    """The statements of one of the documents by Sid, as far as they are known at plan."""
    document = plan.resource(f"module.it.data.aws_iam_policy_document.{name}")
    return {statement["sid"]: statement for statement in document.values["statement"]}


def test_callers_can_call_and_nothing_else(planner: Planner) -> None:
    found = statements(planner(ROOT), "invoke")
    assert set(found) == {"InvokeRealtime", "InvokeAsync"}
    actions = {action for statement in found.values() for action in statement["actions"]}
    assert actions == {
        "sagemaker:DescribeEndpoint",
        "sagemaker:InvokeEndpoint",
        "sagemaker:InvokeEndpointAsync",
        "sagemaker:InvokeEndpointWithBidirectionalStream",
        "sagemaker:InvokeEndpointWithResponseStream",
    }


def test_operators_are_held_to_the_names_of_the_module(planner: Planner) -> None:
    found = statements(planner(ROOT, model={"name": "nova-3"}), "operator")
    for sid, statement in found.items():
        if sid not in UNSCOPED:
            assert all(
                "speech" in arn or "AWSServiceRole" in arn or "scalable-target" in arn
                for arn in statement["resources"]
            ), sid
        assert all(action != "*" and not action.endswith(":*") for action in statement["actions"]), sid
    assert {sid for sid, statement in found.items() if statement["resources"] == ["*"]} == UNSCOPED


def test_operators_pass_the_role_to_sagemaker_only(planner: Planner) -> None:
    role = "arn:aws:iam::123456789012:role/speech"
    plan = planner(
        ROOT,
        model={"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1", "execution_role": {"arn": role}},
    )
    found = statements(plan, "operator")["PassExecutionRole"]
    assert found["condition"] == [
        {"test": "StringEquals", "values": ["sagemaker.amazonaws.com"], "variable": "iam:PassedToService"}
    ]


def test_quota_is_looked_up_only_when_asked(planner: Planner) -> None:
    quotas = [address for address in planner(ROOT).resources if "aws_servicequotas_service_quota" in address]
    assert quotas == []
