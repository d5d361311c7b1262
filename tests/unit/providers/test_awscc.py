"""The stand-in for awscc: plans, requests to Cloud Control, and how it reads the answers."""

import copy
import json
import threading
from unittest.mock import Mock

import pytest

from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.session import StandIns
from scaleproof.providers.standin import ProviderError
from scaleproof.terraform.diagnostics import ApplyFailed, PlanFailed
from scaleproof.translation.values import UNKNOWN

from .conftest import MemoryCloudControl, MemoryConnection, client_error

CONFIG, ENDPOINT = "awscc_sagemaker_endpoint_config.this", "awscc_sagemaker_endpoint.this"
POOLS = """
variable "suffix" {
  type    = string
  default = "a"
}
variable "tags" {
  type    = map(string)
  default = { b = "2", a = "1" }
}
variable "types" {
  type    = list(string)
  default = ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
}
variable "timeout" {
  type    = number
  default = 600
}
locals {
  tags = var.tags == null ? null : [for key, value in var.tags : { key = key, value = value }]
}
resource "awscc_sagemaker_endpoint_config" "this" {
  endpoint_config_name = "nova-${var.suffix}"
  production_variants = [{
    variant_name           = "AllTraffic"
    model_name             = "nova"
    initial_instance_count = 1
    variant_instance_provision_timeout_in_seconds = var.timeout
    instance_pools = [for index, type in var.types : {
      instance_type = type
      priority      = index + 1
    }]
    routing_config = { routing_strategy = "LEAST_OUTSTANDING_REQUESTS" }
  }]
  tags = local.tags
  lifecycle {
    create_before_destroy = true
  }
}
resource "awscc_sagemaker_endpoint" "this" {
  endpoint_name                 = "nova"
  endpoint_config_name          = awscc_sagemaker_endpoint_config.this.endpoint_config_name
  retain_all_variant_properties = true
  tags                          = local.tags
}
"""


@pytest.fixture
def run(root, in_memory):
    return root(POOLS, in_memory)


@pytest.fixture(scope="module")
def applied(shared_root):
    """The resources in Cloud Control and the state, after an apply."""
    control = MemoryCloudControl()
    run = shared_root(POOLS, MemoryConnection("http://127.0.0.1:1", "000000000000", control=control))
    run.apply()
    return control.resources, run.state_file.read_bytes()


@pytest.fixture
def existing(applied, root, in_memory, control):
    """A root that was applied before, with a copy of Cloud Control for the test."""
    resources, state = applied
    control.resources = copy.deepcopy(resources)
    return root(POOLS, in_memory, state=state)


@pytest.fixture(scope="module")
def planned_only(shared_root):
    """A root without a cloud."""
    return shared_root(POOLS)


@pytest.fixture
def sent(control):
    """The names and decoded bodies (for a delete, the identifier) of the requests so far."""

    def body(request):
        encoded = request.get("DesiredState") or request.get("PatchDocument")
        return json.loads(encoded) if encoded else request["Identifier"]

    return lambda: [(name, body(request)) for name, request in control.calls]


def test_a_plan_without_a_cloud_has_unknown_values_at_any_depth(planned_only):
    plan = planned_only.plan()
    variant = plan.resource(CONFIG).values["production_variants"][0]
    assert variant["instance_pools"][1] == {"instance_type": "ml.g6e.2xlarge", "priority": 2}
    unknown = plan.resource(CONFIG).unknown
    assert unknown["production_variants"][0]["instance_pools"][1] == {"model_name_override": True}
    assert unknown["production_variants"][0]["instance_type"] is True
    assert unknown["async_inference_config"] is True
    assert unknown["endpoint_config_arn"] is True


def test_an_apply_sends_configured_values_only(run, sent):
    run.apply()
    kinds = (("ml.g6.2xlarge", 1), ("ml.g6e.2xlarge", 2))
    variant = {
        **{"VariantName": "AllTraffic", "ModelName": "nova", "InitialInstanceCount": 1},
        "VariantInstanceProvisionTimeoutInSeconds": 600,
        "InstancePools": [{"InstanceType": kind, "Priority": place} for kind, place in kinds],
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    }
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    config = {"EndpointConfigName": "nova-a", "ProductionVariants": [variant], "Tags": tags}
    endpoint = {
        "EndpointName": "nova",
        "EndpointConfigName": "nova-a",
        "RetainAllVariantProperties": True,
        "Tags": tags,
    }
    assert sent() == [("CreateResource", config), ("CreateResource", endpoint)]


