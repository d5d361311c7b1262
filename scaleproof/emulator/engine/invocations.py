"""Asynchronous invocations: input from S3 waits in a queue, results go to S3, notifications to SNS.

Every emulated endpoint runs the same model, which describes the input that it was sent. An input that is a
JSON object with a member "fail" makes it fail with that HTTP status. So tests see each path of an error:
ModelError, the S3 failure path, the error topic.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
import time
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.state import Job, Store
from scaleproof.emulator.errors import AwsError

LOG = logging.getLogger(__name__)
CONTENT_TYPE = "application/json"
MAX_JOBS = 10_000
"""Invocations that may wait in one account and region. More are refused, so that memory stays bounded."""
MAX_RESPONSE = 128 * 1024
"""Bytes up to which a notification can hold the response (AsyncInferenceNotificationConfig)."""
DEFAULT_TTL = 21_600.0
"""Seconds that a request waits at most, unless its RequestTTLSeconds is less (service model)."""
_POLL = 0.05  # seconds between looks at endpoints that have no instance yet


def enqueue(store: Store, job: Job) -> None:
    """Adds a job. A thread processes the queue until it is empty."""
    if len(store.backlog) >= MAX_JOBS:
        raise AwsError("ServiceUnavailable", f"{MAX_JOBS} asynchronous invocations are waiting already.", 503)
    store.backlog.append(job)
    store.queued.add(job.endpoint)
    if store.worker is None:
        store.worker = threading.Thread(target=_work, args=(store,), name="async-inference", daemon=True)
        store.worker.start()


def _work(store: Store) -> None:
    while True:
        with store.lock:
            deployments.complete_due(store)
            if not store.backlog:
                store.worker = None
                return
            job = next((job for job in store.backlog if expired(store, job) or _has_capacity(store, job)), None)
            if job:
                store.backlog.remove(job)
                variant = next(iter(store.endpoints[job.endpoint].fleet.variants))
        # S3 and SNS are called without the lock, so the endpoint may change or be deleted meanwhile.
        if job is None:
            time.sleep(_POLL)
            continue
        try:
            _process(store, job, variant)
        except Exception:  # one request must not stop the queue
            LOG.exception("asynchronous invocation %s", job.inference_id)


def expired(store: Store, job: Job) -> bool:
    """Whether a job has waited longer than it may."""
    longest: float = job.request.get("RequestTTLSeconds", DEFAULT_TTL)
    return store.time() - job.received > longest


def _has_capacity(store: Store, job: Job) -> bool:
    return any(variant.count for variant in store.endpoints[job.endpoint].fleet.variants.values())


def _process(store: Store, job: Job, variant: str) -> None:
    try:
        answer, problem = _result(store, job, variant), None
    except ModelFailedError as failure:
        answer, problem = failure.answer.encode(), f'ClientError: {failure} "{failure.answer}"'
    except (BotoCoreError, ClientError, ValueError) as error:
        answer, problem = b"", f"ClientError: {error}"
    with store.lock:
        failed = problem is not None
        store.finished[job.endpoint, variant].dequeued(failed=failed, expired=failed and expired(store, job))
    try:
        if problem and job.failure:
            _put(store, job.failure, answer or problem.encode())
        _notify(store, job, answer, problem)
    except (BotoCoreError, ClientError) as error:
        # As on AWS, this is only logged (and counted in ResponseUploadFailures, NotificationFailures).
        LOG.warning("asynchronous invocation %s: %s", job.inference_id, error)


def _result(store: Store, job: Job, variant: str) -> bytes:
    if expired(store, job):
        raise ValueError("the request waited longer than RequestTTLSeconds")
    body = job.request.get("Body", b"")
    if location := job.request.get("InputLocation"):
        bucket, key = _split(location)
        body = store.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    answer = predict(job.endpoint, variant, body)
    _put(store, job.output, answer)
    return answer


def _put(store: Store, uri: str, body: bytes) -> None:
    bucket, key = _split(uri)
    store.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType=CONTENT_TYPE)


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.partition("://")[2].partition("/")
    return bucket, key


def _notify(store: Store, job: Job, answer: bytes, problem: str | None) -> None:
    """Publishes the message of https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html."""
    topic = job.topics.get("ErrorTopic" if problem else "SuccessTopic")
    if not topic:
        return
    members = ("Accept", "ContentType", "EndpointName", "InputLocation")
    parameters = {member[:1].lower() + member[1:]: job.request.get(member) for member in members}
    message = {
        "awsRegion": store.region,
        "eventTime": _stamp(store.time()),
        "receivedTime": _stamp(job.received),
        "invocationStatus": "Failed" if problem else "Completed",
        "requestParameters": {key: value for key, value in parameters.items() if value},
        "inferenceId": job.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    if problem:
        message["failureReason"] = problem
        if job.failure:
            message["responseParameters"] = {"outputLocation": job.failure}
    else:
        message["responseParameters"] = {"contentType": CONTENT_TYPE, "outputLocation": job.output}
    topic_kind = "ERROR_NOTIFICATION_TOPIC" if problem else "SUCCESS_NOTIFICATION_TOPIC"
    included = job.topics.get("IncludeInferenceResponseIn", ())
    if topic_kind in included and answer and len(answer) <= MAX_RESPONSE:
        # AWS documents that the response is included but not how. This is the form of data capture.
        message["responseBody"] = {"content": base64.b64encode(answer).decode(), "encoding": "BASE64"}
    store.client("sns").publish(TopicArn=topic, Message=json.dumps(message))


def _stamp(time: float) -> str:
    moment = datetime.fromtimestamp(time, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class ModelFailedError(Exception):
    """The model answered with an error of this HTTP `status`."""

    def __init__(self, status: int, reason: str = "") -> None:
        """`status` is from 400 to 599; `reason`: why, by default that it was asked to."""
        self.status = status
        self.reason = reason or f"asked to fail with {status}"
        kind = "client" if status < 500 else "server"
        # aws/amazon-sagemaker-examples issues 407 and 4324
        super().__init__(f"Received {kind} error ({status}) from primary with message")

    @property
    def answer(self) -> str:
        """The body of the model's answer."""
        return json.dumps({"error": self.reason})


def predict(endpoint: str, variant: str, body: bytes) -> bytes:
    """The model's answer: JSON with endpoint, variant, size of the input in bytes and its SHA-256.

    Raises ModelFailedError if the input asks for it.
    """
    status = requested_failure(body)
    if status is not None:
        raise ModelFailedError(status)
    answer = {
        "endpoint": endpoint,
        "variant": variant,
        "input_bytes": len(body),
        "input_sha256": hashlib.sha256(body).hexdigest(),
    }
    return json.dumps(answer).encode()


def requested_failure(body: bytes) -> int | None:
    """The HTTP status that an input asks the model to fail with, None if it does not."""
    if b'"fail"' not in body[:1024]:
        return None
    try:
        status = json.loads(body)["fail"]
    except (ValueError, TypeError, KeyError):
        return None
    return status if isinstance(status, int) and 400 <= status <= 599 else None
