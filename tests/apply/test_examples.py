"""Each example, applied with a region and an image, stands with its parts belonging together, and goes again.

In between its image gives way to a model package of the Marketplace, where the example takes both: in the one
with everything and the one with guardrails by an apply, in the others, which have nothing that these lack, by
a plan. The values are spelt out in tests/plan/examples.scaleproof.yaml.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from scaleproof.endpoints import from_api, from_file, from_plan, from_state
from scaleproof.endpoints.live import applied as read_back
from scaleproof.endpoints.render import EndpointRow, rows
from scaleproof.endpoints.terraform import planned
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform.plan import Plan
from tests.apply.account import Inventory
from tests.apply.speech import AUDIO, PREFIXES, Exchange, Speech, assert_result
from tests.apply.stage import EXAMPLES, IMAGES, PACKAGE, PACKAGED, Step, model_of
from tests.plan.dashboard_body import problems
from tests.plan.planner import IMAGE
from tests.unit.endpoints.plain import plain

# default_tags of the aws provider, and tags of the module.
TAGS = {"complete": ({"Example": "complete"}, {"Service": "speech"})}
FOR_IMAGES = ("AuthorizeImagePull", "PullImage")
"""The statements of the role's policy that no package needs."""
FOR_ROLLBACKS = ("WatchRollbackAlarms",)
"""The statement that no endpoint without guardrails needs."""
GUARDED = {"mixed-fleet": "module.speech.module.realtime[0].module.endpoint.awscc_sagemaker_endpoint.this"}
"""Its guardrails stay with the endpoint, and SageMaker has none for packages: the package takes a new one."""
REPACKAGED = ("complete", *GUARDED)
PLANNED = [example for example in EXAMPLES if example not in (*PACKAGED, *IMAGES, *REPACKAGED)]
ALWAYS = REPACKAGED
"""The examples that `make test` applies; the others by `make nightly`."""


def by_night(examples):
    """Parameters of a test, one for each example."""
    nightly = pytest.mark.nightly
    return [pytest.param(name, marks=() if name in ALWAYS else nightly) for name in examples]


@dataclass(frozen=True)
class Story:
    """An example from an empty account to an empty account."""

    example: str
    applied: Step
    outputs: dict[str, Any]
    exchange: Exchange | None
    """A file sent to the asynchronous endpoint, where it has topics."""
    answered: dict[str, Any] | None
    """What the real-time endpoint of the example with everything answers."""
    missing: Exchange | None
    """And its asynchronous one to a file that is not there, told on the topic for errors."""
    packaged: Step | Plan | None
    left: Inventory
    planned: list[EndpointRow]
    """Its endpoints, as `scaleproof plan` lists them."""
    listed: list[EndpointRow]
    """And as `scaleproof apply` does."""
    read: dict[str, list[Endpoint]]
    """Those of the example with everything, by where they were read while they stood."""

    @property
    def standing(self):
        """What stood between, with the image."""
        return self.applied.after


def readings(stage, step, directory):
    """The endpoints as the plan, the state, the API, a second plan and files of them have them."""
    planned, state = from_plan(step.plan), stage.state()
    client = stage.connection.client
    documents = {"plan": step.plan.raw, "state": state.raw}
    for name, raw in documents.items():
        (directory / f"{name}.json").write_text(json.dumps(raw))
    return {
        "plan": planned,
        "state": from_state(state),
        "API, by name": from_api(client, [one.name for one in planned]),
        "API": from_api(client),
        "second plan": from_plan(step.second),
        **{f"file of the {name}": from_file(directory / f"{name}.json") for name in documents},
    }


