"""Entries of the type table for Application Auto Scaling and SageMaker.

Sources: internal/service/appautoscaling and internal/service/sagemaker of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from scaleproof.providers.aws import hooks
from scaleproof.providers.aws.entry import Call, Entry, Tagging
from scaleproof.translation.aws_requests import REQUESTS, Request

_TARGET = {
    "ServiceNamespace": "{service_namespace}",
    "ResourceId": "{resource_id}",
    "ScalableDimension": "{scalable_dimension}",
}
_TARGET_ID = r"(?P<service_namespace>[^/]+)/(?P<resource_id>.+)/(?P<scalable_dimension>[^/]+)"

APPAUTOSCALING_TARGET = Entry(
    request=REQUESTS["aws_appautoscaling_target"],
    noun="Application AutoScaling Target",
    id="{resource_id}",
    import_id=_TARGET_ID,
    read=Call(
        "DescribeScalableTargets",
        {
            "ServiceNamespace": "{service_namespace}",
            "ResourceIds": ["{resource_id}"],
            "ScalableDimension": "{scalable_dimension}",
        },
        "ScalableTargets[0]",
    ),
    retry=("ValidationException:Unable to assume IAM role",),
    read_names={"arn": "ScalableTargetARN"},
    delete=Call("DeregisterScalableTarget", _TARGET, absent=("ObjectNotFoundException",)),
    tags=Tagging(
        read=Call("ListTagsForResource", {"ResourceARN": "{arn}"}, "Tags"),
        add=Call("TagResource", {"ResourceARN": "{arn}", "Tags": "{tags}"}),
        remove=Call("UntagResource", {"ResourceARN": "{arn}", "TagKeys": "{keys}"}),
        pair=None,
    ),
)

APPAUTOSCALING_POLICY = Entry(
    request=REQUESTS["aws_appautoscaling_policy"],
    noun="Application Auto Scaling Scaling Policy",
    import_id=f"{_TARGET_ID}/(?P<name>[^/]+)",
    verbs=("putting", "putting"),
    retry=("FailedResourceAccessException", "ObjectNotFoundException"),
    read=Call(
        "DescribeScalingPolicies",
        {**_TARGET, "PolicyNames": ["{name}"]},
        "ScalingPolicies[0]",
        absent=("ObjectNotFoundException",),
        retry=("FailedResourceAccessException",),
    ),
    delete=Call(
        "DeleteScalingPolicy",
        {**_TARGET, "PolicyName": "{name}"},
        absent=("ObjectNotFoundException",),
        retry=("FailedResourceAccessException",),
    ),
    read_names={"arn": "PolicyARN"},
    pick={"alarm_arns": "Alarms[].AlarmARN"},
)

APPAUTOSCALING_SCHEDULED_ACTION = Entry(
    request=REQUESTS["aws_appautoscaling_scheduled_action"],
    noun="Application Auto Scaling Scheduled Action",
    id="{name}-{service_namespace}-{resource_id}",
    import_id="",
    verbs=("putting", "putting"),
    read=Call(
        "DescribeScheduledActions",
        {**_TARGET, "ScheduledActionNames": ["{name}"]},
        "ScheduledActions[0]",
    ),
    delete=Call(
        "DeleteScheduledAction",
        {**_TARGET, "ScheduledActionName": "{name}"},
        absent=("ObjectNotFoundException",),
    ),
    retry=("ObjectNotFoundException",),
    read_names={"arn": "ScheduledActionARN"},
    sticky=frozenset({"start_time", "end_time"}),
)

_SAGEMAKER_TAGS = Tagging(
    read=Call("ListTags", {"ResourceArn": "{arn}"}, "Tags"),
    add=Call("AddTags", {"ResourceArn": "{arn}", "Tags": "{tags}"}),
    remove=Call("DeleteTags", {"ResourceArn": "{arn}", "TagKeys": "{keys}"}),
)

SAGEMAKER_ENDPOINT = Entry(
    request=Request("sagemaker", "CreateEndpoint", names={"name": "EndpointName"}),
    noun="SageMaker AI Endpoint",
    update="UpdateEndpoint",
    read=Call("DescribeEndpoint", {"EndpointName": "{id}"}, absent=("ValidationException",)),
    read_names={"arn": "EndpointArn", "deployment_config": "LastDeploymentConfig"},
    delete=Call("DeleteEndpoint", {"EndpointName": "{id}"}, absent=("ValidationException",)),
    generate=("name", ""),
    settle=hooks.await_endpoint,
    tags=_SAGEMAKER_TAGS,
)

SAGEMAKER_ENDPOINT_CONFIGURATION = Entry(
    request=Request(
        "sagemaker",
        "CreateEndpointConfig",
        names={"name": "EndpointConfigName", "kms_key_arn": "KmsKeyId"},
        adjust=hooks.name_variants,
    ),
    noun="SageMaker AI Endpoint Configuration",
    read=Call("DescribeEndpointConfig", {"EndpointConfigName": "{id}"}, absent=("ValidationException",)),
    read_names={"arn": "EndpointConfigArn"},
    delete=Call("DeleteEndpointConfig", {"EndpointConfigName": "{id}"}, absent=("ValidationException",)),
    generate=("name", "name_prefix"),
    unsupported=frozenset({"execution_role_arn", "shadow_production_variants"}),
    tags=_SAGEMAKER_TAGS,
)

SAGEMAKER_MODEL = Entry(
    request=Request("sagemaker", "CreateModel", names={"name": "ModelName"}),
    noun="SageMaker AI model",
    read=Call("DescribeModel", {"ModelName": "{id}"}, absent=("ValidationException",)),
    delete=Call(
        "DeleteModel",
        {"ModelName": "{id}"},
        absent=("ResourceNotFound", "ValidationException:Could not find model"),
    ),
    # IAM may still propagate the role. An invalid request is retried as well, and fails later.
    retry=("ValidationException",),
    read_names={"arn": "ModelArn"},
    generate=("name", ""),
    tags=_SAGEMAKER_TAGS,
)
