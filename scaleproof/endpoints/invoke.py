"""Sends one request through an endpoint, the synchronous or the asynchronous way, and waits for its answer."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.errors import FailedError
from scaleproof.localstack.connection import Connection
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.times import attempts

RESULT_TIMEOUT = 60.0
"""Seconds to wait for the result of an asynchronous request."""


@dataclass(frozen=True)
class Request:
    """A request to an endpoint, and its answer."""

    endpoint: str
    kind: Kind
    answer: str
    seconds: float
    """Seconds from sending the request to receiving the answer."""
    variant: str | None = None
    """Of a real-time endpoint: the production variant that answered."""
    input: str | None = None
    """Of an asynchronous endpoint: the S3 URI of the request."""
    output: str | None = None
    """Of an asynchronous endpoint: the S3 URI of the answer."""

    @property
    def sentence(self) -> str:
        """A sentence about the result."""
        if self.kind is Kind.REALTIME:
            return f"Invoked {self.endpoint}: {self.variant} answered {self.answer} ({self.seconds:.1f} s)"
        return f"Queued {self.input} for {self.endpoint}: {self.answer} is in {self.output} ({self.seconds:.1f} s)"


def send(connection: Connection, endpoint: Endpoint, body: bytes) -> Request:
    """The answer to a request with JSON. Raises FailedError where the endpoint refuses it, fails, or gives none.

    The request to an asynchronous endpoint becomes an object beside its results.
    """
    answer = _invoke if endpoint.kind is Kind.REALTIME else _invoke_async
    try:
        return answer(connection, endpoint.name, body)
    except (BotoCoreError, ClientError) as error:
        raise FailedError(f"The endpoint {endpoint.name} did not answer: {error}") from error


def _invoke(connection: Connection, name: str, body: bytes) -> Request:
    started = time.monotonic()
    response = connection.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body, ContentType="application/json"
    )
    answer = response["Body"].read().decode(errors="replace")
    variant = response.get("InvokedProductionVariant", "")
    return Request(name, Kind.REALTIME, answer, time.monotonic() - started, variant=variant)


def _invoke_async(connection: Connection, name: str, body: bytes) -> Request:
    started = time.monotonic()
    sagemaker, s3 = connection.client("sagemaker"), connection.client("s3")
    config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    output = sagemaker.describe_endpoint_config(EndpointConfigName=config)["AsyncInferenceConfig"]["OutputConfig"]
    bucket, key = _place(output["S3OutputPath"])[0], f"in/scaleproof-{uuid.uuid4()}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    source = f"s3://{bucket}/{key}"
    response = connection.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=name, InputLocation=source, ContentType="application/json"
    )
    result, failure = response["OutputLocation"], response.get("FailureLocation")
    for _ in attempts(RESULT_TIMEOUT, pause=0.2, longest=0.2):
        if failure and (reason := _text(s3, failure)) is not None:
            raise FailedError(f"The endpoint {name} failed to process the request: {reason}")
        if (answer := _text(s3, result)) is not None:
            return Request(name, Kind.ASYNC, answer, time.monotonic() - started, input=source, output=result)
    raise FailedError(f"The endpoint {name} wrote no {result} within {RESULT_TIMEOUT:.0f} s.")


def _text(s3: Any, location: str) -> str | None:
    """The text of an object, None where there is none yet."""
    bucket, key = _place(location)
    try:
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace"))
    except s3.exceptions.NoSuchKey:
        return None


def _place(location: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key