@pytest.fixture(scope="module")
def stories(open_stage, tmp_path_factory):
    """Applies and destroys an example, each but once."""

    @cache
    def told(example):
        stage = open_stage(f"examples/{example}", region="us-east-1", **model_of(example))
        applied, outputs = stage.apply(showing=example == "complete"), stage.outputs()
        listed = rows(planned(applied.plan)), rows(live for _, live in read_back(stage.connection, stage.state()))
        exchange, answered, missing, read = None, None, None, {}
        if example in PREFIXES:
            # It leaves files in the bucket, which go with it.
            speech = Speech(stage.connection, outputs, PREFIXES[example])
            exchange = speech.exchange()
            if example == "complete":
                answered, missing = speech.answer(), speech.exchange("error_topic", None)
                read = readings(stage, applied, tmp_path_factory.mktemp("read"))
        packaged = None
        package = {"image": None, "model_package_arn": PACKAGE}
        if example in REPACKAGED:
            packaged = stage.apply(replacing=GUARDED.get(example), **package)
        elif example in PLANNED:
            packaged = stage.plan(**package)
        left = stage.destroy(refresh=False)
        return Story(example, applied, outputs, exchange, answered, missing, packaged, left, *listed, read)

    return told


@pytest.fixture(params=by_night(EXAMPLES))
def story(request, stories):
    """The example of a test, applied and destroyed."""
    return stories(request.param)


def test_it_comes_and_goes_without_a_trace(story):
    assert story.applied.before.names == {}
    assert story.applied.remaining == []
    assert story.left.names == {}


def test_plan_and_apply_list_the_same(story):
    """Endpoints, variants, pools, policies, alarms of all kinds, and schedules."""
    assert story.planned
    assert all(row.alarms for row in story.planned)
    assert [comparable(row) for row in story.listed] == [comparable(row) for row in story.planned]


def test_the_endpoints_are_the_same_wherever_they_are_read(stories):
    story = stories("complete")
    assert story.applied.second.empty
    first = plain(story.read["plan"])
    assert len(first) == 2
    assert {where for where, found in story.read.items() if plain(found) != first} == set()


def comparable(row):
    """A row without what only a plan or only an API tells, its parts by name."""
    return replace(
        row,
        status="",
        pools=[replace(pool, max_concurrency=None, instances=None) for pool in row.pools],
        policies=sorted(row.policies, key=lambda policy: policy.name),
        schedules=sorted(row.schedules, key=lambda schedule: schedule.name),
        alarms=sorted((replace(alarm, state="") for alarm in row.alarms), key=lambda alarm: alarm.name),
    )


def test_every_endpoint_is_in_service_on_the_preferred_type_with_its_model_and_role(story):
    standing = story.standing
    model = standing.the("models")
    assert standing["endpoints"]
    for name, endpoint in standing["endpoints"].items():
        assert endpoint["EndpointStatus"] == "InService"
        variant, (configured,) = standing.variant(name), standing.config(name)["ProductionVariants"]
        count = configured["InitialInstanceCount"]
        assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (count, count)
        if "InstanceType" in configured:  # one type is no pool
            assert "InstancePools" not in variant
        else:
            pools = standing.pools(name)
            assert [priority for priority, _ in pools] == list(range(1, len(pools) + 1))
            assert [pool["InstanceType"] for pool in variant["InstancePools"]] == [kind for _, kind in pools]
            counts = [pool["CurrentInstanceCount"] for pool in variant["InstancePools"]]
            assert counts == [count, *[0] * (len(pools) - 1)]
        assert configured["ModelName"] == model["ModelName"]
    assert model["ExecutionRoleArn"] == standing.the("roles")["Arn"]
    container = model["PrimaryContainer"]
    served = container["ModelPackageName" if story.example in PACKAGED else "Image"]
    assert served == (PACKAGE if story.example in PACKAGED else IMAGE)


def test_every_endpoint_has_one_scalable_target(story):
    for name in story.standing["endpoints"]:
        target = story.standing.target(name)
        assert target["ResourceId"] == f"endpoint/{name}/variant/AllTraffic"
        live = story.standing.variant(name)["DesiredInstanceCount"]
        assert target["MinCapacity"] <= live <= target["MaxCapacity"]
    assert len(story.standing["scalable_targets"]) == len(story.standing["endpoints"])


def tracking(story):
    """The target-tracking policies that stand."""
    policies = story.standing["scaling_policies"].values()
    return [policy for policy in policies if policy["PolicyType"] == "TargetTrackingScaling"]


