"""Deployments that fail on demand, for tests of what has to follow when one does.

A model carries its faults with it, in the environment variable SCALEPROOF_FAIL of a container: a list
separated by commas. Whatever can create a model can so inject them, Terraform included, and tests that share
a LocalStack do not meet each other's.

    startup                    no container ever answers the health check
    capacity                   no instance of any type can be had
    capacity=ml.g6.2xlarge:3   at most three instances of this type in the fleet (0: none at all), so that
                               what is wanted beyond them falls back to the next pool
    silent                     a rollback leaves no FailureReason, and Cloud Control reports success

A creation that fails leaves the endpoint Failed. An update that fails is rolled back: the endpoint is in
service again as it was before, with the FailureReason. That users have seen it without one, and reported as
done, is in hashicorp/terraform-provider-aws issues 46663 and 48997; hence `silent`. In what cases the real
handler of AWS::SageMaker::Endpoint notices a rollback has no public source; without `silent` it does here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scaleproof.emulator.errors import validation

VARIABLE = "SCALEPROOF_FAIL"
_LIMIT = re.compile(r"capacity=(ml\.[\w-]+\.\w+):(\d+)")
_FORMS = "startup, capacity, capacity=INSTANCE_TYPE:COUNT and silent"


@dataclass(frozen=True)
class Faults:
    """What goes wrong with the instances of a variant; `limits` are counts by instance type.

    `denied`: why no container can be started, where the execution role's permissions do not reach that far.
    """

    startup: bool = False
    capacity: bool = False
    silent: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    denied: str = ""

    def available(self, instance_type: str, running: int) -> int | None:
        """How many more instances of a type can be had beside those that run; None for any number."""
        if self.capacity:
            return 0
        return self.limits[instance_type] - running if instance_type in self.limits else None


def parse(texts: Iterable[str]) -> Faults:
    """The faults that values of SCALEPROOF_FAIL ask for together. Raises ValidationException."""
    words = {word.strip() for text in texts for word in text.split(",")} - {""}
    limits = {match[1]: int(match[2]) for word in words if (match := _LIMIT.fullmatch(word))}
    for word in words - {"startup", "capacity", "silent"}:
        if not _LIMIT.fullmatch(word):
            raise validation(f"{VARIABLE} takes {_FORMS}, separated by commas, not '{word}'.")
    return Faults("startup" in words, "capacity" in words, "silent" in words, limits)


def unhealthy(variant: str) -> str:
    """FailureReason of a container that does not start; aws/amazon-sagemaker-examples issue 379."""
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def no_image(role: str, image: str) -> str:
    """FailureReason where the role, by ARN, may not pull the image; aws/sagemaker-python-sdk issue 2002."""
    return f"The role '{role}' does not have BatchGetImage permission for the image: '{image}'."


NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
"""FailureReason where no pool has instances left; aws/deep-learning-containers pull request 6673."""


def alarmed(names: Iterable[str]) -> str:
    """FailureReason of a rollback on alarms, in words of this project's own: AWS's have no public source."""
    return f"The deployment was rolled back because of alarms in state ALARM: {', '.join(sorted(names))}."
