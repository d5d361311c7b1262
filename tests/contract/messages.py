"""What a refusal must be like: in words that name an input, and the module's own begin with what to do."""

import re
from functools import cache

from tests.contract.types import inputs
from tests.plan.planner import REPOSITORY, SMALLEST
from tests.static.test_inputs import IMPERATIVES

# AWS adds to these every other month, and a module that listed them would refuse what is new. The service
# model of the botocore in use says it at plan.
_AWS_LISTS = re.compile(r"Invalid value for (instance_type|inference_ami_version): .* the values AWS accepts: .+")

LEFT_TO_PROVIDERS = {
    "adjustment_type",
    "end_time",
    "initial_sampling_percentage",
    "metric_aggregation_type",
    "metric_publish_frequency_in_seconds",
    "retention_in_days",
    "start_time",
    "statistic",
    "volume_size_in_gb",
}
"""Inputs that the providers check at plan: their messages have the same name, and say what is taken."""
# The SDK says "expected NAME to be one of [...]", the framework "Attribute PLACE.NAME value must be one of".
# The words after the name differ from release to release.
_PROVIDERS = re.compile(
    r"(?:[\w ]+: )?(?:Attribute (?:[\w\[\]]+\.)*|expected \"?(?:\w+\.)*)"
    rf"(?:{'|'.join(sorted(LEFT_TO_PROVIDERS))})\b"
)
# The provider counts the names of all statements of a policy, those of the module too, and says what to do.
_SAME_STATEMENT = re.compile(r"writing IAM Policy Document: duplicate Sid \(")


def faults(refusals):
    """What is wrong with how inputs were refused."""
    for refusal in refusals:
        if any(pattern.match(refusal.text) for pattern in (_AWS_LISTS, _PROVIDERS, _SAME_STATEMENT)):
            continue
        if refusal.kind == "other":
            yield f"not in the module's words: {refusal.text}"
        elif not set(re.findall(r"[a-z0-9_]+", refusal.text)) & _names():
            yield f"names no input: {refusal.text}"
        elif refusal.kind == "rule" and refusal.text.split()[0] not in IMPERATIVES:
            yield f"does not begin with what to do: {refusal.text}"


@cache
def _names():
    """The names of all inputs and attributes of all modules."""
    return frozenset(
        step
        for module in SMALLEST
        for name, kind in inputs(REPOSITORY / module).items()
        for path, _ in kind.paths((name,))
        for step in path
    )
