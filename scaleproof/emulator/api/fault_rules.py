"""Parses the rules that inject faults, as set for an account or by a model.

`scaleproof.localstack.control` sends the rules of an account to `control` over HTTP. Each is an object with a
`fault` and what narrows it:

    throttling   refuses calls: ThrottlingException, "Rate exceeded"
    internal     refuses calls: 500 InternalFailure
    unavailable  refuses calls: 503 ServiceUnavailable
    expired      refuses calls: ExpiredTokenException
    timeout      does nothing, and closes the connection instead of an answer
    lost         does what is asked, then closes the connection instead of an answer

      service, operation   which calls, as botocore names them ("iam", "CreateRole"); any by default
      after                how many of them pass before the first that is hit; none by default
      times                how many are hit; all by default
      rate, seed           which share of them (0 to 1), drawn from a generator with this seed

    pending      a change of a scalable target, a policy or a schedule lasts `seconds`; another change of
                 that target is refused meanwhile: ConcurrentUpdateException

    iam          SageMaker can neither assume a role nor use its permissions for `seconds` after a change

    late         the containers of a deleted endpoint write on for `seconds`, and make the log group again
                 where the role may

    startup      no container answers the health check
    capacity     no instance can be started, or at most `count` of an `instance_type`
    silent       a rollback leaves no FailureReason, and Cloud Control reports success
    stuck        a rolling update that fails cannot be rolled back either: UpdateRollbackFailed

    lasting      what an endpoint is doing lasts: it stays Creating or Updating
    maintenance  endpoints in service are SystemUpdating, which refuses updates, deletion and another count

    unlisted     Service Quotas does not list the endpoint quota of an `instance_type`

    forgotten    Cloud Control returns no DeploymentConfig of an endpoint
    redeployed   a change of an endpoint's tags through Cloud Control calls UpdateEndpoint as well
    rewritten    models and configurations are not returned as they were sent, see `rewriting`
    idle         a real-time endpoint publishes its metrics before its first request as well
    unchecked_alarms  an alarm that rolls a deployment back need not exist

    assumed      the answer to the assumption `name` of `scaleproof.scaling.assumptions` is `value`, for
                 targets, policies and alarms that are made from then on

A model carries its rules in the environment variable SCALEPROOF_FAIL of a container. So whatever creates a
model can inject them, Terraform included, and tests that share an account do not hit each other. The variable
takes startup, capacity, silent and stuck, separated by commas. capacity=ml.g6.2xlarge:3 means at most three
instances of this type in the fleet (0: none at all). Instances beyond them are started in the next pool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any

from scaleproof.emulator.engine.faults import (
    ANSWERS,
    ASSUMED,
    CALLS,
    DEPLOYMENTS,
    UNLISTED,
    FaultRule,
)
from scaleproof.emulator.errors import validation
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import assumptions

VARIABLE = "SCALEPROOF_FAIL"
AT_ONCE = ("action_delay", "oldest_signal")
"""Assumptions on the time between an alarm and its action: there is none here."""
_NUMBER = (int, float)
_NARROWING = {"service": str, "operation": str, "after": int, "times": int, "rate": _NUMBER, "seed": int}
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(CALLS, _NARROWING),
    "pending": {"seconds": _NUMBER},
    "iam": {"seconds": _NUMBER},
    "late": {"seconds": _NUMBER},
    "startup": {},
    "capacity": {"instance_type": str, "count": int},
    "silent": {},
    "stuck": {},
    UNLISTED: {"instance_type": str},
    ASSUMED: {"name": str, "value": (*_NUMBER, str, NoneType)},
    **{answer: {} for answer in ANSWERS},
}
_LIMIT = re.compile(r"capacity=(ml\.[\w-]+\.\w+):(\d+)")
_FORMS = "startup, capacity, capacity=INSTANCE_TYPE:COUNT, silent and stuck"


def parse(entries: Any) -> list[FaultRule]:
    """The rules in a list of objects. Raises `ScaleproofError` if one is not valid."""
    if not isinstance(entries, list) or not all(isinstance(item, dict) for item in entries):
        raise ScaleproofError("Send a list of objects, each with a member fault.")
    return [_parse(item) for item in entries]


def _parse(item: dict[str, Any]) -> FaultRule:
    fault: Any = item.get("fault")
    if fault not in _MEMBERS:
        raise ScaleproofError(f"fault must be one of {', '.join(_MEMBERS)}, not {fault!r}.")
    members = _MEMBERS[fault]
    for name, value in item.items():
        if name == "fault":
            continue
        if name not in members:
            raise ScaleproofError(f"{fault} takes {', '.join(members) or 'no members'}, not {name}.")
        if not isinstance(value, members[name]) or isinstance(value, bool):
            raise ScaleproofError(f"{name} of {fault} cannot be {value!r}.")
        if isinstance(value, int | float) and (value < 0 or (name == "rate" and value > 1)):
            raise ScaleproofError(f"{name} of {fault} must be {'from 0 to 1' if name == 'rate' else '0 or more'}.")
    if "seconds" in members and "seconds" not in item:
        raise ScaleproofError(f"{fault} needs seconds.")
    if fault == "capacity" and ("instance_type" in item) != ("count" in item):
        raise ScaleproofError("capacity takes instance_type and count together.")
    if fault == UNLISTED and "instance_type" not in item:
        raise ScaleproofError("unlisted needs instance_type.")
    if fault == ASSUMED:
        _check_answer(item)
    return FaultRule(**item)


def _check_answer(item: Mapping[str, Any]) -> None:
    name = item.get("name")
    if name is None or "value" not in item:
        raise ScaleproofError("assumed needs name and value.")
    if name in AT_ONCE:
        raise ScaleproofError(f"{name} has one answer here: an alarm acts at once.")
    assumptions.DEFAULT.set(name, item["value"])


def of_containers(containers: Iterable[Mapping[str, Any]]) -> list[FaultRule]:
    """The rules that containers of models carry in SCALEPROOF_FAIL. Raises ValidationException."""
    texts = [container.get("Environment", {}).get(VARIABLE, "") for container in containers]
    return [_from_word(word) for text in texts for part in text.split(",") if (word := part.strip())]


def _from_word(word: str) -> FaultRule:
    if limit := _LIMIT.fullmatch(word):
        return FaultRule("capacity", instance_type=limit[1], count=int(limit[2]))
    if word not in DEPLOYMENTS:
        raise validation(f"{VARIABLE} takes {_FORMS}, separated by commas, not '{word}'.")
    return FaultRule(word)
