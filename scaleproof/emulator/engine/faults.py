"""Injects faults: calls that fail, roles that IAM has not spread yet, deployments that fail.

A rule may also ask for an answer that AWS may give but has not documented, and that the emulator does not
give by default. This is a feature of the emulation, off unless somebody asks. The rules of an account hit all
that happens in it; `scaleproof.localstack.control` sends them to `control` over HTTP. Each is an object with a
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

    startup      no container answers the health check
    capacity     no instance can be started, or at most `count` of an `instance_type`
    silent       a rollback leaves no FailureReason, and Cloud Control reports success
    stuck        a rolling update that fails cannot be rolled back either: UpdateRollbackFailed

    lasting      what an endpoint is doing lasts: it stays Creating or Updating
    maintenance  endpoints in service are SystemUpdating, which refuses updates, deletion and another count

    unlisted     Service Quotas does not list the endpoint quota of an `instance_type`

    forgotten    Cloud Control returns no DeploymentConfig of an endpoint
    redeployed   a change of an endpoint's tags through Cloud Control calls UpdateEndpoint as well
    rewritten    models and configurations are not returned as they were sent, see `api.sagemaker`
    idle         a real-time endpoint publishes its metrics before its first request as well
    unchecked_alarms  an alarm that rolls a deployment back need not exist

    assumed      the answer to the assumption `name` of `scaleproof.scaling.assumptions` is `value`, for
                 targets, policies and alarms that are made from then on

A model carries rules that hit the deployments that run it in the environment variable SCALEPROOF_FAIL of a
container. So whatever creates a model can inject them, Terraform included, and tests that share an account do
not hit each other. The variable takes startup, capacity, silent and stuck, separated by commas.
capacity=ml.g6.2xlarge:3 means at most three instances of this type in the fleet (0: none at all). Instances
beyond them are started in the next pool.

A creation that fails leaves the endpoint Failed. An update that fails is rolled back: the endpoint is in
service again as it was before, with the FailureReason. Users have seen updates that were rolled back without
a FailureReason and reported as done (hashicorp/terraform-provider-aws issues 46663 and 48997), hence the
fault `silent`. In which cases the real handler of AWS::SageMaker::Endpoint notices a rollback has no public
source. Here it always does without `silent`.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.errors import AwsError, validation
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import assumptions
from scaleproof.scaling.assumptions import Assumptions

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
    "expired": (
        "ExpiredTokenException",
        "The security token included in the request is expired.",
        403,
        "InvalidCredentials",
    ),
}
"""By fault: error code, message, HTTP status, and the error code of a CloudFormation handler that gets it."""
BROKEN = ("timeout", "lost")
"""Faults that close the connection."""
VARIABLE = "SCALEPROOF_FAIL"
_OF_MODELS = ("startup", "capacity", "silent", "stuck")
_ANSWERS = ("lasting", "maintenance", "forgotten", "redeployed", "rewritten", "unchecked_alarms", "idle")
_AT_ONCE = ("action_delay", "oldest_signal")
"""Assumptions on the time between an alarm and its action: there is none here."""
_NUMBER = (int, float)
_NARROWING = {"service": str, "operation": str, "after": int, "times": int, "rate": _NUMBER, "seed": int}
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys((*REFUSALS, *BROKEN), _NARROWING),
    **{fault: {} for fault in (*_OF_MODELS, *_ANSWERS)},
    "pending": {"seconds": _NUMBER},
    "iam": {"seconds": _NUMBER},
    "capacity": {"instance_type": str, "count": int},
    "unlisted": {"instance_type": str},
    "assumed": {"name": str, "value": (*_NUMBER, str, NoneType)},
}
"""By fault: the types of the members that narrow it."""
_REQUIRED = {
    "pending": ("seconds",),
    "iam": ("seconds",),
    "unlisted": ("instance_type",),
    "assumed": ("name", "value"),
}
_LIMIT = re.compile(r"capacity=(ml\.[\w-]+\.\w+):(\d+)")


@dataclass
class FaultRule:
    """One rule. Members that its `fault` does not take keep their defaults."""

    fault: str
    service: str = ""
    operation: str = ""
    after: int = 0
    times: int | None = None
    rate: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    instance_type: str = ""
    count: int = 0
    name: str = ""
    value: float | str | None = None
    _random: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def takes(self, service: str, operation: str) -> bool:
        """Whether it hits this call. Counts it as one of its `times`, or as one that it lets pass."""
        if self.fault not in (*REFUSALS, *BROKEN) or self.times == 0:
            return False
        if (self.service and self.service != service) or (self.operation and self.operation != operation):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.rate < 1 and self._random.random() >= self.rate:
            return False
        self.times = None if self.times is None else self.times - 1
        return True


def parse(entries: Any) -> list[FaultRule]:
    """The rules in a list of objects. Raises `ScaleproofError` if one is not valid."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ScaleproofError("Send a list of objects, each with a member fault.")
    return [_parse(entry) for entry in entries]


