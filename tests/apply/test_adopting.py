"""docs/adopting.md, done as it is written: the endpoint goes on, and all about it becomes the module's."""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from scaleproof.terraform.diagnostics import TerraformError
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from tests.apply import account
from tests.apply.account import Inventory
from tests.apply.stage import Stage, Step
from tests.plan.planner import REPOSITORY
from tests.plan.test_documents import ADDRESS, PROVIDERS, blocks, takes_over

pytestmark = pytest.mark.nightly

PAGE = REPOSITORY / "docs" / "adopting.md"
ENDPOINT, VARIANT, TYPE, IMAGE = "nova-live", "primary", "ml.g6.2xlarge", "speech:1.4"
GROUP = f"/aws/sagemaker/Endpoints/{ENDPOINT}"
LIVE = 5
"""Instances that run: neither the initial count, nor one of the bounds."""
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/{VARIANT}",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
TRACKING = {
    "TargetValue": 9.0,
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    },
}
SERVICE = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def written(language, chosen, connection):
    """The blocks of the page, in the account of a connection."""
    found = [text for kind, text in blocks(PAGE) if kind == language and chosen(text)]
    return "\n".join(found).replace("123456789012", connection.account)


def adopting(directory, connection):
    """The reader's new root: the module block and the import blocks of the page."""
    module = written("hcl", lambda text: not takes_over(text), connection)
    imports = written("hcl", lambda text: text.startswith("import "), connection)
    source = os.path.relpath(REPOSITORY, directory.resolve())
    return f"{PROVIDERS}{module.replace(ADDRESS, source)}\n{imports}"


def made_by_boto3(connection):
    sagemaker, scaling = connection.client("sagemaker"), connection.client("application-autoscaling")
    sagemaker.create_model(
        ModelName="nova-3",
        PrimaryContainer={"Image": f"{connection.account}.dkr.ecr.us-east-1.amazonaws.com/{IMAGE}"},
        ExecutionRoleArn=f"arn:aws:iam::{connection.account}:role/speech",
    )
    variant = {"VariantName": VARIANT, "ModelName": "nova-3", "InstanceType": TYPE}
    sagemaker.create_endpoint_config(
        EndpointConfigName=f"{ENDPOINT}-1", ProductionVariants=[variant | {"InitialInstanceCount": 3}]
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-1")
    in_service(connection)
    scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=10)
    scaling.put_scaling_policy(
        **TARGET,
        PolicyName="keep-at-nine",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )


OLD = f'''
resource "aws_sagemaker_model" "nova" {{
  name               = "nova-3"
  execution_role_arn = "arn:aws:iam::123456789012:role/speech"

  primary_container {{
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/{IMAGE}"
  }}
}}

resource "aws_sagemaker_endpoint_configuration" "nova" {{
  name = "{ENDPOINT}-1"

  production_variants {{
    variant_name           = "{VARIANT}"
    model_name             = aws_sagemaker_model.nova.name
    instance_type          = "{TYPE}"
    initial_instance_count = 3
  }}
}}

resource "aws_sagemaker_endpoint" "nova" {{
  name                 = "{ENDPOINT}"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.nova.name
}}

resource "aws_appautoscaling_target" "nova" {{
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${{aws_sagemaker_endpoint.nova.name}}/variant/{VARIANT}"
  min_capacity       = 2
  max_capacity       = 10
}}

resource "aws_appautoscaling_policy" "nova" {{
  name               = "keep-at-nine"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.nova.service_namespace
  scalable_dimension = aws_appautoscaling_target.nova.scalable_dimension
  resource_id        = aws_appautoscaling_target.nova.resource_id

  target_tracking_scaling_policy_configuration {{
    target_value = 9

    predefined_metric_specification {{
      predefined_metric_type = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }}
  }}
}}
'''
"""The reader's old root, in which hashicorp/aws makes what `made_by_boto3` makes."""


def in_service(connection):
    waiter = connection.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=ENDPOINT, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


@dataclass
class Watched:
    """What an endpoint was seen as: its ARN and creation, its counts, and its bounds."""

    identities: set[tuple[str, str]] = field(default_factory=set)
    counts: set[tuple[int, int]] = field(default_factory=set)
    bounds: set[tuple[int, int]] = field(default_factory=set)


@contextmanager
def watching(connection):
    """Looks at the endpoint over and over, from before a change until after it."""
    sagemaker, scaling = connection.client("sagemaker"), connection.client("application-autoscaling")
    watched, over = Watched(), threading.Event()

    def look():
        endpoint = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        watched.identities.add((endpoint["EndpointArn"], str(endpoint["CreationTime"])))
        for variant in endpoint["ProductionVariants"]:
            watched.counts.add((variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]))
        for target in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
            watched.bounds.add((target["MinCapacity"], target["MaxCapacity"]))

    def run():
        while not over.wait(0.2):
            look()

    look()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watched
    finally:
        over.set()
        thread.join()
        look()


