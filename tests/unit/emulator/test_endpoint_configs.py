"""Endpoint configurations: instance pools, and what cannot be combined."""

from collections.abc import Callable

from scaleproof.localstack.control import injected

from .conftest import ASYNC, variant

Configure = Callable[..., str]


def test_a_configuration_is_described_as_it_was_made(sagemaker, configure):
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


def test_a_configuration_may_be_returned_otherwise_than_it_was_made(sagemaker, configure, connection, account):
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
    assert found["DataCaptureConfig"]["CaptureOptions"] == capture["CaptureOptions"][::-1]
    again = sagemaker.describe_endpoint_config(EndpointConfigName="speech-1")
    assert {**again, "ResponseMetadata": None} == {**sent, "ResponseMetadata": None}
    assert sent["DataCaptureConfig"] == capture
