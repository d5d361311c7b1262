"""Service Quotas of instance types, and deployments that go beyond them."""

from collections import Counter
from functools import partial

import pytest

from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.state import Endpoint
from scaleproof.service_models import service_model

from .conftest import G6, G6E, new_store, only_variant, refused, target
from .test_guardrails import blue_green, count, fleet, percent, rolling

SAGEMAKER = {"ServiceCode": "sagemaker"}
EXCEEDED = "ResourceLimitExceeded"


@pytest.fixture
def quotas(client):
    return client("service-quotas")


@pytest.fixture
def codes(quotas):
    """Quota codes by name."""
    pages = quotas.get_paginator("list_aws_default_service_quotas").paginate(**SAGEMAKER)
    return {quota["QuotaName"]: quota["QuotaCode"] for page in pages for quota in page["Quotas"]}


@pytest.fixture
def allow(quotas, codes):
    """Sets the applied quota of an instance type."""

    def request(instance_type, value):
        code = codes[f"{instance_type} for endpoint usage"]
        answer = quotas.request_service_quota_increase(**SAGEMAKER, QuotaCode=code, DesiredValue=value)
        return answer["RequestedQuota"]

    return request


def test_there_is_one_for_each_instance_type(quotas, codes):
    types = service_model("sagemaker").shape_for("ProductionVariantInstanceType").enum
    assert set(codes) == {f"{instance_type} for endpoint usage" for instance_type in types}
    assert len(set(codes.values())) == len(types)
    page = quotas.list_service_quotas(**SAGEMAKER, MaxResults=10)
    assert (len(page["Quotas"]), bool(page["NextToken"])) == (10, True)


def test_a_request_sets_the_applied_value_at_once_in_its_account(quotas, codes, allow, cloud, new_account):
    which = {**SAGEMAKER, "QuotaCode": codes[f"{G6} for endpoint usage"]}
    other = cloud.connection(new_account()).client("service-quotas")
    for value in (3, 1):
        requested = allow(G6, value)
        assert (requested["Status"], requested["DesiredValue"]) == ("APPROVED", value)
        applied = quotas.get_service_quota(**which)["Quota"]
        assert (applied["Value"], applied["QuotaName"]) == (value, f"{G6} for endpoint usage")
        assert applied["QuotaArn"].endswith(f":sagemaker/{which['QuotaCode']}")
        assert quotas.list_service_quotas(**which)["Quotas"] == [applied]
        assert quotas.list_service_quotas(**which, QuotaAppliedAtLevel="RESOURCE")["Quotas"] == []
        assert quotas.get_aws_default_service_quota(**which)["Quota"]["Value"] == 0
        assert other.get_service_quota(**which)["Quota"]["Value"] == 0


@pytest.mark.parametrize(
    ("call", "members", "code", "part"),
    [
        ("get_service_quota", {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}, "NoSuchResourceException", "ec2"),
        ("get_service_quota", {"QuotaCode": "L-00000000"}, "NoSuchResourceException", "no quota L-00000000"),
        ("get_aws_default_service_quota", {"QuotaCode": "L-00000000"}, "NoSuchResourceException", "no quota"),
        ("get_service_quota", {"QuotaCode": "?"}, "IllegalArgumentException", "Value '?' at 'quotaCode' failed"),
        ("list_service_quotas", {"NextToken": "abc"}, "InvalidPaginationTokenException", "abc"),
    ],
)
def test_what_does_not_exist(quotas, call, members, code, part):
    refused(lambda: getattr(quotas, call)(**{**SAGEMAKER, **members}), code, part)


def test_a_quota_does_not_fall_back(sagemaker, allow, configure):
    """The preferred pool alone would do; the quota of the other one is missing all the same."""
    for instance_type, value in ((G6, 10), (G6E, 1), ("ml.g5.2xlarge", 0)):  # the last is not asked for
        allow(instance_type, value)
    create = partial(sagemaker.create_endpoint, EndpointName="speech", EndpointConfigName=configure())
    assert refused(create, EXCEEDED).startswith(
        f"The account-level service limit '{G6E} for endpoint usage' is 1 Instances, with current "
        "utilization of 0 Instances and a request delta of 2 Instances. Please use AWS Service Quotas"
    )
    assert sagemaker.list_endpoints()["Endpoints"] == []
    allow(G6E, 2)
    create()


def test_a_fleet_holds_the_quota_of_every_type_in_its_pools(sagemaker, allow, endpoint, configure):
    allow(G6E, 2)
    configure("other", InstancePools=None, InstanceType=G6E, InitialInstanceCount=1)
    create = partial(sagemaker.create_endpoint, EndpointName="other", EndpointConfigName="other")
    refused(create, EXCEEDED, "current utilization of 2 Instances and a request delta of 1 Instances")
    sagemaker.delete_endpoint(EndpointName=endpoint)
    create()


def test_an_update_needs_the_quota_of_both_fleets_or_of_a_batch_more(sagemaker, allow, endpoint, configure):
    allow(G6, 3)
    update = partial(sagemaker.update_endpoint, EndpointName=endpoint, EndpointConfigName=configure("speech-2"))
    refused(update, EXCEEDED, "utilization of 2 Instances and a request delta of 2 Instances")
    update(DeploymentConfig=rolling(count(1)))
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
    store.endpoints["speech"] = Endpoint("speech", "arn", store.now(), store.now(), running, status, new)
    store.quotas[f"{G6} for endpoint usage"] = used + 1
    deployments.require_quota(store, Counter({G6: 1}))
    why = f"utilization of {used} Instances and a request delta of 2 Instances"
    refused(partial(deployments.require_quota, store, Counter({G6: 2})), EXCEEDED, why)


def test_scaling_stops_at_the_quota(sagemaker, autoscaling, activities, allow, endpoint):
    allow(G6, 3)
    for low, desired in ((4, 2), (3, 3)):
        autoscaling.register_scalable_target(**target(), MinCapacity=low, MaxCapacity=9)
        assert only_variant(sagemaker)["DesiredInstanceCount"] == desired
    assert [activity["StatusCode"] for activity in activities()] == ["Successful", "Failed"]
    assert "The account-level service limit" in activities()[1]["StatusMessage"]