@dataclass(frozen=True)
class Story:
    """An endpoint of somebody else's, planned, adopted, and destroyed."""

    planned: Plan
    adopted: Step
    watched: Watched
    activities: list[dict[str, Any]]
    renamed: TerraformError
    """What a plan says then of another name of the variant."""
    left: Inventory


@pytest.fixture(scope="module", params=["boto3", "a root of its own", "the same root"])
def story(request, cloud, standins, new_account, tmp_path_factory):
    """By boto3, and by hashicorp/aws in a root of its own or in that which the module comes into."""
    connection = cloud.connection(new_account())
    trust = json.dumps({"Version": "2012-10-17", "Statement": [SERVICE]})
    connection.client("iam").create_role(RoleName="speech", AssumeRolePolicyDocument=trust)
    # As SageMaker does with the first line that a container writes.
    connection.client("logs").create_log_group(logGroupName=GROUP)
    new, state = tmp_path_factory.mktemp("new"), None
    configuration = adopting(new, connection)
    if request.param == "boto3":
        made_by_boto3(connection)
    else:
        removed = written("hcl", lambda text: text.startswith("removed "), connection)
        old = tmp_path_factory.mktemp("old")
        state = old / "terraform.tfstate"
        (old / "main.tf").write_text(PROVIDERS + OLD.replace("123456789012", connection.account))
        with Root(old, standins=standins, connection=connection, state=state) as root:
            root.apply()
            if request.param == "a root of its own":
                before = account.read(connection)
                (old / "main.tf").write_text(PROVIDERS + removed)
                root.apply()
                assert account.read(connection) == before
                assert root.state().resources == {}
                state = None
            else:
                configuration += removed
    (new / "main.tf").write_text(configuration)
    stage = Stage(new, standins=standins, connection=connection, lasting=cloud.external, state=state)
    try:
        stage.scale(LIVE)
        planned = stage.plan()
        with watching(connection) as watched:
            adopted = stage.apply()
        activities = connection.client("application-autoscaling").describe_scaling_activities(
            ServiceNamespace="sagemaker"
        )["ScalingActivities"]
        renamed = configuration.replace(f'variant_name   = "{VARIANT}"', 'variant_name = "other"')
        (new / "main.tf").write_text(renamed)
        with pytest.raises(TerraformError) as refused:
            stage.plan()
        (new / "main.tf").write_text(configuration)
        yield Story(planned, adopted, watched, activities, refused.value, stage.destroy())
    finally:
        stage.close()


def test_the_plan_says_what_the_page_says(story):
    actions = [change["change"] for change in story.planned.raw["resource_changes"] if change["mode"] == "managed"]
    counts = [
        sum("importing" in change for change in actions),
        *(sum(word in change["actions"] for change in actions) for word in ("create", "update", "delete")),
    ]
    said = "Plan: {} to import, {} to add, {} to change, {} to destroy.".format(*counts)
    assert [text.strip() for kind, text in blocks(PAGE) if kind == "text"] == [said]


def test_what_replaces_the_target_is_no_value_yet_where_it_is_created(story):
    """So a program to which a creation is a trigger keeps the imported target too (docs/decisions/0009)."""
    (change,) = (
        change["change"]
        for change in story.planned.raw["resource_changes"]
        if change["address"].endswith(".module.endpoint.terraform_data.registration")
    )
    assert change["before"] is None
    assert change["after_unknown"]["input"] is True, "an object of unknown members has values already"


def test_the_endpoint_is_the_same_with_the_same_instances_from_first_to_last(story):
    assert len(story.watched.identities) == 1
    assert story.watched.counts == {(LIVE, LIVE)}
    assert story.watched.bounds == {(2, 10)}
    assert story.activities == []


def test_the_endpoint_runs_what_the_module_configures(story):
    after = story.adopted.after
    assert re.fullmatch(rf"{ENDPOINT}-[0-9a-f]{{8}}", after.the("endpoints")["EndpointConfigName"])
    (variant,) = after.config(ENDPOINT)["ProductionVariants"]
    assert (variant["VariantName"], variant["InstanceType"]) == (VARIANT, TYPE)
    assert variant["ModelName"].startswith("speech-")
    assert [policy["PolicyName"] for policy in after.policies(ENDPOINT)] == [f"{ENDPOINT}-concurrency"]
    assert len(after["alarms"]) == 2
    assert after.the("log_groups")["retentionInDays"] == 30


def test_nothing_remains_to_be_done(story):
    assert story.adopted.remaining == []


def test_the_variant_keeps_the_name_that_it_was_adopted_with(story):
    assert f"Set variant_name to {VARIANT}, or replace the endpoint {ENDPOINT}" in str(story.renamed)


def test_what_was_replaced_is_gone(story):
    before, after = story.adopted.before.names, story.adopted.after.names
    for kind in ("models", "endpoint_configs", "scaling_policies"):
        assert len(before[kind]) == len(after[kind]) == 1
        assert before[kind] != after[kind]


def test_a_destroy_takes_everything(story):
    """All but the role, which nobody has imported."""
    assert story.left.names == {"roles": ["speech"]}
