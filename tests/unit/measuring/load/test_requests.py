"""Users who call with botocore's client, without a network and without waiting."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError, ReadTimeoutError

from scaleproof.measuring.levels import Reply
from scaleproof.measuring.load.closed_loop import hold
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.measuring.load.requests import Requests
from tests.unit import event_loop

SERVICE = Service("us-east-1", "http://127.0.0.1:1", local=True)


class Body:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def read(self) -> bytes:
        time.sleep(self.seconds)
        return b"{}"


class Client:
    """A container that takes 0.2 s to begin an answer and 0.1 s for each of its parts."""

    def __init__(self, error: Exception | None = None, parts: int = 3) -> None:
        self.error, self.parts = error, parts
        self.asked: list[dict[str, Any]] = []
        self.closed = 0

    def invoke_endpoint(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        time.sleep(0.2)
        if self.error:
            raise self.error
        return {"Body": Body(0.1)}

    def invoke_endpoint_with_response_stream(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        client = self

        class Events:
            def __iter__(self) -> Iterator[dict[str, Any]]:
                time.sleep(0.2)
                for _ in range(client.parts):
                    time.sleep(0.1)
                    yield {}
                if client.error:
                    raise client.error

            def close(self) -> None:
                client.closed += 1

        return {"Body": Events()}


def held(client: Client, seconds: float, kind: CallKind = CallKind.REQUESTS, users: int = 1) -> list[Reply]:
    requests = Requests(Calls(kind, "speech", (), "text/plain"), SERVICE, lambda number: b"%d" % number)  # type: ignore[arg-type]
    requests._connected = lambda *_: client  # type: ignore[method-assign]

    async def run() -> list[Reply]:
        made = requests.users(users, Credentials("a", "b"))
        return await hold(made, seconds, itertools.count(3), [])

    replies: list[Reply] = event_loop.run(run())
    return replies


def test_a_request_lasts_to_its_last_byte() -> None:
    client = Client()
    replies = held(client, 0.7)
    assert [(one.started, one.latency) for one in replies] == [
        (pytest.approx(start), pytest.approx(0.3)) for start in (0.0, 0.3, 0.6)
    ]
    assert {(one.first_chunk, one.lag, one.error) for one in replies} == {(None, None, None)}
    assert client.asked == [
        {"EndpointName": "speech", "Body": body, "ContentType": "text/plain"} for body in (b"3", b"4", b"5")
    ]


def test_the_first_chunk_of_a_stream_of_answers() -> None:
    client = Client()
    (reply,) = held(client, 0.4, CallKind.RESPONSE_STREAMS)
    assert (reply.first_chunk, reply.latency) == (pytest.approx(0.3), pytest.approx(0.5))
    assert client.closed == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "ModelError"}}, "InvokeEndpoint"), "ModelError"),
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
        (ConnectionClosedError(endpoint_url="x"), "ConnectionClosedError"),
    ],
)
def test_an_error_is_told_by_its_code(error: Exception, code: str) -> None:
    (reply,) = held(Client(error), 0.1)
    assert (reply.error, reply.latency) == (code, pytest.approx(0.2))


def test_an_error_within_a_stream_of_answers() -> None:
    error = EventStreamError({"Error": {"Code": "ModelStreamError"}}, "InvokeEndpoint")
    (reply,) = held(Client(error, parts=1), 0.1, CallKind.RESPONSE_STREAMS)
    assert (reply.error, reply.first_chunk) == ("ModelStreamError", pytest.approx(0.3))


def test_connections_last_until_more_are_needed_or_credentials_change() -> None:
    requests = Requests(Calls(CallKind.REQUESTS, "speech", ()), SERVICE, lambda _: b"")  # type: ignore[arg-type]
    made: list[tuple[int, str]] = []
    requests._connected = lambda count, of: made.append((count, of.access_key))  # type: ignore[method-assign]
    for count, key in ((2, "a"), (1, "a"), (2, "a"), (3, "a"), (1, "b"), (2, "b")):
        assert len(requests.users(count, Credentials(key, "x"))) == count
    assert made == [(2, "a"), (3, "a"), (1, "b"), (2, "b")]


def test_the_client_tries_once_and_calls_the_service() -> None:
    requests = Requests(Calls(CallKind.REQUESTS, "speech", ()), SERVICE, lambda _: b"")  # type: ignore[arg-type]
    client = requests._connected(7, Credentials("a", "b", "c"))
    config = client.meta.config
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:1", "us-east-1")
    assert (config.max_pool_connections, config.retries["total_max_attempts"]) == (7, 1)
    assert (config.read_timeout, config.proxies) == (65.0, {})


def test_a_stream_of_answers_is_left_at_its_next_part_when_the_level_is_over() -> None:
    """Nobody knows how long it would have taken."""
    client, calls = Client(), Calls(CallKind.RESPONSE_STREAMS, "speech", ())
    requests = Requests(calls, SERVICE, lambda _: b"")  # type: ignore[arg-type]
    requests._connected = lambda *_: client  # type: ignore[method-assign]
    (user,) = requests.users(1, Credentials("a", "b"))
    user.stop()
    assert event_loop.run(user.send(0, 0.0)) is None
    assert client.closed == 1