def _parse(entry: Json) -> FaultRule:
    fault: Any = entry.get("fault")
    if fault not in _MEMBERS:
        raise ScaleproofError(f"fault must be one of {', '.join(_MEMBERS)}, not {fault!r}.")
    members = _MEMBERS[fault]
    for name, value in entry.items():
        if name == "fault":
            continue
        if name not in members:
            raise ScaleproofError(f"{fault} takes {', '.join(members) or 'no members'}, not {name}.")
        if not isinstance(value, members[name]) or isinstance(value, bool):
            raise ScaleproofError(f"{name} of {fault} cannot be {value!r}.")
        if isinstance(value, int | float) and (value < 0 or (name == "rate" and value > 1)):
            raise ScaleproofError(f"{name} of {fault} must be {'from 0 to 1' if name == 'rate' else '0 or more'}.")
    required = _REQUIRED.get(fault, ())
    if not entry.keys() >= set(required):
        raise ScaleproofError(f"{fault} needs {' and '.join(required)}.")
    if fault == "capacity" and ("instance_type" in entry) != ("count" in entry):
        raise ScaleproofError("capacity takes instance_type and count together.")
    if fault == "assumed":
        if entry["name"] in _AT_ONCE:
            raise ScaleproofError(f"{entry['name']} has one answer here: an alarm acts at once.")
        assumptions.DEFAULT.set(entry["name"], entry["value"])
    return FaultRule(**entry)


def of_containers(containers: Iterable[Json]) -> list[FaultRule]:
    """The rules that containers of models carry in SCALEPROOF_FAIL. Raises ValidationException."""
    texts = [container.get("Environment", {}).get(VARIABLE, "") for container in containers]
    return [_from_word(word) for text in texts for part in text.split(",") if (word := part.strip())]


def _from_word(word: str) -> FaultRule:
    if limit := _LIMIT.fullmatch(word):
        return FaultRule("capacity", instance_type=limit[1], count=int(limit[2]))
    if word not in _OF_MODELS:
        forms = "startup, capacity, capacity=INSTANCE_TYPE:COUNT, silent and stuck"
        raise validation(f"{VARIABLE} takes {forms}, separated by commas, not '{word}'.")
    return FaultRule(word)


def requested(fault: str, rules: Iterable[FaultRule]) -> bool:
    """Whether one of the rules has this fault."""
    return any(rule.fault == fault for rule in rules)


def available(rules: Iterable[FaultRule], running: Mapping[str, int], instance_type: str) -> int | None:
    """How many more instances of a type can be started while so many run of each type; None: any number."""
    limits = [
        rule.count - running.get(instance_type, 0) if rule.instance_type else 0
        for rule in rules
        if rule.fault == "capacity" and rule.instance_type in ("", instance_type)
    ]
    return min(limits, default=None)


class Injection:
    """The faults that are injected into one account; safe for several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is injected at first. `clock` gives seconds."""
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
        """Replaces all rules."""
        with self._lock:
            self._rules = list(rules)

    def strike(self, service: str, operation: str) -> str | None:
        """The fault that hits a call, if one does."""
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.takes(service, operation)), None)

    def check(self, service: str, operation: str) -> None:
        """Raises AwsError if a call is refused. For calls that one emulated service makes to another."""
        fault = self.strike(service, operation)
        if fault is not None:
            code, message, status, handler = REFUSALS.get(fault, REFUSALS["unavailable"])
            raise AwsError(code, message, status, handler)

    def observe(self, operation: str, role: str) -> None:
        """Notes a call to IAM that changes who may assume a role, or what the role may do."""
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

    def _spread(self, changes: dict[str, float], role: str) -> bool:
        lag = self.seconds("iam")
        with self._lock:
            return role not in changes or self._clock() - changes[role] >= lag

    def seconds(self, fault: str) -> float:
        """How long the rules of a fault last, 0 if there is none."""
        return max((rule.seconds for rule in self.rules if rule.fault == fault), default=0.0)

    def asks(self, answer: str) -> bool:
        """Whether a rule asks for an answer that AWS may give."""
        return requested(answer, self.rules)

    @property
    def assumptions(self) -> Assumptions:
        """The assumptions of the account's alarms and auto scaling."""
        assumed = assumptions.DEFAULT
        for rule in self.rules:
            if rule.fault == "assumed":
                assumed = assumed.set(rule.name, rule.value)
        return assumed


_injections: dict[str, Injection] = {}


def of_account(account: str) -> Injection:
    """The faults that are injected into an account."""
    return _injections.setdefault(account, Injection())
