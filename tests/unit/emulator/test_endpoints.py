"""Endpoint configurations and endpoints: fleets on instance pools, updates, and what a scalable target forbids."""

import json
from functools import partial

import pytest
from botocore import xform_name

from scaleproof.emulator.api import autoscaling as scaling
from scaleproof.emulator.api import cloudcontrol, endpoints, runtime
from scaleproof.emulator.api import sagemaker as operations
from scaleproof.emulator.engine import clock, deployments
from scaleproof.emulator.errors import AwsError
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control

from .conftest import (
    ASYNC,
    ERRORS,
    G6,
    G6E,
    IMAGE,
    LEAST,
    POOLS,
    new_store,
    only_variant,
    put_policy,
    refused,
    target,
    tracking,
    variant,
    with_endpoint,
)

ROLLBACK = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
TO_SECOND = {"EndpointName": "speech", "EndpointConfigName": "speech-2"}


@pytest.fixture
def update(sagemaker):
    """Updates the endpoint to the configuration speech-2."""
    return partial(sagemaker.update_endpoint, **TO_SECOND)


def test_a_configuration_is_described_as_it_was_made(sagemaker, configure):
    members = {"VariantInstanceProvisionTimeoutInSeconds": 600, "RoutingConfig": LEAST}
    metrics = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}
    configure(members={"MetricsConfig": metrics}, **members)
    described = sagemaker.describe_endpoint_config(EndpointConfigName="speech-1")
    assert described["ProductionVariants"] == [{**variant(), **members, "InitialVariantWeight": 1.0}]
    assert described["MetricsConfig"] == metrics
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert [row["EndpointConfigArn"] for row in listed] == [described["EndpointConfigArn"]]
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
    members = {
        "DataCaptureConfig": capture,
        "AsyncInferenceConfig": {"OutputConfig": {**ASYNC["OutputConfig"], "KmsKeyId": key}},
        "MetricsConfig": {"EnableEnhancedMetrics": False, "MetricPublishFrequencyInSeconds": 10},
    }
    configure(members=members, ModelDataDownloadTimeoutInSeconds=900)
    describe = partial(sagemaker.describe_endpoint_config, EndpointConfigName="speech-1")
    sent = describe()
    with control.injected(connection, {"fault": "rewritten"}):
        shown = describe()
    (shown_variant,) = shown["ProductionVariants"]
    assert shown_variant["ModelDataDownloadTimeoutInSeconds"] == 900
    assert shown_variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 600
    assert shown["MetricsConfig"] == {"MetricPublishFrequencyInSeconds": 10}
    assert shown["AsyncInferenceConfig"]["OutputConfig"]["KmsKeyId"] == key
    assert shown["DataCaptureConfig"]["KmsKeyId"].startswith(f"arn:aws:kms:us-east-1:{account}:key/")
    assert shown["DataCaptureConfig"]["CaptureOptions"] == capture["CaptureOptions"][::-1]
    assert {**describe(), "ResponseMetadata": None} == {**sent, "ResponseMetadata": None}
    assert sent["DataCaptureConfig"] == capture


def test_an_endpoint_runs_on_the_preferred_pool(sagemaker, endpoint, described):
    assert (described()["EndpointStatus"], described()["EndpointConfigName"]) == ("InService", "speech-1")
    assert "PendingDeploymentSummary" not in described()
    shown = only_variant(sagemaker)
    assert shown["CurrentInstanceCount"] == shown["DesiredInstanceCount"] == 2
    counts = [(pool["InstanceType"], pool["CurrentInstanceCount"]) for pool in shown["InstancePools"]]
    assert counts == [(G6, 2), (G6E, 0)]
    for status, names in (("InService", ["speech"]), ("Failed", [])):
        listed = sagemaker.list_endpoints(StatusEquals=status)["Endpoints"]
        assert [row["EndpointName"] for row in listed] == names


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
    for method in ("describe", "delete"):
        call = partial(getattr(sagemaker, f"{method}_{name}"), **{member: "other"})
        assert refused(call, "ValidationException") == f'Could not find {words} "{arn}/other".'


def test_the_configuration_may_go_while_the_endpoint_runs(sagemaker, endpoint, set_count, update):
    sagemaker.delete_endpoint_config(EndpointConfigName="speech-1")
    set_count(3)
    assert only_variant(sagemaker)["CurrentInstanceCount"] == 3
    refused(update, "ValidationException", "Could not find endpoint configuration")


KEEP = {"RetainAllVariantProperties": True}
EXCEPT_COUNT = {"ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredInstanceCount"}]}