def test_target_tracking_made_its_alarms_at_the_target_and_a_tenth_below(story):
    assert tracking(story)
    for policy in tracking(story):
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        target, alarms = configuration["TargetValue"], story.standing.alarms(policy)
        expected = [("AlarmHigh", "GreaterThanThreshold", target)]
        if not configuration["DisableScaleIn"]:
            expected.append(("AlarmLow", "LessThanThreshold", pytest.approx(0.9 * target)))
        for alarm, (kind, operator, threshold) in zip(alarms, expected, strict=True):
            assert alarm["AlarmName"].startswith(f"TargetTracking-{policy['ResourceId']}-{kind}-")
            assert (alarm["ComparisonOperator"], alarm["Threshold"]) == (operator, threshold)
        assert [alarm["AlarmARN"] for alarm in policy["Alarms"]] == [alarm["AlarmArn"] for alarm in alarms]


def test_an_endpoint_that_may_be_empty_is_woken_by_its_alarm(story):
    for name in story.standing["endpoints"]:
        steps = [one for one in story.standing.policies(name) if one["PolicyType"] == "StepScaling"]
        assert bool(steps) == (story.standing.target(name)["MinCapacity"] == 0)
        for policy in steps:
            (alarm,) = story.standing.alarms(policy)
            assert alarm["AlarmActions"] == [policy["PolicyARN"]]
            assert alarm["ActionsEnabled"]
            assert alarm["MetricName"] == "HasBacklogWithoutCapacity"
            assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": name}]


def rolling_back(story):
    """The names of the alarms that roll an update of its endpoints back."""
    deployments = [one.get("LastDeploymentConfig", {}) for one in story.standing["endpoints"].values()]
    rollbacks = [one.get("AutoRollbackConfiguration", {}) for one in deployments]
    return [alarm["AlarmName"] for one in rollbacks for alarm in one.get("Alarms", [])]


def test_an_update_is_rolled_back_by_alarms_that_stand(story):
    assert bool(rolling_back(story)) == (story.example in GUARDED)
    assert set(rolling_back(story)) <= story.standing["alarms"].keys()


def test_every_alarm_drives_a_policy_or_tells_somebody(story):
    """But those beside one that rolls back, in an example without a topic: they show their state."""
    alarms = story.standing["alarms"]
    policies = {policy["PolicyARN"] for policy in story.standing["scaling_policies"].values()}
    told = {topic for topic in story.standing["topics"] if topic.endswith("-alarms")}
    rules = " ".join(alarm.get("AlarmRule", "") for alarm in alarms.values())
    for name, alarm in alarms.items():
        if f'ALARM("{name}")' in rules:  # half of another alarm
            assert alarm["AlarmActions"] == []
            continue
        if rolling_back(story) and not alarm["AlarmActions"]:
            continue
        (action,) = alarm["AlarmActions"]
        assert action in policies | told
        assert alarm["OKActions"] == ([action] if action in told else [])


def test_a_dashboard_is_valid_and_shows_alarms_that_exist(story):
    alarms = {alarm["AlarmArn"] for alarm in story.standing["alarms"].values()}
    for name, dashboard in story.standing["dashboards"].items():
        assert problems(dashboard["Body"]) == []
        widgets = dashboard["Body"]["widgets"]
        shown = [arn for one in widgets if one["type"] == "alarm" for arn in one["properties"]["alarms"]]
        assert set(shown) <= alarms
        assert any(arn.endswith(f"{name.removesuffix('-us-east-1')}-stuck-at-max") for arn in shown)
    assert len(story.standing["dashboards"]) == (2 if story.example == "complete" else 0)


def test_everything_that_is_kept_is_encrypted_with_the_key_of_the_example(story):
    """Without a key of its own, S3's and SNS's."""
    keys = list(story.standing["keys"])
    assert len(keys) == (story.example == "complete")
    key = next(iter(keys), None)
    for bucket in story.standing["buckets"].values():
        (rule,) = bucket["Encryption"]
        assert rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID") == key
    for topic in story.standing["topics"].values():
        assert topic["KmsMasterKeyId"] == (key or "alias/aws/sns")
    for group in story.standing["log_groups"].values():
        assert group["kmsKeyId"] == key
    for config in story.standing["endpoint_configs"].values():
        if "AsyncInferenceConfig" in config:
            assert config["AsyncInferenceConfig"]["OutputConfig"].get("KmsKeyId") == key
    assert [one["Resource"] for one in story.standing.statements() if one["Sid"] == "UseKeys"] == keys


