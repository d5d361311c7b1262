"""Users who open bidirectional streams and speak into them, with AWS's own client. Python 3.12 or newer."""

from __future__ import annotations

import asyncio
import contextlib
import json
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
from scaleproof.measuring.load.bodies import Bodies
from scaleproof.measuring.load.closed_loop import Lateness
from scaleproof.measuring.load.job import Credentials, Job
from scaleproof.measuring.load.pace import Pace
from scaleproof.measuring.load.transport import Transport

PATIENCE = 65.0
"""Seconds until a stream that does not open, or does not end after its last part, counts as lost."""
LOST = "ConnectionLost"
"""The stream ended before all audio was sent: the client shows a lost connection like an end."""
TIMEOUT = "TimeoutError"


class Streams:
    """The users of one process."""

    def __init__(self, job: Job, bodies: Bodies) -> None:
        """Connects when the first streams are opened."""
        self._job, self._bodies = job, bodies
        self.pace = Pace(job.rate, job.chunk)
        self.late = Lateness()
        self.transport = Transport(job.ca)
        self._users: list[_Speaker] = []

    def users(self, count: int, credentials: Credentials) -> list[_Speaker]:
        """So many users, who keep the connections that they have; their parts are spread over a chunk."""
        self.late = Lateness()
        while len(self._users) < count:
            self._users.append(_Speaker(self, self._job, self._bodies))
        for place, user in enumerate(self._users[:count]):
            user.credentials, user.offset = credentials, self._job.chunk * place / count
        return self._users[:count]


class _Speaker:
    drains = False
    credentials: Credentials
    offset: float

    def __init__(self, streams: Streams, job: Job, bodies: Bodies) -> None:
        self._streams, self._job, self._bodies = streams, job, bodies
        self._transport: Transport | None = None
        self._began = False

    def stop(self) -> None:
        """The next level begins with an offset of its own."""
        self._began = False

    async def send(self, number: int, origin: float) -> Reply:
        """Opens one stream, speaks the audio at its pace, and reads until the end."""
        audio = self._bodies(number)
        if not self._began:  # callers do not speak in time with each other
            self._began = True
            await asyncio.sleep(self.offset)
        call = _Call(self._streams.pace.parts(audio), self._job.last_part, self._streams.late)
        began = time.monotonic()
        error: str | None = None
        try:
            await self._run(call)
        except TimeoutError:
            error = TIMEOUT
        except Exception as refused:  # the client's own classes have no common one but this
            error = type(refused).__name__
        finally:
            if error or not call.ended:
                await self._hang_up()
        seconds = time.monotonic() - began
        first = None if call.first is None else call.first - began
        return Reply(began - origin, seconds, first_chunk=first, lag=call.lag, error=error or call.error)

    async def _run(self, call: _Call) -> None:
        client = await self._client()
        async with asyncio.timeout(PATIENCE):
            opened = await client.invoke_endpoint_with_bidirectional_stream(
                InvokeEndpointWithBidirectionalStreamInput(
                    endpoint_name=self._job.endpoint,
                    model_invocation_path=self._job.path or None,
                    model_query_string=self._job.query or None,
                )
            )
            _, received = await opened.await_output()
        await call.through(opened.input_stream, received)

    async def _client(self) -> AsyncSageMakerRuntimeHTTP2Client:
        self._transport = self._transport or self._streams.transport.another()
        config = await AsyncSageMakerRuntimeHTTP2Config.resolve(
            endpoint_uri=self._job.url,
            region=self._job.region,
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


class _Call:
    """One stream that is open."""

    def __init__(self, parts: list[tuple[float, bytes]], last: str, late: Lateness) -> None:
        self._parts, self._last, self._late = parts, last, late
        self._opened = time.monotonic()
        self._spoken: float | None = None
        self._behind = 0.0
        self.first: float | None = None
        self.ended = False
        self.error: str | None = None

    @property
    def lag(self) -> float | None:
        """How far the answers were behind at the worst; None where nothing was answered."""
        return None if self.first is None else self._behind

    async def through(self, out: Any, received: Any) -> None:
        """Speaks and listens until both are done."""
        self._opened = time.monotonic()
        speaking = asyncio.create_task(self._speak(out))
        try:
            # The container may be silent for as long as the audio is.
            async with asyncio.timeout(self._parts[-1][0] + PATIENCE):
                while (event := await received.receive()) is not None:
                    self._heard(event.value.bytes_ or b"")
                if self._spoken is None:
                    self.error = LOST
                    return
                self._behind = max(self._behind, time.monotonic() - self._spoken)
                await speaking
                self.ended = True
        finally:
            speaking.cancel()

    async def _speak(self, out: Any) -> None:
        for due, part in self._parts:
            wait = self._opened + due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self._late.add(time.monotonic() - self._opened - due)
            await out.send(RequestStreamEventPayloadPart(value=RequestPayloadPart(bytes_=part)))
        self._spoken = time.monotonic()
        if self._last:
            last = RequestPayloadPart(bytes_=self._last.encode(), data_type="UTF8")
            await out.send(RequestStreamEventPayloadPart(value=last))
        await out.close()

    def _heard(self, answer: bytes) -> None:
        now = time.monotonic()
        self.first = self.first or now
        heard = _position(answer)
        if heard is not None:
            said = (self._spoken or now) - self._opened
            self._behind = max(self._behind, min(now - self._opened, said) - heard)


def _position(answer: bytes) -> float | None:
    """The second of the audio that a transcript reaches to, where it has `start` and `duration`.

    https://developers.deepgram.com/reference/speech-to-text/listen-streaming
    """
    if not answer.startswith(b"{"):
        return None
    try:
        found = json.loads(answer)
        return float(found["start"]) + float(found["duration"])
    except (ValueError, KeyError, TypeError):
        return None
