"""Requests go through the endpoints that the examples made, the synchronous and the asynchronous way."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scaleproof.cloud.connection import Connection
from tests.apply.conftest import OpenStage
from tests.plan.planner import IMAGE

PATIENCE = 30.0  # seconds
AUDIO = b"RIFF...WAVE" * 1000
PREFIXES = {"complete": "async_", "async": ""}
"""What the outputs for the asynchronous endpoint start with, by example."""


@dataclass(frozen=True)
class Speech:
    """An example that stands, and its outputs."""

    connection: Connection
    outputs: dict[str, Any]
    prefix: str

    @property
    def endpoint(self) -> str:
        """The name of the asynchronous endpoint."""
        return str(self.outputs[f"{self.prefix}endpoint_name"])

    def invoke(self, body: bytes | None) -> Any:
        """InvokeEndpointAsync for a new object with this body, or for one that is not there."""
        bucket, key = self.outputs["bucket"], f"in/{uuid.uuid4()}"
        if body is not None:
            self.connection.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return self.connection.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName=self.endpoint,
            InputLocation=f"s3://{bucket}/{key}",
            ContentType="application/octet-stream",
        )

    def object(self, uri: str) -> bytes | None:
        """The object at an S3 URI, None where there is none yet."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        s3 = self.connection.client("s3")
        try:
            return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    @contextmanager
    def subscribed(self, topic: str) -> Iterator[Callable[[], dict[str, Any]]]:
        """Hears "success_topic" or "error_topic": yields what waits for the next message on it."""
        sqs, sns = self.connection.client("sqs"), self.connection.client("sns")
        url = sqs.create_queue(QueueName=str(uuid.uuid4()))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        subscription = sns.subscribe(
            TopicArn=self.outputs[f"{topic}_arn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

        def receive() -> dict[str, Any] | None:
            found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=1)
            for item in found.get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=item["ReceiptHandle"])
                return dict(json.loads(json.loads(item["Body"])["Message"]))
            return None

        try:
            yield lambda: wait(receive)
        finally:
            sns.unsubscribe(SubscriptionArn=subscription)
            sqs.delete_queue(QueueUrl=url)


def wait(look: Callable[[], Any]) -> Any:
    """What `look` gives as soon as it is not None."""
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"nothing came in {PATIENCE:.0f} s"
        time.sleep(0.05)
    return found


def applied(open_stage: OpenStage, example: str) -> Iterator[Speech]:
    stage = open_stage(f"examples/{example}", region="us-east-1", image=IMAGE)
    stage.put()
    yield Speech(stage.connection, stage.outputs(), PREFIXES[example])
    # The files of the bucket go as well.
    assert stage.destroy().names == {}


@pytest.fixture(scope="module")
def complete(open_stage: OpenStage) -> Iterator[Speech]:
    """The example with both endpoints: success messages carry the response, error messages do not."""
    yield from applied(open_stage, "complete")


@pytest.fixture(scope="module")
def plain(open_stage: OpenStage) -> Iterator[Speech]:
    """The example with an asynchronous endpoint alone: no message carries the response."""
    yield from applied(open_stage, "async")


def test_the_real_time_endpoint_answers(complete: Speech) -> None:
    answer = complete.connection.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=complete.outputs["realtime_endpoint_name"], Body=AUDIO, ContentType="audio/wav"
    )
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    body = json.loads(answer["Body"].read())
    assert body["endpoint"] == complete.outputs["realtime_endpoint_name"]
    assert body["input_sha256"] == hashlib.sha256(AUDIO).hexdigest()


def test_an_endpoint_that_is_not_there_gives_the_error_of_aws(complete: Speech) -> None:
    with pytest.raises(ClientError) as refusal:
        complete.connection.client("sagemaker-runtime").invoke_endpoint(EndpointName="missing", Body=AUDIO)
    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == f"Endpoint missing of account {complete.connection.account} not found."


def test_the_asynchronous_endpoint_is_not_for_synchronous_requests(complete: Speech) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        complete.connection.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=complete.endpoint, Body=AUDIO
        )


@pytest.mark.parametrize("example", ["complete", "plain"])
def test_an_object_goes_in_and_a_result_comes_out(request: pytest.FixtureRequest, example: str) -> None:
    speech: Speech = request.getfixturevalue(example)
    answer = speech.invoke(AUDIO)
    assert answer["OutputLocation"].startswith(f"s3://{speech.outputs['bucket']}/out/")
    assert answer["FailureLocation"].startswith(f"s3://{speech.outputs['bucket']}/failed/")
    result = json.loads(wait(lambda: speech.object(answer["OutputLocation"])))
    assert result["endpoint"] == speech.endpoint
    assert result["input_sha256"] == hashlib.sha256(AUDIO).hexdigest()
    assert speech.object(answer["FailureLocation"]) is None


def test_the_success_topic_tells_of_the_result_with_the_response(complete: Speech) -> None:
    with complete.subscribed("success_topic") as hear:
        answer = complete.invoke(AUDIO)
        message = hear()
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Completed"
    assert message["requestParameters"]["endpointName"] == complete.endpoint
    assert message["responseParameters"]["outputLocation"] == answer["OutputLocation"]
    response = base64.b64decode(message["responseBody"]["content"])
    assert response == complete.object(answer["OutputLocation"])


def test_a_message_has_no_response_unless_it_was_asked_for(plain: Speech) -> None:
    with plain.subscribed("success_topic") as hear:
        answer = plain.invoke(AUDIO)
        message = hear()
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Completed"
    assert "responseBody" not in message


def test_the_error_topic_tells_of_an_object_that_is_not_there(complete: Speech) -> None:
    with complete.subscribed("error_topic") as hear:
        answer = complete.invoke(None)
        message = hear()
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Failed"
    assert "NoSuchKey" in message["failureReason"]
    assert message["responseParameters"]["outputLocation"] == answer["FailureLocation"]
    assert b"NoSuchKey" in (complete.object(answer["FailureLocation"]) or b"")
    assert complete.object(answer["OutputLocation"]) is None


def test_the_error_topic_tells_of_a_model_that_fails(complete: Speech) -> None:
    with complete.subscribed("error_topic") as hear:
        answer = complete.invoke(b'{"fail": 503}')
        message = hear()
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Failed"
    assert "503" in message["failureReason"]
    assert "responseBody" not in message
    assert complete.object(answer["FailureLocation"])
    assert complete.object(answer["OutputLocation"]) is None


def test_each_topic_hears_its_own_and_nothing_else(complete: Speech) -> None:
    with complete.subscribed("success_topic") as succeeded, complete.subscribed("error_topic") as failed:
        # One instance, which works them off in order.
        sent = [complete.invoke(body)["InferenceId"] for body in (None, AUDIO, None, AUDIO)]
        heard_of_success = [succeeded()["inferenceId"] for _ in range(2)]
        heard_of_failure = [failed()["inferenceId"] for _ in range(2)]
    assert heard_of_failure == [sent[0], sent[2]]
    assert heard_of_success == [sent[1], sent[3]]