def test_a_second_plan_is_empty_although_write_only_values_cannot_be_read(existing, control):
    state = existing.state()
    assert state.resource(ENDPOINT).values["retain_all_variant_properties"] is True
    arn = state.resource(ENDPOINT).values["endpoint_arn"]
    assert state.resource(ENDPOINT).values["id"] == arn
    assert existing.plan().empty
    control.resources[arn]["Tags"].reverse()
    assert existing.plan().empty


def test_a_new_configuration_is_created_before_the_update_and_the_old_one_deleted_after(existing, sent):
    plan = existing.plan(suffix="b", types=["ml.g6.2xlarge"])
    assert plan.resource(CONFIG).actions == ("create", "delete")
    assert set(plan.resource(CONFIG).replace_paths) == {("endpoint_config_name",), ("production_variants",)}
    assert plan.resource(ENDPOINT).actions == ("update",)
    existing.apply(suffix="b", types=["ml.g6.2xlarge"])
    (create, _), (update, patch), (delete, old) = sent()
    assert (create, update, delete) == ("CreateResource", "UpdateResource", "DeleteResource")
    assert sorted(patch, key=lambda change: change["path"]) == [
        {"op": "replace", "path": "/EndpointConfigName", "value": "nova-b"},
        {"op": "add", "path": "/RetainAllVariantProperties", "value": True},
    ]
    assert old.endswith("EndpointConfig/nova-a")


def test_a_change_is_sent_with_the_write_only_flag(existing, sent):
    plan = existing.plan(tags={"a": "9"})
    assert [change.actions for change in plan.changes] == [("update",), ("update",)]
    existing.apply(tags={"a": "9"})
    tags = {"op": "replace", "path": "/Tags", "value": [{"Key": "a", "Value": "9"}]}
    patches = sorted((patch for _, patch in sent()), key=len)
    assert patches[0] == [tags]
    assert {"op": "add", "path": "/RetainAllVariantProperties", "value": True} in patches[1]
    assert tags in patches[1]
    assert existing.plan(tags={"a": "9"}).empty


def test_an_attribute_that_is_removed_from_the_configuration_keeps_its_value(existing, control):
    assert existing.plan(tags=None).empty  # hashicorp/terraform-provider-awscc issues 191, 667, 2734
    existing.apply(tags=None, suffix="b")
    (create, _, _) = control.calls
    assert "Tags" not in json.loads(create[1]["DesiredState"])


def test_empty_tags_are_removed_and_show_a_difference(existing, sent):
    existing.apply(tags={})
    assert all({"op": "remove", "path": "/Tags"} in patch for _, patch in sent())
    assert len(existing.plan(tags={}).changes) == 2  # hashicorp/terraform-provider-awscc issues 396, 700, 2993


def test_a_failed_request_is_reported(run, control):
    control.fail = "Could not find model"
    with pytest.raises(ApplyFailed) as caught:
        run.apply()
    (problem,) = caught.value.diagnostics
    assert problem.summary == "CreateResource of AWS::SageMaker::EndpointConfig: FAILED"
    assert problem.detail == "Could not find model (InvalidRequest)"
    control.fail = ""
    assert run.plan().resource(CONFIG).replaced  # the state has what the request left behind, tainted


def test_a_missing_resource_is_planned_again(existing, control):
    control.resources.clear()
    assert existing.plan().resource(ENDPOINT).actions == ("create",)


def test_deleting_a_missing_resource_is_no_error(in_memory):
    block = AwsccProvider(lambda: None).schema.resources["awscc_sagemaker_endpoint"]
    AwsccProvider(lambda: in_memory).delete("awscc_sagemaker_endpoint", {**block.empty(), "id": "gone"})


def test_import_by_arn(root, in_memory, control, applied):
    control.resources = copy.deepcopy(applied[0])
    arn = next(key for key in control.resources if "Endpoint/" in key)
    text = f'import {{\n  to = {ENDPOINT}\n  id = "{arn}"\n}}\n' + POOLS
    imported = root(text, in_memory)
    endpoint = imported.plan().resource(ENDPOINT)
    assert endpoint.actions == ("update",)  # the write-only flag is not known after an import
    assert endpoint.before["tags"] == endpoint.values["tags"]


LIVE = """
data "awscc_sagemaker_endpoint" "live" {
  id         = awscc_sagemaker_endpoint.this.id
  depends_on = [awscc_sagemaker_endpoint.this]
}
output "live" {
  value = data.awscc_sagemaker_endpoint.live.endpoint_config_name
}
"""


