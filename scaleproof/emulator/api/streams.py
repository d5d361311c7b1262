"""Answers InvokeEndpointWithBidirectionalStream, as an ASGI application.

The container behind it answers each part with the same part. A text part that is a JSON object with a member
"fail" makes it fail with that status, and {"type": "CloseStream"} makes it close the stream, as Deepgram's
containers do.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.api import calls, runtime
from scaleproof.emulator.api.frames import (
    CONTENT_TYPE,
    STOPPED,
    BrokenFrameError,
    Failure,
    Frames,
    Part,
    part_of,
)
from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.invocations import ModelFailedError, requested_failure
from scaleproof.emulator.engine.serving import Request
from scaleproof.emulator.engine.state import Store
from scaleproof.emulator.errors import AwsError

LOG = logging.getLogger(__name__)
UPGRADE = 0.25
"""Seconds that a container has to accept the upgrade.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"""
MAX_WAITING = 16 * 1024 * 1024
"""Bytes of a stream that wait for the container; a stream with more fails, so that memory stays bounded."""

SERVICE, OPERATION = "sagemaker-runtime-http2", "InvokeEndpointWithBidirectionalStream"
"""The names of service and operation in faults and in the log of calls."""
_MEMBERS = {
    "TargetVariant": "x-amzn-sagemaker-target-variant",
    "ModelInvocationPath": "x-amzn-sagemaker-model-invocation-path",
    "ModelQueryString": "x-amzn-sagemaker-model-query-string",
}
"""Members of a request, by the headers that have them."""

Receive = Callable[[], Awaitable[Json]]
Send = Callable[[Json], Awaitable[None]]

_PATH = re.compile(r"/endpoints/([^/]+)/invocations-bidirectional-stream")
_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/")
"""The access key and the region of a signature. The signature itself is not verified."""
_TYPES = {
    "ValidationError": "InputValidationError",
    "InternalFailure": "InternalServerError",
    "ServiceUnavailable": "ServiceUnavailableError",
}
"""By code of SageMaker's runtime: what this API calls it."""


