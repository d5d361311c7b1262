"""Cloud Control: the SageMaker types as awscc meets them."""

import json

import pytest

from scaleproof.localstack.control import injected

from .conftest import refused, target, variant

CONFIG, ENDPOINT = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"
TAGS = [{"Key": "team", "Value": "speech"}]


class Control:
    """Cloud Control's calls, each followed to the end of its request."""

    def __init__(self, client):
        self.client = client

    def _end(self, answer):
        event = answer["ProgressEvent"]
        assert event["OperationStatus"] == "IN_PROGRESS"
        status = self.client.get_resource_request_status(RequestToken=event["RequestToken"])
        return dict(status["ProgressEvent"])

    def create(self, kind, state, **members):
        return self._end(self.client.create_resource(TypeName=kind, DesiredState=json.dumps(state), **members))

    def update(self, kind, identifier, *patch):
        document = json.dumps(patch)
        return self._end(self.client.update_resource(TypeName=kind, Identifier=identifier, PatchDocument=document))

    def delete(self, kind, identifier):
        return self._end(self.client.delete_resource(TypeName=kind, Identifier=identifier))

    def get(self, kind, identifier):
        found = self.client.get_resource(TypeName=kind, Identifier=identifier)["ResourceDescription"]
        assert found["Identifier"] == identifier
        return dict(json.loads(found["Properties"]))


@pytest.fixture
def control(client):
    return Control(client("cloudcontrol"))


@pytest.fixture
def configured(control, model):
    """The ARN of an endpoint configuration made through Cloud Control."""
    state = {"EndpointConfigName": "speech-1", "ProductionVariants": [variant()], "Tags": TAGS}
    return str(control.create(CONFIG, state)["Identifier"])


@pytest.fixture
def running(control, configured):
    """The ARN of an endpoint made through Cloud Control."""
    state = {"EndpointName": "speech", "EndpointConfigName": "speech-1", "RetainAllVariantProperties": True}
    return str(control.create(ENDPOINT, state)["Identifier"])


def test_a_configuration_is_read_as_it_was_made(control, configured, account):
    assert configured == f"arn:aws:sagemaker:us-east-1:{account}:endpoint-config/speech-1"
    assert control.get(CONFIG, configured) == {
        "EndpointConfigArn": configured,
        "EndpointConfigName": "speech-1",
        "ProductionVariants": [{**variant(), "InitialVariantWeight": 1.0}],
        "EnableNetworkIsolation": False,
        "Tags": TAGS,
    }


def test_an_endpoint_is_read_without_its_write_only_properties(control, running, sagemaker):
    assert control.get(ENDPOINT, running) == {
        "EndpointArn": running,
        "EndpointName": "speech",
        "EndpointConfigName": "speech-1",
    }
    assert sagemaker.describe_endpoint(EndpointName="speech")["EndpointStatus"] == "InService"


def test_a_name_is_made_up_where_none_is_given(control, model):
    made = control.create(CONFIG, {"ProductionVariants": [variant()]})
    assert made["OperationStatus"] == "SUCCESS"
    assert control.get(CONFIG, made["Identifier"])["EndpointConfigName"].startswith("EndpointConfig-")


def test_resources_are_listed(control, configured, running):
    for kind, identifier in ((CONFIG, configured), (ENDPOINT, running)):
        listed = control.client.list_resources(TypeName=kind)["ResourceDescriptions"]
        assert [found["Identifier"] for found in listed] == [identifier]


