"""Users who call with botocore's client, without waiting; what no client can be told to say, servers answer."""

import asyncio
import itertools
import threading
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError, ProfileNotFound, ReadTimeoutError

from scaleproof.emulator.api.frames import Part
from scaleproof.measuring.load import job
from scaleproof.measuring.load.closed_loop import hold
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.measuring.load.requests import Requests
from tests.unit import event_loop
from tests.unit.served import HEAD, served

SERVICE = Service("us-east-1", "http://127.0.0.1:1", local=True)


class Body:
    def __init__(self, seconds):
        self.seconds = seconds

    def read(self):
        time.sleep(self.seconds)
        return b"{}"


class Client:
    """A container that takes 0.2 s to begin an answer and 0.1 s for each of its parts."""

    def __init__(self, error=None, parts=3):
        self.error, self.parts = error, parts
        self.asked = []
        self.closed = 0

    def invoke_endpoint(self, **asked):
        self.asked.append(asked)
        time.sleep(0.2)
        if self.error:
            raise self.error
        return {"Body": Body(0.1)}

    def invoke_endpoint_with_response_stream(self, **asked):
        self.asked.append(asked)
        client = self

        class Events:
            def __iter__(self):
                time.sleep(0.2)
                for _ in range(client.parts):
                    time.sleep(0.1)
                    yield {}
                if client.error:
                    raise client.error

            def close(self):
                client.closed += 1

        return {"Body": Events()}


def held(client, seconds, kind=CallKind.REQUESTS, users=1):
    bodies = tuple(job.Body(b"%d" % number) for number in range(9))
    requests = Requests(Calls(kind, "speech", bodies, "text/plain"), SERVICE)
    requests._connected = lambda *_: client

    async def run():
        await asyncio.sleep(5)  # no level begins at 0
        requests.begin(users, Credentials("a", "b"))
        return await hold(requests, users, seconds, itertools.count(3))

    return event_loop.run(run())[0]


def test_a_request_lasts_to_its_last_byte():
    client = Client()
    replies = held(client, 0.7)
    assert [(one.started, one.latency) for one in replies] == [
        (pytest.approx(start), pytest.approx(0.3)) for start in (0.0, 0.3, 0.6)
    ]
    assert {(one.first_chunk, one.lag, one.error) for one in replies} == {(None, None, None)}
    assert client.asked == [
        {"EndpointName": "speech", "Body": body, "ContentType": "text/plain"} for body in (b"3", b"4", b"5")
    ]


def test_the_first_chunk_of_a_stream_of_answers():
    client = Client()
    (reply,) = held(client, 0.4, CallKind.RESPONSE_STREAMS)
    assert (reply.first_chunk, reply.latency) == (pytest.approx(0.3), pytest.approx(0.5))
    assert client.closed == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "ModelError"}}, "InvokeEndpoint"), "ModelError"),
        (ClientError({"Error": {"Code": 429}}, "InvokeEndpoint"), "429"),
        (ClientError({"Error": {}}, "InvokeEndpoint"), "ClientError"),
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
        (ConnectionClosedError(endpoint_url="x"), "ConnectionClosedError"),
    ],
)
def test_an_error_is_told_by_its_code(error, code):
    (reply,) = held(Client(error), 0.1)
    assert (reply.error, reply.latency) == (code, pytest.approx(0.2))


def test_an_error_within_a_stream_of_answers():
    error = EventStreamError({"Error": {"Code": "ModelStreamError"}}, "InvokeEndpoint")
    (reply,) = held(Client(error, parts=1), 0.1, CallKind.RESPONSE_STREAMS)
    assert (reply.error, reply.first_chunk) == ("ModelStreamError", pytest.approx(0.3))


def test_connections_last_until_more_are_needed_or_credentials_change():
    requests = Requests(Calls(CallKind.REQUESTS, "speech", ()), SERVICE)
    made = []
    requests._connected = lambda count, of: made.append((count, of.access_key))
    pools = set()
    for count, key in ((2, "a"), (1, "a"), (2, "a"), (3, "a"), (1, "b"), (2, "b")):
        pools.add(requests._threads)
        requests.begin(count, Credentials(key, "x"))
    for pool in pools - {requests._threads}:
        with pytest.raises(RuntimeError, match="shutdown"):
            pool.submit(print)
    assert made == [(2, "a"), (3, "a"), (1, "b"), (2, "b")]


def test_a_level_does_not_wait_for_requests_that_were_given_up():
    requests, over = Requests(Calls(CallKind.REQUESTS, "speech", ()), SERVICE), threading.Event()
    hangs = requests._threads.submit(over.wait, 5)
    requests.begin(2, Credentials("a", "b"))
    assert not hangs.done()
    over.set()