@pytest.mark.parametrize(
    ("members", "count", "weight"), [({}, 2, 1.0), (KEEP, 7, 0.5), ({**KEEP, **EXCEPT_COUNT}, 2, 0.5)]
)
def test_an_update_keeps_what_it_is_asked_to_keep(
    endpoint, configure, set_count, update, described, members, count, weight
):
    set_count(7, DesiredWeight=0.5)
    configure("speech-2", InstancePools=POOLS[::-1])
    update(**members)
    (shown,) = described()["ProductionVariants"]
    assert (described()["EndpointConfigName"], shown["CurrentWeight"]) == ("speech-2", weight)
    assert shown["CurrentInstanceCount"] == shown["DesiredInstanceCount"] == count


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
def test_a_scaled_variant_keeps_its_instance_types(autoscaling, registered, configure, update, described, changes):
    configure("speech-2", **changes)
    refused(update, "ValidationException", "AllTraffic")
    assert described()["EndpointConfigName"] == "speech-1"
    autoscaling.deregister_scalable_target(**target())
    update()
    assert described()["EndpointConfigName"] == "speech-2"


def test_a_scaled_variant_may_change_its_model(sagemaker, registered, configure, role, update):
    sagemaker.create_model(ModelName="speech-b", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=role)
    configure("speech-2", ModelName="speech-b")
    update()


def test_capacities_that_are_refused(endpoint, set_count):
    refused(lambda: set_count(0), "ValidationException", "needs an instance")
    refused(lambda: set_count(1, variant="Other"), "ValidationException", "has no variant Other")


def test_data_capture_and_deployment_are_described(sagemaker, cloudwatch, configure, described, update):
    cloudwatch.put_metric_alarm(**ERRORS)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://captured/speech",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    configure(members={"DataCaptureConfig": capture})
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName="speech-1", DeploymentConfig=ROLLBACK)
    assert described()["LastDeploymentConfig"] == ROLLBACK
    summary = {
        **{name: capture[name] for name in ("EnableCapture", "DestinationS3Uri")},
        **{"CaptureStatus": "Started", "CurrentSamplingPercentage": 10, "KmsKeyId": ""},
    }
    assert described()["DataCaptureConfig"] == summary
    configure("speech-2")
    excluded = {"ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DataCaptureConfig"}]}
    refused(lambda: update(**excluded, **KEEP), "ValidationException", "DataCaptureConfig cannot be excluded")
    for retained, expected in ((True, summary), (True, summary), (False, None)):
        update(RetainAllVariantProperties=retained)
        assert described().get("DataCaptureConfig") == expected


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({"RetainDeploymentConfig": True}, ROLLBACK),
        ({"RetainDeploymentConfig": False}, None),
        ({}, None),
        ({"DeploymentConfig": {"AutoRollbackConfiguration": {}}}, {"AutoRollbackConfiguration": {}}),
    ],
)
def test_an_update_keeps_the_last_deployment_only_if_it_is_asked_to(
    cloudwatch, endpoint, update, described, members, kept
):
    """RetainDeploymentConfig, UpdateEndpoint, API reference."""
    cloudwatch.put_metric_alarm(**ERRORS)
    for given in ({"DeploymentConfig": ROLLBACK}, members):
        update(EndpointConfigName="speech-1", **given)
    assert described().get("LastDeploymentConfig") == kept


@pytest.mark.parametrize("by", ["DeleteEndpoint", "control"])
def test_an_endpoint_goes_with_what_scales_it(sagemaker, autoscaling, cloudwatch, registered, connection, by):
    put_policy(autoscaling, "concurrency", tracking())
    assert control.instances(connection)
    if by == "control":
        control.ask(connection, "DELETE", "instances")
    else:
        sagemaker.delete_endpoint(EndpointName="speech")
        assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert (control.instances(connection), sagemaker.list_endpoints()["Endpoints"]) == ([], [])
    assert autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


@pytest.mark.parametrize(
    ("seconds", "message"),
    [(text, "Send a number of seconds, 0 or more") for text in ("soon", -1, True)]
    + [(60, "Account .* has had no requests yet, so it has no clock")],
)
def test_clocks_that_are_not_moved(connection, seconds, message):
    with pytest.raises(ScaleproofError, match=message):
        control.ask(connection, "PUT", "clock", seconds)


# Endpoints that take their time (SCALEPROOF_ENDPOINT_SECONDS), in this process and without LocalStack.

SECONDS = 300.0


