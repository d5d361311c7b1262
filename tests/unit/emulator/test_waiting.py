"""Endpoints that take their time (SCALEPROOF_ENDPOINT_SECONDS), on a clock that the test moves.

The operations are called in this process, with a store of their own and without LocalStack.
"""

import json

import pytest

from scaleproof.emulator.api import autoscaling, cloudcontrol, endpoints, runtime, sagemaker
from scaleproof.emulator.engine import deployments, state
from scaleproof.emulator.errors import AwsError

from .conftest import POOLS, Clock, new_store, target, variant, with_endpoint

SECONDS = 300.0


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", str(SECONDS))
    made = Clock()
    monkeypatch.setattr(state, "time", made)
    return made


@pytest.fixture
def store(clock):
    """A store with a model, two configurations and an endpoint that is being created."""
    made = with_endpoint(new_store())
    sagemaker.create_endpoint_config(
        made, {"EndpointConfigName": "speech-2", "ProductionVariants": [variant(InstancePools=POOLS[:1])]}
    )
    return made


def described(store):
    deployments.complete_due(store)
    return endpoints.describe_endpoint(store, {"EndpointName": "speech"})


def update(store):
    endpoints.update_endpoint(store, {"EndpointName": "speech", "EndpointConfigName": "speech-2"})


def test_creating_takes_as_long_as_it_is_told(store, clock):
    assert described(store)["EndpointStatus"] == "Creating"
    clock.seconds += SECONDS - 1
    assert described(store)["EndpointStatus"] == "Creating"
    clock.seconds += 1
    assert described(store)["EndpointStatus"] == "InService"


def test_an_endpoint_in_progress_cannot_be_changed(store, clock):
    message = 'Cannot update in-progress endpoint "arn:aws:sagemaker:us-east-1:111122223333:endpoint/speech".'
    change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}]
    for call in (
        lambda: update(store),
        lambda: endpoints.delete_endpoint(store, {"EndpointName": "speech"}),
        lambda: endpoints.update_endpoint_weights_and_capacities(
            store, {"EndpointName": "speech", "DesiredWeightsAndCapacities": change}
        ),
    ):
        with pytest.raises(AwsError) as caught:
            call()
        assert caught.value.message == message


def test_an_update_shows_what_it_is_moving_to(store, clock):
    clock.seconds += SECONDS
    described(store)
    update(store)
    during = described(store)
    assert (during["EndpointStatus"], during["EndpointConfigName"]) == ("Updating", "c")
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == "speech-2"
    clock.seconds += SECONDS
    after = described(store)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", "speech-2")
    assert "PendingDeploymentSummary" not in after


def test_new_instances_come_when_the_update_is_done(store, clock):
    clock.seconds += SECONDS
    described(store)
    autoscaling.register_scalable_target(store, {**target(), "MinCapacity": 4, "MaxCapacity": 9})
    found = described(store)["ProductionVariants"][0]
    assert (found["CurrentInstanceCount"], found["DesiredInstanceCount"]) == (2, 4)
    clock.seconds += SECONDS
    assert described(store)["ProductionVariants"][0]["CurrentInstanceCount"] == 4


def test_bounds_that_meet_an_endpoint_in_progress_are_a_failed_activity(store, clock):
    autoscaling.register_scalable_target(store, {**target(), "MinCapacity": 4, "MaxCapacity": 9})
    (activity,) = autoscaling.describe_scaling_activities(store, target())["ScalingActivities"]
    assert activity["StatusCode"] == "Failed"
    assert activity["StatusMessage"].startswith(
        "Failed to set desired instance count to 4. Reason: Cannot update in-progress endpoint"
    )
    clock.seconds += SECONDS
    assert described(store)["ProductionVariants"][0]["DesiredInstanceCount"] == 2


def test_deleting_takes_its_time_too(store, clock):
    clock.seconds += SECONDS
    described(store)
    endpoints.delete_endpoint(store, {"EndpointName": "speech"})
    assert described(store)["EndpointStatus"] == "Deleting"
    clock.seconds += SECONDS
    with pytest.raises(AwsError, match="Could not find endpoint"):
        described(store)


def test_nothing_answers_before_the_endpoint_is_in_service(store, clock):
    request = {"EndpointName": "speech", "Body": b""}
    with pytest.raises(AwsError, match="not found"):
        runtime.invoke_endpoint(store, request)
    clock.seconds += SECONDS
    described(store)
    update(store)
    assert runtime.invoke_endpoint(store, request)()["InvokedProductionVariant"] == "AllTraffic"


def test_cloud_control_waits_for_the_endpoint(store, clock):
    clock.seconds += SECONDS
    described(store)
    patch = [{"op": "replace", "path": "/EndpointConfigName", "value": "speech-2"}]
    request = {
        "TypeName": "AWS::SageMaker::Endpoint",
        "Identifier": store.endpoints["speech"].arn,
        "PatchDocument": json.dumps(patch),
    }
    token = {"RequestToken": cloudcontrol.update_resource(store, request)["ProgressEvent"]["RequestToken"]}

    def status():
        deployments.complete_due(store)
        event = cloudcontrol.get_resource_request_status(store, token)["ProgressEvent"]
        return str(event["OperationStatus"])

    assert status() == "IN_PROGRESS"
    second = cloudcontrol.delete_resource(store, {key: request[key] for key in ("TypeName", "Identifier")})
    refusal = cloudcontrol.get_resource_request_status(
        store, {"RequestToken": second["ProgressEvent"]["RequestToken"]}
    )["ProgressEvent"]
    assert (refusal["OperationStatus"], refusal["ErrorCode"]) == ("FAILED", "ResourceConflict")
    clock.seconds += SECONDS
    assert status() == "SUCCESS"


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_a_time_that_is_none_is_named(monkeypatch, text):
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", text)
    expected = f"SCALEPROOF_ENDPOINT_SECONDS must be a number of seconds, 0 or more, not '{text}'"
    with pytest.raises(AwsError, match=expected):
        deployments.delay()
