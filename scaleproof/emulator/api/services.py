"""Connects the emulated services to LocalStack: a table of operations and the functions that answer them.

Only this module, `control`, `patches` and `launch` need LocalStack.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from botocore import xform_name
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase
from localstack.services.cloudwatch.models import LocalStackMetricAlarm, cloudwatch_stores
from localstack.services.plugins import Service, aws_provider
from localstack.utils.aws.arns import get_partition

from scaleproof.emulator import Json
from scaleproof.emulator.api import (
    autoscaling,
    cloudcontrol,
    constraints,
    endpoints,
    policies,
    quotas,
    runtime,
    sagemaker,
)
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import deployments, targets
from scaleproof.emulator.engine.clock import Loop
from scaleproof.emulator.engine.state import Store
from scaleproof.emulator.errors import AwsError

Operation = Callable[[Store, Json], Json | Callable[[], Json | runtime.EventStream]]
"""A function that serves an operation: it returns the answer, or a function that waits for it without a lock."""

_INVALID = {"sagemaker-runtime": "ValidationError", "service-quotas": "IllegalArgumentException"}
"""The error code for a request that breaks the service model, if it is not ValidationException."""
_stores: dict[tuple[str, str], Store] = {}
_stores_lock = threading.Lock()


def _provider(api: str, *modules: ModuleType) -> Any:
    """An entry point of LocalStack: a plug-in that makes the service on first use.

    The functions named after operations of the service (create_model for CreateModel) serve them.
    """

    def create() -> Service:
        service = load_service(api)
        table = {
            name: _handler(api, getattr(module, xform_name(name)))
            for name in service.operation_names
            for module in modules
            if hasattr(module, xform_name(name))
        }
        return Service(api, skeleton=Skeleton(service, table))

    return aws_provider(api=api)(create)


def _handler(api: str, operation: Operation) -> Callable[[RequestContext, Json | None], Json | Response]:
    def handle(context: RequestContext, request: Json | None) -> Json | Response:
        store = store_of(context.account_id, context.region)
        request = {key: _plain(value) for key, value in (request or {}).items() if value is not None}
        try:
            constraints.check(context.operation.input_shape, request, code=_INVALID.get(api, "ValidationException"))
            alone: AbstractContextManager[None] = nullcontext()
            if api == "application-autoscaling":
                autoscaling.check_scope(request)
                alone = autoscaling.alone(store, context.operation.name, request)
            with alone, store.lock:
                deployments.complete_due(store)
                targets.finish_activities(store)
                answer = operation(store, request)
                store.serve()
                if store.targets or store.serving.busy:
                    loop.ensure()
            answered = answer() if callable(answer) else answer
            return _streaming(answered) if isinstance(answered, runtime.EventStream) else answered
        except AwsError as error:
            failure = CommonServiceException(error.code, error.message, error.status, sender_fault=True)
            vars(failure).update(error.members)
            raise failure from error

    return handle


def _streaming(answer: runtime.EventStream) -> Response:
    # LocalStack's own serializer knows neither errors within a stream nor the headers beside it.
    response = Response(answer.events, headers=answer.headers)
    response.call_on_close(answer.close)
    return response


def _plain(value: Any) -> Any:
    """A member of a request. LocalStack passes a payload as a stream."""
    return value.read() if hasattr(value, "read") else value


def store_of(account: str, region: str) -> Store:
    """The state of an account in a region."""

    def client(service: str) -> Any:
        return connect_to(aws_access_key_id=account, aws_secret_access_key="test", region_name=region).get_client(
            service
        )

    with _stores_lock:
        if (account, region) not in _stores:
            database = Path(CloudwatchDatabase.METRICS_DB)
            cloudwatch = CloudWatch(account, region, client, lambda: _alarms(account, region), database)
            _stores[account, region] = Store(account, region, get_partition(region), client, cloudwatch)
        return _stores[account, region]


def every_store() -> list[Store]:
    """The state of every account and region that anything was asked of."""
    with _stores_lock:
        return list(_stores.values())


loop = Loop(every_store)
"""The loop that runs the engine of all stores by the clock."""


def _alarms(account: str, region: str) -> list[Json]:
    """The metric alarms as CloudWatch has them."""
    entries = list(cloudwatch_stores[account][region].alarms.values())
    return [entry.alarm for entry in entries if isinstance(entry, LocalStackMetricAlarm)]


SAGEMAKER = _provider("sagemaker", sagemaker, endpoints)
SAGEMAKER_RUNTIME = _provider("sagemaker-runtime", runtime)
APPLICATION_AUTOSCALING = _provider("application-autoscaling", autoscaling, policies)
CLOUDCONTROL = _provider("cloudcontrol", cloudcontrol)
SERVICE_QUOTAS = _provider("service-quotas", quotas)
