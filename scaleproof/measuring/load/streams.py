"""Opens bidirectional streams and speaks into them, with AWS's own client. Python 3.12 or newer."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import sys
import time
from typing import Any

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
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.measuring.load.speech import PATIENCE, Speech

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
        parts = paced(self._calls.body(number), self._calls.rate or 0.0, self._calls.chunk)
        if user not in self._spoke:  # callers do not speak in time with each other
            self._spoke.add(user)
            await asyncio.sleep(self._calls.chunk * user / self._users)
        speech = Speech(parts, self._calls.last_part, self.late)
        began = time.monotonic()
        error: str | None = "Cancelled"
        try:
            await speech.through(await self._opened(user))
            error = speech.error
        except Exception as refused:  # the client's own classes have no common one but this
            error = type(refused).__name__
        finally:
            if error and (transport := self._transports.pop(user, None)):
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(transport.close(), 5)
        seconds = time.monotonic() - began
        first = None if speech.first is None else speech.first - began
        return Reply(began - origin, seconds, first_chunk=first, lag=speech.lag, error=error)

    async def _opened(self, user: int) -> _Line:
        config = await AsyncSageMakerRuntimeHTTP2Config.resolve(
            endpoint_uri=self._service.url,
            region=self._service.region,
            transport=self._transports.setdefault(user, self._unconnected.another()),
            max_attempts=1,
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
            aws_session_token=self._credentials.token,
        )
        async with asyncio.timeout(PATIENCE):
            opened = await AsyncSageMakerRuntimeHTTP2Client(config).invoke_endpoint_with_bidirectional_stream(
                InvokeEndpointWithBidirectionalStreamInput(
                    endpoint_name=self._calls.endpoint,
                    model_invocation_path=self._calls.path or None,
                    model_query_string=self._calls.query or None,
                )
            )
            _, received = await opened.await_output()
        return _Line(opened.input_stream, received)


class _Line:
    """A stream of AWS's client."""

    def __init__(self, out: Any, received: Any) -> None:
        self._out, self._received = out, received
        self.close = out.close

    async def say(self, part: bytes, *, text: bool) -> None:
        kind = {"data_type": "UTF8"} if text else {}
        await self._out.send(RequestStreamEventPayloadPart(value=RequestPayloadPart(bytes_=part, **kind)))

    async def hear(self) -> bytes | None:
        event = await self._received.receive()
        return None if event is None else event.value.bytes_ or b""


class Transport(AWSCRTHTTPClient):
    """One HTTP/2 connection of AWS's client to a server, which lasts from stream to stream.

    The original loses its authority and its connections when the client's configuration is copied.
    """

    def __init__(self, ca: str = "") -> None:
        """`ca`: the file of an authority, instead of the system's."""
        super().__init__()
        if ca:
            options = io.TlsContextOptions()
            options.override_default_trust_store_from_path(None, ca)
            self._tls_ctx = io.ClientTlsContext(options)

    def another(self) -> Transport:
        """One with a connection of its own. To read the authorities again would take 60 ms."""
        transport = copy.copy(self)
        transport._connections = {}
        return transport

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
    calls = Calls(CallKind.STREAMS, request["endpoint"], (bytes(2 * HELD),), rate=2.0, chunk=1.0)
    streams = Streams(calls, Service("us-east-1", request["url"], ca=request["ca"]))
    streams.begin(users, Credentials(request["account"], "test"))
    sending = [asyncio.create_task(streams.send(user, user, 0.0)) for user in range(users)]
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps([task.result().error for task in sending if task.done()]), flush=True)
    os._exit(0)  # the threads of the transport do not end by themselves
