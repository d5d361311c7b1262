"""SageMaker runtime: invocations that are answered at once, and those that are queued."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scaleproof.emulator import Json, without_none
from scaleproof.emulator.api.frames import CONTENT_TYPE, STOPPED, Part
from scaleproof.emulator.engine import container, invocations
from scaleproof.emulator.engine.deployments import MIXED
from scaleproof.emulator.engine.serving import FULL, FullError, Request
from scaleproof.emulator.engine.state import Endpoint, Job, Store, Variant, new_id
from scaleproof.emulator.errors import AwsError

MAX_BODY = 25 * 1024 * 1024
"""Bytes of a synchronous request: 25 MB by https://developers.deepgram.com/docs/auto-scaling-sagemaker. The
service model still says 6."""
MAX_INLINE = 128_000
"""Bytes of an asynchronous request's inline Body (service model)."""
PART = 1_024
"""Bytes of a part of a response stream; each takes the container as long as an answer."""


def invoke_endpoint(store: Store, request: Json) -> Callable[[], Json]:
    """InvokeEndpoint, answered by the echo model once its container is done."""
    body, flight = _admit_request(store, request)

    def answer() -> Json:
        try:
            for pause in flight.container.pauses(lambda: flight.level):
                time.sleep(pause)
                if flight.killed:
                    raise invocations.ModelFailedError(503, "the container was stopped")
            result = {
                "Body": invocations.predict(*flight.place, body),
                "ContentType": invocations.CONTENT_TYPE,
                "InvokedProductionVariant": flight.place[1],
                "CustomAttributes": request.get("CustomAttributes"),
            }
        except invocations.ModelFailedError as failure:
            flight.status = failure.status
            raise model_error(store, request["EndpointName"], failure) from failure
        finally:
            store.serving.end(flight)
        return without_none(result)

    return answer


@dataclass(frozen=True)
class EventStream:
    """An answer that goes out event by event; `close` is called in any case, once nobody wants more of it."""

    headers: dict[str, str]
    events: Iterator[bytes]
    close: Callable[[], None]


def invoke_endpoint_with_response_stream(store: Store, request: Json) -> Callable[[], EventStream]:
    """InvokeEndpointWithResponseStream: the echo model answers with what it was sent, in parts."""
    body, flight = _admit_request(store, request)

    def answer() -> EventStream:
        status = invocations.requested_failure(body)
        if status is not None:
            flight.status = status
            store.serving.end(flight)
            raise model_error(store, request["EndpointName"], invocations.ModelFailedError(status))
        members = {
            "Content-Type": CONTENT_TYPE,
            "X-Amzn-SageMaker-Content-Type": request.get("ContentType"),
            "x-Amzn-Invoked-Production-Variant": flight.place[1],
            "X-Amzn-SageMaker-Custom-Attributes": request.get("CustomAttributes"),
        }
        store.serving.open(flight)
        return EventStream(without_none(members), _events(store, body, flight), lambda: store.serving.end(flight))

    return answer


def _events(store: Store, body: bytes, flight: Request) -> Iterator[bytes]:
    try:
        for start in range(0, len(body), PART):
            for pause in flight.container.pauses(lambda: flight.level):
                time.sleep(pause)
            if flight.killed:
                flight.broken = True
                yield STOPPED.encode()
                return
            store.serving.answer(flight)
            yield Part(body[start : start + PART]).encode()
    finally:
        store.serving.end(flight)  # before the client knows that it is over


def _admit_request(store: Store, request: Json) -> tuple[bytes, Request]:
    """The body of a request that waits for its answer, and the request in flight. Raises AwsError."""
    body: bytes = request.get("Body", b"")
    _check_realtime(store, request["EndpointName"])
    if len(body) > MAX_BODY:
        raise _refusal(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_BODY}"
        )
    return body, admit(store, request["EndpointName"], request.get("TargetVariant"))


def admit(store: Store, name: str, variant_name: str | None, on_kill: Callable[[], None] = lambda: None) -> Request:
    """A request in flight on a real-time endpoint; `variant_name`: TargetVariant. Whoever admits it ends it.

    Raises AwsError where there is no such endpoint or variant, or the container is full.
    """
    endpoint = _check_realtime(store, name)
    variant = _variant(endpoint, variant_name)
    behaviour = container.of_account(store.account, variant.container)
    store.serve()
    try:
        return store.serving.admit((endpoint.name, variant.name), variant.routing, behaviour, on_kill)
    except FullError:
        failure = invocations.ModelFailedError(FULL, f"{behaviour.slots} requests are in flight already")
        raise model_error(store, name, failure) from None


def model_error(store: Store, name: str, failure: invocations.ModelFailedError) -> AwsError:
    """The error for a caller if the container of an endpoint answers with an error."""
    return AwsError(
        "ModelError",
        f'{failure} "{failure.answer}".',
        424,
        OriginalStatusCode=failure.status,
        OriginalMessage=failure.answer,
        LogStreamArn=store.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{name}"),
    )


def invoke_endpoint_async(store: Store, request: Json) -> Json:
    """InvokeEndpointAsync: queues the request, and returns where its result will be."""
    endpoint = _find(store, request["EndpointName"])
    config = endpoint.fleet.output
    if config is None:
        raise _refusal(f"Endpoint {endpoint.name} is not asynchronous: call InvokeEndpoint.")
    if ("InputLocation" in request) == bool(request.get("Body")):
        raise _refusal("Exactly one of InputLocation and Body is required.")
    if len(request.get("Body", b"")) > MAX_INLINE:
        raise _refusal(f"Body must have length less than or equal to {MAX_INLINE}; use InputLocation.")
    if "S3OutputPath" not in config:
        raise _refusal(f"Endpoint {endpoint.name} has no S3OutputPath.")
    inference_id = request.get("InferenceId") or new_id()
    extension = request.get("S3OutputPathExtension", "").strip("/")
    failures = config.get("S3FailurePath")
    folder = "/".join(part for part in (config["S3OutputPath"].rstrip("/"), extension) if part)
    job = Job(
        request,
        store.time(),
        inference_id,
        output=f"{folder}/{request.get('Filename') or inference_id + '.out'}",
        # How AWS names the object has no public source.
        failure=f"{failures.rstrip('/')}/{inference_id}-error.out" if failures else None,
        topics=config.get("NotificationConfig", {}),
    )
    invocations.enqueue(store, job)
    answer = {"InferenceId": inference_id, "OutputLocation": job.output, "FailureLocation": job.failure}
    return without_none(answer)


def _check_realtime(store: Store, name: str) -> Endpoint:
    endpoint = _find(store, name)
    if endpoint.is_async:
        raise _refusal(f"Endpoint {endpoint.name} is asynchronous: call InvokeEndpointAsync.")
    return endpoint


def _find(store: Store, name: str) -> Endpoint:
    endpoint = store.endpoints.get(name)
    if endpoint is None or endpoint.status not in ("InService", "Updating", MIXED):
        # aws/amazon-sagemaker-examples issue 293
        raise _refusal(f"Endpoint {name} of account {store.account} not found.")
    return endpoint


def _variant(endpoint: Endpoint, variant_name: str | None) -> Variant:
    variants = endpoint.fleet.variants
    if variant_name is None:
        weights = [variant.weight for variant in variants.values()]
        return random.choices(list(variants.values()), weights if any(weights) else None)[0]
    if variant_name not in variants:
        raise _refusal(f"Variant {variant_name} not found for endpoint {endpoint.name}.")
    return variants[variant_name]


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationError", message)
