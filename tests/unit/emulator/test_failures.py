"""Deployments that fail: creations, updates that are rolled back, capacity that runs out, alarms."""

from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.localstack.control import injected

from .conftest import ERRORS, G6, G6E, IMAGE, POOLS, metric, refused, series, target
from .test_cloudcontrol import ENDPOINT, Control, outcome

PING = (
    "The primary container for production variant AllTraffic did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)
CAPACITY = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
WHY = [("startup", PING), ("capacity", CAPACITY)]
UPDATE = {"EndpointName": "speech", "EndpointConfigName": "speech-2"}
HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": HALF, "WaitIntervalInSeconds": 0}}
AT_ONCE = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}


def rolled_back_by(alarm):
    return {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}}


@pytest.fixture
def failing(sagemaker, configure, role):
    """Makes a configuration, speech-2, of a model with the given faults."""

    def make(faults, **variant):
        container = {"Image": IMAGE, "Environment": {"SCALEPROOF_FAIL": faults}}
        sagemaker.create_model(ModelName="failing", PrimaryContainer=container, ExecutionRoleArn=role)
        return configure("speech-2", ModelName="failing", **variant)

    return make


def by_type(endpoint):
    (variant,) = endpoint["ProductionVariants"]
    return [pool["CurrentInstanceCount"] for pool in variant["InstancePools"]]


@pytest.fixture
def control(client):
    return Control(client("cloudcontrol"))


@pytest.mark.parametrize(("faults", "reason"), WHY)
def test_a_creation_that_fails_can_only_be_deleted(sagemaker, failing, described, faults, reason):
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=failing(faults))
    shown = described()
    assert shown["EndpointStatus"] == "Failed"
    assert shown["FailureReason"].startswith(reason)
    assert "ProductionVariants" not in shown
    refused(lambda: sagemaker.update_endpoint(**UPDATE), "ValidationException", "can only be deleted")
    sagemaker.delete_endpoint(EndpointName="speech")
    assert sagemaker.list_endpoints()["Endpoints"] == []


def test_a_model_of_a_pool_fails_as_that_of_the_variant_does(sagemaker, failing, described, configure):
    failing("startup")
    configure(InstancePools=[{**POOLS[0], "ModelNameOverride": "failing"}, POOLS[1]])
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName="speech-1")
    assert (described()["EndpointStatus"], described()["FailureReason"]) == ("Failed", PING)


@pytest.mark.parametrize(("faults", "reason"), [*WHY, ("startup, silent", None)])
def test_an_update_that_fails_is_rolled_back(sagemaker, endpoint, failing, described, configure, faults, reason):
    failing(faults, InstancePools=POOLS[::-1])
    sagemaker.update_endpoint(**UPDATE)
    shown = described()
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "speech-1")
    assert shown.get("FailureReason", "").startswith(reason or "")
    assert ("FailureReason" in shown) == (reason is not None)
    assert "PendingDeploymentSummary" not in shown
    assert by_type(shown) == [2, 0]
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=configure("speech-3"))
    assert described()["EndpointConfigName"] == "speech-3"
    assert "FailureReason" not in described()


def test_a_fleet_falls_back_to_the_pools_that_have_capacity(sagemaker, autoscaling, activities, failing, described):
    """Scaling beyond the capacity goes back and is a failed activity."""
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=failing(f"capacity={G6}:3,capacity={G6E}:2"))
    assert by_type(described()) == [2, 0]
    for low in (5, 6):
        autoscaling.register_scalable_target(**target(), MinCapacity=low, MaxCapacity=9)
        assert by_type(described()) == [3, 2]
    shown = described()
    assert (shown["EndpointStatus"], shown["ProductionVariants"][0]["DesiredInstanceCount"]) == ("InService", 5)
    assert shown["FailureReason"].startswith(CAPACITY)
    assert [activity["StatusCode"] for activity in activities()] == ["Failed", "Successful"]
    assert CAPACITY in activities()[0]["StatusMessage"]


@pytest.mark.parametrize(("answer", "lasts"), [("retried", True), ("fails", False)])
def test_a_scale_out_of_one_type_without_capacity_has_two_answers(
    connection, sagemaker, autoscaling, activities, configure, described, answer, lasts
):
    """`single_type_shortage` of scaleproof.scaling.assumptions; a deployment fails in either case."""
    single = {"InstanceType": G6, "InstancePools": None}
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=configure(**single))
    assumed = {"fault": "assumed", "name": "single_type_shortage", "value": answer}
    with injected(connection, {"fault": "capacity"}, assumed):
        autoscaling.register_scalable_target(**target(), MinCapacity=4, MaxCapacity=9)
        assert described()["EndpointStatus"] == ("Updating" if lasts else "InService")
    counts = [described()["ProductionVariants"][0][f"{kind}InstanceCount"] for kind in ("Current", "Desired")]
    assert counts == ([4, 4] if lasts else [2, 2])
    (activity,) = activities()
    assert activity["StatusCode"] == ("Successful" if lasts else "Failed")
    configure("speech-2", **single)
    with injected(connection, {"fault": "capacity"}):
        sagemaker.update_endpoint(**UPDATE)
        assert described()["FailureReason"].startswith(CAPACITY)


