"""Deployment guardrails: which DeploymentConfig goes with which fleet."""

from datetime import UTC, datetime
from functools import partial

import pytest

from scaleproof.emulator.api import sagemaker_rules
from scaleproof.emulator.engine.state import Fleet, Resource, Variant

from .conftest import G6, POOLS, refused

ALARMS = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}


def fleet(*names, count=10, kind=G6, marketplace=False):
    listed = [{"VariantName": name, "InstanceType": kind} for name in names or ("AllTraffic",)]
    if kind is None:
        listed = [{"VariantName": "AllTraffic"}]
    config = Resource({"ProductionVariants": listed}, "speech-1", "arn", datetime.now(UTC))
    variants = {one["VariantName"]: Variant(one, 1.0, count, marketplace=marketplace) for one in listed}
    return Fleet(config, variants, config)


def percent(value):
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value):
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(kind="ALL_AT_ONCE", wait=0, **members):
    sizes = {key: members.pop(key) for key in ("CanarySize", "LinearStepSize") if key in members}
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **members}}


def rolling(batch, **members):
    return {"RollingUpdatePolicy": {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 60, **members}}


FLEET, NOVA, INF1 = fleet(), fleet(marketplace=True), fleet(kind="ml.inf1.xlarge")
PLAIN = blue_green(MaximumExecutionTimeoutInSeconds=3600)


@pytest.mark.parametrize(
    ("deployment", "new"),
    [
        ({}, FLEET),
        (ALARMS, FLEET),
        (blue_green(wait=600, TerminationWaitInSeconds=300, MaximumExecutionTimeoutInSeconds=901), FLEET),
        (blue_green("CANARY", 60, CanarySize=percent(50)) | ALARMS, FLEET),
        (blue_green("CANARY", 60, CanarySize=count(1)), FLEET),
        (blue_green("LINEAR", 60, LinearStepSize=percent(10)), FLEET),
        (blue_green("LINEAR", 60, LinearStepSize=count(5)), FLEET),
        (rolling(percent(5)), FLEET),
        (rolling(count(5), RollbackMaximumBatchSize=percent(100)), FLEET),
        (PLAIN, NOVA),
        (PLAIN, INF1),
    ],
)
def test_what_a_fleet_takes(deployment, new):
    sagemaker_rules.check_deployment(deployment, new, new)


@pytest.mark.parametrize(
    ("deployment", "new", "problem"),
    [
        (blue_green() | rolling(percent(50)), FLEET, "not both"),
        (blue_green("CANARY", 60), FLEET, "CANARY needs CanarySize and no other size"),
        (blue_green("LINEAR", 60, CanarySize=percent(10)), FLEET, "LINEAR needs LinearStepSize and no other size"),
        (blue_green(CanarySize=percent(10)), FLEET, "ALL_AT_ONCE takes no size"),
        (blue_green("CANARY", 60, CanarySize=percent(51)), FLEET, "CanarySize must be at most 50 %, not 51 %"),
        (blue_green("CANARY", 60, CanarySize=count(6)), FLEET, "10 instances of variant AllTraffic, not 6 instances"),
        (blue_green("LINEAR", 60, LinearStepSize=percent(9)), FLEET, "between 10 and 50 %, not 9 %"),
        (blue_green(wait=600, MaximumExecutionTimeoutInSeconds=600), FLEET, "must be more than the 600 s"),
        (
            blue_green(wait=600, TerminationWaitInSeconds=300, MaximumExecutionTimeoutInSeconds=900),
            FLEET,
            "must be more than the 900 s",
        ),
        (rolling(percent(4)), FLEET, "MaximumBatchSize must be between 5 and 50 %, not 4 %"),
        (rolling(count(6)), FLEET, "between 5 and 50 % of the 10 instances"),
        (rolling(count(1), RollbackMaximumBatchSize=percent(101)), FLEET, "RollbackMaximumBatchSize must be at most"),
        (rolling(percent(50)), fleet("a", "b"), "several variants"),
        (rolling(percent(50)), fleet(kind=None), "serverless"),
        *(
            (deployment, excluded, "deployed all at once")
            for excluded in (NOVA, INF1)
            for deployment in (
                blue_green(wait=1),
                blue_green("CANARY", CanarySize=percent(50)),
                rolling(percent(50)),
                ALARMS,
            )
        ),
    ],
)
def test_what_a_fleet_does_not_take(deployment, new, problem):
    refused(lambda: sagemaker_rules.check_deployment(deployment, new, new), "ValidationException", problem)


def test_a_deployment_with_guardrails_keeps_the_variants():
    call = partial(sagemaker_rules.check_deployment, rolling(percent(50)), fleet("Other"), FLEET)
    refused(call, "ValidationException", "keeps the names of the variants")


def test_sizes_are_of_the_count_that_is_deployed(sagemaker, endpoint, configure, set_count):
    """Two instances by the new configuration, nine if the live count is retained."""
    set_count(9)
    deployment = {"DeploymentConfig": blue_green("CANARY", 60, CanarySize=count(2))}
    update = {"EndpointName": endpoint, "EndpointConfigName": configure("speech-2")}
    too_large = "ValidationException", "of the 2 instances"
    refused(lambda: sagemaker.update_endpoint(**update, **deployment), *too_large)
    sagemaker.update_endpoint(**update, **deployment, RetainAllVariantProperties=True)
    refused(lambda: sagemaker.update_endpoint(**update, RetainDeploymentConfig=True), *too_large)


@pytest.mark.parametrize(
    "members",
    [{"ModelName": "nova"}, {"InstancePools": [{**POOLS[0], "ModelNameOverride": "nova"}, POOLS[1]]}],
    ids=["of the variant", "of a pool"],
)
def test_a_marketplace_package_is_known_by_its_model(sagemaker, configure, role, members):
    package = {"ModelPackageName": "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"}
    isolated = {"ExecutionRoleArn": role, "EnableNetworkIsolation": True}
    sagemaker.create_model(ModelName="nova", PrimaryContainer=package, **isolated)
    endpoint = {"EndpointName": "speech", "EndpointConfigName": configure(**members)}
    guarded = partial(sagemaker.create_endpoint, **endpoint, DeploymentConfig=ALARMS)
    refused(guarded, "ValidationException", "Variant AllTraffic runs on a Marketplace model package")
    sagemaker.create_endpoint(**endpoint)
