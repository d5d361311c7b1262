"""A deployment that fails: from SageMaker through Cloud Control to what Terraform makes of it."""

from __future__ import annotations

import json

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root

ENDPOINT, LIVE = "awscc_sagemaker_endpoint.this", "data.awscc_sagemaker_endpoint.live"
ROOT = """
variable "config" {
  type = string
}
resource "awscc_sagemaker_endpoint" "this" {
  endpoint_name        = "nova"
  endpoint_config_name = var.config
}
data "awscc_sagemaker_endpoint" "live" {
  id         = awscc_sagemaker_endpoint.this.id
  depends_on = [awscc_sagemaker_endpoint.this]
}
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture
def cloud_connection(cloud, account):
    """An account with configurations good, failing and silent, named after their models' faults."""
    made = cloud.connection(account)
    role = made.client("iam").create_role(RoleName="nova", AssumeRolePolicyDocument=json.dumps(TRUST))
    sagemaker = made.client("sagemaker")
    for name, faults in (("good", ""), ("failing", "startup"), ("silent", "startup,silent")):
        container = {"Image": "nova:1", "Environment": {"SCALEPROOF_FAIL": faults}}
        sagemaker.create_model(
            ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role["Role"]["Arn"]
        )
        variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "InstanceType": "ml.g6.2xlarge"}]
        )
    return made


@pytest.fixture
def run(cloud_connection, tmp_path):
    """Gives the root on stand-ins of its own."""
    opened = []

    def make(**options):
        (tmp_path / "main.tf").write_text(ROOT)
        running = StandIns(cloud_connection, **options)
        opened.append(running)
        opened.append(Root(tmp_path, standins=running, connection=cloud_connection))
        return opened[-1]

    yield make
    for one in reversed(opened):
        one.close()


def test_a_reported_rollback_fails_the_apply_and_the_next_one_tries_again(run):
    root = run()
    root.apply(config="good")
    with pytest.raises(ApplyFailed) as caught:
        root.apply(config="failing")
    (problem,) = caught.value.diagnostics
    assert problem.summary == "AWS SDK Go Service Operation Incomplete"
    assert "did not pass the ping health check" in problem.detail
    assert problem.detail.endswith("ErrorCode: NotStabilized")
    plan = root.plan(config="failing")
    assert plan.resource(ENDPOINT).actions == ("update",)
    assert root.settled(config="good")


def test_a_silent_rollback_looks_like_success_until_the_endpoint_is_read(run):
    root = run(keep_planned=True)
    root.apply(config="good")
    root.apply(config="silent")
    state = root.state()
    assert state.resource(ENDPOINT).values["endpoint_config_name"] == "silent"
    assert state.resource(LIVE).values["endpoint_config_name"] == "good"


def test_a_stand_in_that_believes_the_api_does_not_let_it_pass(run):
    root = run()
    root.apply(config="good")
    with pytest.raises(ApplyFailed) as caught:
        root.apply(config="silent")
    assert caught.value.diagnostics[0].summary == "Provider produced inconsistent result after apply"


def test_a_creation_that_fails_is_tainted(run, cloud_connection):
    root = run()
    with pytest.raises(ApplyFailed, match="NotStabilized"):
        root.apply(config="failing")
    root.apply(config="good")
    found = cloud_connection.client("sagemaker").describe_endpoint(EndpointName="nova")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "good")


def test_a_quota_that_does_not_suffice_is_told(run, cloud_connection):
    quotas = cloud_connection.client("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    (code,) = [
        quota["QuotaCode"]
        for page in pages
        for quota in page["Quotas"]
        if quota["QuotaName"] == "ml.g6.2xlarge for endpoint usage"
    ]
    quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=0)
    with pytest.raises(ApplyFailed) as caught:
        run().apply(config="good")
    (problem,) = caught.value.diagnostics
    assert "'ml.g6.2xlarge for endpoint usage' is 0 Instances" in problem.detail
    assert problem.detail.endswith("ErrorCode: ServiceLimitExceeded")
