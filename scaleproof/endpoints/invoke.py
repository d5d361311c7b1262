"""Sends one request through an endpoint, the synchronous and the asynchronous way."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.times import attempts

_T = TypeVar("_T")

RESULT_TIMEOUT = 60.0
"""Seconds that the result of an asynchronous request, and the news of it, are waited for."""


@dataclass(frozen=True)
class Answer:
    """What came back: the body, from which variant, after how many seconds."""

    body: bytes
    variant: str
    seconds: float


@dataclass(frozen=True)
class AsyncAnswer:
    """The result that was written to S3.

    `notified`: whether the success topic told of it; None where the endpoint has no success topic.
    """

    input_location: str
    output_location: str
    body: bytes
    notified: bool | None
    seconds: float


def invoke(connection: Connection, endpoint: str, body: bytes) -> Answer:
    """InvokeEndpoint with JSON; raises `ScaleproofError` when the endpoint refuses or fails."""
    started = time.monotonic()
    try:
        response = connection.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType="application/json"
        )
        answer = response["Body"].read()
    except (BotoCoreError, ClientError) as error:
        raise FailedError(f"The endpoint {endpoint} did not answer: {error}") from error
    return Answer(answer, response.get("InvokedProductionVariant", ""), time.monotonic() - started)


def invoke_async(connection: Connection, endpoint: str, body: bytes) -> AsyncAnswer:
    """InvokeEndpointAsync on an object of JSON put beside the endpoint's output, until the result is in S3.

    A queue listens to the success topic meanwhile, and is removed again. Raises `ScaleproofError` when the
    endpoint refuses, writes a failure, or writes nothing in time.
    """
    started = time.monotonic()
    try:
        output = _output_config(connection, endpoint)
        bucket = output["S3OutputPath"].removeprefix("s3://").partition("/")[0]
        key = f"in/scaleproof-{uuid.uuid4()}.json"
        connection.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
        topic = output.get("NotificationConfig", {}).get("SuccessTopic")
        with _listening(connection, topic) as heard:
            response = connection.client("sagemaker-runtime").invoke_endpoint_async(
                EndpointName=endpoint, InputLocation=f"s3://{bucket}/{key}", ContentType="application/json"
            )
            result = _await_result(connection, endpoint, response)
            notified = heard(response["OutputLocation"])
    except (BotoCoreError, ClientError) as error:
        raise FailedError(f"The endpoint {endpoint} did not take the request: {error}") from error
    return AsyncAnswer(f"s3://{bucket}/{key}", response["OutputLocation"], result, notified, time.monotonic() - started)


@contextmanager
def _listening(connection: Connection, topic: str | None) -> Iterator[Callable[[str], bool | None]]:
    """A queue subscribed to a topic; gives what waits for a message with some words, None without a topic."""
    if topic is None:
        yield lambda _words: None
        return
    sqs, sns = connection.client("sqs"), connection.client("sns")
    queue = sqs.create_queue(QueueName=f"scaleproof-{uuid.uuid4()}")["QueueUrl"]
    with ExitStack() as stack:
        stack.callback(sqs.delete_queue, QueueUrl=queue)
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
        stack.callback(sns.unsubscribe, SubscriptionArn=subscribed["SubscriptionArn"])

        def heard(words: str) -> bool:
            def receive() -> bool | None:
                messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", ())
                return any(words in json.loads(item["Body"])["Message"] for item in messages) or None

            return _poll(receive) or False

        yield heard


def _output_config(connection: Connection, endpoint: str) -> dict[str, Any]:
    sagemaker = connection.client("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    output: dict[str, Any] = config.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    if "S3OutputPath" not in output:
        raise ScaleproofError(f"The endpoint {endpoint} is not asynchronous.")
    return output


def _await_result(connection: Connection, endpoint: str, response: dict[str, Any]) -> bytes:
    s3 = connection.client("s3")

    def fetch(location: str) -> bytes | None:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return body

    def look() -> bytes | None:
        if (failure := response.get("FailureLocation")) and (reason := fetch(failure)) is not None:
            text = reason.decode(errors="replace")
            raise FailedError(f"The endpoint {endpoint} failed on the request: {text}")
        return fetch(response["OutputLocation"])

    result = _poll(look)
    if result is None:
        raise FailedError(f"The endpoint {endpoint} wrote no {response['OutputLocation']} in {RESULT_TIMEOUT:.0f} s.")
    return result


def _poll(look: Callable[[], _T | None]) -> _T | None:
    for _ in attempts(RESULT_TIMEOUT, pause=0.2, longest=0.2):
        if (answer := look()) is not None:
            return answer
    return None
