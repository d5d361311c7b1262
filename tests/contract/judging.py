"""The contract between a module's inputs and AWS.

What plans must suit AWS: every call that it leads to passes botocore's validator, the rules of the service
model and the documented rules of the service. What does not plan must be refused in the module's own words.
"""

from tests.contract import messages
from tests.plan.planner import breaches, command

BATCH = 250
"""Cases in one plan: starting Terraform costs as much as some ten cases."""


def broken(verdict):
    """How a verdict on inputs breaks the contract."""
    if verdict.accepted:
        yield from breaches(verdict.resources)
    else:
        yield from messages.faults(verdict.refusals)


def hold(planner, module, cases):
    """Fails unless each case keeps the contract; says which of them plan.

    A case that breaks it is shown with the command that plans it alone, and each kind of breach once.
    """
    verdicts = []
    for place in range(0, len(cases), BATCH):
        verdicts += planner.judge(module, cases[place : place + BATCH])
    kinds = {}
    for case, verdict in zip(cases, verdicts, strict=True):
        for how in broken(verdict):
            # Without the values in it: its first twelve words.
            kinds.setdefault(" ".join(how.split()[:12]), f"{how}\n    {command(module, case)}")
    assert not kinds, "\n".join(kinds.values())
    return [verdict.accepted for verdict in verdicts]
