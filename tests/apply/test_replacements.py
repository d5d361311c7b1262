"""Nothing but new content replaces a model or a configuration, or deploys an endpoint anew.

What is not documented of AWS is answered here by rules of the account (`scaleproof.emulator.engine.faults`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from scaleproof.terraform.plan import Plan
from tests.apply.conftest import DEFAULT_TAGS
from tests.apply.parts import MODEL_ADDRESS, PARTS, REALTIME_ADDRESS, SMALLEST_PARTS
from tests.apply.stage import PACKAGE, Failure, Stage, Step, planned_actions
from tests.plan.planner import IMAGE, ROOT, SMALLEST, configuration

pytestmark = pytest.mark.nightly

CAPTURE = {
    "destination_s3_uri": "s3://acme-captured/",
    "initial_sampling_percentage": 100,
    "kms_key_id": "alias/captured",
}
CONTENT = {
    "instance_pools": [{"instance_type": "ml.m5.4xlarge", "max_concurrency": 30}],
    "realtime": {
        **SMALLEST_PARTS["realtime"],
        "data_capture": CAPTURE,
        "metrics_config": {},
        "volume_kms_key_id": "alias/volumes",
    },
    "async": {**SMALLEST_PARTS["async"], "output_kms_key_id": "results"},
}
"""Keys by alias and by id, a list, what is SageMaker's default, and many members that are left out."""
CONFIGURATION = f'{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint_config.this["ml.m5.4xlarge"]'
MODEL = f"{MODEL_ADDRESS}.aws_sagemaker_model.this"
ROLE = f"{MODEL_ADDRESS}.aws_iam_role.this[0]"
REVISIONS = {
    CONFIGURATION: f'{REALTIME_ADDRESS}.module.endpoint.terraform_data.revision["ml.m5.4xlarge"]',
    MODEL: f"{MODEL_ADDRESS}.terraform_data.revision",
}
"""By what is to be replaced: what gives it another name (docs/traps.md)."""
DEPLOYMENT = {"strategy": "ALL_AT_ONCE", "termination_wait": 60}
REDEPLOYED, FORGOTTEN, REWRITTEN = ({"fault": name} for name in ("redeployed", "forgotten", "rewritten"))
NO_CONTAINER = {"fault": "startup"}
"""No deployment comes off as long as this rule holds: an apply that does comes with none."""
COMMIT = {"Commit": "7c1f0de", "Stage": "test"}
NEXT_COMMIT = {**COMMIT, "Commit": "0b2e9aa"}


@dataclass(frozen=True)
class Content:
    """Content that is read back otherwise, changes of it, and replacements without a change.

    `read_otherwise`: what a plan would do that reads it so; `planned`: what it would do for new content. Only
    plans read it so, as a stand-in of aws may not apply anything but what was planned.
    `refused` and `replaced` are by what was to be replaced; `unseen`: an apply that made a configuration and
    got no answer about it, and the apply after it. Then the configuration is deleted by hand.
    """

    first: Step
    read_otherwise: list[str]
    planned: list[str]
    changed: Step
    refused: dict[str, Failure]
    replaced: dict[str, Step]
    role: Step
    unseen: tuple[Failure, Failure]
    repaired: Step


@pytest.fixture(scope="module")
def content(open_stage):
    stage = open_stage(PARTS, **CONTENT)
    first = stage.apply()
    image = {"image": f"{IMAGE}.1"}
    with stage.suffering(REWRITTEN):
        read_otherwise, planned = stage.remaining(), planned_actions(stage.plan(model=image))
    changed = stage.apply(model=image)
    refused, replaced = {}, {}
    for address, revision in REVISIONS.items():
        refused[address] = stage.fail(replacing=address)
        replaced[address] = stage.apply(replacing=revision)
    role = stage.apply(replacing=ROLE)
    other = {**CONTENT["realtime"], "data_capture": {**CAPTURE, "initial_sampling_percentage": 7}}
    no_poll = {"fault": "internal", "service": "cloudcontrol", "operation": "GetResourceRequestStatus"}
    with stage.suffering(no_poll):
        lost = stage.fail(realtime=other)
    again = stage.fail()
    (orphan,) = again.after["endpoint_configs"].keys() - role.after["endpoint_configs"].keys()
    stage.connection.client("sagemaker").delete_endpoint_config(EndpointConfigName=orphan)
    repaired = stage.apply()
    return Content(
        first,
        read_otherwise,
        planned,
        changed,
        refused,
        replaced,
        role,
        (lost, again),
        repaired,
    )


def test_content_that_is_read_back_otherwise_is_no_change(content):
    assert content.first.remaining == []
    assert content.read_otherwise == []


def test_new_content_still_replaces(content, endpoint):
    changed = content.changed
    for address in (MODEL, CONFIGURATION):
        assert f"create/delete {address}" in content.planned
    assert changed.after.the("models")["PrimaryContainer"]["Image"] == f"{IMAGE}.1"
    (variant,) = changed.after.config(endpoint)["ProductionVariants"]
    assert variant["ModelName"] == changed.after.the("models")["ModelName"]
    assert changed.before.the("models")["ModelName"] != variant["ModelName"]
    assert len(changed.after["endpoint_configs"]) == 2
    assert changed.remaining == []


