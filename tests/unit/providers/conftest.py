"""A Cloud Control API in memory, for the stand-in of awscc."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from botocore.exceptions import ClientError

from scaleproof.localstack.connection import Connection
from scaleproof.terraform.root import Root


def client_error(operation, code, message):
    error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(error, operation)


class MemoryCloudControl:
    """Cloud Control on a dict. A request takes one poll. `spoil` changes what GetResource returns.

    The polls of a request are answered with `polled`, IN_PROGRESS or an error to raise, then with its end.
    """

    def __init__(self):
        self.resources = {}
        self.calls = []
        self.spoil = {}
        self.fail = ""
        self.polled = []
        self._ended = {}

    def create_resource(self, **request):
        self.calls.append(("CreateResource", request))
        properties = json.loads(request["DesiredState"])
        kind = request["TypeName"].rsplit("::", 1)[1]
        arn = f"arn:aws:sagemaker:us-east-1:000000000000:{kind}/{properties[f'{kind}Name']}"
        self.resources[arn] = {**properties, f"{kind}Arn": arn}
        return self._begin(arn)

    def update_resource(self, **request):
        self.calls.append(("UpdateResource", request))
        patch = json.loads(request["PatchDocument"])
        arn = request["Identifier"]
        self.resources[arn] = jsonpatch.apply_patch(self.resources[arn], patch)
        return self._begin(arn)

    def delete_resource(self, **request):
        self.calls.append(("DeleteResource", request))
        gone = self.resources.pop(request["Identifier"], None) is None
        return self._begin(request["Identifier"], error="NotFound" if gone else "")

    def get_resource(self, **request):
        properties = self.resources.get(request["Identifier"])
        if properties is None:
            raise client_error("GetResource", "ResourceNotFoundException", "no such resource")
        hidden = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig")
        shown = {key: value for key, value in properties.items() if key not in hidden}
        return {"ResourceDescription": {"Properties": json.dumps({**shown, **self.spoil})}}

    def get_resource_request_status(self, *, RequestToken):  # noqa: N803
        answer = self.polled.pop(0) if self.polled else ""
        if isinstance(answer, Exception):
            raise answer
        status = {"OperationStatus": answer} if answer else {}
        return {"ProgressEvent": self._ended[RequestToken] | status}

    def _begin(self, arn, error=""):
        token = str(len(self.calls))
        event = {"RequestToken": token, "Identifier": arn, "OperationStatus": "IN_PROGRESS"}
        ended = {**event, "OperationStatus": "SUCCESS"}
        if error or self.fail:
            ended |= {"OperationStatus": "FAILED", "StatusMessage": self.fail, "ErrorCode": error or "InvalidRequest"}
        self._ended[token] = ended
        return {"ProgressEvent": event}


@dataclass(frozen=True)
class MemoryConnection(Connection):
    """A connection whose clients are all the same `MemoryCloudControl`."""

    control: Any = field(default=None, compare=False)

    def client(self, service):
        return self.control


@pytest.fixture
def control():
    return MemoryCloudControl()


@pytest.fixture
def in_memory(control):
    return MemoryConnection("http://127.0.0.1:1", "000000000000", control=control)


@contextmanager
def roots(directory, standins):
    """A function that makes a `Root` from a configuration text.

    `state`: the content of its state file, from an earlier apply.
    """
    with ExitStack() as made:

        def make(text, connection=None, state=None):
            below = Path(tempfile.mkdtemp(prefix="root", dir=directory))
            (below / "main.tf").write_text(text)
            file = below.with_suffix(".tfstate")
            if state:
                file.write_bytes(state)
            return made.enter_context(Root(below, standins=standins, connection=connection, state=file))

        yield make


@pytest.fixture
def root(tmp_path, standins):
    """Makes roots for one test."""
    with roots(tmp_path, standins) as make:
        yield make


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory, standins):
    """Makes roots for all tests of a file."""
    with roots(tmp_path_factory.mktemp("shared"), standins) as make:
        yield make
