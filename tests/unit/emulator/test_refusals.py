"""What each operation refuses: the members that differ from a request that it takes, and the message.

Operations run in this process, with a store of their own and without LocalStack.
"""

import pytest
from botocore import xform_name

from scaleproof.emulator.api import autoscaling, constraints, policies, sagemaker
from scaleproof.service_models import service_model

from .conftest import (
    ASYNC,
    G6,
    G6E,
    IMAGE,
    M5,
    POOLS,
    new_store,
    refused,
    series,
    target,
    tracking,
    variant,
    with_endpoint,
)  # fmt: skip
from .test_models import AUTH, MARKETPLACE

DATA = {"S3DataSource": {"CompressionType": "None", "S3DataType": "S3Prefix", "S3Uri": "s3://models/speech/"}}
STEP = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}
STEPS = {"AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "StepAdjustments": [STEP]}

SCALING, POLICY = "application-autoscaling", "StepScalingPolicyConfiguration"
BOUNDS = {"MinCapacity": 1, "MaxCapacity": 10}
ACTION = {"ScheduledActionName": "morning", "Schedule": "rate(1 day)", "ScalableTargetAction": BOUNDS}
MODEL = {"ModelName": "other", "PrimaryContainer": {"Image": IMAGE}}
CONFIG = {"EndpointConfigName": "other", "ProductionVariants": [variant()]}
OPERATIONS = {
    "CreateModel": (sagemaker, "sagemaker", MODEL),
    "CreateEndpointConfig": (sagemaker, "sagemaker", CONFIG),
    "RegisterScalableTarget": (autoscaling, SCALING, {**target(), **BOUNDS}),
    "PutScheduledAction": (autoscaling, SCALING, {**target(), **ACTION}),
    "PutScalingPolicy": (policies, SCALING, {**target(), "PolicyName": "steps", POLICY: STEPS}),
}
"""By operation: the module and the service, and a request that is taken."""


def container(**members):
    return {"PrimaryContainer": members}


def one_variant(**members):
    return {"ProductionVariants": [variant(**members)]}


def tracked(configuration):
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
        POLICY: None,
    }


def stepped(**members):
    steps = {name: value for name, value in {**STEPS, **members}.items() if value is not None}
    return {POLICY: steps}


def intervals(*bounds, change=1, kind="ChangeInCapacity"):
    steps = [
        {"MetricIntervalLowerBound": low, "MetricIntervalUpperBound": high, "ScalingAdjustment": change}
        for low, high in bounds
    ]
    return stepped(AdjustmentType=kind, StepAdjustments=steps)


def custom(*queries):
    return tracked({"TargetValue": 0.75, "CustomizedMetricSpecification": {"Metrics": list(queries)}})


SERIES = series("c1", "Maximum", "m")
HOTTEST = {"Id": "hottest", "Expression": "FILL(c1,0)/12", "ReturnData": True}
BOTH = {**custom(SERIES, HOTTEST)["TargetTrackingScalingPolicyConfiguration"], **tracking()}
NO_STATISTIC = {"MetricName": "x", "Namespace": "y"}
ECS = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
TWO = [variant(), variant(VariantName="Other")]
SCALED = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2}
STORED = "local instance storage"
VARIANT, CONSTRAINT = "productionVariants.1.member", "failed to satisfy constraint:"

