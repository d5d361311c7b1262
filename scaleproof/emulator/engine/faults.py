"""Faults that a test asks for: calls that fail, roles that IAM has not spread yet, deployments that fail.

So can be asked for what AWS may answer where it is not documented, and what the emulator does not do unasked.

An emulation feature, off unless somebody asks. A rule says what fails, and stands in one of two places:

- Account rules hit one account. `control` takes them over HTTP; `scaleproof.localstack.control` sends them.
- A model carries its rules in the environment variable SCALEPROOF_FAIL of a container. Whatever creates a
  model can so inject them, Terraform included, and tests that share an account do not meet each other's.

An account rule is an object with a `fault` and what narrows it:

    throttling   refuses calls: ThrottlingException, "Rate exceeded"
    internal     refuses calls: 500 InternalFailure
    unavailable  refuses calls: 503 ServiceUnavailable
    timeout      closes the connection instead of an answer; nothing is done
    lost         does what is asked, then closes the connection instead of an answer

      service, operation   which calls, as botocore names them ("iam", "CreateRole"); any by default
      times                how many of them; all by default
      rate, seed           which share of them (0 to 1), drawn from a generator with this seed

    pending      a change of a scalable target, or of what hangs on it, lasts `seconds`; another one of that
                 target is refused then: ConcurrentUpdateException

    iam          SageMaker can neither assume a role nor use its permissions for `seconds` after a change

    startup      no container answers the health check
    capacity     no instance can be had, or with `instance_type` and `count` at most so many of that type
    silent       a rollback leaves no FailureReason, and Cloud Control reports success

    forgotten    Cloud Control returns no DeploymentConfig of an endpoint
    redeployed   a change of an endpoint's tags through Cloud Control is an UpdateEndpoint too
    rewritten    models and configurations are returned otherwise than they were sent: `api.rewriting`
    unchecked_alarms  an alarm that rolls a deployment back need not exist

SCALEPROOF_FAIL takes startup, capacity and silent, separated by commas. capacity=ml.g6.2xlarge:3 means at
most three instances of this type in the fleet (0: none at all): what is wanted beyond them falls back to the
next pool.

A creation that fails leaves the endpoint Failed. An update that fails is rolled back: the endpoint is in
service again as it was before, with the FailureReason. Users have seen it without one, and reported as done:
hashicorp/terraform-provider-aws issues 46663 and 48997; hence `silent`. In what cases the real handler of
AWS::SageMaker::Endpoint notices a rollback has no public source; without `silent` it does here.

Quotas are set through Service Quotas.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.emulator.errors import AwsError, validation

VARIABLE = "SCALEPROOF_FAIL"

REFUSALS: Mapping[str, tuple[str, str, int, str]] = {
    # Code and text: hashicorp/terraform-provider-aws issue 31447.
    "throttling": ("ThrottlingException", "Rate exceeded", 400, "Throttling"),
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html; the texts are as there.
    "internal": (
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
        500,
        "ServiceInternalError",
    ),
    "unavailable": (
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
        503,
        "ServiceInternalError",
    ),
}
"""By fault: error code, message, HTTP status, and the code of a CloudFormation handler that meets it."""
BROKEN = ("timeout", "lost")
DEPLOYMENTS = ("startup", "capacity", "silent")
ANSWERS = ("forgotten", "redeployed", "rewritten", "unchecked_alarms")
_CALLS = (*REFUSALS, *BROKEN)
_NUMBER = (int, float)
_NARROWING = {"service": str, "operation": str, "times": int, "rate": _NUMBER, "seed": int}
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(_CALLS, _NARROWING),
    "pending": {"seconds": _NUMBER},
    "iam": {"seconds": _NUMBER},
    "startup": {},
    "capacity": {"instance_type": str, "count": int},
    "silent": {},
    **{answer: {} for answer in ANSWERS},
}
_LIMIT = re.compile(r"capacity=(ml\.[\w-]+\.\w+):(\d+)")
_FORMS = "startup, capacity, capacity=INSTANCE_TYPE:COUNT and silent"


class RuleError(ValueError):
    """A rule that is none; the text says what was expected."""


@dataclass
class FaultRule:
    """One rule; the members that its `fault` does not take stay as they are."""

    fault: str
    service: str = ""
    operation: str = ""
    times: int | None = None
    rate: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    instance_type: str = ""
    count: int = 0
    _random: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Starts the generator."""
        self._random = random.Random(self.seed)

    def takes(self, service: str, operation: str) -> bool:
        """Whether it hits this call, which counts as one of its `times`."""
        if self.fault not in _CALLS or self.times == 0:
            return False
        if (self.service and self.service != service) or (self.operation and self.operation != operation):
            return False
        if self.rate < 1 and self._random.random() >= self.rate:
            return False
        self.times = None if self.times is None else self.times - 1
        return True