def test_failures_have_the_handler_error_codes(control, configured, running):
    failures = {
        "AlreadyExists": {"EndpointConfigName": "speech-1", "ProductionVariants": [variant()]},
        "NotFound": {"EndpointConfigName": "other", "ProductionVariants": [variant(ModelName="other")]},
        "InvalidRequest": {
            "EndpointConfigName": "other",
            "ProductionVariants": [variant(InstanceType="ml.g5.2xlarge")],
        },
    }
    for code, state in failures.items():
        event = control.create(CONFIG, state)
        assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", code)
        assert "Identifier" not in event
    event = control.create(ENDPOINT, {"EndpointName": "speech", "EndpointConfigName": "speech-1"})
    assert event["ErrorCode"] == "AlreadyExists"
    assert event["StatusMessage"] == f'Cannot create already existing endpoint "{running}".'
    event = control.create(CONFIG, {"EndpointConfigName": "a_b", "ProductionVariants": [variant()]})
    assert event["ErrorCode"] == "InvalidRequest"
    assert "Value 'a_b' at 'endpointConfigName' failed to satisfy constraint" in event["StatusMessage"]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"ProductionVariants": [variant()], "Colour": "red"}, "extraneous key [Colour] is not permitted"),
        ({"ProductionVariants": [variant(Colour="red")]}, "extraneous key [ProductionVariants/0/Colour]"),
        ({"EndpointConfigName": "speech-1"}, "required key [ProductionVariants] not found"),
        (
            {"ProductionVariants": [variant(InitialInstanceCount="2")]},
            "#/ProductionVariants/0/InitialInstanceCount: expected type: Integer, found: String",
        ),
    ],
)
def test_what_the_schema_does_not_have(control, state, problem):
    message = refused(lambda: control.create(CONFIG, state), "ValidationException", problem)
    assert message.startswith("Model validation failed (#")


def test_documents_that_are_none(control, configured):
    for text in ("{", "[]"):
        refused(
            lambda text=text: control.client.create_resource(TypeName=CONFIG, DesiredState=text),
            "ValidationException",
            "DesiredState",
        )
    refused(
        lambda: control.update(CONFIG, configured, {"op": "remove", "path": "/KmsKeyId"}),
        "ValidationException",
        "Invalid patch update",
    )


def test_what_does_not_exist(control, configured):
    other = configured.replace("speech-1", "other")
    refused(lambda: control.get(CONFIG, other), "ResourceNotFoundException", CONFIG, other)
    refused(lambda: control.get(CONFIG, "other"), "ResourceNotFoundException")
    refused(lambda: control.update(CONFIG, other), "ResourceNotFoundException")
    event = control.delete(CONFIG, other)
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "NotFound")
    refused(
        lambda: control.client.get_resource_request_status(RequestToken="other"),
        "RequestTokenNotFoundException",
    )
    refused(lambda: control.get("AWS::SageMaker::Cluster", other), "TypeNotFoundException")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ProductionVariants", []), ("EnableNetworkIsolation", True), ("EndpointConfigName", "other")],
)
def test_create_only_properties_do_not_change(control, configured, name, value):
    message = refused(
        lambda: control.update(CONFIG, configured, {"op": "replace", "path": f"/{name}", "value": value}),
        "NotUpdatableException",
    )
    assert message == f"Invalid patch update: createOnlyProperties [/properties/{name}] cannot be updated"


def test_tags_of_a_configuration_change_in_place(control, configured):
    tags = [{"Key": "team", "Value": "voice"}, {"Key": "stage", "Value": "test"}]
    event = control.update(CONFIG, configured, {"op": "replace", "path": "/Tags", "value": tags})
    assert event["OperationStatus"] == "SUCCESS"
    assert control.get(CONFIG, configured)["Tags"] == tags
    control.update(CONFIG, configured, {"op": "remove", "path": "/Tags"})
    assert "Tags" not in control.get(CONFIG, configured)


def test_an_update_retains_the_live_count_if_the_patch_says_so(control, running, configure, sagemaker, autoscaling):
    autoscaling.register_scalable_target(**target(), MinCapacity=5, MaxCapacity=9)

    def change(name, *more):
        configure(name)
        patch = {"op": "replace", "path": "/EndpointConfigName", "value": name}
        assert control.update(ENDPOINT, running, *more, patch)["OperationStatus"] == "SUCCESS"
        described = sagemaker.describe_endpoint(EndpointName="speech")
        assert described["EndpointConfigName"] == control.get(ENDPOINT, running)["EndpointConfigName"] == name
        return int(described["ProductionVariants"][0]["CurrentInstanceCount"])

    assert change("speech-2", {"op": "add", "path": "/RetainAllVariantProperties", "value": True}) == 5
    # Not a property that is remembered: without it the configuration's initial count wins.
    assert change("speech-3") == 2


