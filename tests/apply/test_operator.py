"""Who has no more than the operator's document can apply the module, change it and destroy it."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from scaleproof.cloud.calls import recorded
from scaleproof.cloud.localstack import LocalStack
from scaleproof.hcl.module import Module
from scaleproof.providers.aws.table import RESOURCES
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
from tests.harness.aws.operations import SENT
from tests.plan.planner import (
    ASYNC,
    ENDPOINT,
    MODEL,
    MONITORING,
    PAIR,
    REALTIME,
    REPOSITORY,
    ROOT,
    SMALLEST,
    configuration,
)

# What the calls of a service are called in IAM. Anybody may ask who they are.
PREFIXES = {"cloudcontrol": "cloudformation", "service-quotas": "servicequotas"}
FREE = {"sts:GetCallerIdentity"}
NOT_ALLOWED = {
    # Whoever changes the boundary of a role is not bounded by it.
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    # The module attaches no policies, and puts the role into no instance profile.
    "iam:DetachRolePolicy",
    "iam:RemoveRoleFromInstanceProfile",
}


@pytest.fixture(scope="module")
def used_and_allowed(
    cloud: LocalStack,
    new_account: Callable[[], str],
    standins: StandIns | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[set[str], dict[str, list[str]]]:
    """The actions of a life with everything in it, and on what resources the document allows each."""
    directory = tmp_path_factory.mktemp("root")
    (directory / "main.tf.json").write_text(json.dumps(configuration(ROOT, directory)))
    variables = SMALLEST[ROOT] | {
        "instance_pools": [{**PAIR[0], "max_concurrency": 12}, {**PAIR[1], "max_concurrency": 16}],
        "monitoring": {},
        "quota_check": True,
        "realtime": {
            "capacity": {"min": 1, "max": 4},
            "schedules": {"night": {"schedule": "rate(1 day)", "max": 2}},
        },
        "tags": {"Service": "speech"},
    }
    connection = cloud.connection(new_account())
    with (
        recorded(connection) as log,
        Root(directory, standins=standins, connection=connection, variables=variables) as root,
    ):
        try:
            root.apply()
            root.apply(tags={"Service": "voice"}, variant_name="Other")
            state = root.state()
        finally:
            # What reading takes, the plan of the second apply has taken.
            root.arguments = ("-refresh=false",)
            root.destroy()
    calls = {f"{PREFIXES.get(call.service, call.service)}:{call.operation}" for call in log}
    document = json.loads(state.resource("module.it.data.aws_iam_policy_document.operator").values["json"])
    allowed: dict[str, list[str]] = {}
    for statement in document["Statement"]:
        actions, resources = statement["Action"], statement["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            allowed.setdefault(action, []).extend([resources] if isinstance(resources, str) else resources)
    return calls - FREE, allowed


def test_every_call_is_allowed(used_and_allowed: tuple[set[str], dict[str, list[str]]]) -> None:
    used, allowed = used_and_allowed
    assert {"cloudformation:CreateResource", "cloudwatch:PutCompositeAlarm", "iam:PutRolePolicy"} <= used
    assert used - allowed.keys() == set()


def test_every_call_that_the_providers_make_is_allowed(
    used_and_allowed: tuple[set[str], dict[str, list[str]]],
) -> None:
    """Those too that the stand-ins leave out, as the real ones read more than has to be known here."""
    _, allowed = used_and_allowed
    directories = (ROOT, MODEL, ENDPOINT, REALTIME, ASYNC, MONITORING)
    modules = [Module.read(REPOSITORY / directory) for directory in directories]
    kinds = {resource.type for module in modules for resource in module.resources.values()} & SENT.keys()
    assert {"aws_iam_role", "awscc_sagemaker_endpoint"} <= kinds
    called = {
        f"{RESOURCES[kind].service if kind in RESOURCES else 'cloudformation'}:{operation}"
        for kind in kinds
        for operation in " ".join(SENT[kind]).split()
    }
    assert called - allowed.keys() == NOT_ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:UpdateEndpoint", "endpoint/speech-realtime"),
        ("sagemaker:CreateEndpointConfig", "endpoint-config/speech-async-0123abcd"),
        ("sagemaker:DeleteModel", "model/speech-0123abcd"),
        ("cloudwatch:PutMetricAlarm", "alarm:speech-async-has-backlog-without-capacity"),
        ("cloudwatch:PutMetricAlarm", "alarm:TargetTracking-endpoint/speech-async/variant/Other-AlarmHigh-1"),
        ("cloudwatch:PutDashboard", "dashboard/speech-async-us-east-1"),
        ("iam:DeleteRole", "role/speech-20260101000000000000000001"),
    ],
)
def test_it_is_allowed_on_what_the_module_makes_and_not_on_others(
    used_and_allowed: tuple[set[str], dict[str, list[str]]], action: str, resource: str
) -> None:
    _, allowed = used_and_allowed

    def matches(name: str) -> bool:
        return any(fnmatchcase(f":{name}", f"*[:/]{pattern.split(':', 5)[5]}") for pattern in allowed[action])

    assert matches(resource)
    assert not matches(resource.replace("speech", "others"))