REFUSED = {
    "CreateModel": [
        ({"Containers": [{"Image": IMAGE}]}, "Both PrimaryContainer and Containers cannot be specified"),
        (container(), "exactly one of Image and ModelPackageName"),
        (container(Image=IMAGE, ModelPackageName=MARKETPLACE), "exactly one of Image and ModelP"),
        (container(ModelPackageName=MARKETPLACE, ModelDataUrl="s3://a/b"), "cannot be combined"),
        (container(ModelPackageName=MARKETPLACE), "EnableNetworkIsolation must be true"),
        (container(Image=IMAGE, Mode="MultiModel", ModelDataSource=DATA), "for a multi-model end"),
        (container(Image=IMAGE, ImageConfig={"RepositoryAccessMode": "Vpc"}), "needs a VpcConfig"),
        (container(Image=IMAGE, ImageConfig={"RepositoryAccessMode": "Platform", **AUTH}), "only with Repos"),
    ],
    "CreateEndpointConfig": [
        (one_variant(InstanceType=G6), "and ServerlessConfig, not InstanceType and InstancePools."),
        (one_variant(InstancePools=None), "exactly one of InstanceType, InstancePools and ServerlessConfig, not none."),
        (one_variant(InstancePools=None, ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1}), "serverless"),
        (one_variant(InitialInstanceCount=None), "needs an InitialInstanceCount"),
        (one_variant(InstancePools=[POOLS[0], {**POOLS[0], "Priority": 2}]), "instance types"),
        (one_variant(InstancePools=[POOLS[0], {**POOLS[1], "Priority": 1}]), "priorities"),
        (
            one_variant(InstancePools=[{"InstanceType": G6, "Priority": number} for number in range(1, 7)]),
            f"'{VARIANT}.instancePools' {CONSTRAINT} Member must have length less than or equal to 5",
        ),
        (
            one_variant(InstancePools=[{"InstanceType": "ml.g6.mega", "Priority": 1}]),
            f"Value 'ml.g6.mega' at '{VARIANT}.instancePools.1.member.instanceType' {CONSTRAINT} Member must satisfy "
            "enum value set: [ml.t2.medium,",
        ),
        (
            one_variant(VariantInstanceProvisionTimeoutInSeconds=3601),
            f"{VARIANT}.variantInstanceProvisionTimeoutInSeconds' {CONSTRAINT} Member must have value less than or "
            "equal to 3600",
        ),
        (one_variant(ModelName="none"), "Could not find model"),
        (one_variant(InstancePools=[{**POOLS[0], "ModelNameOverride": "none"}]), "Could not find model"),
        (one_variant(ManagedInstanceScaling=SCALED), "is only supported for inference component endpoints."),
        ({"ProductionVariants": [variant(), variant()]}, "names must be unique"),
        ({"KmsKeyId": "alias/speech"}, f"{G6}, {G6E}: their {STORED}"),
        *(
            ({"KmsKeyId": "alias/speech", **one_variant(InstancePools=None, InstanceType=kind)}, STORED)
            for kind in ("ml.c5d.xlarge", "ml.r7gd.xlarge", "ml.p6-b200.48xlarge")
        ),
        ({"AsyncInferenceConfig": ASYNC, **one_variant(EnableSSMAccess=True)}, "cannot be combined with EnableSSMAcc"),
        ({"AsyncInferenceConfig": ASYNC, "ProductionVariants": TWO}, "exactly one production variant"),
    ],
    "RegisterScalableTarget": [
        ({"MaxCapacity": None}, "MinCapacity and MaxCapacity are required"),
        ({"MinCapacity": 0}, "only an asynchronous endpoint scales to zero"),
        ({"MinCapacity": 11}, "must be between 0 and MaxCapacity 10"),
        ({"MinCapacity": -1}, "must be between 0"),
        ({"ResourceId": "endpoint/speech"}, "endpoint/NAME/variant/NAME"),
        ({"ResourceId": "endpoint/speech/variant/Other"}, "doesn't exist"),
        ({"ResourceId": "endpoint/other/variant/AllTraffic"}, "doesn't exist"),
    ],
    "PutScheduledAction": [
        ({"Schedule": "every morning"}, "'every morning' is no schedule"),
        ({"Schedule": "cron(30 7 * * MON-FRI)"}, "has 5 fields, but needs 6"),
        ({"Schedule": "cron(30 7 * * MON-FRI *)"}, "One of them must be ?"),
        ({"Timezone": "Europe/Atlantis"}, "There is no time zone 'Europe/Atlantis'"),
        ({"ScalableTargetAction": {}}, "MinCapacity, MaxCapacity or both"),
        ({"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}, "3 must be at most MaxCapacity 2"),
        ({"ScheduledActionName": "a:b"}, "'scheduledActionName' failed to satisfy constr"),
    ],
    "PutScalingPolicy": [
        (stepped(AdjustmentType=None), "AdjustmentType"),
        (stepped(Cooldown=-1), "Cooldown must not be negative"),
        (stepped(StepAdjustments=[]), "at least one step"),
        (stepped(StepAdjustments=[STEP, {"ScalingAdjustment": 2}]), "without bounds"),
        (intervals((0, 0)), "the lower bound 0 must be below the upper bound 0"),
        (intervals((0, -1)), "the lower bound 0 must be below the upper bound -1"),
        (intervals((0, 1), (1.001, None)), "there is a gap"),
        (intervals((0, None), change=-1, kind="ExactCapacity"), "of ExactCapacity must not be negative."),
        ({"PolicyType": "TargetTrackingScaling", POLICY: None}, "needs TargetTrackingScalingPolicyConfiguration"),
        (tracked({"TargetValue": 5.0}), "Exactly one of"),
        (tracked(BOTH), "Exactly one of"),
        (tracked(tracking(0.0)), "greater than zero"),
        (tracked(tracking(ScaleInCooldown=-1)), "ScaleInCooldown must not be negative"),
        (tracked(tracking(ScaleOutCooldown=-1)), "ScaleOutCooldown must not be negative"),
        (tracked({"TargetValue": 5.0, "PredefinedMetricSpecification": ECS}), "is not valid for sagemaker:variant:Des"),
        (tracked({"TargetValue": 5.0, "CustomizedMetricSpecification": NO_STATISTIC}), "needs MetricName, Namespace"),
        (custom({**HOTTEST, "ReturnData": False}), "Exactly one of Metrics must have Return"),
        (custom(HOTTEST, {**HOTTEST, "Id": "other"}), "Exactly one of Metrics must have Ret"),
        (custom({**HOTTEST, "Id": "Hottest"}), "lower case"),
        (custom(SERIES, {**HOTTEST, "Id": "c1"}), "must be unique"),
        (custom({"Id": "nothing"}), "exactly one of Expression and MetricStat"),
    ],
}


@pytest.fixture
def store():
    """An account with a model, a configuration and the endpoint speech."""
    return with_endpoint(new_store())


def call(store, operation, changes):
    module, service, usual = OPERATIONS[operation]
    request = {name: value for name, value in {**usual, **changes}.items() if value is not None}
    constraints.check(service_model(service).operation_model(operation).input_shape, request)
    getattr(module, xform_name(operation))(store, request)


@pytest.mark.parametrize(
    ("operation", "changes", "problem"), [(operation, *row) for operation, rows in REFUSED.items() for row in rows]
)
def test_requests_that_are_refused(store, operation, changes, problem):
    if operation.startswith("Put"):
        call(store, "RegisterScalableTarget", {})
    refused(lambda: call(store, operation, changes), "ValidationException", problem)
    call(store, operation, {})


TAKEN = {
    "CreateModel": [
        {"PrimaryContainer": None, "Containers": [{"Image": IMAGE}, {"Image": IMAGE}]},
        container(Image=IMAGE, ModelDataSource=DATA),
        container(Image=IMAGE, Mode="MultiModel", ModelDataUrl="s3://models/"),
    ],
    "CreateEndpointConfig": [
        {"KmsKeyId": "alias/speech", **one_variant(InstancePools=None, InstanceType=M5)},
        {"AsyncInferenceConfig": ASYNC},
    ],
    "PutScalingPolicy": [
        intervals((0, 0.001), (0.001, None)),
        intervals((0, None), change=0, kind="ExactCapacity"),
        intervals((None, 0), change=-1),
    ],
}


@pytest.mark.parametrize(("operation", "changes"), [(name, row) for name, rows in TAKEN.items() for row in rows])
def test_requests_that_are_taken(store, operation, changes):
    if operation == "PutScalingPolicy":
        call(store, "RegisterScalableTarget", {})
    call(store, operation, changes)


@pytest.mark.parametrize(
    ("operation", "member", "most"),
    [("PutScalingPolicy", "PolicyName", 50), ("PutScheduledAction", "ScheduledActionName", 200)],
)
def test_so_many_of_a_target_and_no_more(store, operation, member, most):
    """https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html"""
    call(store, "RegisterScalableTarget", {})
    for number in range(most):
        call(store, operation, {member: f"number-{number}"})
    refused(lambda: call(store, operation, {member: "one-more"}), "LimitExceededException")
    call(store, operation, {member: "number-0"})
    delete = getattr(OPERATIONS[operation][0], xform_name(operation).replace("put_", "delete_"))
    delete(store, {**target(), member: "number-0"})
    call(store, operation, {member: "one-more"})
