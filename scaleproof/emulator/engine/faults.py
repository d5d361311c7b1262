"""Injects faults: calls that fail, roles that IAM has not spread yet, deployments that fail.

A rule may also ask for an answer that AWS may give but has not documented, and that the emulator does not
give by default.

This is a feature of the emulation, off unless somebody asks. A rule says what fails. The rules of an account
hit all that happens in it. A model has rules of its own, which hit the deployments that run it.
`api.fault_rules` says how to write both.

A creation that fails leaves the endpoint Failed. An update that fails is rolled back: the endpoint is in
service again as it was before, with the FailureReason. Users have seen updates that were rolled back without
a FailureReason and reported as done (hashicorp/terraform-provider-aws issues 46663 and 48997), hence the
fault `silent`. In which cases the real handler of AWS::SageMaker::Endpoint notices a rollback has no public
source. Here it always does without `silent`. `stuck` is a rolling update whose rollback fails as well.

Quotas are set through Service Quotas.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from scaleproof.emulator.errors import AwsError
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
    # Text: CommonErrors as above.
    "expired": (
        "ExpiredTokenException",
        "The security token included in the request is expired.",
        403,
        "InvalidCredentials",
    ),
}
"""By fault: error code, message, HTTP status, and the error code of a CloudFormation handler that gets it."""
BROKEN = ("timeout", "lost")
DEPLOYMENTS = ("startup", "capacity", "silent", "stuck")
ANSWERS = ("lasting", "maintenance", "forgotten", "redeployed", "rewritten", "unchecked_alarms", "idle")
UNLISTED = "unlisted"
ASSUMED = "assumed"
CALLS = (*REFUSALS, *BROKEN)


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
        """Starts the generator."""
        self._random = random.Random(self.seed)

    def takes(self, service: str, operation: str) -> bool:
        """Whether it hits this call. Counts it as one of its `times`, or as one that it lets pass."""
        if self.fault not in CALLS or self.times == 0:
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


def asked(fault: str, rules: Iterable[FaultRule]) -> bool:
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
    """What is injected into one account. It can be used by several threads."""

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

    def seconds(self, fault: str) -> float:
        """How long the rules of a fault last, 0 if there is none."""
        return max((rule.seconds for rule in self.rules if rule.fault == fault), default=0.0)

    def _spread(self, changes: dict[str, float], role: str) -> bool:
        lag = self.seconds("iam")
        with self._lock:
            return role not in changes or self._clock() - changes[role] >= lag

    @property
    def assumptions(self) -> Assumptions:
        """What alarms and auto scaling of the account assume."""
        assumed = assumptions.DEFAULT
        for rule in self.rules:
            if rule.fault == ASSUMED:
                assumed = assumed.set(rule.name, rule.value)
        return assumed

    def asks(self, answer: str) -> bool:
        """Whether a rule asks for one of ANSWERS."""
        return asked(answer, self.rules)


_injections: dict[str, Injection] = {}


def of_account(account: str) -> Injection:
    """What is injected into an account."""
    return _injections.setdefault(account, Injection())
