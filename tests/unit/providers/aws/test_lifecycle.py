"""Real Terraform creates, reads, changes and deletes each type of the table in LocalStack.

Core checks that the API's values match the plan. A second plan checks that a read matches. The log of calls
shows that the stand-ins send no operation that the real providers do not send: an extra one could hide tags
that an API drops, or a permission that a policy document lacks.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass

import pytest

from scaleproof.localstack.control import recorded
from scaleproof.providers.aws.provider import AwsProvider, resource_type
from scaleproof.providers.aws.table import RESOURCES
from scaleproof.providers.session import StandIns, standins
from scaleproof.providers.standin import ProviderError
from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root

from .conftest import ROOTS
from .operations import SENT, sent

TYPES = [*RESOURCES, "awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config"]
SCALED = {"max": 8, "target": 6}
WATCHED = {"region": "eu-west-1", "description": "flux", "threshold": 6, "tags": {"owner": "ada", "kind": "stt"}}
# The variables of each apply, by root. A later apply keeps what it does not name at its default.
APPLIES = {
    "monitoring": [{"region": "eu-west-1"}, {**WATCHED, "key": True, "retention": 14}, {**WATCHED, "retention": 0}],
    "scaling": [{}, {**SCALED, "tags": {"owner": "grace"}}, {**SCALED, "tags": {}}],
    "storage": [
        {},
        {
            "days": 14,
            "description": "Runs flux",
            "tags": {},
            "trusted": ["sagemaker.amazonaws.com", "ec2.amazonaws.com"],
        },
    ],
}
FAILING = {"SCALEPROOF_FAIL": "startup"}
# What the later applies send to change a type, in order. Types that are not here do not change.
CHANGES = {
    "aws_appautoscaling_policy": ["PutScalingPolicy"],
    "aws_appautoscaling_target": ["TagResource", "RegisterScalableTarget", "UntagResource"],
    "aws_cloudwatch_composite_alarm": ["TagResource"],
    "aws_cloudwatch_dashboard": ["PutDashboard"],
    "aws_cloudwatch_log_group": [
        "TagResource",
        "PutRetentionPolicy",
        "AssociateKmsKey",
        "DeleteRetentionPolicy",
        "DisassociateKmsKey",
    ],
    "aws_cloudwatch_metric_alarm": ["TagResource", "PutMetricAlarm"],
    "aws_iam_role": ["UntagRole", "UpdateAssumeRolePolicy", "UpdateRoleDescription"],
    "aws_kms_key": ["TagResource", "UpdateKeyDescription"],
    "aws_s3_bucket": ["DeleteBucketTagging"],
    "aws_s3_bucket_lifecycle_configuration": ["PutBucketLifecycleConfiguration"],
    "aws_sagemaker_endpoint": ["AddTags", "UpdateEndpoint", "DeleteTags"],
    "aws_sagemaker_endpoint_configuration": ["DeleteTags"],
    "aws_sagemaker_model": ["AddTags", "DeleteTags"],
    "aws_sns_topic": ["TagResource", "SetTopicAttributes"],
}


class Watched:
    """A provider whose API calls are logged by type and phase. It works on one resource at a time."""

    lock = threading.Lock()

    def __init__(self, provider, connection, log):
        self._provider, self._connection, self._log = provider, connection, log

    def __getattr__(self, name):
        method = getattr(self._provider, name)
        if name == "configured":
            return lambda config: Watched(method(config), self._connection, self._log)
        if name not in ("create", "read", "update", "delete", "read_data"):
            return method

        def logged(kind, *values):
            with self.lock, recorded(self._connection) as calls:
                answer = method(kind, *values)
            self._log[kind, name] += calls
            return answer

        return logged


@dataclass
class Life:
    """What was seen while a root was applied, changed and destroyed."""

    plans: list[list[str]]
    made: list
    left: list
    states: list


def contents(connection, bucket):
    """Everything in the account, as its APIs list it."""
    client = connection.client
    alarms = client("cloudwatch").describe_alarms()
    scaling = client("application-autoscaling")
    described = ("describe_scalable_targets", "describe_scaling_policies", "describe_scheduled_actions")
    targets, policies, actions = (getattr(scaling, name)(ServiceNamespace="sagemaker") for name in described)
    return [
        *client("iam").list_roles()["Roles"],
        *client("sagemaker").list_models()["Models"],
        *client("sagemaker").list_endpoints()["Endpoints"],
        *client("sns").list_topics()["Topics"],
        *client("cloudwatch").list_dashboards()["DashboardEntries"],
        *client("logs").describe_log_groups()["logGroups"],
        *(alarms["MetricAlarms"] + alarms["CompositeAlarms"]),
        *[one for one in client("kms").list_aliases()["Aliases"] if one["AliasName"] == "alias/nova"],
        *[one for one in client("s3").list_buckets()["Buckets"] if one["Name"] == bucket],
        *targets["ScalableTargets"],
        *policies["ScalingPolicies"],
        *actions["ScheduledActions"],
    ]


@pytest.fixture(scope="module")
def lives(aws, cloud, new_account):
    """The life of each root, and all API calls by type and phase."""
    log, found = defaultdict(list), {}
    for name, applies in APPLIES.items():
        connection = cloud.connection(new_account())
        bucket = f"nova-{connection.account}"
        variables = {"bucket": bucket} if name == "storage" else {}
        watched = [Watched(one, connection, log) for one in standins(lambda there=connection: there)]
        with (
            StandIns(watched) as servers,
            Root(ROOTS / name, standins=servers, connection=connection, variables=variables) as root,
        ):
            life = found[name] = Life([], [], [], [])
            for changes in applies:
                root.apply(**changes)
                life.states.append(root.state())
                life.plans.append([change.address for change in root.plan(**changes).changes])
            life.made = contents(connection, bucket)
            if name == "storage":  # the bucket has force_destroy
                connection.client("s3").put_object(Bucket=bucket, Key="out/1.json", Body=b"{}")
            root.destroy()
            life.left = contents(connection, bucket)
    return found, log


@pytest.fixture(scope="module")
def scaled(aws, cloud, new_account):
    """The root of scaling, applied for tests that leave it as it is, and its account."""
    connection = cloud.connection(new_account())
    with Root(ROOTS / "scaling", standins=aws, connection=connection) as root:
        root.apply()
        yield root, connection
        if cloud.external:
            root.destroy()


@pytest.mark.parametrize("name", APPLIES)
def test_each_second_plan_is_empty_and_a_destroy_leaves_nothing(lives, name):
    life = lives[0][name]
    assert life.plans == [[] for _ in APPLIES[name]]
    assert life.made
    assert life.left == []


def test_an_update_sends_what_differs_and_tags_first(lives):
    log = lives[1]
    reads = ("Get", "List", "Describe", "Head")
    changes = {
        kind: list(dict.fromkeys(one.operation for one in calls if not one.operation.startswith(reads)))
        for (kind, phase), calls in log.items()
        if phase == "update"
    }
    assert changes == CHANGES
    registered = [one for one in log["aws_appautoscaling_target", "update"] if "Register" in one.operation]
    assert ["Tags" in one.params for one in registered] == [False]
    removed = [one.params["TagKeys"] for one in log["aws_sagemaker_model", "update"] if "TagKeys" in one.params]
    assert removed == [["owner"]]


def test_a_resource_is_made_in_the_region_it_names(lives):
    arn = lives[0]["monitoring"].states[0].resource("aws_sns_topic.elsewhere").values["arn"]
    assert arn.startswith("arn:aws:sns:eu-west-1:")


def test_the_list_of_operations_has_all_types():
    assert sorted(SENT) == sorted(TYPES)


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_is_sent_that_the_provider_does_not_send(lives, kind):
    for phase in ("create", "read", "update", "delete"):
        operations = {one.operation for one in lives[1][kind, phase]}
        assert operations <= sent(kind, phase), phase
        assert operations or phase == "update", f"{phase} of {kind} was not seen"


@pytest.mark.parametrize("kind", RESOURCES)
def test_no_change_in_the_table_sends_anything_else(kind):
    """This includes changes that the roots do not make."""
    entry = resource_type(kind).entry
    calls = [call for change in entry.changes for call in (change.set, change.clear) if call]
    if entry.tags:
        calls += [entry.tags.add, entry.tags.remove]
    operations = {call.operation for call in calls} | {entry.update_operation} - {""}
    assert operations <= sent(kind, "update")


def test_the_api_gets_what_the_provider_sends(scaled):
    _, connection = scaled
    found = connection.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="sagemaker")
    policies = {one["PolicyName"]: one[f"{one['PolicyType']}PolicyConfiguration"] for one in found["ScalingPolicies"]}
    predefined, metric, math, step = (policies[name] for name in ("predefined", "metric", "math", "step"))
    assert (predefined["TargetValue"], predefined["ScaleOutCooldown"]) == (5, 60)
    # The provider sends an unset cooldown as zero.
    assert (metric["DisableScaleIn"], metric["ScaleInCooldown"]) == (True, 0)
    assert metric["CustomizedMetricSpecification"]["Dimensions"] == [{"Name": "EndpointName", "Value": "nova"}]
    queries = math["CustomizedMetricSpecification"]["Metrics"]
    assert {query["Id"]: query["ReturnData"] for query in queries} == {"utilization": True, "g6": False}
    assert {
        (one["MetricIntervalLowerBound"], one.get("MetricIntervalUpperBound"), one["ScalingAdjustment"])
        for one in step["StepAdjustments"]
    } == {(0, 10.5, 1), (10.5, None, 2)}
    model = connection.client("sagemaker").describe_model(ModelName="nova-model")
    assert model["PrimaryContainer"]["Environment"] == {"LOG_LEVEL": "info"}
    assert sorted(model["VpcConfig"]["Subnets"]) == ["subnet-1", "subnet-2"]


def test_policies_that_were_deleted_with_their_target_are_created_again(scaled):
    root, connection = scaled
    connection.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/nova/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    plan = root.plan()
    gone = {change.type for change in plan.changes if change.actions == ("create",)}
    assert gone == {"aws_appautoscaling_target", "aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action"}
    root.apply()
    assert root.plan().empty


def test_which_changes_replace(scaled):
    root, _ = scaled
    plan = root.plan(image="123456789012.dkr.ecr.us-east-1.amazonaws.com/nova:2")
    assert plan.resource("aws_sagemaker_model.this").replaced
    assert plan.resource("aws_appautoscaling_target.this").actions == ("no-op",)
    plan = root.plan(endpoint="flux")
    assert [change.address for change in plan.changes if not change.replaced] == []


def test_drift_is_planned_back(scaled):
    root, connection = scaled
    connection.client("iam").update_role(RoleName="nova-execution", MaxSessionDuration=7200)
    assert root.plan().resource("aws_iam_role.this").actions == ("update",)
    root.apply()
    role = connection.client("iam").get_role(RoleName="nova-execution")["Role"]
    assert role["MaxSessionDuration"] == 3600


def test_an_import_reads_what_exists(scaled):
    """The import ids are those of the real provider. The read returns what Terraform has in the state."""
    root, connection = scaled
    state = root.state()
    provider = AwsProvider(lambda: connection).configured(
        {"default_tags": [{"tags": {"team": "speech"}}], "ignore_tags": []}
    )
    variant = "endpoint/nova/variant/AllTraffic/sagemaker:variant:DesiredInstanceCount"
    for address, text in {
        "aws_appautoscaling_target.this": f"sagemaker/{variant}",
        "aws_appautoscaling_policy.step": f"sagemaker/{variant}/step",
        "aws_cloudwatch_metric_alarm.step": "nova-step@us-east-1",
        "aws_iam_role.this": "nova-execution",
        "aws_sagemaker_endpoint.native": "nova-native",
        "aws_sagemaker_model.this": "nova-model",
    }.items():
        kind = address.split(".")[0]
        imported = provider.read(kind, provider.import_state(kind, text))
        made = state.resource(address).values
        plain = {name: value for name, value in made.items() if value and isinstance(value, (str, int, float))}
        assert {name: imported[name] for name in plain} == plain
    with pytest.raises(ProviderError, match="expected <service-namespace>/<resource-id>/<scalable-dimension>"):
        provider.import_state("aws_appautoscaling_target", "nova")


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (
            "aws_sagemaker_model",
            {"name": "nova", "execution_role_arn": "arn:aws:iam::123456789012:role/nova"},
            r"creating SageMaker AI model \(nova\): CreateModel: ValidationException: A model needs",
        ),
        (
            "aws_appautoscaling_policy",
            {
                "name": "p",
                "policy_type": "StepScaling",
                "service_namespace": "sagemaker",
                "resource_id": "endpoint/none/variant/AllTraffic",
                "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
            },
            r"putting Application Auto Scaling Scaling Policy \(p\): PutScalingPolicy: "
            r"ObjectNotFoundException: No scalable target registered for service namespace: sagemaker, ",
        ),
    ],
)
def test_an_error_says_what_was_called_and_what_aws_answered(connection, kind, values, says):
    provider = AwsProvider(lambda: connection)
    planned = {**provider.schema.resources[kind].empty(), **values}
    with pytest.raises(ProviderError, match=says) as failure:
        provider.create(kind, planned)
    assert failure.value.state is None  # nothing was created, so nothing is saved


def test_a_destroyed_role_loses_what_others_have_attached(aws, connection, tmp_path):
    """deleteRole in internal/service/iam/role.go: the refresh has filled managed_policy_arns."""
    trust = '{"Version":"2012-10-17","Statement":[]}'
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
    (tmp_path / "main.tf").write_text(
        'provider "aws" {\n  region = "us-east-1"\n}\n'
        'resource "aws_iam_role" "this" {\n  name = "nova"\n'
        f"  assume_role_policy = jsonencode({trust.replace(':', '=')})\n}}\n"
    )
    iam = connection.client("iam")
    with Root(tmp_path, standins=aws, connection=connection) as root:
        root.apply()
        iam.attach_role_policy(RoleName="nova", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        iam.put_role_policy(RoleName="nova", PolicyName="extra", PolicyDocument=policy)
        root.destroy()
    assert iam.list_roles()["Roles"] == []


def test_a_changed_policy_gets_other_alarms_than_its_plan_says(scaled):
    """internal/service/appautoscaling/policy.go has no CustomizeDiff: alarm_arns keep their prior value."""
    root, _ = scaled
    address = "aws_appautoscaling_policy.predefined"
    plan = root.plan(target=7)
    change = plan.resource(address)
    assert change.actions == ("update",)
    assert change.values["alarm_arns"] == change.before["alarm_arns"] != []
    root.apply(target=7)
    made = root.state().resource(address).values["alarm_arns"]
    assert set(made).isdisjoint(change.before["alarm_arns"])
    root.apply()


def test_a_failed_update_keeps_what_was_planned(scaled, monkeypatch):
    """helper/schema/resource.go of terraform-plugin-sdk: only a refresh shows that nothing has changed."""

    def throttled(*_):
        raise ProviderError("putting it: throttled")

    root, _ = scaled
    monkeypatch.setattr(AwsProvider, "update", throttled)
    with pytest.raises(ApplyFailed, match="throttled"):
        root.apply(target=8)
    monkeypatch.undo()
    monkeypatch.setattr(root, "arguments", ("-refresh=false",))
    assert root.plan(target=8).empty
    monkeypatch.undo()
    assert root.plan(target=8).resource("aws_appautoscaling_policy.predefined").actions == ("update",)
    root.apply()


def test_a_failed_create_keeps_what_it_left_behind(connection):
    """The key exists before its rotation is set, so it must not be lost if the rotation is refused."""
    provider = AwsProvider(lambda: connection)
    values = {"is_enabled": True, "enable_key_rotation": True, "rotation_period_in_days": 5}
    planned = {**provider.schema.resources["aws_kms_key"].empty(), **values}
    with pytest.raises(ProviderError, match=r"creating KMS Key .* EnableKeyRotation") as failure:
        provider.create("aws_kms_key", planned)
    left = failure.value.state
    assert connection.client("kms").describe_key(KeyId=left["id"])["KeyMetadata"]["Enabled"]
    provider.delete("aws_kms_key", left)
    assert provider.read("aws_kms_key", left) is None


def test_what_is_not_to_be_destroyed_stays(aws, cloud, new_account, tmp_path):
    """skip_destroy: destroying it takes it out of the state only, and nothing is sent."""
    connection = cloud.connection(new_account())
    (tmp_path / "main.tf").write_text(
        'provider "aws" {\n  region = "us-east-1"\n}\n'
        'resource "aws_cloudwatch_log_group" "this" {\n  name         = "nova"\n  skip_destroy = true\n}\n'
    )
    with Root(tmp_path, standins=aws, connection=connection) as root:
        root.apply()
        root.destroy()
        assert root.state().resources == {}
    groups = connection.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["nova"]


def test_an_endpoint_that_does_not_start_is_told_with_sagemakers_reason(aws, connection):
    """The provider waits, as the one who called CreateEndpoint has to; the endpoint stays in the state."""
    sagemaker = connection.client("sagemaker")
    sagemaker.create_model(ModelName="nova", PrimaryContainer={"Image": "nova", "Environment": FAILING})
    variant = {"VariantName": "v", "ModelName": "nova", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="nova", ProductionVariants=[variant | {"InitialInstanceCount": 1}]
    )
    provider = AwsProvider(lambda: connection)
    values = {"name": "nova", "endpoint_config_name": "nova"}
    planned = {**provider.schema.resources["aws_sagemaker_endpoint"].empty(), **values}
    says = r"waiting for SageMaker AI Endpoint \(nova\): it is Failed. The primary container"
    with pytest.raises(ProviderError, match=says) as failure:
        provider.create("aws_sagemaker_endpoint", planned)
    assert failure.value.state["id"] == "nova"
