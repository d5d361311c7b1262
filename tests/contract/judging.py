"""The contract between a module's inputs and AWS, which holds for whatever a test plans with the planner.

What plans must suit AWS: every call that it leads to passes botocore's validator, the rules of the service
model and the documented rules of the service. What does not plan must be refused in the module's own words.
"""

from tests.contract import messages, requests, rules
from tests.plan.planner import command


def check(module, cases, verdicts, account=rules.ACCOUNT):
    """Fails unless each set of inputs keeps the contract, with the command that plans it alone.

    Each kind of breach is shown once.
    """
    kinds = {}
    for case, verdict in zip(cases, verdicts, strict=True):
        if verdict.accepted and _denies_marketplace(case):
            continue
        for breach in breaches(verdict.resources, account) if verdict.accepted else messages.faults(verdict.refusals):
            # Without the values in it: its first twelve words.
            kinds.setdefault(" ".join(breach.split()[:12]), f"{breach}\n    {command(module, case)}")
    assert not kinds, "\n".join(kinds.values())


def breaches(resources, account=rules.ACCOUNT):
    """What AWS would not take of resources planned in an account: by its models and its documented rules."""
    calls = list(requests.requests(resources))
    for call in calls:
        yield from requests.broken(call)
    yield from rules.broken(calls, account)


def _denies_marketplace(inputs):
    """The rules take a package of another account for one of the Marketplace, which an input may deny."""
    model = inputs.get("model")
    return inputs.get("marketplace") is False or (isinstance(model, dict) and model.get("marketplace") is False)