def test_tags_of_an_endpoint_change_without_an_update_of_it(control, running, sagemaker):
    before = sagemaker.describe_endpoint(EndpointName="speech")["LastModifiedTime"]
    control.update(ENDPOINT, running, {"op": "add", "path": "/Tags", "value": TAGS})
    assert control.get(ENDPOINT, running)["Tags"] == TAGS
    assert sagemaker.describe_endpoint(EndpointName="speech")["LastModifiedTime"] == before


def test_tags_of_an_endpoint_may_be_an_update_of_it(control, connection, running, configured, sagemaker):
    before = sagemaker.describe_endpoint(EndpointName="speech")["LastModifiedTime"]
    patch = {"op": "replace", "path": "/Tags", "value": [{"Key": "team", "Value": "other"}]}
    with injected(connection, {"fault": "redeployed"}):
        assert control.update(CONFIG, configured, patch)["OperationStatus"] == "SUCCESS"
        assert sagemaker.describe_endpoint(EndpointName="speech")["LastModifiedTime"] == before
        control.update(ENDPOINT, running, {**patch, "op": "add"})
    after = sagemaker.describe_endpoint(EndpointName="speech")
    assert (after["EndpointConfigName"], after["EndpointStatus"]) == ("speech-1", "InService")
    assert after["LastModifiedTime"] > before
    with injected(connection, {"fault": "redeployed"}, {"fault": "startup"}):
        failed = control.update(ENDPOINT, running, {**patch, "value": TAGS})
    assert (failed["OperationStatus"], failed["ErrorCode"]) == ("FAILED", "NotStabilized")


def test_a_deployment_configuration_is_returned_and_may_not_be(control, connection, running, sagemaker):
    deployment = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    }
    control.update(ENDPOINT, running, {"op": "add", "path": "/DeploymentConfig", "value": deployment})
    assert control.get(ENDPOINT, running)["DeploymentConfig"] == deployment
    with injected(connection, {"fault": "forgotten"}):
        assert "DeploymentConfig" not in control.get(ENDPOINT, running)
        described = sagemaker.describe_endpoint(EndpointName="speech")
    assert described["LastDeploymentConfig"] == deployment


def test_an_update_that_sagemaker_refuses(control, running, configure, autoscaling):
    autoscaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=9)
    configure("speech-2", InstancePools=None, InstanceType="ml.g5.2xlarge")
    patch = {"op": "replace", "path": "/EndpointConfigName", "value": "speech-2"}
    event = control.update(ENDPOINT, running, patch)
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "InvalidRequest")
    assert control.get(ENDPOINT, running)["EndpointConfigName"] == "speech-1"


def test_deleting(control, configured, running, sagemaker):
    assert control.delete(ENDPOINT, running)["OperationStatus"] == "SUCCESS"
    assert control.delete(CONFIG, configured)["OperationStatus"] == "SUCCESS"
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_a_repeated_client_token_is_the_same_request(control, model):
    state = {"EndpointConfigName": "speech-1", "ProductionVariants": [variant()]}
    first = control.create(CONFIG, state, ClientToken="token-1")
    repeated = control.client.create_resource(TypeName=CONFIG, DesiredState=json.dumps(state), ClientToken="token-1")
    assert repeated["ProgressEvent"]["RequestToken"] == first["RequestToken"]
    other = {**state, "EndpointConfigName": "speech-2"}
    refused(lambda: control.create(CONFIG, other, ClientToken="token-1"), "ClientTokenConflictException")