def test_a_data_source_reads_the_endpoint_after_the_apply(root, in_memory, control):
    run = root(POOLS + LIVE, in_memory)
    run.apply()
    state = run.state()
    live = state.resource("data.awscc_sagemaker_endpoint.live").values
    assert live["id"] == live["endpoint_arn"] == state.resource(ENDPOINT).values["id"]
    assert live["tags"] == [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    assert live["retain_all_variant_properties"] is None
    assert live["deployment_config"] is None
    assert run.plan().empty
    run.apply(suffix="b")
    assert run.state().outputs == {"live": "nova-b"}


def test_a_data_source_of_a_missing_resource_is_an_error(root, in_memory):
    text = 'data "awscc_sagemaker_endpoint" "live" {\n  id = "arn:gone"\n}'
    with pytest.raises(PlanFailed, match="There is no AWS::SageMaker::Endpoint arn:gone"):
        root(text, in_memory).plan()


def test_the_state_has_planned_values_whatever_the_api_returns(root, in_memory, control):
    """internal/generic/resource.go: GetResource only gives what the plan does not know."""
    run = root(POOLS + LIVE, in_memory)
    run.apply()
    control.spoil = {"EndpointConfigName": "nova-a", "ProductionVariants": None}
    run.apply(suffix="b")
    state = run.state()
    assert state.resource(ENDPOINT).values["endpoint_config_name"] == "nova-b"
    assert state.resource(CONFIG).values["production_variants"][0]["variant_name"] == "AllTraffic"
    assert run.state().outputs == {"live": "nova-a"}  # only a read shows it


EXPIRED = client_error("GetResourceRequestStatus", "ExpiredTokenException", "the token has expired")


@pytest.mark.parametrize(("polled", "known"), [([EXPIRED], False), (["IN_PROGRESS", EXPIRED], True)])
def test_only_an_answered_poll_brings_a_resource_into_the_state(run, control, polled, known):
    """internal/generic/resource.go, Create: the id that CreateResource returns is not used."""
    control.polled = polled
    with pytest.raises(ApplyFailed, match="GetResourceRequestStatus: ExpiredTokenException"):
        run.apply()
    assert len(control.resources) == 1
    assert (CONFIG in run.state().resources) == known
    plan = run.plan().resource(CONFIG)
    assert plan.actions == (("create", "delete") if known else ("create",))


def test_nothing_waits_for_a_resource_once_the_stand_ins_are_closed():
    """A second ctrl-C ends Terraform while an endpoint is created; Python would wait for the endpoint."""
    polled = threading.Event()
    answer = {"ProgressEvent": {"RequestToken": "token", "OperationStatus": "IN_PROGRESS"}}
    cloud = Mock(region="us-east-1")
    cloud.client.return_value = Mock(
        create_resource=Mock(return_value=answer),
        get_resource_request_status=Mock(side_effect=lambda **_: (polled.set(), answer)[1]),
    )
    with StandIns() as standins:
        standins.connection = cloud
        provider = AwsccProvider(lambda: standins.connection)
        planned = provider.schema.resources["awscc_sagemaker_endpoint"].empty()

        def create():
            with pytest.raises(ProviderError, match="No cloud is connected"):
                provider.create("awscc_sagemaker_endpoint", planned)

        creating = threading.Thread(target=create, daemon=True)
        creating.start()
        assert polled.wait(20)
    creating.join(20)
    assert not creating.is_alive()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"timeout": 4000}, "variant_instance_provision_timeout_in_seconds value must be between 300 and 3600"),
        ({"types": ["ml.g6.2xlage"]}, "ml.g6.2xlarge"),
        ({"types": ["ml.g6.2xlarge"] * 6}, "priority value must be between 1 and 5, got: 6"),
        ({"suffix": "x" * 60}, "endpoint_config_name string length must be between 1 and 63, got: 65"),
        ({"suffix": "b_c"}, "must match the regular expression"),
        ({"tags": {"": "x"}}, "the length must be at least 1"),
    ],
)
def test_invalid_values_fail_at_plan(planned_only, variables, message):
    with pytest.raises(PlanFailed) as caught:
        planned_only.plan(**variables)
    assert message in " ".join(found.detail for found in caught.value.diagnostics)


def test_required_attributes_of_an_optional_object():
    provider = AwsccProvider(lambda: None)
    type_name = "awscc_sagemaker_endpoint_config"
    config = provider.schema.resources[type_name].empty()
    config["production_variants"] = UNKNOWN
    config["async_inference_config"] = {"client_config": None, "output_config": None}
    (problem,) = provider.validate(type_name, config)
    assert (problem.summary, problem.path) == ("Missing Attribute Value", ("async_inference_config", "output_config"))
    assert problem.detail == "async_inference_config.output_config: value must be configured"
