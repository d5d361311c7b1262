"""A provider and a Cloud Control API in memory."""

from __future__ import annotations

import itertools
import json
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from botocore.exceptions import ClientError

from scaleproof.localstack.connection import Connection
from scaleproof.providers import planning, validation
from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.session import StandIns
from scaleproof.providers.standin import ProviderError
from scaleproof.terraform.root import Root
from scaleproof.translation.schema import ProviderSchema, parse_block

TEXT = {"type": "string", "optional": True}
THING = parse_block(
    {
        "attributes": {
            "id": {"type": "string", "computed": True},
            "arn": {"type": "string", "computed": True},
            "name": {"type": "string", "required": True, "force_new": True},
            "size": {"type": "number", "optional": True, "default": 1, "checks": [{"range": [0, 9]}]},
            "note": TEXT,
            "labels": {"type": ["set", "string"], "optional": True},
            "policy": {**TEXT, "suppress": "json"},
            "tags": {"type": ["map", "string"], "optional": True},
            "tags_all": {"type": ["map", "string"], "optional": True, "computed": True},
        },
        "blocks": {
            "part": {
                "nesting": "list",
                "block": {
                    "attributes": {
                        "kind": {**TEXT, "default": "plain", "force_new": True},
                        "weight": {"type": "number", "optional": True},
                        "serial": {"type": "string", "optional": True, "computed": True},
                    }
                },
            }
        },
    }
)


class MemoryProvider:
    """hashicorp/aws with one invented resource type, aws_thing."""

    name = "aws"
    legacy = True

    def __init__(self):
        provider = parse_block({"attributes": {"region": TEXT}})
        self.schema = ProviderSchema("hashicorp/aws", "0", provider, {"aws_thing": THING}, {})
        self.unreadable = {}
        self.volatile = {}
        self.things = {}
        self.operations = []
        self.spoil = {}  # values that the API returns instead of those that were sent
        self.fail = ""
        self._serial = itertools.count(1)
        self._lock = threading.Lock()

    def configured(self, config):
        return self

    def validate(self, type_name, config, *, data=False):
        return validation.validate(THING, config)

    def plan(self, type_name, prior, config, proposed):
        return planning.plan_sdk(THING, prior, config, proposed, default_tags={"team": "ml"})

    def create(self, type_name, planned):
        with self._lock:
            number = next(self._serial)
            thing = {**planned, "id": f"i{number}", "arn": f"arn:{planned['name']}"}
            thing["part"] = [{**part, "serial": f"s{number}"} for part in planned["part"]]
            self.operations.append(f"create {planned['name']}")
            self.things[thing["id"]] = thing
            if self.fail:
                raise ProviderError("creating Thing", self.fail, state=thing)
            return {**thing, **self.spoil}

    def update(self, type_name, prior, planned):
        self.operations.append(f"update {planned['name']}")
        if self.fail:
            raise ProviderError("updating Thing", self.fail)
        self.things[prior["id"]] = planned
        return {**planned, **self.spoil}

    def read(self, type_name, state):
        return self.things.get(state["id"])

    def delete(self, type_name, state):
        self.operations.append(f"delete {state['name']}")
        self.things.pop(state["id"], None)

    def import_state(self, type_name, id):
        return {**THING.empty(), "id": id}


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
            error = {"Code": "ResourceNotFoundException", "Message": "no such resource"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "GetResource")
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
            ended |= {
                "OperationStatus": "FAILED",
                "StatusMessage": self.fail,
                "ErrorCode": error or "InvalidRequest",
            }
        self._ended[token] = ended
        return {"ProgressEvent": event}


@dataclass(frozen=True)
class MemoryConnection(Connection):
    """A connection whose clients are all the same `MemoryCloudControl`."""

    control: Any = field(default=None, compare=False)

    def client(self, service):
        return self.control


@pytest.fixture
def provider():
    return MemoryProvider()


@pytest.fixture
def control():
    return MemoryCloudControl()


@pytest.fixture
def in_memory(control):
    return MemoryConnection("http://127.0.0.1:1", "000000000000", control=control)


class Current:
    """Passes everything on to the provider of the current test."""

    def __init__(self, provider):
        self.provider = provider

    def __getattr__(self, attribute):
        return getattr(self.provider, attribute)


@dataclass
class Attached:
    """Providers of one test, behind servers that all tests share, so that Terraform stays loaded.

    A root reads `reattach` before each run of Terraform. That makes these providers the current ones.
    """

    standins: StandIns
    current: dict[str, Current]
    providers: tuple[Any, ...]
    connection: Connection | None = None

    @property
    def unreadable(self):
        return self.standins.unreadable

    @property
    def reattach(self):
        for provider in self.providers:
            self.current[provider.name].provider = provider
        return self.standins.reattach


@pytest.fixture(scope="session")
def attach():
    """Makes stand-ins for a root from in-memory providers."""
    current = {one.name: Current(one) for one in (MemoryProvider(), AwsccProvider(lambda: None))}
    with StandIns(current.values()) as standins:
        yield lambda *providers: Attached(standins, current, providers)


@contextmanager
def roots(directory, attach):
    """A function that makes a `Root` from a configuration text and in-memory providers.

    `state`: the content of its state file, from an earlier apply.
    """
    with ExitStack() as made:

        def make(text, *providers, state=None):
            below = Path(tempfile.mkdtemp(prefix="root", dir=directory))
            (below / "main.tf").write_text(text)
            file = below.with_suffix(".tfstate")
            if state:
                file.write_bytes(state)
            return made.enter_context(Root(below, standins=attach(*providers), state=file))

        yield make


@pytest.fixture
def root(tmp_path, attach):
    """Makes roots for one test."""
    with roots(tmp_path, attach) as make:
        yield make


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory, attach):
    """Makes roots for all tests of a file."""
    with roots(tmp_path_factory.mktemp("shared"), attach) as make:
        yield make
