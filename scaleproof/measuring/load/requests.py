"""Sends InvokeEndpoint or InvokeEndpointWithResponseStream through botocore."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError, ResponseStreamingError

from scaleproof.measuring.levels import Reply
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.service_models import session

PATIENCE = 65.0
"""Seconds without a byte until a request counts as lost; SageMaker gives a model 60."""


class Requests:
    """Implements `Sender`. Each request is in a thread: botocore has no other way."""

    drains = True

    def __init__(self, calls: Calls, service: Service) -> None:
        self._calls, self._service = calls, service
        self.late: list[float] = []
        self._client: Any = None
        self._threads = ThreadPoolExecutor(1)
        self._most = 0
        self._credentials: Credentials | None = None
        self._over = Event()

    def begin(self, users: int, credentials: Credentials) -> None:
        """Prepares to send for a number of users with credentials."""
        self._over = Event()
        if users > self._most or credentials != self._credentials:
            self._threads.shutdown(wait=False)
            self._threads = ThreadPoolExecutor(users)
            self._client = self._connected(users, credentials)
            self._most, self._credentials = users, credentials

    async def send(self, user: int, number: int, origin: float) -> Reply | None:
        """Sends one request and returns its reply; None if the level ended first."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._call, number, origin, self._over)

    def stop(self) -> None:
        """A stream of answers is left at its next part."""
        self._over.set()

    def _connected(self, count: int, credentials: Credentials) -> Any:
        opened = session() if self._service.local else botocore.session.get_session()
        client: Any = opened.create_client(
            "sagemaker-runtime",
            region_name=self._service.region,
            endpoint_url=self._service.url,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            config=Config(
                max_pool_connections=count,
                # A repeated request would hide the error that it repeats.
                retries={"total_max_attempts": 1, "mode": "standard"},
                read_timeout=PATIENCE,
                proxies={} if self._service.local else None,
            ),
        )
        client.meta.events.register("before-parse.sagemaker-runtime.InvokeEndpointWithResponseStream", _to_the_end)
        return client

    def _call(self, number: int, origin: float, over: Event) -> Reply | None:
        """Sends one request and waits for the last byte of its answer. None: it was cut short."""
        request = {
            "EndpointName": self._calls.endpoint,
            "Body": self._calls.body(number).content,
            "ContentType": self._calls.content_type,
        }
        first: float | None = None
        error: str | None = None
        began = time.monotonic()
        try:
            if self._calls.kind is CallKind.REQUESTS:
                self._client.invoke_endpoint(**request)["Body"].read()
            else:
                with closing(self._client.invoke_endpoint_with_response_stream(**request)["Body"]) as events:
                    for _ in events:
                        first = time.monotonic() - began if first is None else first
                        if over.is_set():
                            return None
        except Exception as failed:  # whatever an endpoint answers ends the request, never the measurement
            error = _code(failed)
        return Reply(began - origin, time.monotonic() - began, first_chunk=first, error=error)


def _code(error: Exception) -> str:
    """What AWS calls an error, or the name of its class. It goes through a pipe, which not every error can."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    return str(code or type(error).__name__)


def _to_the_end(response_dict: dict[str, Any], **_: Any) -> None:
    """A handler of botocore's: a stream of events that is cut is an error."""
    if not isinstance(response_dict["body"], bytes):  # that of a refusal was read already
        response_dict["body"] = _Events(response_dict["body"])


class _Events:
    """The bytes of a stream of events. botocore alone takes a cut stream for a complete one."""

    def __init__(self, raw: Any) -> None:
        raw.enforce_content_length = True
        self._raw, self.close = raw, raw.close

    def stream(self) -> Iterator[bytes]:
        """The bytes as they come. Raises where they end within an event, or before Content-Length."""
        events: Any = EventStreamBuffer()
        open_bytes = 0
        for piece in self._raw.stream():
            yield piece
            events.add_data(piece)
            open_bytes += len(piece) - sum(event.prelude.total_length for event in events)
        if open_bytes:
            raise ResponseStreamingError(error="it ended within an event")
