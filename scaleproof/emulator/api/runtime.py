"""SageMaker runtime: invocations that are answered at once, and those that are queued."""

from __future__ import annotations

import random

from scaleproof.emulator import Json
from scaleproof.emulator.engine import invocations
from scaleproof.emulator.engine.state import DEFAULT_TTL, EndpointRecord, Job, Store, Variant, new_id
from scaleproof.emulator.errors import AwsError

MAX_BODY = 25 * 1024 * 1024
"""Bytes of a synchronous request: 25 MB by https://developers.deepgram.com/docs/auto-scaling-sagemaker. The
service model still says 6."""
MAX_INLINE = 128_000
"""Bytes of an asynchronous request's inline Body (service model)."""


def invoke_endpoint(store: Store, request: Json) -> Json:
    """InvokeEndpoint, answered by the echo model."""
    endpoint = _find(store, request["EndpointName"])
    if endpoint.is_async:
        raise _refusal(f"Endpoint {endpoint.name} is asynchronous: call InvokeEndpointAsync.")
    body: bytes = request.get("Body", b"")
    if len(body) > MAX_BODY:
        raise _refusal(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_BODY}"
        )
    variant = _variant(endpoint, request.get("TargetVariant"))
    try:
        answer = invocations.predict(endpoint.name, variant.name, body)
    except invocations.ModelFailedError as failure:
        raise AwsError(
            "ModelError",
            f'{failure} "{failure.answer}".',
            424,
            OriginalStatusCode=failure.status,
            OriginalMessage=failure.answer,
            LogStreamArn=store.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{endpoint.name}"),
        ) from failure
    result = {
        "Body": answer,
        "ContentType": invocations.CONTENT_TYPE,
        "InvokedProductionVariant": variant.name,
        "CustomAttributes": request.get("CustomAttributes"),
    }
    return {key: value for key, value in result.items() if value is not None}


def invoke_endpoint_async(store: Store, request: Json) -> Json:
    """InvokeEndpointAsync: queues the request, and returns where its result will be."""
    endpoint = _find(store, request["EndpointName"])
    inference = endpoint.fleet.config.inference
    if inference is None:
        raise _refusal(f"Endpoint {endpoint.name} is not asynchronous: call InvokeEndpoint.")
    if ("InputLocation" in request) == bool(request.get("Body")):
        raise _refusal("Exactly one of InputLocation and Body is required.")
    if len(request.get("Body", b"")) > MAX_INLINE:
        raise _refusal(f"Body must have length less than or equal to {MAX_INLINE}; use InputLocation.")
    if inference.output is None:
        raise _refusal(f"Endpoint {endpoint.name} has no S3OutputPath.")
    inference_id = request.get("InferenceId") or new_id()
    extension = request.get("S3OutputPathExtension", "").strip("/")
    folder = "/".join(part for part in (inference.output.rstrip("/"), extension) if part)
    job = Job(
        endpoint=endpoint.name,
        inference_id=inference_id,
        output=f"{folder}/{request.get('Filename') or inference_id + '.out'}",
        # How AWS names the object has no public source.
        failure=f"{inference.failure.rstrip('/')}/{inference_id}-error.out" if inference.failure else None,
        inference=inference,
        body=request.get("Body", b""),
        location=request.get("InputLocation"),
        accept=request.get("Accept"),
        content_type=request.get("ContentType"),
        ttl=request.get("RequestTTLSeconds", DEFAULT_TTL),
    )
    invocations.enqueue(store, job)
    result = {"InferenceId": inference_id, "OutputLocation": job.output}
    return {**result, "FailureLocation": job.failure} if job.failure else result


def _find(store: Store, name: str) -> EndpointRecord:
    endpoint = store.endpoints.get(name)
    if endpoint is None or endpoint.status not in ("InService", "Updating"):
        # aws/amazon-sagemaker-examples issue 293
        raise _refusal(f"Endpoint {name} of account {store.account} not found.")
    return endpoint


def _variant(endpoint: EndpointRecord, wanted: str | None) -> Variant:
    variants = endpoint.fleet.variants
    if wanted is None:
        weights = [variant.weight for variant in variants.values()]
        return random.choices(list(variants.values()), weights if any(weights) else None)[0]
    if wanted not in variants:
        raise _refusal(f"Variant {wanted} not found for endpoint {endpoint.name}.")
    return variants[wanted]


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationError", message)
