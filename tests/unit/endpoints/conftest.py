"""Documents of an endpoint, and plans of the project's modules and examples, read as endpoints."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest

from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.terraform.plan import Plan
from tests.plan.planner import IMAGE, REPOSITORY

Example = Callable[[str], Plan]

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


@pytest.fixture(scope="session")
def example(plan):
    """The plan of an example, made once."""
    return cache(lambda name: plan(REPOSITORY / "examples" / name, region="us-east-1", image=IMAGE))


@pytest.fixture
def root_of(tmp_path, plan):
    """Plans a configuration given as text."""

    def planned(text):
        (tmp_path / "main.tf").write_text(PROVIDERS + text, encoding="utf-8")
        return plan(tmp_path)

    return planned


PROVIDERS = """
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws" }
    awscc = { source = "hashicorp/awscc" }
  }
}

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}
"""
