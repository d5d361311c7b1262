"""Deployment guardrails: which DeploymentConfig goes with which fleet."""

from datetime import UTC, datetime

import pytest

from scaleproof.emulator.api import sagemaker_rules
from scaleproof.emulator.engine.state import Fleet, Resource, Variant
from scaleproof.emulator.errors import AwsError

from .conftest import G6, POOLS, refused

ALARMS = {"Alarms": [{"AlarmName": "errors"}]}


def fleet(*names, count=10, kind=G6, marketplace=False):
    usual = {"InitialVariantWeight": 1.0, "InitialInstanceCount": count} | ({"InstanceType": kind} if kind else {})
    listed = [{"VariantName": name, **usual} for name in names or ("AllTraffic",)]
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


@pytest.mark.parametrize(
    "deployment",
    [
        {},
        {"AutoRollbackConfiguration": ALARMS},
        blue_green(wait=600, TerminationWaitInSeconds=300, MaximumExecutionTimeoutInSeconds=901),
        blue_green("CANARY", 60, CanarySize=percent(50)) | {"AutoRollbackConfiguration": ALARMS},
        blue_green("CANARY", 60, CanarySize=count(1)),
        blue_green("LINEAR", 60, LinearStepSize=percent(10)),
        blue_green("LINEAR", 60, LinearStepSize=count(5)),
        rolling(percent(5)),
        rolling(count(5), RollbackMaximumBatchSize=percent(100)),
    ],
)
def test_what_a_fleet_takes(deployment):
    sagemaker_rules.check_deployment(deployment, fleet(), fleet())


@pytest.mark.parametrize(
    ("deployment", "problem"),
    [
        (blue_green() | rolling(percent(50)), "not both"),
        (blue_green("CANARY", 60), "CANARY needs CanarySize and no other size"),
        (blue_green("LINEAR", 60, CanarySize=percent(10)), "LINEAR needs LinearStepSize and no other size"),
        (blue_green(CanarySize=percent(10)), "ALL_AT_ONCE takes no size"),
        (blue_green("CANARY", 60, CanarySize=percent(51)), "CanarySize must be at most 50 %, not 51 %"),
        (
            blue_green("CANARY", 60, CanarySize=count(6)),
            "CanarySize must be at most 50 % of the 10 instances of variant AllTraffic, not 6 instances",
        ),
        (blue_green("LINEAR", 60, LinearStepSize=percent(9)), "between 10 and 50 %, not 9 %"),
        (blue_green(wait=600, MaximumExecutionTimeoutInSeconds=600), "must be more than the 600 s"),
        (rolling(percent(4)), "MaximumBatchSize must be between 5 and 50 %, not 4 %"),
        (rolling(count(6)), "between 5 and 50 % of the 10 instances"),
        (
            rolling(count(1), RollbackMaximumBatchSize=percent(101)),
            "RollbackMaximumBatchSize must be at most 100 %",
        ),
    ],
)
def test_what_no_fleet_takes(deployment, problem):
    with pytest.raises(AwsError) as caught:
        sagemaker_rules.check_deployment(deployment, fleet(), fleet())
    assert caught.value.code == "ValidationException"
    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("new", "old", "problem"),
    [
        (fleet("a", "b"), fleet("a", "b"), "several variants"),
        (fleet(kind=None), fleet(kind=None), "serverless"),
        (fleet("Other"), fleet(), "keeps the names of the variants"),
    ],
)
def test_fleets_that_are_not_rolled(new, old, problem):
    with pytest.raises(AwsError, match=problem):
        sagemaker_rules.check_deployment(rolling(percent(50)), new, old)


@pytest.mark.parametrize("excluded", [fleet(marketplace=True), fleet(kind="ml.inf1.xlarge")])
def test_fleets_that_are_deployed_all_at_once_only(excluded):
    sagemaker_rules.check_deployment(blue_green(MaximumExecutionTimeoutInSeconds=3600), excluded)
    for deployment in (
        blue_green(wait=1),
        blue_green("CANARY", CanarySize=percent(50)),
        rolling(percent(50)),
        {"AutoRollbackConfiguration": ALARMS},
    ):
        with pytest.raises(AwsError, match="deployed all at once"):
            sagemaker_rules.check_deployment(deployment, excluded)


def test_sizes_are_of_the_count_that_is_deployed(sagemaker, endpoint, configure):
    """Two instances by the new configuration, nine if the live count is retained."""
    change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 9}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=change)
    update = {
        "EndpointName": endpoint,
        "EndpointConfigName": configure("speech-2"),
        "DeploymentConfig": blue_green("CANARY", 60, CanarySize=count(2)),
    }
    refused(lambda: sagemaker.update_endpoint(**update), "ValidationException", "of the 2 instances")
    sagemaker.update_endpoint(**update, RetainAllVariantProperties=True)
    again = {**update, "EndpointConfigName": configure("speech-3"), "RetainDeploymentConfig": True}
    del again["DeploymentConfig"]
    refused(lambda: sagemaker.update_endpoint(**again), "ValidationException", "of the 2 instances")


@pytest.mark.parametrize(
    "members",
    [{"ModelName": "nova"}, {"InstancePools": [{**POOLS[0], "ModelNameOverride": "nova"}, POOLS[1]]}],
    ids=["of the variant", "of a pool"],
)
def test_a_marketplace_package_is_known_by_its_model(sagemaker, configure, role, members):
    package = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"
    sagemaker.create_model(
        ModelName="nova",
        PrimaryContainer={"ModelPackageName": package},
        ExecutionRoleArn=role,
        EnableNetworkIsolation=True,
    )
    endpoint = {"EndpointName": "speech", "EndpointConfigName": configure(**members)}
    refused(
        lambda: sagemaker.create_endpoint(**endpoint, DeploymentConfig={"AutoRollbackConfiguration": ALARMS}),
        "ValidationException",
        "Variant AllTraffic runs on a Marketplace model package",
    )
    sagemaker.create_endpoint(**endpoint)