def test_buckets_and_topics_take_tls_only_and_alarms_of_the_account_only(story):
    """CloudWatch has no role: the topic's and the key's policy let it in, for alarms of the endpoints only.

    SNS guide, sns-key-management.html: such a key's policy takes both conditions as well.
    """
    account = story.standing.account
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{account}:alarm:complete-*"},
    }
    for kept in [*story.standing["buckets"].values(), *story.standing["topics"].values()]:
        (denied,) = (one for one in kept["Policy"]["Statement"] if one["Effect"] == "Deny")
        assert denied["Principal"] == {"AWS": "*"}
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for name, topic in story.standing["topics"].items():
        allowed = [one for one in topic["Policy"]["Statement"] if one["Effect"] == "Allow"]
        assert bool(allowed) == name.endswith("-alarms")
        for one in allowed:
            assert one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            assert one["Condition"] == condition
    for key in story.standing["keys"].values():
        services = {one["Sid"]: one for one in key["Policy"]["Statement"] if "Service" in one["Principal"]}
        assert {sid: one["Principal"]["Service"] for sid, one in services.items()} == {
            "EncryptLogs": "logs.us-east-1.amazonaws.com",
            "LookUpKey": "logs.us-east-1.amazonaws.com",
            "PublishAlarms": "cloudwatch.amazonaws.com",
        }
        assert services["PublishAlarms"]["Condition"] == condition
        # encrypt-log-data-kms.html of CloudWatch Logs: for these groups only.
        groups = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/sagemaker/Endpoints/complete-*"
        assert services["EncryptLogs"]["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
        assert key["Rotation"] is True


def test_outputs_are_what_the_api_says(story):
    standing = story.standing
    expected = {
        "endpoint_name": list(standing["endpoints"]),
        "scaling_resource_id": list(standing["scalable_targets"]),
        "bucket": list(standing["buckets"]),
        "topic_arn": list(standing["topics"]),
        "kms_key_arn": list(standing["keys"]),
        "execution_role_arn": [role["Arn"] for role in standing["roles"].values()],
        "model_name": list(standing["models"]),
        "target_value": [
            policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
            for policy in tracking(story)
            if not policy["PolicyName"].endswith("-guard")
        ],
        "wake_up_alarm_arn": [
            alarm["AlarmArn"]
            for name, alarm in standing["alarms"].items()
            if name.endswith("-has-backlog-without-capacity")
        ],
    }
    # In an example with both endpoints they are called KIND_name.
    given = {
        name: [value for key, value in story.outputs.items() if key == name or key.endswith(f"_{name}")]
        for name in expected
    }
    assert sum(len(values) for values in given.values()) == len(story.outputs)
    for name, values in given.items():
        if values:
            assert sorted(values) == sorted(expected[name]), name


WITHOUT_TAGS = ("dashboards", "scaling_policies", "scheduled_actions")
"""Kinds that take no tags in the aws provider."""


def test_everything_has_the_tags_of_the_module_and_of_the_provider(story):
    default, tags = TAGS.get(story.example, ({}, {}))
    for kind in story.standing.kinds.keys() - WITHOUT_TAGS:
        for name, resource in story.standing[kind].items():
            # Application Auto Scaling makes its alarms itself; buckets, topics, keys are the example's own.
            own = name.startswith("TargetTracking-")
            expected = {} if own else default if kind in ("buckets", "topics", "keys") else default | tags
            assert resource["Tags"] == expected, name


@pytest.mark.parametrize("example", by_night(PREFIXES))
def test_a_file_goes_in_and_a_result_comes_out(stories, example):
    """Only examples/complete asks for the response in the message."""
    exchange = stories(example).exchange
    assert exchange
    assert_result(exchange)
    message = exchange.message
    assert message["inferenceId"] == exchange.answer["InferenceId"]
    assert message["invocationStatus"] == "Completed"
    assert message["requestParameters"]["endpointName"] == exchange.speech.endpoint
    assert message["responseParameters"]["outputLocation"] == exchange.answer["OutputLocation"]
    assert ("responseBody" in message) == (example == "complete")
    if "responseBody" in message:
        assert base64.b64decode(message["responseBody"]["content"]) == exchange.result


def test_the_real_time_endpoint_answers_and_a_file_that_is_missing_is_told_as_an_error(stories):
    story = stories("complete")
    assert story.answered
    assert story.answered["endpoint"] == story.outputs["realtime_endpoint_name"]
    assert story.answered["input_sha256"] == hashlib.sha256(AUDIO).hexdigest()
    missing = story.missing
    assert missing
    assert missing.message["inferenceId"] == missing.answer["InferenceId"]
    assert missing.message["invocationStatus"] == "Failed"
    assert "NoSuchKey" in missing.message["failureReason"]
    assert missing.result is None
    assert b"NoSuchKey" in (missing.failure or b"")


@pytest.mark.parametrize("example", REPACKAGED)
def test_a_package_takes_the_place_of_the_image_and_all_else_stands(stories, example):
    """It is cut off from every network, and the role pulls no image any more."""
    story = stories(example)
    assert isinstance(story.packaged, Step)
    assert story.packaged.remaining == []
    expected = story.standing.portable()
    (model,) = expected["models"].values()
    del model["PrimaryContainer"]["Image"]
    model["PrimaryContainer"]["ModelPackageName"] = PACKAGE
    model["EnableNetworkIsolation"] = True
    for endpoint in expected["endpoints"].values():
        # Deployment guardrails are not to be had for packages of the Marketplace.
        endpoint.pop("LastDeploymentConfig", None)
    (role,) = expected["roles"].values()
    needless = FOR_IMAGES + FOR_ROLLBACKS
    for policy in role["InlinePolicies"].values():
        policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] not in needless]
    assert story.packaged.after.portable() == expected