class Streams:
    """The application."""

    def __init__(self, store_of: Callable[[str, str], Store], watch: Callable[[], None]) -> None:
        """`store_of`: the state by access key and region. `watch` is called when a stream has been opened."""
        self._store_of = store_of
        self._watch = watch

    async def __call__(self, scope: Json, receive: Receive, send: Send) -> None:
        """Answers one request, or the server's questions about its life cycle."""
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # AWS serves none here; the server answers 403
            return
        try:
            store, request, killed = await self._open(scope)
        except Exception as error:  # a client that gets no headers waits for them for ever
            await _refuse(send, _known(error))
            return
        try:
            await _upgrade(store, request)
            await _send_headers(send, request)
            store.serving.open(request)
            failure = await _Conversation(store, request, receive, send, killed).outcome()
            if failure:
                request.broken = True
                await _send(send, failure.encode())
            store.serving.end(request)  # before the client knows that it is over
            await send({"type": "http.response.body", "body": b""})
        except AwsError as error:
            await _refuse(send, error)
        finally:
            store.serving.end(request)

    async def _open(self, scope: Json) -> tuple[Store, Request, asyncio.Event]:
        """Admits a stream; raises AwsError where it is refused."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = _PATH.fullmatch(scope["path"])
        if path is None or scope["method"] != "POST":
            raise AwsError("UnknownOperationException", f"No operation is {scope['method']} {scope['path']}.", 404)
        signer = _SCOPE.search(headers.get("authorization", ""))
        if signer is None:
            raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        if headers.get("content-type") != CONTENT_TYPE:
            raise AwsError("InputValidationError", f"The content type must be {CONTENT_TYPE}.")
        store = self._store_of(*signer.groups())
        _record(store, path[1], headers)
        store.injected.check(SERVICE, OPERATION)
        loop, killed = asyncio.get_running_loop(), asyncio.Event()
        variant = headers.get(_MEMBERS["TargetVariant"])

        def cut() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(killed.set)

        def admit() -> Request:
            with store.lock:
                deployments.complete_due(store)
                return runtime.admit(store, path[1], variant, cut)

        # The lock may be held for long, and nothing else may wait for it here.
        request = await asyncio.to_thread(admit)
        request.bidirectional = True
        self._watch()
        return store, request, killed


def _record(store: Store, endpoint: str, headers: dict[str, str]) -> None:
    members = {member: headers[name] for member, name in _MEMBERS.items() if name in headers}
    calls.of_account(store.account).add(
        headers.get("amz-sdk-invocation-id") or str(uuid.uuid4()),
        service=SERVICE,
        operation=OPERATION,
        region=store.region,
        params={"EndpointName": endpoint, **members},
    )


async def _upgrade(store: Store, request: Request) -> None:
    """Waits until the container has accepted. Raises AwsError if it does not."""
    wait = request.container.upgrade
    await asyncio.sleep(min(wait, UPGRADE))
    if request.killed:
        failure = ModelFailedError(503, "the container was stopped")
    elif math.isinf(wait):
        failure = ModelFailedError(400, "the upgrade was refused")
    elif wait > UPGRADE:
        failure = ModelFailedError(504, f"no answer to the upgrade within {UPGRADE * 1000:.0f} ms")
    else:
        return
    request.status = failure.status
    raise runtime.model_error(store, request.place[0], failure)


class _Conversation:
    """A stream that is open."""

    def __init__(self, store: Store, request: Request, receive: Receive, send: Send, killed: asyncio.Event) -> None:
        self._serving = store.serving
        self._request = request
        self._receive = receive
        self._send = send
        self._killed = killed
        self._parts: asyncio.Queue[tuple[float, Part] | None] = asyncio.Queue()
        self._waiting = 0

    async def outcome(self) -> Failure | None:
        """Waits until the first of reading, replying and the container ends: with a failure to tell of, or without."""
        endings = [asyncio.ensure_future(ending) for ending in (self._reply(), self._read(), self._stop())]
        limit = self._request.container.stream_seconds
        try:
            done, _ = await asyncio.wait(endings, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return next(ending for ending in endings if ending in done).result()
            message = f"A stream lasts {limit:g} seconds at most."
            return Failure("ModelStreamError", message, "ModelInvocationTimeExceeded")
        except Exception as error:  # the client would wait for an end that never comes
            LOG.error("a stream of %s", self._request.place, exc_info=error)
            return Failure("InternalStreamFailure", f"The emulator failed: {error}")
        finally:
            for ending in endings:
                ending.cancel()
            await asyncio.gather(*endings, return_exceptions=True)

    async def _read(self) -> Failure | None:
        """Takes in what the client sends, until it is gone."""
        frames = Frames()
        closed = False
        # A reset, or a connection that is gone, is no failure: Deepgram's client often closes so.
        while (message := await self._receive())["type"] != "http.disconnect":
            if closed:
                continue
            try:
                for frame in frames.add(message.get("body", b"")):
                    if not frame.payload:  # a signed event of nothing closes the stream
                        closed = True
                        break
                    part = part_of(frame.payload)
                    self._waiting += len(part.body)
                    if self._waiting > MAX_WAITING:
                        return Failure("InternalStreamFailure", f"More than {MAX_WAITING} bytes wait for an answer.")
                    self._parts.put_nowait((time.monotonic(), part))
            except BrokenFrameError as error:
                return Failure("InputValidationError", str(error))
            if not message.get("more_body") and not closed:
                if not frames.complete:
                    return Failure("InputValidationError", "The stream ends within a frame.")
                closed = True
            if closed:
                self._parts.put_nowait(None)
        return None

    async def _stop(self) -> Failure:
        await self._killed.wait()
        return STOPPED

    async def _reply(self) -> Failure | None:
        """Answers part after part as the container does, until one ends the stream."""
        while (taken := await self._parts.get()) is not None:
            arrived, part = taken
            await self._work(arrived)
            self._waiting -= len(part.body)
            status = requested_failure(part.body) if part.is_text else None
            if status is not None:
                failed = ModelFailedError(status)
                return Failure("ModelStreamError", f'{failed} "{failed.answer}".', "StreamBroken")
            if part.is_text and _closes(part.body):
                break
            if part.body:  # an empty part would end the listener of Deepgram's client
                self._serving.answer(self._request)
                await _send(self._send, part.encode())
        return None

    async def _work(self, arrived: float) -> None:
        container = self._request.container
        for pause in container.pauses(lambda: self._request.level, time.monotonic):
            if container.sharing is None:
                # Each part takes as long as if there was no other.
                pause = arrived + pause - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)


def _known(error: Exception) -> AwsError:
    if isinstance(error, AwsError):
        return error
    LOG.error("a stream that was to be opened", exc_info=error)
    return AwsError("InternalServerError", f"The emulator failed: {error}", 500)


def _closes(text: bytes) -> bool:
    if b"CloseStream" not in text[:1024]:
        return False
    try:
        message: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "CloseStream"


async def _send_headers(send: Send, request: Request) -> None:
    # At once: Deepgram's client sends nothing before it has them.
    headers = {"content-type": CONTENT_TYPE, "x-amzn-invoked-production-variant": request.place[1]}
    await send(_start(200, headers))


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _refuse(send: Send, error: AwsError) -> None:
    kind = _TYPES.get(error.code, error.code)
    body = json.dumps({"Message": error.message, **error.members}).encode()
    headers = {"content-type": "application/json", "x-amzn-errortype": kind, "content-length": str(len(body))}
    await send(_start(error.status, headers))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, headers: dict[str, str]) -> Json:
    named = {"x-amzn-requestid": str(uuid.uuid4()), **headers}
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
    }
