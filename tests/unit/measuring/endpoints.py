"""Endpoints with one instance whose containers have a capacity that is known."""

import json

from tests.unit.emulator.conftest import IMAGE, M5, TRUST, variant


def make(
    connection,
    container=None,
    name="speech",
    members=None,
    **changes,
):
    """Creates one; `members` of its configuration, `changes` of its variant. Returns its name."""
    sagemaker = connection.client("sagemaker")
    role = connection.client("iam").create_role(
        RoleName=f"{name}-execution", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    said = {"SCALEPROOF_CONTAINER": json.dumps(container)} if container else {}
    sagemaker.create_model(
        ModelName=name, PrimaryContainer={"Image": IMAGE, "Environment": said}, ExecutionRoleArn=role
    )
    single = {"InstancePools": None, "InstanceType": M5, "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant(ModelName=name, **single | changes)],
        **(members or {}),
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return name
