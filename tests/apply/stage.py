"""Applies a root configuration in an account of its own, and says what that did."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pytest

from scaleproof.localstack import control
from scaleproof.localstack.control import ApiCall, recorded
from scaleproof.terraform.diagnostics import ApplyFailed, TerraformError
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import is_data
from tests.apply import account
from tests.apply.account import Inventory
from tests.plan.planner import IMAGE, REPOSITORY

REGIONS = "multi-region"
"""The example that stands in two regions (test_regions.py)."""
PLANNED_ONLY = "vpc"
"""The example that is only planned: the stand-ins apply no types of EC2."""
EXAMPLES = sorted({path.parent.name for path in (REPOSITORY / "examples").glob("*/main.tf")} - {REGIONS, PLANNED_ONLY})
"""The examples that are applied in one region."""
PACKAGE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/speech-1-4"
PACKAGED = ("marketplace",)
"""The examples that take nothing but a model package."""
IMAGES = ("minimal",)
"""The examples that take nothing but an image."""
_READS = ("Describe", "Get", "Head", "List")
# What a call is about: the first of these that it has.
_SUBJECTS = (
    "ModelName",
    "PolicyName",
    "AlarmName",
    "AlarmNames",
    "PolicyArn",
    "RoleName",
    "Bucket",
    "Name",
    "TopicArn",
    "ResourceId",
    "ResourceArn",
    "ResourceARN",
    "logGroupName",
    "resourceArn",
)


def next_second():
    """Waits for the next second of the clock.

    A model and a configuration are named after what they hold and the second of their plan. No plan in AWS
    follows another apply within a second. Here one does, and would name the new one as the old one.
    """
    time.sleep(1 - time.time() % 1)


def model_of(example):
    """The variables that give an example its model: an image, unless it takes packages only."""
    return {"model_package_arns": {"us-east-1": PACKAGE}} if example in PACKAGED else {"image": IMAGE}


@dataclass(frozen=True)
class Step:
    """One apply: the account before and after, what a second plan would do, and its calls.

    `second` is that plan where it was asked for.
    """

    before: Inventory
    after: Inventory
    remaining: list[str]
    made: Sequence[ApiCall]
    """All calls of the apply."""
    plan: Plan
    """What it applied."""
    second: Plan | None = None

    @cached_property
    def calls(self):
        """Those that changed something, in words; see `sentences`."""
        return sentences(self.made)


@dataclass(frozen=True)
class Failure:
    """An apply that failed: why, and what stands after it."""

    error: ApplyFailed
    after: Inventory


class Stage:
    """A root in an account; variables stay as the last apply set them."""

    def __init__(self, directory, *, standins, connection, lasting, state=None, **variables):
        """`directory` holds the root; `variables` are its variables at first.

        `lasting`: the account outlives this process, so that `close` has to destroy what stands. `state`: a
        state that another root has written.
        """
        self._connection = connection
        self._root = Root(directory, standins=standins, connection=connection, variables=variables, state=state)
        self._lasting = lasting
        self._standing = False
        self._known = None
        self._settled = False

    @property
    def connection(self):
        """The account, for a test that reads or changes it between two steps.

        To be asked for anew at each such place: this is how the stage knows that what it read after the last
        step may no longer be what stands.
        """
        self._known, self._settled = None, False
        return self._connection

    def put(self, *, replacing=None, **changes):
        """Applies with the variables so far and `changes`, without a look at the account before or after it.

        `replacing`: the address of a resource that is to be replaced. Returns and raises what `Root.apply` does.
        """
        self._root.variables |= changes
        # After an empty second plan the state is what stands, which Terraform need not read once more.
        reading = ("-refresh=false",) if self._settled else ()
        self._known, self._settled, self._standing = None, False, True
        self._root.arguments = (*reading, *([f"-replace={replacing}"] if replacing else []))
        if replacing:
            next_second()
        try:
            return self._root.apply()
        finally:
            self._root.arguments = ()

    def apply(self, *, then=None, replacing=None, showing=False, **changes):
        """Applies as `put`, and looks.

        `then` is done to the account before the second plan, which `showing` keeps.
        """
        before = self._known or self.inventory()
        with recorded(self._connection) as calls:
            plan = self.put(replacing=replacing, **changes)
        after = self._known = self.inventory()
        if then:
            then()
        second = self.plan()
        self._settled = not then and remaining(second) == []
        return Step(before, after, remaining(second), calls, plan, second if showing else None)

    def fail(self, *, replacing=None, **changes):
        """An apply, as `put`, that is to fail."""
        with pytest.raises(ApplyFailed) as failed:
            self.put(replacing=replacing, **changes)
        self._known = self.inventory()
        return Failure(failed.value, self._known)

    def suffering(self, *rules):
        """Faults in the account for as long as the context lasts; what stands is not touched by them."""
        return control.injected(self._connection, *rules)

    def attempt(self, *, destroy=False, **changes):
        """Whether an apply or a destroy comes off, without a look at the account before or after it."""
        self._known, self._settled = None, False
        try:
            if destroy:
                self._root.destroy()
            else:
                self.put(**changes)
        except TerraformError:
            return False
        return True

    def terraform(self, command, *arguments):
        """Runs another command of Terraform in the root, as a user types it: "untaint" or "import"."""
        self._known, self._settled = None, False
        options = []
        if command == "import":
            self._root.plan()  # writes the variables
            options = [f"-var-file={self._root._work.variables}"]
        self._root._runner().execute_command(command, *options, *arguments)

    def plan(self, **changes):
        """What an apply with the variables so far and `changes` would do."""
        return self._root.plan(**changes)

    def remaining(self):
        """What a plan would do to resources and outputs; empty for an empty plan."""
        return remaining(self.plan())

    def outputs(self):
        """The outputs of the last apply."""
        return self._root.state().outputs

    def state(self):
        """The state as it is now."""
        return self._root.state()

    def addresses(self):
        """What the state holds: the addresses of resources, without data sources."""
        return sorted(address for address in self.state().resources if not is_data(address))

    def scale(self, count, *, waiting=True):
        """Sets the live count of every endpoint, as scaling does, and waits until it is there."""
        client = self.connection.client("sagemaker")
        for endpoint in client.list_endpoints()["Endpoints"]:
            name = endpoint["EndpointName"]
            (variant,) = client.describe_endpoint(EndpointName=name)["ProductionVariants"]
            change = {"VariantName": variant["VariantName"], "DesiredInstanceCount": count}
            client.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[change])
            if waiting:
                self.await_endpoint(name)

    def await_endpoint(self, name, state="in_service"):
        """Waits until an endpoint is "in_service" or "deleted"."""
        waiter = self.connection.client("sagemaker").get_waiter(f"endpoint_{state}")
        waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def inventory(self):
        """What stands in the account at this moment."""
        return account.read(self._connection)

    def destroy(self, *, refresh=True):
        """Destroys what stands, and says what is left in the account.

        Without `refresh` what stands is not read once more, for stories that end with an empty second plan:
        that has just read everything, and found it as the state says.
        """
        self._known, self._settled = None, False
        self._root.arguments = () if refresh else ("-refresh=false",)
        self._root.destroy()
        self._root.arguments = ()
        self._standing = False
        return self.inventory()

    def close(self):
        """Destroys what stands, if anything does; where the account ends with this process, its endpoints."""
        try:
            if self._standing and self._lasting:
                self._root.destroy()
            elif self._standing:
                control.ask(self._connection, "DELETE", "instances")
        finally:
            self._root.close()


def planned_actions(plan):
    """What a plan would do to resources, as in "create module.it.aws_iam_role.this", by address."""
    return [f"{'/'.join(change.actions)} {change.address}" for change in plan.changes]


def remaining(plan):
    """What a plan would do to resources and outputs; empty for an empty plan."""
    outputs = plan.raw.get("output_changes", {}).items()
    return planned_actions(plan) + [f"output {name}" for name, change in outputs if change["actions"] != ["no-op"]]


def sentences(calls):
    """Those that changed something, in order, as in "PutScalingPolicy speech-async-backlog".

    Those through Cloud Control name the type: "UpdateResource Endpoint speech-async".
    """
    return [sentence(call) for call in calls if not call.operation.startswith(_READS)]


def sentence(call):
    """A call in words: operation and subject, without the service."""
    if call.service == "cloudcontrol":
        kind = call.params["TypeName"].rsplit("::", 1)[1]
        desired = json.loads(call.params.get("DesiredState", "{}"))
        name = desired.get(f"{kind}Name") or call.params["Identifier"].rsplit("/", 1)[1]
        return f"{call.operation} {kind} {name}"
    subject = next((call.params[name] for name in _SUBJECTS if name in call.params), "")
    return f"{call.operation} {' '.join(subject) if isinstance(subject, list) else subject}".strip()


def assert_order(calls, *expected):
    """Asserts that each of the expected calls was made once, and in this order."""
    for call in expected:
        assert calls.count(call) == 1, f"{calls.count(call)} x {call} in {calls}"
    assert sorted(expected, key=calls.index) == list(expected), calls
