"""Endpoints: fleets on instance pools, updates, and what a scalable target forbids."""

from collections.abc import Callable

import pytest
from botocore import xform_name

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control

from .conftest import ERRORS, G6, G6E, IMAGE, POOLS, only_variant, put_policy, refused, target, tracking, variant

Configure = Callable[..., str]
ROLLBACK = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}


def set_count(sagemaker, count, weight=1.0):
    change = {"VariantName": "AllTraffic", "DesiredInstanceCount": count, "DesiredWeight": weight}
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="speech", DesiredWeightsAndCapacities=[change])


def test_an_endpoint_runs_on_the_preferred_pool(sagemaker, endpoint):
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "speech-1")
    assert "PendingDeploymentSummary" not in described
    found = only_variant(sagemaker)
    assert found["CurrentInstanceCount"] == found["DesiredInstanceCount"] == 2
    assert found["InstancePools"] == [
        {"InstanceType": G6, "CurrentInstanceCount": 2},
        {"InstanceType": G6E, "CurrentInstanceCount": 0},
    ]
    listed = sagemaker.list_endpoints(StatusEquals="InService")["Endpoints"]
    assert [found["EndpointName"] for found in listed] == ["speech"]
    assert sagemaker.list_endpoints(StatusEquals="Failed")["Endpoints"] == []


def test_an_endpoint_on_one_type_has_no_pools(sagemaker, configure):
    configure(InstancePools=None, InstanceType=G6)
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName="speech-1")
    assert "InstancePools" not in only_variant(sagemaker)
    assert only_variant(sagemaker)["CurrentInstanceCount"] == 2


@pytest.mark.parametrize(
    ("kind", "words", "taken", "members"),
    [
        ("Model", "model", "speech", {"PrimaryContainer": {"Image": IMAGE}}),
        ("EndpointConfig", "endpoint configuration", "speech-1", {"ProductionVariants": [variant()]}),
        ("Endpoint", "endpoint", "speech", {"EndpointConfigName": "speech-1"}),
    ],
)
def test_names_that_are_taken_or_missing(sagemaker, endpoint, account, kind, words, taken, members):
    name, member = xform_name(kind), f"{kind}Name"
    arn = f"arn:aws:sagemaker:us-east-1:{account}:{name.replace('_', '-')}"
    create = getattr(sagemaker, f"create_{name}")
    message = refused(lambda: create(**{member: taken}, **members), "ValidationException")
    assert message == f'Cannot create already existing {words} "{arn}/{taken}".'
    for method in (f"describe_{name}", f"delete_{name}"):
        call = getattr(sagemaker, method)
        message = refused(lambda call=call: call(**{member: "other"}), "ValidationException")
        assert message == f'Could not find {words} "{arn}/other".'


def test_an_update_needs_a_configuration(sagemaker, endpoint):
    refused(
        lambda: sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="speech-2"),
        "ValidationException",
        "Could not find endpoint configuration",
    )


def test_the_configuration_may_go_while_the_endpoint_runs(sagemaker, endpoint):
    sagemaker.delete_endpoint_config(EndpointConfigName="speech-1")
    assert only_variant(sagemaker)["CurrentInstanceCount"] == 2
    set_count(sagemaker, 3)
    assert only_variant(sagemaker)["CurrentInstanceCount"] == 3


@pytest.mark.parametrize(
    ("members", "count", "weight"),
    [
        ({}, 2, 1.0),
        ({"RetainAllVariantProperties": True}, 7, 0.5),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredInstanceCount"}],
            },
            2,
            0.5,
        ),
    ],
)
def test_an_update_keeps_what_it_is_asked_to_keep(sagemaker, endpoint, configure, members, count, weight):
    set_count(sagemaker, 7, weight=0.5)
    configure("speech-2", InstancePools=POOLS[::-1])
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="speech-2", **members)
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointConfigName"] == "speech-2"
    found = only_variant(sagemaker)
    assert found["CurrentInstanceCount"] == found["DesiredInstanceCount"] == count
    assert found["CurrentWeight"] == weight


