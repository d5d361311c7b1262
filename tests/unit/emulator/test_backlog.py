"""The queue of an asynchronous endpoint, in this process and without LocalStack."""

import json
import queue

import pytest

from scaleproof.emulator.cloudwatch import Samples
from scaleproof.emulator.engine import invocations
from scaleproof.emulator.engine.clock import samples
from scaleproof.emulator.engine.state import Endpoint, Job

from .conftest import G6, new_store
from .test_guardrails import fleet

PATIENCE = 20.0  # seconds
TOPICS = {"SuccessTopic": "arn:aws:sns:us-east-1:1:success", "ErrorTopic": "arn:aws:sns:us-east-1:1:error"}


class Told:
    """What the queue calls of S3 and SNS."""

    def __init__(self):
        self._messages = queue.Queue()

    def put_object(self, **_request):
        pass

    def publish(self, TopicArn, Message):  # noqa: N803
        self._messages.put({"topic": TopicArn.rpartition(":")[2], **json.loads(Message)})

    def message(self):
        return self._messages.get(timeout=PATIENCE)


def told(instances, body, waited=0.0, included=(), ttl=invocations.DEFAULT_TTL, store=None):
    """The notification of a request that has waited for some seconds."""
    services = Told()
    store = store or new_store()
    store.client = lambda _service: services
    running = fleet(count=instances)
    running.variants["AllTraffic"].running[G6] = instances
    now = store.now()
    store.endpoints["speech"] = Endpoint("speech", "arn", now, now, running, status="InService")
    request = {"EndpointName": "speech", "Body": body, "RequestTTLSeconds": ttl}
    topics = {**TOPICS, "IncludeInferenceResponseIn": included}
    invocations.enqueue(store, Job(request, store.time() - waited, "1", "s3://b/1", "s3://b/f", topics))
    return services.message()


@pytest.mark.parametrize("included", [(), ("SUCCESS",), ("ERROR",), ("SUCCESS", "ERROR")])
@pytest.mark.parametrize(("body", "topic"), [(b"audio", "success"), (b'{"fail": 400}', "error")])
def test_the_response_is_in_the_notifications_that_are_to_have_it(included, body, topic):
    """IncludeInferenceResponseIn, AsyncInferenceNotificationConfig, API reference."""
    message = told(1, body, included=tuple(f"{name}_NOTIFICATION_TOPIC" for name in included))
    assert message["topic"] == topic
    assert ("responseBody" in message) == (topic.upper() in included)


@pytest.mark.parametrize("instances", [0, 1])
def test_a_request_that_has_waited_too_long_fails_with_or_without_an_instance(instances):
    """RequestTTLSeconds, InvokeEndpointAsync, API reference."""
    message = told(instances, b"audio", waited=61, ttl=60)
    assert (message["topic"], message["invocationStatus"]) == ("error", "Failed")
    assert "RequestTTLSeconds" in message["failureReason"]


@pytest.mark.parametrize(
    ("body", "waited", "metric"),
    [
        (b"audio", 0.0, "InvocationsProcessed"),
        (b'{"fail": 400}', 0.0, "InvocationFailures"),
        (b"audio", 61.0, "ExpiredRequests"),
    ],
)
def test_cloudwatch_is_told_once_what_became_of_a_request(body, waited, metric):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html"""
    store = new_store()
    for _ in range(2):
        told(1, body, waited, ttl=60, store=store)
    whole = {"EndpointName": "speech", "VariantName": "AllTraffic"}
    said = [[one for one in samples(store, now) if "VariantName" in one.dimensions] for now in (100.0, 110.0)]
    assert said == [[Samples(metric, whole, "None", [1.0, 1.0])], []]
