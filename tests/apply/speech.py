"""An asynchronous endpoint that stands: what sends it files and hears what its topics tell."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scaleproof.localstack.connection import Connection

PATIENCE = 30.0  # seconds
AUDIO = b"RIFF...WAVE" * 1000
PREFIXES = {"complete": "async_", "async": ""}
"""What the outputs for the asynchronous endpoint start with, by example."""


@dataclass(frozen=True)
class Exchange:
    """A file that went in: the answer at once, the message on a topic, and what lies in S3."""

    speech: Speech
    answer: dict[str, Any]
    message: dict[str, Any]
    result: bytes | None
    failure: bytes | None


@dataclass(frozen=True)
class Speech:
    """An example that stands, and its outputs."""

    connection: Connection
    outputs: dict[str, Any]
    prefix: str

    @property
    def endpoint(self):
        """The name of the asynchronous endpoint."""
        return str(self.outputs[f"{self.prefix}endpoint_name"])

    def invoke(self, body):
        """InvokeEndpointAsync for a new object with this body, or for one that is not there."""
        bucket, key = self.outputs["bucket"], f"in/{uuid.uuid4()}"
        if body is not None:
            self.connection.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return self.connection.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName=self.endpoint,
            InputLocation=f"s3://{bucket}/{key}",
            ContentType="application/octet-stream",
        )

    def object(self, uri):
        """The object at an S3 URI, None where there is none yet."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        s3 = self.connection.client("s3")
        try:
            return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    def answer(self):
        """What the real-time endpoint answers."""
        answer = self.connection.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.outputs["realtime_endpoint_name"], Body=AUDIO, ContentType="audio/wav"
        )
        return json.loads(answer["Body"].read())

    def exchange(self, topic="success_topic", body=AUDIO):
        """Sends a file, or names one that is not there, and waits for the message on a topic."""
        with self.subscribed(topic) as hear:
            answer = self.invoke(body)
            message = hear()
        result, failure = (self.object(answer[f"{kind}Location"]) for kind in ("Output", "Failure"))
        return Exchange(self, answer, message, result, failure)

    @contextmanager
    def subscribed(self, topic):
        """Hears "success_topic" or "error_topic": yields what waits for the next message on it."""
        sqs, sns = self.connection.client("sqs"), self.connection.client("sns")
        url = sqs.create_queue(QueueName=str(uuid.uuid4()))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        subscription = sns.subscribe(
            TopicArn=self.outputs[f"{topic}_arn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

        def receive():
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=1)
            for message in answer.get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return dict(json.loads(json.loads(message["Body"])["Message"]))
            return None

        try:
            yield lambda: wait(receive)
        finally:
            sns.unsubscribe(SubscriptionArn=subscription)
            sqs.delete_queue(QueueUrl=url)


def wait(look):
    """What `look` gives as soon as it is not None."""
    deadline = time.monotonic() + PATIENCE
    while (seen := look()) is None:
        assert time.monotonic() < deadline, f"nothing came in {PATIENCE:.0f} s"
        time.sleep(0.05)
    return seen


def assert_result(exchange):
    """Asserts that a file has come out where the answer had promised, as a result and not as a failure."""
    bucket = exchange.speech.outputs["bucket"]
    assert exchange.answer["OutputLocation"].startswith(f"s3://{bucket}/out/")
    assert exchange.answer["FailureLocation"].startswith(f"s3://{bucket}/failed/")
    assert exchange.failure is None
    assert exchange.result is not None
    result = json.loads(exchange.result)
    assert result["endpoint"] == exchange.speech.endpoint
    assert result["input_sha256"] == hashlib.sha256(AUDIO).hexdigest()