@pytest.fixture
def store(monkeypatch):
    """A store with a model, two configurations and an endpoint that is being created."""
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", str(SECONDS))
    made = with_endpoint(new_store())
    second = {"EndpointConfigName": "speech-2", "ProductionVariants": [variant(InstancePools=POOLS[:1])]}
    operations.create_endpoint_config(made, second)
    return made


@pytest.fixture
def running(store):
    """The same with the endpoint in service."""
    clock.advance(store, SECONDS)
    return store


def after(store, seconds=0.0):
    """The endpoint after so many seconds."""
    clock.advance(store, seconds)
    return endpoints.describe_endpoint(store, {"EndpointName": "speech"})


def test_creating_takes_as_long_as_it_is_told(store):
    statuses = [after(store, seconds)["EndpointStatus"] for seconds in (0, SECONDS - 1, 1)]
    assert statuses == ["Creating", "Creating", "InService"]


def test_an_endpoint_in_progress_cannot_be_changed(store):
    message = 'Cannot update in-progress endpoint "arn:aws:sagemaker:us-east-1:111122223333:endpoint/speech".'
    change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}]
    for call, members in (
        (endpoints.update_endpoint, TO_SECOND),
        (endpoints.delete_endpoint, {}),
        (endpoints.update_endpoint_weights_and_capacities, {"DesiredWeightsAndCapacities": change}),
    ):
        request = {"EndpointName": "speech", **members}
        assert refused(partial(call, store, request), "ValidationException") == message


def test_an_update_shows_what_it_is_moving_to(running):
    endpoints.update_endpoint(running, TO_SECOND)
    during = after(running)
    assert (during["EndpointStatus"], during["EndpointConfigName"]) == ("Updating", "c")
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == "speech-2"
    done = after(running, SECONDS)
    assert (done["EndpointStatus"], done["EndpointConfigName"]) == ("InService", "speech-2")
    assert "PendingDeploymentSummary" not in done


def test_new_instances_come_when_the_update_is_done(running):
    scaling.register_scalable_target(running, {**target(), "MinCapacity": 4, "MaxCapacity": 9})
    for seconds, count in ((0, 2), (SECONDS, 4)):
        shown = after(running, seconds)["ProductionVariants"][0]
        assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (count, 4)


def test_bounds_that_meet_an_endpoint_in_progress_are_a_failed_activity(store):
    scaling.register_scalable_target(store, {**target(), "MinCapacity": 4, "MaxCapacity": 9})
    (activity,) = scaling.describe_scaling_activities(store, target())["ScalingActivities"]
    assert activity["StatusCode"] == "Failed"
    assert activity["StatusMessage"].startswith(
        "Failed to set desired instance count to 4. Reason: Cannot update in-progress endpoint"
    )
    assert after(store, SECONDS)["ProductionVariants"][0]["DesiredInstanceCount"] == 4  # it is tried again


def test_deleting_takes_its_time_too(running):
    endpoints.delete_endpoint(running, {"EndpointName": "speech"})
    assert after(running)["EndpointStatus"] == "Deleting"
    refused(lambda: after(running, SECONDS), "ValidationException", "Could not find endpoint")


def test_nothing_answers_before_the_endpoint_is_in_service(store):
    request = {"EndpointName": "speech", "Body": b""}
    refused(lambda: runtime.invoke_endpoint(store, request), "ValidationError", "not found")
    clock.advance(store, SECONDS)
    endpoints.update_endpoint(store, TO_SECOND)
    assert runtime.invoke_endpoint(store, request)()["InvokedProductionVariant"] == "AllTraffic"


def test_cloud_control_waits_for_the_endpoint(running):
    resource = {"TypeName": "AWS::SageMaker::Endpoint", "Identifier": running.endpoints["speech"].arn}
    patch = [{"op": "replace", "path": "/EndpointConfigName", "value": "speech-2"}]

    def status(answer):
        deployments.complete_due(running)
        token = {"RequestToken": answer["ProgressEvent"]["RequestToken"]}
        event = cloudcontrol.get_resource_request_status(running, token)["ProgressEvent"]
        return event["OperationStatus"], event.get("ErrorCode")

    update = cloudcontrol.update_resource(running, {**resource, "PatchDocument": json.dumps(patch)})
    assert status(update) == ("IN_PROGRESS", None)
    assert status(cloudcontrol.delete_resource(running, resource)) == ("FAILED", "ResourceConflict")
    clock.advance(running, SECONDS)
    assert status(update) == ("SUCCESS", None)


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_a_time_that_is_none_is_named(monkeypatch, text):
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", text)
    with pytest.raises(AwsError, match=f"SECONDS must be a number of seconds, 0 or more, not '{text}'"):
        deployments.delay()
