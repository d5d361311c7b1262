"""The stand-ins send no operation that the real providers do not send: what passes here passes there.

An operation too many hides what is amiss: tags that an API drops, a right that a document does not give.
"""

from __future__ import annotations

import threading
from collections import defaultdict

import pytest

from scaleproof.localstack.control import recorded
from scaleproof.providers.aws.provider import resource_type
from scaleproof.providers.aws.table import RESOURCES
from scaleproof.providers.session import StandIns, standins
from scaleproof.terraform.root import Root

from .conftest import ROOTS
from .operations import SENT, sent

CHANGES = {
    "monitoring": {"description": "flux", "threshold": 6, "tags": {"kind": "stt"}},
    "scaling": {"max": 8, "target": 6, "tags": {"kind": "stt"}},
    "storage": {"days": 14, "description": "Runs flux", "tags": {}, "trusted": ["ec2.amazonaws.com"]},
}
CARRIED = [*RESOURCES, "awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config"]


class Watched:
    """A provider whose calls are noted by type and phase; one after the other, to tell whose they are."""

    lock = threading.Lock()

    def __init__(self, provider, connection, log):
        self._provider, self._connection, self._log = provider, connection, log

    def __getattr__(self, name):
        method = getattr(self._provider, name)
        if name == "configured":
            return lambda config: Watched(method(config), self._connection, self._log)
        if name not in ("create", "read", "update", "delete", "read_data"):
            return method

        def noted(kind, *values):
            with self.lock, recorded(self._connection) as calls:
                answer = method(kind, *values)
            self._log[kind, name] |= {call.operation for call in calls}
            return answer

        return noted


@pytest.fixture(scope="module")
def logged(aws, cloud, new_account):
    """Every type in a life of its own: by type and phase, the operations that LocalStack saw."""
    log = defaultdict(set)
    for name, changes in CHANGES.items():
        connection = cloud.connection(new_account())
        variables = {"bucket": f"nova-{connection.account}"} if name == "storage" else {}
        made = [
            Watched(provider, connection, log)
            for provider in standins(lambda there=connection: there, keep_planned=True)
        ]
        with (
            StandIns(connection, providers=made) as servers,
            Root(ROOTS / name, standins=servers, connection=connection, variables=variables) as root,
        ):
            root.apply()
            root.apply(**changes)
            root.destroy()
    return log


def test_the_list_is_of_all_types_that_are_carried():
    assert sorted(SENT) == sorted(CARRIED)


@pytest.mark.parametrize("kind", CARRIED)
def test_nothing_is_sent_that_the_provider_does_not_send(logged, kind):
    for phase in ("create", "read", "delete"):
        assert logged[kind, phase], f"{phase} of {kind} was not seen"
    for phase in ("create", "read", "update", "delete"):
        assert logged[kind, phase] <= sent(kind, phase), phase


@pytest.mark.parametrize("kind", RESOURCES)
def test_no_change_that_the_table_knows_sends_anything_else(kind):
    """Those too that no root above makes."""
    entry = resource_type(kind).entry
    calls = [call for change in entry.changes for call in (change.set, change.clear) if call]
    if entry.tags:
        calls += [entry.tags.add, entry.tags.remove]
    known = {call.operation for call in calls} | {entry.update_operation} - {""}
    assert known <= sent(kind, "update")


def test_something_is_updated_through_each_api(logged):
    updated = {kind.split("_")[1] for kind, phase in logged if phase == "update"}
    assert updated == {"appautoscaling", "cloudwatch", "iam", "kms", "s3", "sagemaker", "sns"}