@pytest.mark.parametrize(
    "changes",
    [
        {"InstancePools": POOLS[:1]},
        {"InstancePools": [{**POOLS[0], "Priority": 2}, {**POOLS[1], "Priority": 1}]},
        {"InstancePools": None, "InstanceType": G6},
        {"VariantName": "Other"},
    ],
    ids=["a pool less", "another order", "one type", "another variant"],
)
def test_a_scaled_variant_keeps_its_instance_types(sagemaker, autoscaling, endpoint, registered, configure, changes):
    configure("speech-2", **changes)
    update = {"EndpointName": endpoint, "EndpointConfigName": "speech-2"}
    refused(lambda: sagemaker.update_endpoint(**update), "ValidationException", "AllTraffic")
    assert sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] == "speech-1"
    autoscaling.deregister_scalable_target(**target())
    sagemaker.update_endpoint(**update)
    assert sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] == "speech-2"


def test_a_scaled_variant_may_change_its_model(sagemaker, endpoint, registered, configure, role):
    sagemaker.create_model(ModelName="speech-b", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=role)
    configure("speech-2", ModelName="speech-b")
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="speech-2")


def test_deleting_an_endpoint_deregisters_its_targets(sagemaker, autoscaling, cloudwatch, endpoint, registered):
    put_policy(autoscaling, "concurrency", tracking())
    sagemaker.delete_endpoint(EndpointName=endpoint)
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_capacities_that_are_refused(sagemaker, endpoint):
    refused(lambda: set_count(sagemaker, 0), "ValidationException", "needs an instance")
    refused(
        lambda: sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": "Other", "DesiredInstanceCount": 1}],
        ),
        "ValidationException",
        "has no variant Other",
    )


def test_data_capture_and_deployment_are_described(sagemaker, cloudwatch, configure):
    cloudwatch.put_metric_alarm(**ERRORS)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://captured/speech",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    configure(members={"DataCaptureConfig": capture})
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName="speech-1", DeploymentConfig=ROLLBACK)
    described = sagemaker.describe_endpoint(EndpointName="speech")
    assert described["LastDeploymentConfig"] == ROLLBACK
    summary = described["DataCaptureConfig"]
    assert summary == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 10,
        "DestinationS3Uri": "s3://captured/speech",
        "KmsKeyId": "",
    }
    update = {"EndpointName": "speech", "EndpointConfigName": configure("speech-2")}
    excluded = {"ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DataCaptureConfig"}]}
    refused(
        lambda: sagemaker.update_endpoint(**update, **excluded, RetainAllVariantProperties=True),
        "ValidationException",
        "DataCaptureConfig cannot be excluded",
    )
    for retained, expected in ((True, summary), (True, summary), (False, None)):
        sagemaker.update_endpoint(**update, RetainAllVariantProperties=retained)
        assert sagemaker.describe_endpoint(EndpointName="speech").get("DataCaptureConfig") == expected


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({"RetainDeploymentConfig": True}, ROLLBACK),
        ({"RetainDeploymentConfig": False}, None),
        ({}, None),
        ({"DeploymentConfig": {"AutoRollbackConfiguration": {}}}, {"AutoRollbackConfiguration": {}}),
    ],
)
def test_an_update_keeps_the_last_deployment_only_if_it_is_asked_to(sagemaker, cloudwatch, endpoint, members, kept):
    """RetainDeploymentConfig, UpdateEndpoint, API reference."""
    cloudwatch.put_metric_alarm(**ERRORS)
    update = {"EndpointName": endpoint, "EndpointConfigName": "speech-1"}
    sagemaker.update_endpoint(**update, DeploymentConfig=ROLLBACK)
    sagemaker.update_endpoint(**update, **members)
    assert sagemaker.describe_endpoint(EndpointName=endpoint).get("LastDeploymentConfig") == kept


def test_endpoints_of_a_test_that_is_over_are_removed_with_what_scales_them(
    sagemaker, autoscaling, endpoint, connection
):
    autoscaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=4)
    assert control.instances(connection)
    control.ask(connection, "DELETE", "instances")
    assert control.instances(connection) == []
    assert sagemaker.list_endpoints()["Endpoints"] == []
    targets = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert targets == []


@pytest.mark.parametrize("seconds", ["soon", -1, True])
def test_a_clock_is_moved_forward_by_seconds(connection, seconds):
    with pytest.raises(ScaleproofError, match="Send a number of seconds, 0 or more"):
        control.ask(connection, "PUT", "clock", seconds)
