"""Bidirectional streams: what comes back, how they end, what is refused, and that nothing stays counted."""

import asyncio
import time

import pytest

from scaleproof.emulator.api import calls, streams
from scaleproof.emulator.engine import container, faults

from . import asgi
from .asgi import Talk, behave, in_flight, store_with, talking
from .conftest import ACCOUNT
from .signing import Signer, frame, part

TEXT = {"DataType": "UTF8"}
FAIL = b'{"fail": 500}'
CLOSE, LEAVE, END = Talk.close, Talk.leave, lambda talk: talk.send(b"", last=True)
OTHER = frame({":message-type": "event", ":event-type": "Other"})
CONVERSATIONS = {
    "a model that fails": (
        {},
        [part(FAIL), part(FAIL, **TEXT), part(b"late")],  # the first is not text: an answer like any other
        [FAIL, "ModelStreamError StreamBroken: Received server error (500)"],
    ),
    "Deepgram's word for the end": ({}, [part(b"audio"), part(b'{"type": "CloseStream"}', **TEXT)], [b"audio"]),
    "an empty part has no answer": ({}, [part(b""), part(b"x"), CLOSE], [b"x"]),
    "an end without the event that closes": ({}, [part(b"x"), END], [b"x"]),
    "a client that is gone": ({"answer": 30.0}, [part(b"x"), LEAVE], []),
    "a client that is gone after it closed": ({"answer": 30.0}, [part(b"x"), CLOSE, LEAVE], []),
    "more than can wait": (
        {"answer": 30.0},
        [part(bytes(1_000)), part(b"x")],
        ["InternalStreamFailure -: More than 1000 bytes wait for an answer."],
    ),
    "a stream that lasts too long": (
        {"stream_seconds": 0.3},
        [part(b"hello")],
        [b"hello", "ModelStreamError ModelInvocationTimeExceeded: A stream lasts 0.3 seconds at most."],
    ),
    "an unknown type": ({}, [part(b"x", DataType="TEXT")], ["InputValidationError: DataType must be one of UTF8, "]),
    "an unknown state": ({}, [part(b"x", CompletionState="DONE")], ["InputValidationError: CompletionState must be"]),
    "another event": ({}, [OTHER], ["InputValidationError: A request event must be a PayloadPart."]),
    "two events in one": ({}, [part(b"x") + part(b"y")], ["InputValidationError: A signed event must hold one"]),
    "half an event": ({}, [part(b"x")[:-1]], ["InputValidationError: A signed event must hold one whole event."]),
    "no event": ({}, [b"?"], ["InputValidationError: "]),
}


