"""Endpoints in the LocalStack of the run whose containers have a capacity that is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scaleproof.localstack.connection import Connection
from tests.unit.emulator.conftest import IMAGE, M5, TRUST, variant


@pytest.fixture
def endpoint(connection: Connection) -> Callable[..., str]:
    """Makes an endpoint with one instance: endpoint(container, name, members of the variant)."""
    sagemaker = connection.client("sagemaker")

    def make(container: dict[str, Any] | None = None, name: str = "speech", **members: Any) -> str:
        role = connection.client("iam").create_role(
            RoleName=f"{name}-execution", AssumeRolePolicyDocument=json.dumps(TRUST)
        )["Role"]["Arn"]
        said = {"SCALEPROOF_CONTAINER": json.dumps(container)} if container else {}
        sagemaker.create_model(
            ModelName=name, PrimaryContainer={"Image": IMAGE, "Environment": said}, ExecutionRoleArn=role
        )
        one: dict[str, Any] = {"InstancePools": None, "InstanceType": M5, "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant(ModelName=name, **one | members)]
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return name

    return make
