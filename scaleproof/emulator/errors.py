"""AWS's errors and FailureReasons, in AWS's words if a public source has them.

Sources of the texts: hashicorp/terraform-provider-aws issues 40048 and 31839, aws/aws-sdk-go PR 1570,
awslabs/spot-tagging-bot-for-digital-assets issue 2, ministryofjustice/modernisation-platform-environments
PR 9383, aws/amazon-sagemaker-examples issue 2236, ansible/ansible issues 40237 and 35632.
A comment marks texts without a public source. Nothing may rely on their wording.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
"""The only dimension of Application Auto Scaling that is emulated."""


class AwsError(Exception):
    """An error that a service answers with: `code`, `message`, HTTP `status`, further members.

    `handler` is the error code of a CloudFormation handler that gets it.
    """

    def __init__(
        self, code: str, message: str, status: int = 400, handler: str = "InvalidRequest", **members: Any
    ) -> None:
        """An error with the given code, message and HTTP status; `handler` is its code in Cloud Control."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.handler = handler
        self.members = members


def validation(message: str, handler: str = "InvalidRequest") -> AwsError:
    """ValidationException, the code of most refusals of SageMaker and Application Auto Scaling."""
    return AwsError("ValidationException", message, handler=handler)


def already_exists(kind: str, arn: str) -> AwsError:
    """The name is taken. `kind` is "endpoint", "endpoint configuration" or "model"."""
    return validation(f'Cannot create already existing {kind} "{arn}".', "AlreadyExists")


def not_found(kind: str, arn: str) -> AwsError:
    """Nothing has this name. `kind` as in `already_exists`."""
    return validation(f'Could not find {kind} "{arn}".', "NotFound")


def in_progress(arn: str) -> AwsError:
    """A change of an endpoint that is still Creating, Updating or Deleting."""
    return validation(f'Cannot update in-progress endpoint "{arn}".', "ResourceConflict")


def concurrent_update() -> AwsError:
    """A change of a scalable target, or of what hangs on it, while another one of that target is pending."""
    return AwsError("ConcurrentUpdateException", "You already have a pending update to an Auto Scaling resource.")


def role_not_assumable(arn: str) -> AwsError:
    """An execution role that does not exist or does not trust SageMaker."""
    return validation(
        f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )


def model_data_not_readable(url: str, arn: str, region: str) -> AwsError:
    """Model data that the role cannot read (yet); philschmid/llm-sagemaker-sample issue 2."""
    return validation(
        f'Could not access model data at {url}. Please ensure that the role "{arn}" exists and that its '
        'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
        '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the '
        f"object is located in {region}."
    )


def object_not_found(start: str, resource_id: str, suffix: str = "") -> AwsError:
    """ObjectNotFoundException of Application Auto Scaling; `start` is the beginning of its message."""
    scope = f"service namespace: sagemaker, resource ID: {resource_id}, scalable dimension: {DIMENSION}"
    return AwsError("ObjectNotFoundException", f"{start} for {scope}{suffix}")


def quota_exceeded(quota: str, value: float, used: int, count: int) -> AwsError:
    """A deployment of `count` instances beyond a quota; aws-samples/aws-genai-llm-chatbot issue 244."""
    return AwsError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{quota}' is {value:.0f} Instances, with current utilization of "
        f"{used} Instances and a request delta of {count} Instances. Please use AWS Service Quotas to "
        "request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to "
        "request an increase for this quota.",
        handler="ServiceLimitExceeded",
    )


def unhealthy(variant: str) -> str:
    """FailureReason of a container that does not start; aws/amazon-sagemaker-examples issue 379."""
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def no_image(role: str, image: str) -> str:
    """FailureReason if the role, by ARN, may not pull the image; aws/sagemaker-python-sdk issue 2002."""
    return f"The role '{role}' does not have BatchGetImage permission for the image: '{image}'."


NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
"""FailureReason if no pool has instances left; aws/deep-learning-containers pull request 6673."""


def alarmed(names: Iterable[str]) -> str:
    """FailureReason of a rollback on alarms. The wording is this project's own."""
    return f"The deployment was rolled back because of alarms in state ALARM: {', '.join(sorted(names))}."
