"""What IAM is asked about the calls of an apply: actions, resources and keys as the Service Authorization
Reference has them.
"""

import json

from tests.plan.authorization import Request

_VERBS = {"Create": "Create", "Delete": "Delete", "Get": "Describe", "Update": "Update"}
_KINDS = {"AWS::SageMaker::Endpoint": "endpoint", "AWS::SageMaker::EndpointConfig": "endpoint-config"}
_BOUNDING = {"CreateRole", "PutRolePermissionsBoundary"}
_BOUNDED = {
    *_BOUNDING,
    *("AttachRolePolicy", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy"),
}
"""The calls made that know iam:PermissionsBoundary: those of _BOUNDING from the request, the others from the
role."""
_SCALING_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def requests(calls, account):
    """The requests of each call, in order. Raises KeyError for a service that is not here."""
    boundaries = {}
    paths = {}
    for call in calls:
        params = call.params
        if call.service == "iam":
            role = params["RoleName"]
            if call.operation in _BOUNDING:
                boundary = params.get("PermissionsBoundary")
                boundaries[role] = {"iam:PermissionsBoundary": boundary} if boundary else {}
            known = boundaries[role] if call.operation in _BOUNDED else {}
            if policy := params.get("PolicyArn"):
                known = {**known, "iam:PolicyARN": policy}
            path = paths.setdefault(role, params.get("Path", "/"))
            arn = f"arn:aws:iam::{account}:role{path}{role}"
            yield Request(f"iam:{call.operation}", arn, known)
            if call.operation == "CreateRole" and params.get("Tags"):
                yield Request("iam:TagRole", arn)
        elif call.service != "sts":  # anybody may ask who they are
            yield from _SERVICES[call.service](call.operation, params, account)


def _sagemaker(operation, params, account):
    arn = params.get("ResourceArn") or _sagemaker_arn(account, "model", params["ModelName"])
    yield Request(f"sagemaker:{operation}", arn)
    if operation == "CreateModel":
        yield Request("sagemaker:AddTags", arn)
        yield Request("iam:PassRole", params["ExecutionRoleArn"], {"iam:PassedToService": "sagemaker.amazonaws.com"})


def _cloudcontrol(operation, params, account):
    """Cloud Control's own action, and that of the type's handler, which calls in the caller's name."""
    yield Request(f"cloudformation:{operation}")
    verb, type_name = operation.removesuffix("Resource"), params.get("TypeName", "")
    if verb in _VERBS:
        arn = params.get("Identifier")
        if arn is None:
            state = json.loads(params["DesiredState"])
            arn = _sagemaker_arn(account, _KINDS[type_name], state[f"{type_name.split('::')[-1]}Name"])
        yield Request(f"sagemaker:{_VERBS[verb]}{type_name.split('::')[-1]}", arn)
        for tagging in {"Create": ["AddTags"], "Update": ["AddTags", "DeleteTags"]}.get(verb, ["ListTags"]):
            yield Request(f"sagemaker:{tagging}", arn)


def _scaling(operation, params, account):
    target = f"arn:aws:application-autoscaling:us-east-1:{account}:scalable-target/1"
    if operation.startswith("Describe"):
        yield Request(f"application-autoscaling:{operation}")
    elif "ResourceARN" in params:
        yield Request(f"application-autoscaling:{operation}", params["ResourceARN"])
    else:
        namespace = {"application-autoscaling:service-namespace": params["ServiceNamespace"]}
        yield Request(f"application-autoscaling:{operation}", target, namespace)
    if operation == "RegisterScalableTarget":
        yield Request("application-autoscaling:TagResource", target)
        yield Request(
            "iam:CreateServiceLinkedRole",
            f"arn:aws:iam::{account}:{_SCALING_ROLE}",
            {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"},
        )


def _cloudwatch(operation, params, account):
    alarms = [params["AlarmName"]] if "AlarmName" in params else params.get("AlarmNames", [])
    dashboards = [params["DashboardName"]] if "DashboardName" in params else params.get("DashboardNames", [])
    arns = [
        *(f"arn:aws:cloudwatch:us-east-1:{account}:alarm:{name}" for name in alarms),
        *(f"arn:aws:cloudwatch::{account}:dashboard/{name}" for name in dashboards),
        *([params["ResourceARN"]] if "ResourceARN" in params else []),
    ]
    for arn in arns:
        yield Request(f"cloudwatch:{operation}", arn)
    # Both need a permission "scoped to *" (API_PutCompositeAlarm, API_DescribeAlarms).
    if operation == "PutCompositeAlarm" or "CompositeAlarm" in params.get("AlarmTypes", []):
        yield Request(f"cloudwatch:{operation}", "*")


def _logs(operation, params, account):
    """Of a group with its streams or without: the reference has an ARN with ":*", some calls one without."""
    if operation == "DescribeLogGroups":
        yield Request(f"logs:{operation}")
        return
    group = f"arn:aws:logs:us-east-1:{account}:log-group:{params.get('logGroupName')}"
    arn = params.get("resourceArn", group)
    for action in [operation, "TagResource"] if params.get("tags") else [operation]:
        yield Request(f"logs:{action}", arn)
        yield Request(f"logs:{action}", f"{arn}:*")


def _quotas(operation, params, account):
    yield Request(f"servicequotas:{operation}")


def _sagemaker_arn(account, kind, name):
    return f"arn:aws:sagemaker:us-east-1:{account}:{kind}/{name.lower()}"


_SERVICES = {
    "application-autoscaling": _scaling,
    "cloudcontrol": _cloudcontrol,
    "cloudwatch": _cloudwatch,
    "logs": _logs,
    "sagemaker": _sagemaker,
    "service-quotas": _quotas,
}