def test_a_replacement_under_its_own_name_is_refused_by_the_api(content):
    for address, what in ((CONFIGURATION, "endpoint configuration"), (MODEL, "model")):
        (problem,) = content.refused[address].error.diagnostics
        assert f"Cannot create already existing {what}" in str(problem)


def test_the_revision_replaces_instead(content):
    """docs/traps.md, "A replacement under its own name"."""
    configuration, model = content.replaced[CONFIGURATION], content.replaced[MODEL]
    assert in_force(configuration.after, "speech-realtime") != in_force(configuration.before, "speech-realtime")
    assert in_force(configuration.after, "speech-async") == in_force(configuration.before, "speech-async")
    assert model.after["models"].keys().isdisjoint(model.before["models"])
    for endpoint in ("speech-realtime", "speech-async"):
        (variant,) = model.after.config(endpoint)["ProductionVariants"]
        assert variant["ModelName"] == model.after.the("models")["ModelName"]
    for step in (configuration, model):
        assert step.after.portable() == step.before.portable()
        assert step.remaining == []


def test_a_role_that_is_made_anew_reaches_the_model(content):
    role = content.role
    assert role.after.the("roles")["Arn"] != role.before.the("roles")["Arn"]
    assert role.after.the("models")["ExecutionRoleArn"] == role.after.the("roles")["Arn"]
    assert role.remaining == []


def test_a_configuration_whose_creation_nobody_answered_for_is_not_in_the_state(content):
    """hashicorp/awscc takes the id from answered polls only: internal/generic/resource.go, Create."""
    lost, again = content.unseen
    assert any("GetResourceRequestStatus" in str(problem) for problem in lost.error.diagnostics)
    (problem,) = again.error.diagnostics
    assert "Cannot create already existing endpoint configuration" in problem.detail
    config = content.repaired.after.config("speech-realtime")
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 7
    assert len(content.repaired.after["endpoint_configs"]) == 2
    assert content.repaired.remaining == []


@dataclass(frozen=True)
class Tags:
    """A change of tags, then of one that is left out where a change would deploy the endpoint.

    `given`, `taken_off`: what a plan would do after an auto-tagger gave an endpoint a tag that the module
    gives it too, and another one; `excluded`: the same where the module excludes that one.
    """

    quiet: Step
    given: list[str]
    taken_off: list[str]
    excluded: list[str]
    left_out: Step
    unmoved: Step
    planned: list[str]


@pytest.fixture(scope="module")
def tags(open_stage):
    stage = open_stage(PARTS, tags=COMMIT)
    stage.put()
    with stage.suffering(NO_CONTAINER):
        quiet = stage.apply(tags=NEXT_COMMIT)
    sagemaker = stage.connection.client("sagemaker")
    arn = quiet.after["endpoints"]["speech-realtime"]["EndpointArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "Stage", "Value": "test"}])
    given = planned_actions(stage.plan())
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "CreatedBy", "Value": "ada"}])
    taken_off, excluded = planned_actions(stage.plan()), planned_actions(stage.plan(**excluding("CreatedBy")))
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["CreatedBy"])
    left_out = stage.apply(tags=COMMIT, **excluding("Commit"))
    with stage.suffering(REDEPLOYED, NO_CONTAINER):
        planned = planned_actions(stage.plan(tags=NEXT_COMMIT))
        unmoved = stage.apply(tags=NEXT_COMMIT)
    return Tags(quiet, given, taken_off, excluded, left_out, unmoved, planned)


def excluding(tag):
    return {kind: {**SMALLEST_PARTS[kind], "exclude_endpoint_tags": [tag]} for kind in ("realtime", "async")}


def test_tags_alone_deploy_nothing(tags, endpoint):
    before, after = tags.quiet.before["endpoints"][endpoint], tags.quiet.after["endpoints"][endpoint]
    assert after["Tags"] == {**DEFAULT_TAGS, **NEXT_COMMIT}
    assert {**after, "Tags": None} == {**before, "Tags": None}
    assert in_force(tags.quiet.after, endpoint) == in_force(tags.quiet.before, endpoint)
    assert tags.quiet.remaining == []


def test_a_tag_of_an_auto_tagger_is_taken_off_unless_the_module_has_it(tags):
    """docs/traps.md, "An auto-tagger and Terraform change tags in turn"."""
    tagged = f"update {REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this"
    assert tags.taken_off == tags.excluded == [tagged]
    assert tags.given == []


def test_a_tag_that_is_left_out_reaches_all_but_endpoint_and_configuration(tags, endpoint):
    after = tags.left_out.after
    assert after["endpoints"][endpoint]["Tags"] == {**DEFAULT_TAGS, "Stage": "test"}
    assert after.config(endpoint)["Tags"] == {**DEFAULT_TAGS, "Stage": "test"}
    assert after.the("models")["Tags"] == {**DEFAULT_TAGS, **COMMIT}
    assert after.target(endpoint)["Tags"] == {**DEFAULT_TAGS, **COMMIT}
    assert tags.left_out.remaining == []


