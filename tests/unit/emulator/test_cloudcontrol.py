"""Cloud Control: the SageMaker types as awscc meets them."""

import json

import pytest

from scaleproof.localstack.control import injected

from .conftest import refused, target, variant

CONFIG, ENDPOINT = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"
TAGS = [{"Key": "team", "Value": "speech"}]
REMOVE_KEY = {"op": "remove", "path": "/KmsKeyId"}
FIRST = {"EndpointConfigName": "speech-1", "ProductionVariants": [variant()]}


def change(path, value, op="replace"):
    return {"op": op, "path": path, "value": value}


class Control:
    """Cloud Control's calls, each followed to the end of its request."""

    def __init__(self, client):
        self.client = client

    def _end(self, answer):
        event = answer["ProgressEvent"]
        assert event["OperationStatus"] == "IN_PROGRESS"
        return self.client.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]

    def create(self, kind, state, **members):
        return self._end(self.client.create_resource(TypeName=kind, DesiredState=json.dumps(state), **members))

    def update(self, kind, identifier, *patch):
        document = json.dumps(patch)
        return self._end(self.client.update_resource(TypeName=kind, Identifier=identifier, PatchDocument=document))

    def delete(self, kind, identifier):
        return self._end(self.client.delete_resource(TypeName=kind, Identifier=identifier))

    def get(self, kind, identifier):
        resource = self.client.get_resource(TypeName=kind, Identifier=identifier)["ResourceDescription"]
        assert resource["Identifier"] == identifier
        return json.loads(resource["Properties"])


@pytest.fixture
def control(client):
    return Control(client("cloudcontrol"))


@pytest.fixture
def configured(control, model):
    """The ARN of an endpoint configuration made through Cloud Control."""
    return control.create(CONFIG, {**FIRST, "Tags": TAGS})["Identifier"]


@pytest.fixture
def running(control, configured):
    """The ARN of an endpoint made through Cloud Control."""
    state = {"EndpointName": "speech", "EndpointConfigName": "speech-1", "RetainAllVariantProperties": True}
    return control.create(ENDPOINT, state)["Identifier"]


def outcome(event):
    return event["OperationStatus"], event.get("ErrorCode")


def test_resources_are_read_as_they_were_made(control, configured, running, account, described):
    """Without properties that are write-only."""
    assert configured == f"arn:aws:sagemaker:us-east-1:{account}:endpoint-config/speech-1"
    assert control.get(CONFIG, configured) == {
        **FIRST,
        "EndpointConfigArn": configured,
        "ProductionVariants": [{**variant(), "InitialVariantWeight": 1.0}],
        "EnableNetworkIsolation": False,
        "Tags": TAGS,
    }
    names = {"EndpointArn": running, "EndpointName": "speech", "EndpointConfigName": "speech-1"}
    assert control.get(ENDPOINT, running) == names
    assert described()["EndpointStatus"] == "InService"


def test_a_name_is_made_up_where_none_is_given(control, model):
    made = control.create(CONFIG, {"ProductionVariants": [variant()]})
    assert made["OperationStatus"] == "SUCCESS"
    assert control.get(CONFIG, made["Identifier"])["EndpointConfigName"].startswith("EndpointConfig-")


@pytest.mark.parametrize(
    ("kind", "state", "code", "text"),
    [
        (CONFIG, FIRST, "AlreadyExists", "Cannot create already existing endpoint configuration"),
        (CONFIG, {"ProductionVariants": [variant(ModelName="other")]}, "NotFound", "Could not find model"),
        (CONFIG, {"ProductionVariants": [variant(InstanceType="ml.g5.2xlarge")]}, "InvalidRequest", "exactly one of"),
        (
            CONFIG,
            {**FIRST, "EndpointConfigName": "a_b"},
            "InvalidRequest",
            "Value 'a_b' at 'endpointConfigName' failed",
        ),
        (ENDPOINT, {"EndpointName": "speech", "EndpointConfigName": "speech-1"}, "AlreadyExists", "existing endpoint"),
    ],
)
def test_failures_have_the_handler_error_codes(control, running, kind, state, code, text):
    event = control.create(kind, state)
    assert outcome(event) == ("FAILED", code)
    assert text in event["StatusMessage"]
    assert "Identifier" not in event


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"ProductionVariants": [variant()], "Colour": "red"}, "extraneous key [Colour] is not permitted"),
        ({"ProductionVariants": [variant(Colour="red")]}, "extraneous key [ProductionVariants/0/Colour]"),
        ({"EndpointConfigName": "speech-1"}, "required key [ProductionVariants] not found"),
        ({"ProductionVariants": [variant(InitialInstanceCount="2")]}, "Count: expected type: Integer, found: String"),
    ],
)
def test_what_the_schema_does_not_have(control, state, problem):
    message = refused(lambda: control.create(CONFIG, state), "ValidationException", problem)
    assert message.startswith("Model validation failed (#")


