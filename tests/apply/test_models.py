"""Models that are not an image in ECR with one archive: a package of the caller's own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.conftest import OpenStage
from tests.apply.stage import Step
from tests.plan.planner import ROOT

REPOSITORY = "arn:aws:ecr:us-east-1:210987654321:repository/speech"
GUARDED = {
    "capacity": {"min": 2, "max": 4},
    "deployment": {"strategy": "ALL_AT_ONCE", "rollback_on": ["errors_5xx"], "wait_interval": 60},
}


@dataclass(frozen=True)
class Story:
    """An image, and a package of the same account in its place."""

    image: Step
    package: Step


@pytest.fixture(scope="module")
def story(open_stage: OpenStage) -> Story:
    stage = open_stage(ROOT, **{"async": None, "realtime": GUARDED, "monitoring": {}})
    image = stage.apply()
    package = f"arn:aws:sagemaker:us-east-1:{image.after.account}:model-package/speech/3"
    own = {
        "model_package_arn": package,
        "ecr_repository_arns": [REPOSITORY],
        "s3_read_uris": ["s3://acme-packages/speech/3.tar.gz"],
    }
    return Story(image, stage.apply(model=own))


def test_a_package_of_ones_own_is_rolled_out_with_guardrails(story: Story) -> None:
    """The emulator refuses both for a package of the Marketplace."""
    assert story.package.remaining == []
    after = story.package.after
    assert after.the("models")["PrimaryContainer"]["ModelPackageName"].endswith(":model-package/speech/3")
    assert after.the("models")["EnableNetworkIsolation"] is False
    (endpoint,) = after["endpoints"].values()
    assert endpoint["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]


def test_the_role_reads_what_the_package_contains(story: Story) -> None:
    (policy,) = story.package.after.the("roles")["InlinePolicies"].values()
    by_sid = {one["Sid"]: one["Resource"] for one in policy["Statement"]}
    assert by_sid["PullImage"] == REPOSITORY
    assert "arn:aws:s3:::acme-packages/speech/3.tar.gz" in by_sid["ReadObjects"]