def test_the_client_tries_once_and_calls_the_service():
    requests = Requests(Calls(CallKind.REQUESTS, "speech", ()), SERVICE)
    client = requests._connected(7, Credentials("a", "b", "c"))
    config = client.meta.config
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:1", "us-east-1")
    assert (config.max_pool_connections, config.retries["total_max_attempts"]) == (7, 1)
    assert (config.read_timeout, config.proxies) == (65.0, {})


def test_settings_of_the_user_are_those_of_calls_to_aws_only(monkeypatch):
    calls = Calls(CallKind.REQUESTS, "speech", ())
    monkeypatch.setenv("AWS_PROFILE", "none-such")
    assert Requests(calls, SERVICE)._connected(1, Credentials("a", "b"))
    aws = Requests(calls, Service("us-east-1", "https://runtime.sagemaker.us-east-1.amazonaws.com"))
    with pytest.raises(ProfileNotFound):
        aws._connected(1, Credentials("a", "b"))
    monkeypatch.delenv("AWS_PROFILE")
    assert aws._connected(1, Credentials("a", "b")).meta.config.proxies is None


def test_a_stream_of_answers_is_left_at_its_next_part_when_the_level_is_over():
    """Nobody knows how long it would have taken."""
    client = Client()
    requests = Requests(Calls(CallKind.RESPONSE_STREAMS, "speech", (job.Body(b""),)), SERVICE)
    requests._connected = lambda *_: client
    requests.begin(1, Credentials("a", "b"))
    requests.stop()
    assert event_loop.run(requests.send(0, 0, 0.0)) is None
    assert client.closed == 1
    requests.begin(1, Credentials("a", "b"))
    assert event_loop.run(requests.send(0, 0, 0.0)) is not None


def sent(kind, *answer, **options):
    """The reply to one request to a server that gives this answer."""
    with served(lambda: itertools.chain(*answer), **options) as url:
        requests = Requests(Calls(kind, "speech", (job.Body(b"{}"),)), Service("us-east-1", url, local=True))
        requests.begin(1, Credentials("a", "b"))
        return asyncio.run(requests.send(0, 0, 0.0))


PART = Part(b"spoken").encode()
LENGTH = b"Content-Length: %d\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ([HEAD, LENGTH % (2 * len(PART)), PART, PART], None),
        ([HEAD, CHUNKED, b"%x\r\n%s\r\n0\r\n\r\n" % (len(PART), PART)], None),
        ([HEAD, b"\r\n", PART], None),
        ([HEAD, b"\r\n", PART, PART[:20]], "ResponseStreamingError"),
        ([HEAD, LENGTH % (2 * len(PART)), PART], "ProtocolError"),
        ([HEAD, CHUNKED, b"%x\r\n%s\r\n" % (len(PART), PART)], "ProtocolError"),
        ([HEAD, CHUNKED, b"zz\r\nabc\r\n"], "ProtocolError"),
        ([HEAD, LENGTH % len(PART), PART[:-1], b"\0"], "ChecksumMismatch"),
        ([HEAD.replace(b"200", b"500"), LENGTH % 2, b"[]"], "AttributeError"),
        ([HEAD.replace(b"200", b"300"), LENGTH % 2, b"[]"], "ClientError"),
    ],
    ids=lambda answer: "" if isinstance(answer, list) else answer,
)
def test_a_stream_of_answers_succeeds_only_where_it_is_complete(answer, code):
    reply = sent(CallKind.RESPONSE_STREAMS, answer)
    assert reply.error == code
    assert reply.first_chunk is not None or code


def test_a_stream_of_answers_whose_connection_breaks():
    reply = sent(CallKind.RESPONSE_STREAMS, [HEAD, LENGTH % 10_000, PART], reset=True)
    assert reply.error == "ProtocolError"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ([HEAD, LENGTH % 2, b"{}"], None),
        ([HEAD, LENGTH % 9, b"{}"], "ResponseStreamingError"),
        ([HEAD, b"Content-Length: abc\r\n\r\n{}"], "ValueError"),
        ([HEAD.replace(b"200", b"500"), LENGTH % 2, b"[]"], "AttributeError"),
        ([HEAD.replace(b"200", b"300"), LENGTH % 2, b"[]"], "ClientError"),
        ([b"no answer\r\n\r\n"], "ConnectionClosedError"),
    ],
)
def test_a_request_succeeds_only_where_its_answer_is_complete(answer, code):
    assert sent(CallKind.REQUESTS, answer).error == code