@pytest.mark.parametrize(
    ("deployment", "status"), [(ROLLING, "UpdateRollbackFailed"), ({"BlueGreenUpdatePolicy": AT_ONCE}, "InService")]
)
def test_a_rolling_update_whose_rollback_fails_leaves_a_mix_that_an_update_ends(
    sagemaker, endpoint, failing, described, set_count, deployment, status
):
    failing("startup, stuck")
    sagemaker.update_endpoint(**UPDATE, DeploymentConfig=deployment)
    assert (described()["EndpointStatus"], described()["FailureReason"]) == (status, PING)
    if deployment is ROLLING:
        refused(lambda: set_count(3), "ValidationException", "its rollback has failed")
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="speech-1")
    assert described()["EndpointStatus"] == "InService"
    set_count(3)


@pytest.mark.parametrize("faults", ["statup", "capacity=g6", "capacity=ml.g6.2xlarge", "startup;silent"])
def test_faults_that_are_none_are_refused(sagemaker, failing, faults):
    refused(lambda: failing(faults), "ValidationException", "SCALEPROOF_FAIL takes startup, capacity, ", faults)


@pytest.mark.parametrize(("broken", "config"), [(0, "speech-2"), (3, "speech-2"), (8, "speech-1")])
def test_an_alarm_on_an_expression_rolls_an_update_back(
    sagemaker, cloudwatch, endpoint, configure, described, broken, config
):
    """Evaluated when the update is through: LocalStack, which knows no metric math, has no state of it."""
    now = datetime.now(UTC)
    place = {"EndpointName": "speech", "VariantName": "AllTraffic"}
    pairs = metric("", **place)["Dimensions"]
    data = [
        {"MetricName": name, "Value": value, "Timestamp": now - timedelta(minutes=minute), "Dimensions": pairs}
        for minute in range(10)
        for name, value in (("Invocations", 10), ("MidStreamErrors", broken))
    ]
    cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=data)
    share = {"Id": "share", "Expression": "broken / streams", "ReturnData": True}
    names = {"broken": "MidStreamErrors", "streams": "Invocations"}
    queries = [*(series(key, "Sum", name, period=60, **place) for key, name in names.items()), share]
    above = {"EvaluationPeriods": 2, "Threshold": 0.5, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch.put_metric_alarm(AlarmName="share", Metrics=queries, **above)
    configure("speech-2")
    sagemaker.update_endpoint(**UPDATE, DeploymentConfig=rolled_back_by("share"))
    assert described()["EndpointConfigName"] == config


def test_an_alarm_that_does_not_exist_is_refused_unless_the_account_says_otherwise(
    sagemaker, connection, endpoint, configure, described
):
    configure("speech-2")
    nowhere = {"EndpointConfigName": "speech-2", "DeploymentConfig": rolled_back_by("nowhere")}
    calls = (
        lambda: sagemaker.create_endpoint(EndpointName="other", **nowhere),
        lambda: sagemaker.update_endpoint(EndpointName=endpoint, **nowhere),
    )
    for call in calls:
        refused(call, "ValidationException", "'nowhere'", "do not exist")
    assert described()["EndpointConfigName"] == "speech-1"
    with injected(connection, {"fault": "unchecked_alarms"}):
        for call in calls:
            call()
    assert described()["EndpointConfigName"] == "speech-2"


@pytest.mark.parametrize("named", ["errors", "any-errors"], ids=["a metric alarm", "a composite alarm"])
@pytest.mark.parametrize(
    ("state", "missing", "config"),
    [
        ("ALARM", "breaching", "speech-1"),
        ("OK", "notBreaching", "speech-2"),
        ("INSUFFICIENT_DATA", "missing", "speech-2"),
    ],
)
def test_an_alarm_rolls_an_update_back(
    sagemaker, cloudwatch, endpoint, configure, described, state, missing, config, named
):
    # LocalStack evaluates the alarm at a moment of its own, which must not change the state.
    cloudwatch.put_metric_alarm(**ERRORS, TreatMissingData=missing)
    cloudwatch.put_composite_alarm(AlarmName="any-errors", AlarmRule='ALARM("errors")')
    for name in ("errors", "any-errors"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="for the test")
    configure("speech-2")
    sagemaker.update_endpoint(**UPDATE, DeploymentConfig=rolled_back_by(named))
    assert described()["EndpointConfigName"] == config
    assert (named in described().get("FailureReason", "")) == (state == "ALARM")


def test_cloud_control_reports_a_failed_creation_and_names_what_is_left(control, failing, sagemaker):
    state = {"EndpointName": "speech", "EndpointConfigName": failing("startup")}
    event = control.create(ENDPOINT, state)
    assert (outcome(event), event["StatusMessage"]) == (("FAILED", "NotStabilized"), PING)
    assert outcome(control.delete(ENDPOINT, event["Identifier"])) == ("SUCCESS", None)
    assert sagemaker.list_endpoints()["Endpoints"] == []


@pytest.mark.parametrize(
    ("faults", "status", "code"), [("startup", "FAILED", "NotStabilized"), ("startup,silent", "SUCCESS", None)]
)
def test_cloud_control_reports_a_rollback_unless_it_is_silent(
    control, endpoint, failing, described, faults, status, code
):
    arn = described()["EndpointArn"]
    patch = {"op": "replace", "path": "/EndpointConfigName", "value": failing(faults)}
    assert outcome(control.update(ENDPOINT, arn, patch)) == (status, code)
    assert described()["EndpointConfigName"] == "speech-1"
    # The FailureReason of an earlier update is no failure of a request that deploys nothing.
    tags = {"op": "add", "path": "/Tags", "value": [{"Key": "team", "Value": "speech"}]}
    assert outcome(control.update(ENDPOINT, arn, tags)) == ("SUCCESS", None)
