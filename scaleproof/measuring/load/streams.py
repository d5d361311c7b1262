"""Opens bidirectional streams and speaks into them, with AWS's own client. Python 3.12 or newer."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import sys
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from aws_sdk_sagemaker_runtime_http2.client import AsyncSageMakerRuntimeHTTP2Client
from aws_sdk_sagemaker_runtime_http2.config import AsyncSageMakerRuntimeHTTP2Config
from aws_sdk_sagemaker_runtime_http2.models import (
    InvokeEndpointWithBidirectionalStreamInput,
    RequestPayloadPart,
    RequestStreamEventPayloadPart,
)
from awscrt import io
from smithy_http.aio.crt import AWSCRTHTTPClient

from scaleproof.measuring.levels import Reply
from scaleproof.measuring.load.bodies import paced
from scaleproof.measuring.load.job import Body, CallKind, Calls, Credentials, Service
from scaleproof.measuring.load.speech import PATIENCE, Speech

_T = TypeVar("_T")
_PATIENCE = 5.0
"""Seconds for each step of the end of a connection."""
HELD = 3_600
"""Seconds of audio in a stream of `hold_open`."""


class Streams:
    """Implements `Sender`."""

    drains = False

    def __init__(self, calls: Calls, service: Service) -> None:
        self._calls, self._service = calls, service
        self.late: list[float] = []
        self._users = 0
        self._credentials = Credentials("", "")
        self._spoke: set[int] = set()
        """The users who have opened a stream in this level."""
        self._unconnected = Transport(service.ca)
        self._transports: dict[int, Transport] = {}

    def begin(self, users: int, credentials: Credentials) -> None:
        """Prepares to send for a number of users with credentials."""
        self.late, self._spoke, self._users, self._credentials = [], set(), users, credentials

    def stop(self) -> None:
        """See Sender: streams are cancelled."""

    async def send(self, user: int, number: int, origin: float) -> Reply:
        """Opens one stream, speaks the audio at its pace, and reads until the end."""
        body = self._calls.body(number)
        parts = paced(body.content, body.rate, self._calls.chunk)
        if user not in self._spoke:  # callers do not speak in time with each other
            self._spoke.add(user)
            await asyncio.sleep(self._calls.chunk * user / self._users)
        speech = Speech(parts, self._calls.last_part, self.late)
        began = time.monotonic()
        error: str | None = "Cancelled"
        transport = self._transports.setdefault(user, self._unconnected.another())
        try:
            await speech.through(await self._opened(transport))
            error = speech.error
        except Exception as refused:  # the client's own classes have no common one but this
            error = type(refused).__name__
        finally:
            if error:
                del self._transports[user]
                await transport.end()
        seconds = time.monotonic() - began
        first = None if speech.first is None else speech.first - began
        return Reply(began - origin, seconds, first_chunk=first, lag=speech.lag, error=error)

    async def _opened(self, transport: Transport) -> _Line:
        config = await AsyncSageMakerRuntimeHTTP2Config.resolve(
            endpoint_uri=self._service.url,
            region=self._service.region,
            transport=transport,
            max_attempts=1,
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
            aws_session_token=self._credentials.token,
        )
        async with asyncio.timeout(PATIENCE):
            return await transport.awaited(self._opens(AsyncSageMakerRuntimeHTTP2Client(config), transport))

    async def _opens(self, client: AsyncSageMakerRuntimeHTTP2Client, transport: Transport) -> _Line:
        opened = await client.invoke_endpoint_with_bidirectional_stream(
            InvokeEndpointWithBidirectionalStreamInput(
                endpoint_name=self._calls.endpoint,
                model_invocation_path=self._calls.path or None,
                model_query_string=self._calls.query or None,
            )
        )
        _, received = await opened.await_output()
        return _Line(opened.input_stream, received, transport)


class _Line:
    """A stream of AWS's client."""

    def __init__(self, out: Any, received: Any, transport: Transport) -> None:
        self._out, self._received, self._transport = out, received, transport
        self.close = out.close

    async def say(self, part: bytes, *, text: bool) -> None:
        kind = {"data_type": "UTF8"} if text else {}
        await self._out.send(RequestStreamEventPayloadPart(value=RequestPayloadPart(bytes_=part, **kind)))

    async def hear(self) -> bytes | None:
        event = await self._transport.awaited(self._received.receive())
        return None if event is None else event.value.bytes_ or b""


