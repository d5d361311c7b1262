"""The queue of an asynchronous endpoint, in this process and without LocalStack."""

import json
import queue

import pytest

from scaleproof.emulator.api import runtime
from scaleproof.emulator.cloudwatch import Samples
from scaleproof.emulator.engine import invocations
from scaleproof.emulator.engine.clock import samples
from scaleproof.emulator.engine.state import Job

from .asgi import store_with

PATIENCE = 20.0  # seconds
TOPICS = {"SuccessTopic": "arn:aws:sns:us-east-1:1:success", "ErrorTopic": "arn:aws:sns:us-east-1:1:error"}
BOTH = ("SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC")
FAIL = b'{"fail": 400}'


class Services:
    """What the queue calls of S3 and SNS."""

    def __init__(self):
        self._messages = queue.Queue()

    def put_object(self, **_request):
        pass

    def publish(self, TopicArn, Message):  # noqa: N803
        self._messages.put({"topic": TopicArn.rpartition(":")[2], **json.loads(Message)})

    def message(self):
        return self._messages.get(timeout=PATIENCE)


@pytest.fixture
def account():
    """Makes an account with an asynchronous endpoint of so many instances, and its clients of S3 and SNS.

    Its thread ends with the test: its sleep would move the clock of event loops.
    """
    stores = []

    def make(instances=1, included=BOTH):
        topics = {**TOPICS, "IncludeInferenceResponseIn": included}
        output = {"S3OutputPath": "s3://b/", "S3FailurePath": "s3://f/", "NotificationConfig": topics}
        store = store_with(instances, AsyncInferenceConfig={"OutputConfig": output})
        services = Services()
        store.client = lambda _service: services
        stores.append(store)
        return store, services

    yield make
    for store in stores:
        with store.lock:
            store.backlog.clear()
            worker = store.worker
        if worker:
            worker.join(PATIENCE)


def ask(store, body, waited=0.0, **members):
    """Queues a request that has waited for some seconds."""
    store.moved -= waited
    with store.lock:
        runtime.invoke_endpoint_async(store, {"EndpointName": "speech", "Body": body, **members})
        store.moved += waited


@pytest.mark.parametrize("included", [(), BOTH[:1], BOTH[1:], BOTH])
@pytest.mark.parametrize(("body", "topic"), [(b"audio", "success"), (FAIL, "error")])
def test_the_response_is_in_the_notifications_that_are_to_have_it(account, included, body, topic):
    """IncludeInferenceResponseIn, AsyncInferenceNotificationConfig, API reference."""
    store, services = account(included=included)
    ask(store, body)
    message = services.message()
    assert message["topic"] == topic
    assert ("responseBody" in message) == (f"{topic.upper()}_NOTIFICATION_TOPIC" in included)


@pytest.mark.parametrize(("size", "included"), [(1, True), (128 * 1024, True), (128 * 1024 + 1, False)])
@pytest.mark.parametrize("problem", [None, "ClientError: ..."])
def test_a_notification_holds_a_response_up_to_its_largest_size(account, size, included, problem):
    store, services = account()
    topics = {**TOPICS, "IncludeInferenceResponseIn": BOTH}
    job = Job({"EndpointName": "speech"}, store.time(), "1", "s3://b/1", None, topics)
    invocations._notify(store, job, bytes(size), problem)
    message = services.message()
    assert message["invocationStatus"] == ("Failed" if problem else "Completed")
    assert ("responseBody" in message) is included


@pytest.mark.parametrize("instances", [0, 1])
@pytest.mark.parametrize(
    ("members", "waited", "topic"),
    [
        ({"RequestTTLSeconds": 60}, 61, "error"),
        ({"RequestTTLSeconds": 60}, 55, "success"),
        ({}, 21_601, "error"),
        ({}, 21_590, "success"),
    ],
)
def test_how_long_a_request_may_wait(account, instances, members, waited, topic):
    """RequestTTLSeconds, InvokeEndpointAsync, API reference: six hours, with or without an instance."""
    store, services = account(instances)
    ask(store, b"audio", waited, **members)
    if topic == "success":
        store.endpoints["speech"].fleet.variants["AllTraffic"].running["ml.g6.2xlarge"] = 1
    message = services.message()
    assert message["topic"] == topic
    assert ("RequestTTLSeconds" in message.get("failureReason", "")) == (topic == "error")


@pytest.mark.parametrize(
    ("body", "waited", "metric"),
    [(b"audio", 0.0, "InvocationsProcessed"), (FAIL, 0.0, "InvocationFailures"), (b"audio", 61.0, "ExpiredRequests")],
)
def test_cloudwatch_is_told_once_what_became_of_a_request(account, body, waited, metric):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html"""
    store, services = account()
    for _ in range(2):
        ask(store, body, waited, RequestTTLSeconds=60)
        services.message()
    whole = {"EndpointName": "speech", "VariantName": "AllTraffic"}
    said = [[sample for sample in samples(store, now) if "VariantName" in sample.dimensions] for now in (100.0, 110.0)]
    assert said == [[Samples(metric, whole, "None", [1.0, 1.0])], []]


def test_more_than_can_wait_is_refused(account, monkeypatch):
    monkeypatch.setattr(invocations, "MAX_JOBS", 2)
    store, _ = account(0)
    for _ in range(2):
        ask(store, b"audio")
    with pytest.raises(Exception, match="2 asynchronous invocations are waiting already"):
        ask(store, b"audio")
