"""Service Quotas of instance types, and deployments that go beyond them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.state import Endpoint
from scaleproof.emulator.errors import AwsError
from scaleproof.service_models import service_model

from .conftest import G6, G6E, new_store, refused, target
from .test_guardrails import blue_green, count, fleet, percent, rolling

SetQuota = Callable[[str, float], Any]
BATCH = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0}


@pytest.fixture
def quotas(client):
    return client("service-quotas")


@pytest.fixture
def codes(quotas):
    """Quota codes by name."""
    pages = quotas.get_paginator("list_aws_default_service_quotas").paginate(ServiceCode="sagemaker")
    return {quota["QuotaName"]: quota["QuotaCode"] for page in pages for quota in page["Quotas"]}


@pytest.fixture
def allow(quotas, codes):
    """Sets the applied quota of an instance type."""

    def request(instance_type, value):
        return quotas.request_service_quota_increase(
            ServiceCode="sagemaker",
            QuotaCode=codes[f"{instance_type} for endpoint usage"],
            DesiredValue=value,
        )["RequestedQuota"]

    return request


def test_there_is_one_for_each_instance_type(quotas, codes):
    types = service_model("sagemaker").shape_for("ProductionVariantInstanceType").enum
    assert set(codes) == {f"{instance_type} for endpoint usage" for instance_type in types}
    assert len(set(codes.values())) == len(types)
    page = quotas.list_service_quotas(ServiceCode="sagemaker", MaxResults=10)
    assert len(page["Quotas"]) == 10
    assert page["NextToken"]


def test_a_request_sets_the_applied_value_at_once(quotas, codes, allow):
    which = {"ServiceCode": "sagemaker", "QuotaCode": codes[f"{G6} for endpoint usage"]}
    assert quotas.get_service_quota(**which)["Quota"]["Value"] == 0
    requested = allow(G6, 3)
    assert (requested["Status"], requested["DesiredValue"]) == ("APPROVED", 3)
    applied = quotas.get_service_quota(**which)["Quota"]
    assert (applied["Value"], applied["QuotaName"]) == (3, f"{G6} for endpoint usage")
    assert applied["QuotaArn"].endswith(f":sagemaker/{which['QuotaCode']}")
    assert quotas.list_service_quotas(**which)["Quotas"] == [applied]
    assert quotas.list_service_quotas(**which, QuotaAppliedAtLevel="RESOURCE")["Quotas"] == []
    assert quotas.get_aws_default_service_quota(**which)["Quota"]["Value"] == 0
    allow(G6, 1)
    assert quotas.get_service_quota(**which)["Quota"]["Value"] == 1


def test_what_does_not_exist(quotas):
    for which in (
        {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"},
        {"ServiceCode": "sagemaker", "QuotaCode": "L-00000000"},
    ):
        for call in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
            refused(lambda call=call, which=which: call(**which), "NoSuchResourceException")
    refused(
        lambda: quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode="?"),
        "IllegalArgumentException",
        "Value '?' at 'quotaCode' failed to satisfy constraint",
    )
    refused(
        lambda: quotas.list_service_quotas(ServiceCode="sagemaker", NextToken="abc"),
        "InvalidPaginationTokenException",
    )


def test_quotas_that_nobody_has_set_refuse_nothing(allow, endpoint):
    allow("ml.g5.2xlarge", 0)


def test_a_quota_does_not_fall_back(sagemaker, allow, configure):
    """The preferred pool alone would do; the quota of the other one is missing all the same."""
    allow(G6, 10)
    allow(G6E, 1)
    message = refused(
        lambda: sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=configure()),
        "ResourceLimitExceeded",
    )
    assert message.startswith(
        f"The account-level service limit '{G6E} for endpoint usage' is 1 Instances, with current "
        "utilization of 0 Instances and a request delta of 2 Instances. Please use AWS Service Quotas"
    )
    assert sagemaker.list_endpoints()["Endpoints"] == []
    allow(G6E, 2)
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName="speech-1")


def test_a_fleet_holds_the_quota_of_every_type_in_its_pools(sagemaker, allow, endpoint, configure):
    allow(G6E, 2)
    configure("other", InstancePools=None, InstanceType=G6E, InitialInstanceCount=1)
    refused(
        lambda: sagemaker.create_endpoint(EndpointName="other", EndpointConfigName="other"),
        "ResourceLimitExceeded",
        "current utilization of 2 Instances and a request delta of 1 Instances",
    )
    sagemaker.delete_endpoint(EndpointName=endpoint)
    sagemaker.create_endpoint(EndpointName="other", EndpointConfigName="other")


def test_an_update_needs_the_quota_of_both_fleets_or_of_a_batch_more(sagemaker, allow, endpoint, configure):
    allow(G6, 3)
    update = {"EndpointName": endpoint, "EndpointConfigName": configure("speech-2")}
    refused(
        lambda: sagemaker.update_endpoint(**update),
        "ResourceLimitExceeded",
        "utilization of 2 Instances and a request delta of 2 Instances",
    )
    sagemaker.update_endpoint(**update, DeploymentConfig={"RollingUpdatePolicy": BATCH})
    assert sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] == "speech-2"


@pytest.mark.parametrize(
    ("batch", "instances", "added"),
    [
        (count(1), 10, 1),
        (count(5), 10, 5),
        (percent(50), 10, 5),
        (percent(50), 3, 2),
        (percent(11), 10, 2),
        (percent(5), 1, 1),
    ],
)
def test_a_batch_is_whole_instances_and_never_none(batch, instances, added):
    """AWS does not say how a percentage is rounded; up, one is never short. Without batches all are added."""
    running = fleet(count=instances)
    assert deployments.instances(running, rolling(batch)) == {G6: added}
    for other in (blue_green(), None):
        assert deployments.instances(running, other) == {G6: instances}


@pytest.mark.parametrize(
    ("status", "pending", "used"),
    [
        ("Creating", False, 2),
        ("InService", False, 2),
        ("Updating", False, 2),
        ("Updating", True, 4),
        ("Deleting", False, 2),
        ("Failed", False, 0),
    ],
)
def test_what_an_endpoint_uses_in_each_state(status, pending, used):
    """While an update is under way both fleets run; a creation that failed has left no instance."""
    store = new_store()
    running, new = fleet(count=2), fleet(count=2) if pending else None
    store.endpoints["speech"] = Endpoint("speech", "arn", store.now(), store.now(), running, status=status, pending=new)
    store.quotas[f"{G6} for endpoint usage"] = used + 1
    deployments.require_quota(store, Counter({G6: 1}))
    with pytest.raises(AwsError, match=f"utilization of {used} Instances and a request delta of 2 Instances"):
        deployments.require_quota(store, Counter({G6: 2}))


def test_scaling_stops_at_the_quota(sagemaker, autoscaling, allow, endpoint):
    allow(G6, 3)
    autoscaling.register_scalable_target(**target(), MinCapacity=4, MaxCapacity=9)
    (activity,) = autoscaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    assert activity["StatusCode"] == "Failed"
    assert "The account-level service limit" in activity["StatusMessage"]
    (variant,) = sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert variant["DesiredInstanceCount"] == 2
    autoscaling.register_scalable_target(**target(), MinCapacity=3, MaxCapacity=9)
    (variant,) = sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert variant["DesiredInstanceCount"] == 3


def test_quotas_are_an_account_s_own(allow, cloud, new_account, codes):
    allow(G6, 3)
    other = cloud.connection(new_account()).client("service-quotas")
    which = {"ServiceCode": "sagemaker", "QuotaCode": codes[f"{G6} for endpoint usage"]}
    assert other.get_service_quota(**which)["Quota"]["Value"] == 0