def test_a_tag_that_is_left_out_can_change_every_day(tags, endpoint):
    assert [line for line in tags.planned if "awscc_" in line] == []
    after, before = tags.unmoved.after, tags.unmoved.before
    assert after["endpoints"][endpoint] == before["endpoints"][endpoint]
    assert after.config(endpoint) == before.config(endpoint)
    assert after.the("models")["Tags"] == {**DEFAULT_TAGS, **NEXT_COMMIT}


@dataclass(frozen=True)
class Forgotten:
    """An endpoint whose deployment configuration is not read back: with it, without it, and an update."""

    first: Step
    without: Step
    update: Step


@pytest.fixture(scope="module")
def forgotten(open_stage):
    stage = open_stage(PARTS, **{"async": None}, realtime=deploying(DEPLOYMENT))
    with stage.suffering(FORGOTTEN):
        first = stage.apply()
        without = stage.apply(realtime=deploying(None))
        image = {"image": f"{IMAGE}.1"}
        update = stage.apply(realtime=deploying(DEPLOYMENT), model=image)
    return Forgotten(first, without, update)


def deploying(deployment):
    return {**SMALLEST_PARTS["realtime"], "deployment": deployment}


def test_a_deployment_that_is_not_returned_is_wanted_by_every_plan(forgotten):
    """docs/traps.md, "A deployment setting that every plan adds"."""
    endpoint = f"update {REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this"
    for step in (forgotten.first, forgotten.update):
        assert step.remaining == [endpoint]


def test_a_deployment_that_is_left_out_between_updates_leaves_nothing_to_do(forgotten):
    assert forgotten.without.remaining == []
    assert forgotten.without.calls == []


def test_a_deployment_that_is_not_returned_reaches_the_update(forgotten):
    found = forgotten.update.after["endpoints"]["speech-realtime"]["LastDeploymentConfig"]
    assert found["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 60


@dataclass(frozen=True)
class Empty:
    """An update of an endpoint without instances to an image that never starts."""

    created: Plan
    changed: Plan
    step: Step
    later: Plan


@pytest.fixture(scope="module")
def empty(open_stage):
    stage = open_stage(PARTS)
    created = stage.plan()
    stage.put()
    scale_to_zero(stage)
    broken = {"image": IMAGE, "environment": {"SCALEPROOF_FAIL": "startup"}}
    live = {"model": broken, "realtime": None}
    changed = stage.plan(**live)
    return Empty(created, changed, stage.apply(**live), stage.plan())


def scale_to_zero(stage):
    change = {"VariantName": "AllTraffic", "DesiredInstanceCount": 0}
    stage.connection.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName="speech-async", DesiredWeightsAndCapacities=[change]
    )
    stage.await_endpoint("speech-async")


def test_an_update_without_instances_proves_nothing(empty):
    (variant,) = empty.step.after.config("speech-async")["ProductionVariants"]
    assert variant["ModelName"] == empty.step.after.the("models")["ModelName"]
    assert empty.step.after.variant("speech-async")["CurrentInstanceCount"] == 0


def test_the_plan_of_such_an_update_says_so_and_no_other(empty):
    (warning,) = empty.changed.warnings
    assert "the endpoint speech-async may have no instance" in warning.detail
    assert [plan.warnings for plan in (empty.created, empty.later)] == [(), ()]


def in_force(inventory, endpoint):
    """The name of the configuration that an endpoint serves."""
    return str(inventory["endpoints"][endpoint]["EndpointConfigName"])


def test_a_module_that_waits_for_a_change_replaces_only_its_registration(cloud, standins, new_account, tmp_path):
    """With depends_on no data source of the module is read at a plan that changes what it waits for.

    So it is unknown whether the package is one of the Marketplace, and which types are in force.
    """
    root = configuration(ROOT, tmp_path)
    root["variable"]["before"] = {"type": "string"}
    root["resource"] = {"terraform_data": {"before": {"input": "${var.before}"}}}
    root["module"]["it"]["depends_on"] = ["terraform_data.before"]
    (tmp_path / "main.tf.json").write_text(json.dumps(root))
    given = {**SMALLEST[ROOT], "model": {"model_package_arn": PACKAGE}, "before": "first"}
    connection = cloud.connection(new_account())
    stage = Stage(tmp_path, standins=standins, connection=connection, lasting=cloud.external, **given)
    try:
        first = stage.apply()
        with stage.suffering(NO_CONTAINER):
            second = stage.apply(before="second")
    finally:
        stage.close()
    assert second.remaining == []
    for kind in ("models", "endpoint_configs"):
        assert second.after[kind] == first.after[kind]
    assert len(second.after["scaling_policies"]) == len(first.after["scaling_policies"]) > 0