@pytest.mark.parametrize("example", by_night(PLANNED))
def test_a_package_would_change_the_model_its_permissions_and_what_names_it(stories, example):
    plan = stories(example).packaged
    assert isinstance(plan, Plan)
    found = [(one.type, changed(one)) for one in plan.changes if one.type != "terraform_data"]
    assert sorted((kind, sorted(attributes)) for kind, attributes in found) == [
        ("aws_iam_role_policy", ["policy"]),
        ("aws_sagemaker_model", ["enable_network_isolation", "name", "primary_container"]),
        ("awscc_sagemaker_endpoint", ["endpoint_config_name"]),
        ("awscc_sagemaker_endpoint_config", ["endpoint_config_name", "production_variants"]),
    ]
    changes = dict(found)
    (endpoint,) = plan.of_type("awscc_sagemaker_endpoint")
    assert endpoint.actions == ("update",)

    model = changes["aws_sagemaker_model"]
    assert model["enable_network_isolation"] == (False, True)
    ((was,), (becomes,)) = model["primary_container"]
    assert was.pop("image") == IMAGE
    assert becomes == {**was, "model_package_name": PACKAGE}
    ((was,), (becomes,)) = changes["awscc_sagemaker_endpoint_config"]["production_variants"]
    assert becomes == {**was, "model_name": model["name"][1]}
    was, becomes = map(json.loads, changes["aws_iam_role_policy"]["policy"])
    assert becomes["Statement"] == [one for one in was["Statement"] if one["Sid"] not in FOR_IMAGES]
    outputs = plan.raw["output_changes"]
    moved = {name for name, change in outputs.items() if change["actions"] != ["no-op"]}
    assert moved == outputs.keys() & {"model_name"}


def changed(resource):
    """The attributes that a plan gives another value, what they were and what they become.

    What is known only after the apply is none of them.
    """
    before, after = given(resource.before), given(resource.values)
    # What is not planned keeps its value, or the provider's default.
    return {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}


def given(value):
    """A value without what is null or empty in it: aws plans null where its states have "", [] and {}."""
    if isinstance(value, dict):
        return {name: given(item) for name, item in value.items() if item not in (None, "", [], {})}
    return [given(item) for item in value] if isinstance(value, list) else value
