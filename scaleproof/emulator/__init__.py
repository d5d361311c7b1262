"""SageMaker, its runtime and quotas, Application Auto Scaling, Cloud Control: for a LocalStack that has none.

Imported both here and inside LocalStack's own environment, so this module holds data only.
"""

_SERVICES = "scaleproof.emulator.api.services"

ENTRY_POINTS: dict[str, str] = {
    "sagemaker:default": f"{_SERVICES}:SAGEMAKER",
    "sagemaker-runtime:default": f"{_SERVICES}:SAGEMAKER_RUNTIME",
    "application-autoscaling:default": f"{_SERVICES}:APPLICATION_AUTOSCALING",
    "cloudcontrol:default": f"{_SERVICES}:CLOUDCONTROL",
    "service-quotas:default": f"{_SERVICES}:SERVICE_QUOTAS",
}
"""Entry points of the group `localstack.aws.provider`: name -> where LocalStack finds the service."""
