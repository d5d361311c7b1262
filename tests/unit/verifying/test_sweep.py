"""What is destroyed on AWS, where lists lag behind and an endpoint can be in any state."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scaleproof.errors import FailedError
from scaleproof.service_models import session
from scaleproof.verifying.sweep import settled, sweep

RUN = "scaleproof-verify-ab12cd"
LISTED: dict[str, dict[str, Any]] = {
    "list_endpoints": {"Endpoints": [{"EndpointName": f"{RUN}-realtime"}]},
    "list_endpoint_configs": {"EndpointConfigs": [{"EndpointConfigName": f"{RUN}-second"}]},
    "list_models": {"Models": [{"ModelName": f"{RUN}-1"}]},
    "describe_log_groups": {"logGroups": [{"logGroupName": f"/aws/sagemaker/Endpoints/{RUN}-realtime"}]},
    "list_roles": {"Roles": [{"RoleName": "another"}, {"RoleName": f"{RUN}-2"}]},
}
GONE = {
    "application-autoscaling": ("ObjectNotFoundException", "No scalable target registered"),
    "sagemaker": ("ValidationException", "Could not find it."),
    "logs": ("ResourceNotFoundException", "The specified log group does not exist."),
    "iam": ("NoSuchEntity", "The role cannot be found."),
}


class Client:
    """Lists what is there, and answers everything else with an error."""

    def __init__(self, service: str, code: str, message: str) -> None:
        self.service, self.error, self.refused = service, {"Code": code, "Message": message}, 0

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [LISTED[operation]])

    def describe_scalable_targets(self, **_: Any) -> Any:
        return {"ScalableTargets": [{}]}

    def __getattr__(self, operation: str) -> Any:
        def refuse(**_: Any) -> None:
            self.refused += 1
            raise ClientError({"Error": self.error}, operation)  # type: ignore[typeddict-item]

        return refuse


def test_what_only_the_lists_still_have_is_no_failure() -> None:
    clients = {service: Client(service, *error) for service, error in GONE.items()}
    sweep(clients.__getitem__, RUN, f"{RUN}-realtime", "AllTraffic", 1.0)
    assert {service: one.refused for service, one in clients.items()} == {
        "application-autoscaling": 1,
        "sagemaker": 3,
        "logs": 1,
        "iam": 1,
    }


@pytest.mark.parametrize("service", GONE)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ExpiredTokenException", "ValidationException"])
def test_what_cannot_be_deleted_is_a_failure(service: str, code: str) -> None:
    clients = {one: Client(one, *error) for one, error in GONE.items()}
    clients[service] = Client(service, code, "Cannot be done.")
    with pytest.raises(ClientError, match="Cannot be done"):
        sweep(clients.__getitem__, RUN, f"{RUN}-realtime", "AllTraffic", 1.0)


STATUSES = session().get_service_model("sagemaker").shape_for("EndpointStatus").enum  # type: ignore[attr-defined]
STILL = {"InService", "OutOfService", "Failed", "UpdateRollbackFailed"}


@pytest.mark.parametrize("status", STATUSES)
def test_in_which_states_an_endpoint_can_be_deleted(status: str) -> None:
    client = SimpleNamespace(describe_endpoint=lambda **_: {"EndpointStatus": status})
    if status in STILL:
        settled(lambda _: client, f"{RUN}-realtime", 0.1)
        return
    with pytest.raises(FailedError, match="is still being changed"):
        settled(lambda _: client, f"{RUN}-realtime", 0.1)