def test_what_is_refused_at_once(control, configured):
    client, gone = control.client, f"{configured}x"
    for call, code, part in (
        (lambda: client.create_resource(TypeName=CONFIG, DesiredState="{"), "Validation", "Desired"),
        (lambda: client.create_resource(TypeName=CONFIG, DesiredState="[]"), "Validation", "Desired"),
        (lambda: client.get_resource_request_status(RequestToken="other"), "RequestTokenNotFound", "other"),
        (lambda: control.get(CONFIG, gone), "ResourceNotFound", CONFIG),
        (lambda: control.get(CONFIG, "other"), "ResourceNotFound", "'other' was not found"),
        (lambda: control.get("AWS::SageMaker::Cluster", configured), "TypeNotFound", "Cluster"),
        (lambda: control.update(CONFIG, gone), "ResourceNotFound", CONFIG),
        (lambda: control.update(CONFIG, configured, REMOVE_KEY), "Validation", "Invalid patch update"),
    ):
        refused(call, f"{code}Exception", part)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ProductionVariants", []), ("EnableNetworkIsolation", True), ("EndpointConfigName", "other")],
)
def test_what_cannot_be_updated(control, configured, name, value):
    why = f"Invalid patch update: createOnlyProperties [/properties/{name}] cannot be updated"
    refused(lambda: control.update(CONFIG, configured, change(f"/{name}", value)), "NotUpdatableException", why)


def test_tags_of_a_configuration_change_in_place(control, configured):
    tags = [{"Key": "team", "Value": "voice"}, {"Key": "stage", "Value": "test"}]
    assert outcome(control.update(CONFIG, configured, change("/Tags", tags))) == ("SUCCESS", None)
    assert control.get(CONFIG, configured)["Tags"] == tags
    control.update(CONFIG, configured, {"op": "remove", "path": "/Tags"})
    assert "Tags" not in control.get(CONFIG, configured)


def test_an_update_retains_the_live_count_if_the_patch_says_so(control, running, configure, described, autoscaling):
    autoscaling.register_scalable_target(**target(), MinCapacity=5, MaxCapacity=9)
    retain = change("/RetainAllVariantProperties", True, op="add")
    # Not a property that is remembered: without it the configuration's initial count wins.
    for name, more, count in (("speech-2", [retain], 5), ("speech-3", [], 2)):
        configure(name)
        event = control.update(ENDPOINT, running, *more, change("/EndpointConfigName", name))
        assert outcome(event) == ("SUCCESS", None)
        assert described()["EndpointConfigName"] == control.get(ENDPOINT, running)["EndpointConfigName"] == name
        assert described()["ProductionVariants"][0]["CurrentInstanceCount"] == count


def test_tags_of_an_endpoint_may_be_an_update_of_it(control, connection, running, configured, described):
    """Unasked they are none."""
    first = described()["LastModifiedTime"]
    control.update(ENDPOINT, running, change("/Tags", TAGS, op="add"))
    assert control.get(ENDPOINT, running)["Tags"] == TAGS
    patch = change("/Tags", [{"Key": "team", "Value": "other"}])
    with injected(connection, {"fault": "redeployed"}):
        assert outcome(control.update(CONFIG, configured, patch)) == ("SUCCESS", None)
        assert described()["LastModifiedTime"] == first
        control.update(ENDPOINT, running, patch)
    after = described()
    assert (after["EndpointConfigName"], after["EndpointStatus"]) == ("speech-1", "InService")
    assert after["LastModifiedTime"] > first
    with injected(connection, {"fault": "redeployed"}, {"fault": "startup"}):
        failed = control.update(ENDPOINT, running, change("/Tags", TAGS))
    assert outcome(failed) == ("FAILED", "NotStabilized")


def test_a_deployment_configuration_is_returned_and_may_not_be(control, connection, running, described):
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    deployment = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    control.update(ENDPOINT, running, change("/DeploymentConfig", deployment, op="add"))
    assert control.get(ENDPOINT, running)["DeploymentConfig"] == deployment
    with injected(connection, {"fault": "forgotten"}):
        assert "DeploymentConfig" not in control.get(ENDPOINT, running)
        assert described()["LastDeploymentConfig"] == deployment


def test_an_update_that_sagemaker_refuses(control, running, configure, autoscaling):
    autoscaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=9)
    configure("speech-2", InstancePools=None, InstanceType="ml.g5.2xlarge")
    event = control.update(ENDPOINT, running, change("/EndpointConfigName", "speech-2"))
    assert outcome(event) == ("FAILED", "InvalidRequest")
    assert control.get(ENDPOINT, running)["EndpointConfigName"] == "speech-1"


def test_deleting(control, configured, running, sagemaker):
    for kind, identifier in ((ENDPOINT, running), (CONFIG, configured)):
        assert outcome(control.delete(kind, identifier)) == ("SUCCESS", None)
        assert outcome(control.delete(kind, identifier)) == ("FAILED", "NotFound")
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_a_repeated_client_token_is_the_same_request(control, model):
    first = control.create(CONFIG, FIRST, ClientToken="token-1")
    again = {"TypeName": CONFIG, "DesiredState": json.dumps(FIRST), "ClientToken": "token-1"}
    repeated = control.client.create_resource(**again)
    assert repeated["ProgressEvent"]["RequestToken"] == first["RequestToken"]
    other = {**FIRST, "EndpointConfigName": "speech-2"}
    refused(lambda: control.create(CONFIG, other, ClientToken="token-1"), "ClientTokenConflictException")
