"""Where LocalStack finds the services: the one module of the plugin that needs LocalStack."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, aws_provider

from scaleproof.cloud.plugin import (
    autoscaling,
    cloudcontrol,
    constraints,
    endpoints,
    policies,
    runtime,
    sagemaker,
)
from scaleproof.cloud.plugin.errors import AwsError
from scaleproof.cloud.plugin.state import Json, Store

Operation = Callable[[Store, Json], Json]

_SAGEMAKER: Mapping[str, Operation] = {
    "CreateModel": sagemaker.create_model,
    "DescribeModel": sagemaker.describe_model,
    "DeleteModel": sagemaker.delete_model,
    "ListModels": sagemaker.list_models,
    "CreateEndpointConfig": sagemaker.create_endpoint_config,
    "DescribeEndpointConfig": sagemaker.describe_endpoint_config,
    "DeleteEndpointConfig": sagemaker.delete_endpoint_config,
    "ListEndpointConfigs": sagemaker.list_endpoint_configs,
    "DescribeModelPackage": sagemaker.describe_model_package,
    "AddTags": sagemaker.add_tags,
    "ListTags": sagemaker.list_tags,
    "DeleteTags": sagemaker.delete_tags,
    "CreateEndpoint": endpoints.create_endpoint,
    "DescribeEndpoint": endpoints.describe_endpoint,
    "UpdateEndpoint": endpoints.update_endpoint,
    "UpdateEndpointWeightsAndCapacities": endpoints.update_endpoint_weights_and_capacities,
    "DeleteEndpoint": endpoints.delete_endpoint,
    "ListEndpoints": endpoints.list_endpoints,
}
_RUNTIME: Mapping[str, Operation] = {
    "InvokeEndpoint": runtime.invoke_endpoint,
    "InvokeEndpointAsync": runtime.invoke_endpoint_async,
}
_AUTOSCALING: Mapping[str, Operation] = {
    "RegisterScalableTarget": autoscaling.register_scalable_target,
    "DescribeScalableTargets": autoscaling.describe_scalable_targets,
    "DeregisterScalableTarget": autoscaling.deregister_scalable_target,
    "PutScalingPolicy": policies.put_scaling_policy,
    "DescribeScalingPolicies": policies.describe_scaling_policies,
    "DeleteScalingPolicy": policies.delete_scaling_policy,
    "PutScheduledAction": autoscaling.put_scheduled_action,
    "DescribeScheduledActions": autoscaling.describe_scheduled_actions,
    "DeleteScheduledAction": autoscaling.delete_scheduled_action,
    "DescribeScalingActivities": autoscaling.describe_scaling_activities,
    "TagResource": autoscaling.tag_resource,
    "UntagResource": autoscaling.untag_resource,
    "ListTagsForResource": autoscaling.list_tags_for_resource,
}
_CONTROL: Mapping[str, Operation] = {
    "CreateResource": cloudcontrol.create_resource,
    "GetResource": cloudcontrol.get_resource,
    "UpdateResource": cloudcontrol.update_resource,
    "DeleteResource": cloudcontrol.delete_resource,
    "ListResources": cloudcontrol.list_resources,
    "GetResourceRequestStatus": cloudcontrol.get_resource_request_status,
}

_stores: dict[tuple[str, str], Store] = {}
_stores_lock = threading.Lock()


def _provider(api: str, operations: Mapping[str, Operation]) -> Any:
    """What an entry point of LocalStack's has to be: a plug-in that makes the service on first use."""

    def create() -> Service:
        table = {name: _handler(api, operation) for name, operation in operations.items()}
        return Service(api, skeleton=Skeleton(load_service(api), table))

    return aws_provider(api=api)(create)


def _handler(api: str, operation: Operation) -> Callable[[RequestContext, Json | None], Json]:
    def handle(context: RequestContext, request: Json | None) -> Json:
        store = _store(context)
        request = {key: value for key, value in (request or {}).items() if value is not None}
        try:
            if api == "application-autoscaling":
                autoscaling.check_scope(request)
            code = "ValidationError" if api == "sagemaker-runtime" else "ValidationException"
            constraints.check(context.operation.input_shape, request, code=code)
            with store.lock:
                endpoints.settle(store)
                return operation(store, request)
        except AwsError as error:
            failure = CommonServiceException(error.code, error.message, error.status, sender_fault=True)
            vars(failure).update(error.members)
            raise failure from error

    return handle


def _store(context: RequestContext) -> Store:
    account, region = context.account_id, context.region

    def client(service: str) -> Any:
        return connect_to(
            aws_access_key_id=account, aws_secret_access_key="test", region_name=region
        ).get_client(service)

    with _stores_lock:
        if (account, region) not in _stores:
            _stores[account, region] = Store(account, region, context.partition, client)
        return _stores[account, region]


SAGEMAKER = _provider("sagemaker", _SAGEMAKER)
SAGEMAKER_RUNTIME = _provider("sagemaker-runtime", _RUNTIME)
APPLICATION_AUTOSCALING = _provider("application-autoscaling", _AUTOSCALING)
CLOUDCONTROL = _provider("cloudcontrol", _CONTROL)