def parse(given: Any) -> list[FaultRule]:
    """The rules in a list of objects. Raises `RuleError`."""
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise RuleError("Send a list of objects, each with a member fault.")
    return [_parse(item) for item in given]


def _parse(item: dict[str, Any]) -> FaultRule:
    fault: Any = item.get("fault")
    if fault not in _MEMBERS:
        raise RuleError(f"fault must be one of {', '.join(_MEMBERS)}, not {fault!r}.")
    members = _MEMBERS[fault]
    for name, value in item.items():
        if name == "fault":
            continue
        if name not in members:
            raise RuleError(f"{fault} takes {', '.join(members) or 'no members'}, not {name}.")
        if not isinstance(value, members[name]) or isinstance(value, bool):
            raise RuleError(f"{name} of {fault} cannot be {value!r}.")
        if isinstance(value, int | float) and (value < 0 or (name == "rate" and value > 1)):
            raise RuleError(f"{name} of {fault} must be {'from 0 to 1' if name == 'rate' else '0 or more'}.")
    if "seconds" in members and "seconds" not in item:
        raise RuleError(f"{fault} needs seconds.")
    if ("instance_type" in item) != ("count" in item):
        raise RuleError("capacity takes instance_type and count together.")
    return FaultRule(**item)


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


def asked(fault: str, rules: Iterable[FaultRule]) -> bool:
    """Whether one of the rules has this fault."""
    return any(rule.fault == fault for rule in rules)


def available(rules: Iterable[FaultRule], running: Mapping[str, int], instance_type: str) -> int | None:
    """How many more instances of a type can be had beside those that run, by type; None for any number."""
    limits = [
        rule.count - running.get(instance_type, 0) if rule.instance_type else 0
        for rule in rules
        if rule.fault == "capacity" and rule.instance_type in ("", instance_type)
    ]
    return min(limits, default=None)


class Injection:
    """What is injected into one account; safe to be used by several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is injected. `clock` gives seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._trusted: dict[str, float] = {}
        self._permitted: dict[str, float] = {}

    @property
    def rules(self) -> list[FaultRule]:
        """The rules, with what is left of their `times`."""
        with self._lock:
            return list(self._rules)

    def set(self, rules: list[FaultRule]) -> None:
        """Puts these in place of all the rules before."""
        with self._lock:
            self._rules = list(rules)

    def strike(self, service: str, operation: str) -> str | None:
        """The fault that hits a call, if one does."""
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.takes(service, operation)), None)

    def check(self, service: str, operation: str) -> None:
        """Raises AwsError where a call is refused. For calls that one emulated service makes to another."""
        fault = self.strike(service, operation)
        if fault is not None:
            code, message, status, handler = REFUSALS.get(fault, REFUSALS["unavailable"])
            raise AwsError(code, message, status, handler)

    def observe(self, operation: str, role: str) -> None:
        """Takes note of a call to IAM that changes who may assume a role, or what the role may do."""
        with self._lock:
            if operation in ("CreateRole", "UpdateAssumeRolePolicy"):
                self._trusted[role] = self._clock()
            if operation in ("CreateRole", "PutRolePolicy", "AttachRolePolicy"):
                self._permitted[role] = self._clock()

    def trusts(self, role: str) -> bool:
        """Whether the trust policy of a role, by name, has reached SageMaker."""
        return self._spread(self._trusted, role)

    def permits(self, role: str) -> bool:
        """Whether the permissions of a role, by name, have reached SageMaker."""
        return self._spread(self._permitted, role)

    @property
    def pending(self) -> float:
        """Seconds that a change of a scalable target lasts."""
        return self._seconds("pending")

    def _seconds(self, fault: str) -> float:
        return max((rule.seconds for rule in self.rules if rule.fault == fault), default=0.0)

    def _spread(self, changes: dict[str, float], role: str) -> bool:
        lag = self._seconds("iam")
        with self._lock:
            return role not in changes or self._clock() - changes[role] >= lag

    @property
    def deployments(self) -> list[FaultRule]:
        """The rules that hit every deployment."""
        return [rule for rule in self.rules if rule.fault in DEPLOYMENTS]


_injections: dict[str, Injection] = {}
_injections_lock = threading.Lock()


def of_account(account: str) -> Injection:
    """What is injected into an account."""
    with _injections_lock:
        return _injections.setdefault(account, Injection())
