"""Users who open bidirectional streams and speak into them, with AWS's own client. Python 3.12 or newer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from aws_sdk_sagemaker_runtime_http2.client import AsyncSageMakerRuntimeHTTP2Client
from aws_sdk_sagemaker_runtime_http2.config import AsyncSageMakerRuntimeHTTP2Config
from aws_sdk_sagemaker_runtime_http2.models import (
    InvokeEndpointWithBidirectionalStreamInput,
    RequestPayloadPart,
    RequestStreamEventPayloadPart,
)

from scaleproof.measuring.levels import Reply
from scaleproof.measuring.load.bodies import Bodies, paced
from scaleproof.measuring.load.job import Calls, Credentials, Service
from scaleproof.measuring.load.speech import PATIENCE, Speech
from scaleproof.measuring.load.transport import Transport


class Streams:
    """The users of one process."""

    def __init__(self, calls: Calls, service: Service, bodies: Bodies) -> None:
        """Connects when the first streams are opened."""
        self.calls, self.service, self.bodies = calls, service, bodies
        self.late: list[float] = []
        self.transport = Transport(service.ca)
        self._users: list[_Speaker] = []

    def users(self, count: int, credentials: Credentials) -> list[_Speaker]:
        """So many users, who keep the connections that they have; their parts are spread over a chunk."""
        self.late = []
        while len(self._users) < count:
            self._users.append(_Speaker(self))
        for place, user in enumerate(self._users[:count]):
            user.credentials, user.offset = credentials, self.calls.chunk * place / count
        return self._users[:count]


class _Speaker:
    drains = False
    credentials: Credentials
    offset: float

    def __init__(self, streams: Streams) -> None:
        self._streams, self._calls, self._service = streams, streams.calls, streams.service
        self._transport: Transport | None = None
        self._began = False

    def stop(self) -> None:
        """The next level begins with an offset of its own."""
        self._began = False

    async def send(self, number: int, origin: float) -> Reply:
        """Opens one stream, speaks the audio at its pace, and reads until the end."""
        parts = paced(self._streams.bodies(number), self._calls.rate or 0.0, self._calls.chunk)
        if not self._began:  # callers do not speak in time with each other
            self._began = True
            await asyncio.sleep(self.offset)
        speech = Speech(parts, self._calls.last_part, self._streams.late)
        began = time.monotonic()
        error: str | None = "Cancelled"
        try:
            await speech.through(await self._opened())
            error = speech.error
        except Exception as refused:  # the client's own classes have no common one but this
            error = type(refused).__name__
        finally:
            if error:
                await self._hang_up()
        seconds = time.monotonic() - began
        first = None if speech.first is None else speech.first - began
        return Reply(began - origin, seconds, first_chunk=first, lag=speech.lag, error=error)

    async def _opened(self) -> _Line:
        client = await self._client()
        async with asyncio.timeout(PATIENCE):
            opened = await client.invoke_endpoint_with_bidirectional_stream(
                InvokeEndpointWithBidirectionalStreamInput(
                    endpoint_name=self._calls.endpoint,
                    model_invocation_path=self._calls.path or None,
                    model_query_string=self._calls.query or None,
                )
            )
            _, received = await opened.await_output()
        return _Line(opened.input_stream, received)

    async def _client(self) -> AsyncSageMakerRuntimeHTTP2Client:
        self._transport = self._transport or self._streams.transport.another()
        config = await AsyncSageMakerRuntimeHTTP2Config.resolve(
            endpoint_uri=self._service.url,
            region=self._service.region,
            transport=self._transport,
            max_attempts=1,
            aws_access_key_id=self.credentials.access_key,
            aws_secret_access_key=self.credentials.secret_key,
            aws_session_token=self.credentials.token,
        )
        return AsyncSageMakerRuntimeHTTP2Client(config)

    async def _hang_up(self) -> None:
        if self._transport:
            transport, self._transport = self._transport, None
            with contextlib.suppress(Exception):
                await asyncio.wait_for(transport.close(), 5)


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
