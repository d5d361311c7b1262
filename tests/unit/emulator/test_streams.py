"""Bidirectional streams: what is answered, what is refused, and that nothing stays counted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from scaleproof.emulator.api import calls, fault_rules, streams
from scaleproof.emulator.engine import container, faults
from scaleproof.emulator.engine.state import Store

from . import asgi
from .asgi import Talk, behave, in_flight, store_with
from .signing import Signer, frame, part

ACCOUNT = "111122223333"


@pytest.fixture(autouse=True)
def usual() -> Any:
    """Containers that behave as usual again after each test."""
    yield
    behave(ACCOUNT)


def talking(test: Callable[[Talk], Awaitable[None]], store: Store | None = None, **scope: Any) -> Store:
    """Runs a test with an open stream; nothing may be in flight afterwards."""
    store = store or store_with()

    async def run() -> None:
        await test(Talk(store, Signer(ACCOUNT), **scope))

    asgi.run(run)
    assert sum(in_flight(store)) == 0
    return store


def test_parts_come_back_in_order() -> None:
    async def test(talk: Talk) -> None:
        given = [
            (b"good", {"DataType": "UTF8"}),
            (b"\x00\xff", {"DataType": "BINARY", "CompletionState": "PARTIAL"}),
            (bytes(70_000), {"CompletionState": "COMPLETE"}),
        ]
        data = b"".join(talk.signer.event(part(body, **members)) for body, members in given)
        for cut in range(0, len(data), 1_000):  # frames come in pieces
            talk.send(data[cut : cut + 1_000])
        for body, members in given:
            event = await talk.next()
            assert event
            assert event.payload == body
            named = {":message-type": "event", ":event-type": "PayloadPart"}
            assert event.headers == {**named, **members, ":content-type": "application/octet-stream"}
        assert in_flight(talk.store) == [1]
        talk.close()
        assert await talk.rest() == []

    talking(test)


def test_the_headers_come_before_anything_is_sent() -> None:
    async def test(talk: Talk) -> None:
        while not talk.start:
            await asyncio.sleep(0.01)
        headers = {name.decode(): value.decode() for name, value in talk.start["headers"]}
        assert talk.start["status"] == 200
        assert headers["content-type"] == "application/vnd.amazon.eventstream"
        assert headers["x-amzn-invoked-production-variant"] == "AllTraffic"
        talk.send(b"", last=True)  # without the event that closes
        assert await talk.rest() == []

    talking(test)


def signed(**changes: Any) -> Signer:
    return Signer(ACCOUNT, **changes)


def without(name: str, **others: str) -> Signer:
    signer = signed()
    del signer.headers[name]
    signer.headers |= others
    return signer


REFUSED: dict[str, tuple[Signer, dict[str, Any], int, str, str]] = {
    "unknown endpoint": (
        signed(endpoint="x"),
        {},
        400,
        "InputValidationError",
        f"x of account {ACCOUNT} not found",
    ),
    "unknown variant": (
        signed(x_amzn_sagemaker_target_variant="B"),
        {},
        400,
        "InputValidationError",
        "Variant B not found",
    ),
    "no signature": (without("authorization"), {}, 403, "MissingAuthenticationTokenException", "Missing"),
    "another scheme": (
        without("authorization", authorization="Bearer x"),
        {},
        403,
        "IncompleteSignatureException",
        "AWS4-HMAC-SHA256",
    ),
    "another service": (
        signed(service="bedrock"),
        {},
        403,
        "InvalidSignatureException",
        "scoped to correct service: 'sagemaker'",
    ),
    "a body that is not signed": (
        signed(content="UNSIGNED-PAYLOAD"),
        {},
        403,
        "InvalidSignatureException",
        "STREAMING-AWS4-HMAC-SHA256-EVENTS",
    ),
    "another secret": (signed(secret="other"), {}, 403, "InvalidSignatureException", "does not match"),
    "a date of another day": (
        without("x-amz-date", **{"x-amz-date": "20200101T000000Z"}),
        {},
        403,
        "InvalidSignatureException",
        "x-amz-date",
    ),
    "another content type": (
        signed(content_type="application/json"),
        {},
        400,
        "InputValidationError",
        "application/vnd.amazon.eventstream",
    ),
    "another path": (
        signed(),
        {"path": "/endpoints/speech/invocations"},
        404,
        "UnknownOperationException",
        "",
    ),
    "another method": (signed(), {"method": "GET"}, 404, "UnknownOperationException", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    signer, changes, status, kind, text = REFUSED[case]
    store = store_with()

    async def run() -> None:
        talk = Talk(store, signer, **changes)
        talk.send(b"whatever")  # AWS's client may send before it has the headers
        found = await talk.refused()
        assert found[:2] == (status, kind)
        assert text in found[2]["Message"]

    asgi.run(run)
    assert sum(in_flight(store)) == 0


@pytest.mark.parametrize("status", ["Creating", "Failed", "Deleting"])
def test_an_endpoint_that_is_not_in_service(status: str) -> None:
    store = store_with(status=status)
    store.endpoints["speech"].busy_until = time.time() + 60

    async def test(talk: Talk) -> None:
        assert (await talk.refused())[:2] == (400, "InputValidationError")

    talking(test, store)


def test_an_asynchronous_endpoint() -> None:
    async def test(talk: Talk) -> None:
        status, kind, body = await talk.refused()
        assert (status, kind) == (400, "InputValidationError")
        assert "is asynchronous" in body["Message"]

    talking(test, store_with(AsyncInferenceConfig={"OutputConfig": {}}))


@pytest.mark.parametrize(
    ("members", "original", "text"),
    [
        ({"upgrade": False}, 400, "the upgrade was refused"),
        ({"upgrade": 5.0}, 504, "no answer to the upgrade within 250 ms"),
    ],
)
def test_a_container_that_does_not_accept(members: dict[str, Any], original: int, text: str) -> None:
    behave(ACCOUNT, **members)
    began = time.monotonic()

    async def test(talk: Talk) -> None:
        status, kind, body = await talk.refused()
        assert (status, kind) == (424, "ModelError")
        assert body["OriginalStatusCode"] == original
        assert text in body["OriginalMessage"]
        assert body["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/speech")

    talking(test)
    assert 0.25 <= time.monotonic() - began < 2


def test_a_container_that_accepts_late_but_in_time() -> None:
    behave(ACCOUNT, upgrade=0.1)

    async def test(talk: Talk) -> None:
        talk.say(part(b"hello"))
        event = await talk.next()
        assert event
        assert event.payload == b"hello"
        talk.leave()
        await talk.rest()

    began = time.monotonic()
    talking(test)
    assert time.monotonic() - began >= 0.1


def broken(signer: Signer) -> dict[str, tuple[bytes, str]]:
    """By what is wrong: what is sent, and the kind of the event that tells of it."""
    whole = signer.event(part(b"hello"))
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    prelude = bytes([whole[0] ^ 1]) + whole[1:]
    return {
        "checksum": (flipped, "InputValidationError"),
        "prelude": (prelude, "InputValidationError"),
        "chain": (Signer(ACCOUNT, secret="other").event(part(b"x")), "InvalidSignatureException"),
        "no signature": (part(b"hello"), "InvalidSignatureException"),
        "another event": (
            signer.event(frame({":message-type": "event", ":event-type": "Other"}), prior=signer.seed),
            "InputValidationError",
        ),
    }


@pytest.mark.parametrize("case", ["checksum", "prelude", "chain", "no signature", "another event"])
def test_broken_frames(case: str) -> None:
    async def test(talk: Talk) -> None:
        data, kind = broken(talk.signer)[case]
        talk.send(data)
        (event,) = await talk.rest()
        assert event.kind == kind
        assert event.headers[":message-type"] == "error"
        assert event.headers[":error-message"]

    talking(test)


@pytest.mark.parametrize(
    "inner",
    [
        part(b"x", DataType="TEXT"),
        part(b"x", CompletionState="DONE"),
        part(b"x") + part(b"y"),
        part(b"x")[:-1],
        b"?",
    ],
)
def test_events_that_are_no_part(inner: bytes) -> None:
    async def test(talk: Talk) -> None:
        talk.say(inner)
        (event,) = await talk.rest()
        assert event.kind == "InputValidationError"

    talking(test)


def test_a_stream_that_ends_within_a_frame() -> None:
    async def test(talk: Talk) -> None:
        talk.send(talk.signer.event(part(b"hello"))[:-1], last=True)
        (event,) = await talk.rest()
        assert event.kind == "InputValidationError"
        assert "within a frame" in event.headers[":error-message"]

    talking(test)


def test_an_event_that_is_sent_again() -> None:
    async def test(talk: Talk) -> None:
        event = talk.signer.event(part(b"hello"))
        talk.send(event + event)
        found = await talk.rest()
        assert found[-1].kind == "InvalidSignatureException"

    talking(test)


def test_faults_and_the_log_of_calls() -> None:
    calls.of(ACCOUNT).clear()
    injected = faults.of_account(ACCOUNT)
    injected.set(
        fault_rules.parse(
            [
                {"fault": "throttling", "service": "sagemaker-runtime-http2", "times": 1},
                {"fault": "unavailable"},
            ]
        )
    )
    signer = signed(
        x_amzn_sagemaker_model_invocation_path="v1/listen", x_amzn_sagemaker_model_query_string="model=nova-3"
    )
    store = store_with()

    async def run() -> None:
        assert (await Talk(store, signer).refused())[:2] == (400, "ThrottlingException")
        assert (await Talk(store, signer).refused())[:2] == (503, "ServiceUnavailableError")

    try:
        asgi.run(run)
    finally:
        injected.set([])
    first, _ = calls.of(ACCOUNT).shown()["calls"]
    assert first["operation"] == "InvokeEndpointWithBidirectionalStream"
    assert first["params"] == {
        "EndpointName": "speech",
        "ModelInvocationPath": "v1/listen",
        "ModelQueryString": "model=nova-3",
    }


def test_a_stream_that_lasts_too_long() -> None:
    behave(ACCOUNT, stream_seconds=0.3)

    async def test(talk: Talk) -> None:
        talk.say(part(b"hello"))
        hello, end = await talk.rest()
        assert hello.payload == b"hello"
        assert end.kind == "ModelStreamError"
        assert end.headers[":message-type"] == "exception"
        assert json.loads(end.payload)["ErrorCode"] == "ModelInvocationTimeExceeded"

    began = time.monotonic()
    talking(test)
    assert 0.3 <= time.monotonic() - began < 3


def test_a_stream_may_last_30_minutes() -> None:
    assert container.of_account("0").stream_seconds == 30 * 60


def test_a_model_that_fails_in_mid_stream() -> None:
    async def test(talk: Talk) -> None:
        talk.say(part(b'{"fail": 500}'))  # not text: an answer like any other
        talk.say(part(b'{"fail": 500}', DataType="UTF8"))
        talk.say(part(b"late"))
        echo, end = await talk.rest()
        assert echo.payload == b'{"fail": 500}'
        assert end.kind == "ModelStreamError"
        assert "(500)" in json.loads(end.payload)["Message"]

    talking(test)


def test_deepgrams_word_for_the_end() -> None:
    async def test(talk: Talk) -> None:
        talk.say(part(b"audio"))
        talk.say(part(b'{"type": "CloseStream"}', DataType="UTF8"))
        assert [event.payload for event in await talk.rest()] == [b"audio"]

    talking(test)


def test_an_empty_part_has_no_answer() -> None:
    async def test(talk: Talk) -> None:
        talk.say(part(b""))
        talk.say(part(b"x"))
        talk.close()
        assert [event.payload for event in await talk.rest()] == [b"x"]

    talking(test)


def test_a_client_that_is_gone() -> None:
    behave(ACCOUNT, answer=30.0)

    async def test(talk: Talk) -> None:
        talk.say(part(b"x"))
        while not talk.start:
            await asyncio.sleep(0.01)
        assert in_flight(talk.store) == [1]
        talk.leave()
        assert await talk.rest() == []

    talking(test)


def test_a_client_that_is_gone_after_it_closed() -> None:
    behave(ACCOUNT, answer=30.0)

    async def test(talk: Talk) -> None:
        talk.say(part(b"x"))
        talk.close()
        talk.leave()
        assert await talk.rest() == []

    talking(test)


def test_more_than_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_WAITING", 100)
    behave(ACCOUNT, answer=30.0)

    async def test(talk: Talk) -> None:
        talk.say(part(bytes(100)))
        talk.say(part(b"x"))
        (event,) = await talk.rest()
        assert event.kind == "InternalStreamFailure"

    talking(test)


def test_what_has_been_answered_waits_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_WAITING", 100)

    async def test(talk: Talk) -> None:
        for _ in range(5):
            talk.say(part(bytes(60)))
            assert await talk.next()
        talk.leave()
        await talk.rest()

    talking(test)


def test_a_fault_of_the_emulator_before_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    def admit(*_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(streams.runtime, "admit", admit)

    async def test(talk: Talk) -> None:
        status, kind, body = await talk.refused()
        assert (status, kind) == (500, "InternalServerError")
        assert "boom" in body["Message"]

    talking(test)


def test_a_fault_of_the_emulator_after_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    def wanted(*_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(streams, "wanted_failure", wanted)

    async def test(talk: Talk) -> None:
        talk.say(part(b"x", DataType="UTF8"))
        (event,) = await talk.rest()
        assert event.kind == "InternalStreamFailure"
        assert "boom" in json.loads(event.payload)["Message"]

    talking(test)


def test_a_container_that_is_stopped() -> None:
    store = store_with(instances=2)

    async def run() -> None:
        first, second = Talk(store, Signer(ACCOUNT)), Talk(store, Signer(ACCOUNT))
        for talk in (first, second):
            talk.say(part(b"x"))
            assert await talk.next()
        assert in_flight(store) == [1, 1]
        behave(ACCOUNT, stop_seconds=0.5)
        variant = store.endpoints["speech"].fleet.variants["AllTraffic"]
        variant.running = {"ml.g6.2xlarge": 1}
        store.serve()
        stopping = {one.stopping: one.in_flight for one in store.serving.loads()["speech", "AllTraffic"]}
        assert stopping == {False: 1, True: 1}
        for talk in (first, second):  # until it is killed, it goes on
            talk.say(part(b"y"))
            assert await talk.next()
        await asyncio.sleep(0.5)
        store.serve()
        cut = [talk for talk in (first, second) if not talk.events.empty() or await ended(talk)]
        (one,) = cut
        (event,) = await one.rest()
        assert event.kind == "ModelStreamError"
        assert json.loads(event.payload)["ErrorCode"] == "StreamBroken"
        assert in_flight(store) == [1]
        other = second if one is first else first
        other.close()
        assert await other.rest() == []

    asgi.run(run)
    assert in_flight(store) == [0]


async def ended(talk: Talk) -> bool:
    await asyncio.sleep(0.1)
    return talk.ended


def test_streams_are_routed_to_the_least_busy_instance() -> None:
    store = store_with(instances=3)

    async def run() -> None:
        talks = [Talk(store, Signer(ACCOUNT)) for _ in range(6)]
        for talk in talks:
            talk.say(part(b"x"))
            assert await talk.next()
        assert in_flight(store) == [2, 2, 2]
        for talk in talks:
            talk.leave()
            await talk.rest()

    asgi.run(run)