@pytest.mark.parametrize(("members", "said", "answers"), CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_conversations(monkeypatch, members, said, answers):
    monkeypatch.setattr(streams, "MAX_WAITING", 1_000)
    behave(ACCOUNT, **members)

    async def test(talk):
        await talk.opened()
        assert in_flight(talk.store) == [1]
        for inner in said:
            inner(talk) if callable(inner) else talk.say(inner)
        events = await talk.rest()
        assert len(events) == len(answers)
        for event, answer in zip(events, answers, strict=True):
            assert event == answer if isinstance(answer, bytes) else event.startswith(answer)
        if "stream_seconds" in members:
            assert time.monotonic() == pytest.approx(0.3, abs=0.02)

    talking(test)


@pytest.mark.parametrize("case", ["checksum", "prelude", "cut off"])
def test_broken_frames(case):
    async def test(talk):
        whole = talk.signer.event(part(b"hello"))
        checksum, prelude = whole[:-1] + bytes([whole[-1] ^ 1]), bytes([whole[0] ^ 1]) + whole[1:]
        broken = {"checksum": checksum, "prelude": prelude, "cut off": whole[:-1]}
        talk.send(broken[case], last=case == "cut off")
        (event,) = await talk.rest()
        wanted = "The stream ends within a frame." if case == "cut off" else "A frame is broken: "
        assert event.startswith(f"InputValidationError: {wanted}")

    talking(test)


def test_parts_come_back_in_order():
    async def test(talk):
        headers = await talk.opened()  # before anything is sent
        assert talk.start["status"] == 200
        assert headers["content-type"] == "application/vnd.amazon.eventstream"
        assert headers["x-amzn-invoked-production-variant"] == "AllTraffic"
        parts = [
            (b"good", TEXT),
            (b"\x00\xff", {"DataType": "BINARY", "CompletionState": "PARTIAL"}),
            (bytes(70_000), {"CompletionState": "COMPLETE"}),
        ]
        data = b"".join(talk.signer.event(part(body, **members)) for body, members in parts)
        for cut in range(0, len(data), 1_000):  # frames come in pieces
            talk.send(data[cut : cut + 1_000])
        assert [await talk.next() for _ in parts] == [body for body, _ in parts]
        kind = {":message-type": "event", ":event-type": "PayloadPart"}
        whole = [{**kind, **members, ":content-type": "application/octet-stream"} for _, members in parts]
        assert talk.headers == whole
        talk.close()
        assert await talk.rest() == []

    talking(test)


def test_what_has_been_answered_waits_no_more(monkeypatch):
    monkeypatch.setattr(streams, "MAX_WAITING", 100)

    async def test(talk):
        for _ in range(5):
            talk.say(part(bytes(60)))
            assert await talk.next()
        talk.leave()
        await talk.rest()

    talking(test)


def test_a_stream_may_last_30_minutes():
    assert container.of_account("0").stream_seconds == 30 * 60


def boom(*_):
    raise RuntimeError("boom")


def test_a_fault_of_the_emulator_before_the_headers(monkeypatch):
    monkeypatch.setattr(streams.runtime, "admit", boom)

    async def test(talk):
        status, kind, body = await talk.refused()
        assert (status, kind) == (500, "InternalServerError")
        assert "boom" in body["Message"]

    talking(test)


def test_a_fault_of_the_emulator_after_the_headers(monkeypatch):
    monkeypatch.setattr(streams, "requested_failure", boom)

    async def test(talk):
        talk.say(part(b"x", **TEXT))
        assert await talk.rest() == ["InternalStreamFailure -: The emulator failed: boom"]

    talking(test)


@pytest.mark.parametrize("instances", [3, 2])
def test_streams_are_routed_to_the_least_busy_instance(instances):
    store = store_with(instances=instances)

    async def run():
        talks = [Talk(store) for _ in range(2 * instances)]
        for talk in talks:
            talk.say(part(b"x"))
            assert await talk.next()
        assert in_flight(store) == [2] * instances
        for talk in talks:
            talk.leave()
            await talk.rest()

    asgi.run(run)


def test_a_container_that_is_stopped():
    store = store_with(instances=2)

    async def run():
        talks = [Talk(store), Talk(store)]

        async def answered():
            for talk in talks:
                talk.say(part(b"x"))
                assert await talk.next() == b"x"

        await answered()
        behave(ACCOUNT, stop_seconds=0.5)
        store.endpoints["speech"].fleet.variants["AllTraffic"].running = {"ml.g6.2xlarge": 1}
        store.serve()
        assert {load.stopping: load.in_flight for load in store.serving.loads()} == {False: 1, True: 1}
        await answered()  # until it is killed, it goes on
        await asyncio.sleep(0.5)
        store.serve()
        await asyncio.sleep(0.1)
        cut, other = sorted(talks, key=lambda talk: not talk.ended)
        assert (cut.ended, other.ended) == (True, False)
        assert await cut.rest() == [
            "ModelStreamError StreamBroken: The container was stopped while the stream was open."
        ]
        assert in_flight(store) == [1]
        other.close()
        assert await other.rest() == []

    asgi.run(run)
    assert in_flight(store) == [0]


# What is refused before it is a stream.

INVALID, TOKEN, UNKNOWN = "InputValidationError", "MissingAuthenticationTokenException", "UnknownOperationException"
ASYNC = {"AsyncInferenceConfig": {"OutputConfig": {}}}
NOT_IN_SERVICE = ("Creating", "Failed", "Deleting")
REFUSED = {
    "unknown endpoint": ({"endpoint": "x"}, {}, {}, (400, INVALID), f"x of account {ACCOUNT} not found"),
    "unknown variant": ({"x_amzn_sagemaker_target_variant": "B"}, {}, {}, (400, INVALID), "Variant B not found"),
    "no signature": ({"authorization": ""}, {}, {}, (403, TOKEN), "Missing"),
    "another scheme": ({"authorization": "Bearer x"}, {}, {}, (403, TOKEN), "Missing"),
    "another content type": ({"content_type": "application/json"}, {}, {}, (400, INVALID), "eventstream"),
    "another path": ({}, {"path": "/endpoints/speech/invocations"}, {}, (404, UNKNOWN), ""),
    "another method": ({}, {"method": "GET"}, {}, (404, UNKNOWN), ""),
    "asynchronous": ({}, {}, ASYNC, (400, INVALID), "is asynchronous"),
    **{status: ({}, {}, {"status": status}, (400, INVALID), "not found") for status in NOT_IN_SERVICE},
}


@pytest.mark.parametrize(("headers", "scope", "members", "kind", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(headers, scope, members, kind, text):
    store = store_with(**members)
    store.endpoints["speech"].busy_until = time.time() + 60

    async def test(talk):
        talk.send(b"whatever")  # AWS's client may send before it has the headers
        status, name, body = await talk.refused()
        assert (status, name) == kind
        assert text in body["Message"]

    talking(test, store, Signer(ACCOUNT, **headers), **scope)


@pytest.mark.parametrize(
    ("upgrade", "original", "text"),
    [(False, 400, "the upgrade was refused"), (5.0, 504, "no answer to the upgrade within 250 ms")],
)
def test_a_container_that_does_not_accept(upgrade, original, text):
    behave(ACCOUNT, upgrade=upgrade)

    async def test(talk):
        status, kind, body = await talk.refused()
        assert time.monotonic() == pytest.approx(0.25)
        assert (status, kind, body["OriginalStatusCode"]) == (424, "ModelError", original)
        assert text in body["OriginalMessage"]
        assert body["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/speech")

    talking(test)


def test_a_container_that_accepts_late_but_in_time():
    behave(ACCOUNT, upgrade=0.1)

    async def test(talk):
        talk.say(part(b"hello"))
        assert await talk.next() == b"hello"
        assert time.monotonic() == pytest.approx(0.1)
        talk.leave()
        await talk.rest()

    talking(test)


def test_faults_and_the_log_of_calls():
    calls.of_account(ACCOUNT).clear()
    throttled = {"fault": "throttling", "service": "sagemaker-runtime-http2", "times": 1}
    faults.of_account(ACCOUNT).set(faults.parse([throttled, {"fault": "unavailable"}]))
    named = {"invocation_path": "v1/listen", "query_string": "a=1"}
    store = store_with()
    signer = Signer(ACCOUNT, **{f"x_amzn_sagemaker_model_{name}": value for name, value in named.items()})

    async def run():
        assert (await Talk(store, signer).refused())[:2] == (400, "ThrottlingException")
        assert (await Talk(store, signer).refused())[:2] == (503, "ServiceUnavailableError")

    asgi.run(run)
    first, _ = calls.of_account(ACCOUNT).shown()["calls"]
    assert first["operation"] == "InvokeEndpointWithBidirectionalStream"
    members = {"ModelInvocationPath": "v1/listen", "ModelQueryString": "a=1"}
    assert first["params"] == {"EndpointName": "speech", **members}


def test_a_websocket_is_closed():
    sent = []

    async def take(message):
        sent.append(message)

    asgi.run(lambda: streams.Streams(None, None)({"type": "websocket"}, None, take))
    assert sent == [{"type": "websocket.close"}]