class Transport(AWSCRTHTTPClient):
    """One HTTP/2 connection of AWS's client to a server, which lasts from stream to stream.

    The original loses its authority and its connections when the client's configuration is copied. It prints a
    traceback where an answer, or the end, comes for somebody who was cancelled
    (https://github.com/awslabs/aws-crt-python/pull/700), and where the server ends a stream whose request is still
    written (https://github.com/awslabs/aws-crt-python/issues/762).
    """

    def __init__(self, ca: str = "") -> None:
        """`ca`: the file of an authority, instead of the system's."""
        super().__init__()
        if ca:
            options = io.TlsContextOptions()
            options.override_default_trust_store_from_path(None, ca)
            self._tls_ctx = io.ClientTlsContext(options)
        self._connecting: asyncio.Task[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        """They await answers and write requests; none is cancelled while the connection is open."""

    def another(self) -> Transport:
        """One with a connection of its own. To read the authorities again would take 60 ms."""
        transport = copy.copy(self)
        transport._connections, transport._tasks = {}, set()
        return transport

    async def awaited(self, answer: Coroutine[Any, Any, _T]) -> _T:
        """The answer. Where the caller is cancelled, the answer is awaited until `end`."""
        task = asyncio.create_task(answer)
        self._watch(task)
        await asyncio.wait({task})
        return task.result()

    async def end(self) -> None:
        """Closes the connection, which ends its streams, and then what still uses them; also where it is cancelled."""
        ending = asyncio.create_task(self._end())
        try:
            await asyncio.wait({ending})
        finally:
            await asyncio.wait({ending})

    async def _end(self) -> None:
        if self._connecting:  # only what is open can be closed
            await asyncio.wait({self._connecting}, timeout=_PATIENCE)
        closing = asyncio.create_task(self.close())
        self._watch(closing)
        await asyncio.wait({closing}, timeout=_PATIENCE)
        for task in (tasks := list(self._tasks)):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_PATIENCE)

    async def _create_connection(self, url: Any) -> Any:
        """See the original."""
        self._connecting = asyncio.create_task(super()._create_connection(url))
        return await self._connecting

    async def _await_response(self, stream: Any) -> Any:
        """See the original, which begins to write the request before."""
        self._watch(stream._writer)
        return await super()._await_response(stream)

    def _watch(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # asyncio prints those that nobody asks for

    def __deepcopy__(self, memo: object) -> Transport:
        """Returns this transport, because the client copies its configuration at each call."""
        return self


async def hold_open() -> None:
    """Keeps a stream open for each user until the input ends; prints the errors of those that ended before.

    It is the whole of a process, and ends it. The input begins with an object in a line of JSON: `users`, `endpoint`,
    and `url`, `ca` and `account` of an emulator.
    """
    request = json.loads(sys.stdin.readline())
    users: int = request["users"]
    calls = Calls(CallKind.STREAMS, request["endpoint"], (Body(bytes(2 * HELD), rate=2.0),), chunk=1.0)
    streams = Streams(calls, Service("us-east-1", request["url"], ca=request["ca"]))
    streams.begin(users, Credentials(request["account"], "test"))
    sending = [asyncio.create_task(streams.send(user, user, 0.0)) for user in range(users)]
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps([task.result().error for task in sending if task.done()]), flush=True)
    os._exit(0)  # the threads of the transport do not end by themselves
