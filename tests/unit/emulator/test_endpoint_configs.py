"""Endpoint configurations: instance pools, and what cannot be combined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.localstack.control import injected

from .conftest import G6, G6E, M5, POOLS, refused, variant

Configure = Callable[..., str]
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://results/out/"}}


def test_a_configuration_is_described_as_it_was_made(sagemaker: Any, configure: Configure) -> None:
    configure(
        members={"MetricsConfig": {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}},
        VariantInstanceProvisionTimeoutInSeconds=600,
        RoutingConfig={"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    )
    described = sagemaker.describe_endpoint_config(EndpointConfigName="speech-1")
    assert described["ProductionVariants"] == [
        {
            **variant(),
            "VariantInstanceProvisionTimeoutInSeconds": 600,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            "InitialVariantWeight": 1.0,
        }
    ]
    assert described["MetricsConfig"]["MetricPublishFrequencyInSeconds"] == 10
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert [found["EndpointConfigArn"] for found in listed] == [described["EndpointConfigArn"]]
    sagemaker.delete_endpoint_config(EndpointConfigName="speech-1")
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_a_configuration_may_be_returned_otherwise_than_it_was_made(
    sagemaker: Any, configure: Configure, connection: Connection, account: str
) -> None:
    capture = {
        "InitialSamplingPercentage": 5,
        "DestinationS3Uri": "s3://captured/",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "KmsKeyId": "alias/captured",
    }
    key = f"arn:aws:kms:us-east-1:{account}:key/results"
    output = {"OutputConfig": {**ASYNC["OutputConfig"], "KmsKeyId": key}}
    configure(
        members={
            "DataCaptureConfig": capture,
            "AsyncInferenceConfig": output,
            "MetricsConfig": {"EnableEnhancedMetrics": False, "MetricPublishFrequencyInSeconds": 10},
        },
        ModelDataDownloadTimeoutInSeconds=900,
    )
    sent = sagemaker.describe_endpoint_config(EndpointConfigName="speech-1")
    with injected(connection, {"fault": "rewritten"}):
        found = sagemaker.describe_endpoint_config(EndpointConfigName="speech-1")
    (variant,) = found["ProductionVariants"]
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 900
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 600
    assert found["MetricsConfig"] == {"MetricPublishFrequencyInSeconds": 10}
    assert found["AsyncInferenceConfig"]["OutputConfig"]["KmsKeyId"] == key
    assert found["DataCaptureConfig"]["KmsKeyId"].startswith(f"arn:aws:kms:us-east-1:{account}:key/")
    assert found["DataCaptureConfig"]["CaptureOptions"] == capture["CaptureOptions"][::-1]  # type: ignore[index]
    again = sagemaker.describe_endpoint_config(EndpointConfigName="speech-1")
    assert {**again, "ResponseMetadata": None} == {**sent, "ResponseMetadata": None}
    assert sent["DataCaptureConfig"] == capture


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"InstanceType": G6}, "exactly one of"),
        ({"InstancePools": None}, "exactly one of"),
        (
            {"InstancePools": None, "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}},
            "serverless",
        ),
        ({"InitialInstanceCount": None}, "needs an InitialInstanceCount"),
        ({"InstancePools": [POOLS[0], {**POOLS[0], "Priority": 2}]}, "instance types"),
        ({"InstancePools": [POOLS[0], {**POOLS[1], "Priority": 1}]}, "priorities"),
        (
            {"InstancePools": [{"InstanceType": G6, "Priority": number} for number in range(1, 7)]},
            "'productionVariants.1.member.instancePools' failed to satisfy constraint: "
            "Member must have length less than or equal to 5",
        ),
        (
            {"InstancePools": [{"InstanceType": "ml.g6.mega", "Priority": 1}]},
            "Value 'ml.g6.mega' at 'productionVariants.1.member.instancePools.1.member.instanceType' failed "
            "to satisfy constraint: Member must satisfy enum value set: [ml.t2.medium,",
        ),
        (
            {"VariantInstanceProvisionTimeoutInSeconds": 3601},
            "Value '3601' at 'productionVariants.1.member.variantInstanceProvisionTimeoutInSeconds' failed "
            "to satisfy constraint: Member must have value less than or equal to 3600",
        ),
        ({"ModelName": "other"}, "Could not find model"),
        ({"InstancePools": [{**POOLS[0], "ModelNameOverride": "other"}]}, "Could not find model"),
        (
            {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2}},
            "ManagedInstanceScaling is only supported for inference component endpoints.",
        ),
    ],
)
def test_variants_that_are_refused(configure: Configure, changes: dict[str, Any], problem: str) -> None:
    refused(lambda: configure(**changes), "ValidationException", problem)


def test_variant_names_are_unique(sagemaker: Any, model: str) -> None:
    refused(
        lambda: sagemaker.create_endpoint_config(
            EndpointConfigName="speech-1", ProductionVariants=[variant(), variant()]
        ),
        "ValidationException",
        "names must be unique",
    )


def test_a_volume_key_only_for_types_without_local_storage(configure: Configure) -> None:
    key = {"KmsKeyId": "alias/speech"}
    refused(lambda: configure(members=key), "ValidationException", f"{G6}, {G6E}", "local instance storage")
    for kind in ("ml.c5d.xlarge", "ml.r7gd.xlarge", "ml.p6-b200.48xlarge"):
        refused(
            lambda kind=kind: configure(members=key, InstancePools=None, InstanceType=kind),
            "ValidationException",
            "local instance storage",
        )
    configure(members=key, InstancePools=None, InstanceType=M5)


def test_what_an_asynchronous_configuration_excludes(sagemaker: Any, configure: Configure) -> None:
    members = {"AsyncInferenceConfig": ASYNC}
    refused(
        lambda: configure(members=members, EnableSSMAccess=True), "ValidationException", "EnableSSMAccess"
    )
    refused(
        lambda: sagemaker.create_endpoint_config(
            EndpointConfigName="two",
            ProductionVariants=[variant(), variant(VariantName="Other")],
            AsyncInferenceConfig=ASYNC,
        ),
        "ValidationException",
        "exactly one production variant",
    )
    configure(members=members)
