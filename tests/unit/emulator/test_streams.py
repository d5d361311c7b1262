"""Bidirectional streams: what is answered, how they end, and that nothing stays counted."""

import asyncio
import json
import time

import pytest

from scaleproof.emulator.api import calls, streams
from scaleproof.emulator.engine import container, faults

from . import asgi
from .asgi import ACCOUNT, Talk, behave, in_flight, store_with, talking
from .signing import Signer, part


def test_parts_come_back_in_order():
    async def test(talk):
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


def test_the_headers_come_before_anything_is_sent():
    async def test(talk):
        while not talk.start:
            await asyncio.sleep(0.01)
        headers = {name.decode(): value.decode() for name, value in talk.start["headers"]}
        assert talk.start["status"] == 200
        assert headers["content-type"] == "application/vnd.amazon.eventstream"
        assert headers["x-amzn-invoked-production-variant"] == "AllTraffic"
        talk.send(b"", last=True)  # without the event that closes
        assert await talk.rest() == []

    talking(test)


def test_faults_and_the_log_of_calls():
    calls.of_account(ACCOUNT).clear()
    injected = faults.of_account(ACCOUNT)
    injected.set(
        faults.parse(
            [
                {"fault": "throttling", "service": "sagemaker-runtime-http2", "times": 1},
                {"fault": "unavailable"},
            ]
        )
    )
    signer = Signer(
        ACCOUNT,
        x_amzn_sagemaker_model_invocation_path="v1/listen",
        x_amzn_sagemaker_model_query_string="model=nova-3",
    )
    store = store_with()

    async def run():
        assert (await Talk(store, signer).refused())[:2] == (400, "ThrottlingException")
        assert (await Talk(store, signer).refused())[:2] == (503, "ServiceUnavailableError")

    try:
        asgi.run(run)
    finally:
        injected.set([])
    first, _ = calls.of_account(ACCOUNT).shown()["calls"]
    assert first["operation"] == "InvokeEndpointWithBidirectionalStream"
    assert first["params"] == {
        "EndpointName": "speech",
        "ModelInvocationPath": "v1/listen",
        "ModelQueryString": "model=nova-3",
    }


def test_a_stream_that_lasts_too_long():
    behave(ACCOUNT, stream_seconds=0.3)

    async def test(talk):
        talk.say(part(b"hello"))
        hello, end = await talk.rest()
        assert time.monotonic() == pytest.approx(0.3)
        assert hello.payload == b"hello"
        assert end.kind == "ModelStreamError"
        assert end.headers[":message-type"] == "exception"
        assert json.loads(end.payload)["ErrorCode"] == "ModelInvocationTimeExceeded"

    talking(test)


def test_a_stream_may_last_30_minutes():
    assert container.of_account("0").stream_seconds == 30 * 60


def test_a_model_that_fails_in_mid_stream():
    async def test(talk):
        talk.say(part(b'{"fail": 500}'))  # not text: an answer like any other
        talk.say(part(b'{"fail": 500}', DataType="UTF8"))
        talk.say(part(b"late"))
        echo, end = await talk.rest()
        assert echo.payload == b'{"fail": 500}'
        assert end.kind == "ModelStreamError"
        assert "(500)" in json.loads(end.payload)["Message"]

    talking(test)


def test_deepgrams_word_for_the_end():
    async def test(talk):
        talk.say(part(b"audio"))
        talk.say(part(b'{"type": "CloseStream"}', DataType="UTF8"))
        assert [event.payload for event in await talk.rest()] == [b"audio"]

    talking(test)


def test_an_empty_part_has_no_answer():
    async def test(talk):
        talk.say(part(b""))
        talk.say(part(b"x"))
        talk.close()
        assert [event.payload for event in await talk.rest()] == [b"x"]

    talking(test)


def test_a_client_that_is_gone():
    behave(ACCOUNT, answer=30.0)

    async def test(talk):
        talk.say(part(b"x"))
        while not talk.start:
            await asyncio.sleep(0.01)
        assert in_flight(talk.store) == [1]
        talk.leave()
        assert await talk.rest() == []

    talking(test)


def test_a_client_that_is_gone_after_it_closed():
    behave(ACCOUNT, answer=30.0)

    async def test(talk):
        talk.say(part(b"x"))
        talk.close()
        talk.leave()
        assert await talk.rest() == []

    talking(test)


def test_more_than_can_wait(monkeypatch):
    monkeypatch.setattr(streams, "MAX_WAITING", 100)
    behave(ACCOUNT, answer=30.0)

    async def test(talk):
        talk.say(part(bytes(100)))
        talk.say(part(b"x"))
        (event,) = await talk.rest()
        assert event.kind == "InternalStreamFailure"

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


def test_a_fault_of_the_emulator_before_the_headers(monkeypatch):
    def admit(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr(streams.runtime, "admit", admit)

    async def test(talk):
        status, kind, body = await talk.refused()
        assert (status, kind) == (500, "InternalServerError")
        assert "boom" in body["Message"]

    talking(test)


def test_a_fault_of_the_emulator_after_the_headers(monkeypatch):
    def wanted(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr(streams, "wanted_failure", wanted)

    async def test(talk):
        talk.say(part(b"x", DataType="UTF8"))
        (event,) = await talk.rest()
        assert event.kind == "InternalStreamFailure"
        assert "boom" in json.loads(event.payload)["Message"]

    talking(test)


def test_a_container_that_is_stopped():
    store = store_with(instances=2)

    async def run():
        first, second = Talk(store, Signer(ACCOUNT)), Talk(store, Signer(ACCOUNT))
        for talk in (first, second):
            talk.say(part(b"x"))
            assert await talk.next()
        assert in_flight(store) == [1, 1]
        behave(ACCOUNT, stop_seconds=0.5)
        variant = store.endpoints["speech"].fleet.variants["AllTraffic"]
        variant.running = {"ml.g6.2xlarge": 1}
        store.serve()
        stopping = {one.stopping: one.in_flight for one in store.serving.loads()}
        assert stopping == {False: 1, True: 1}
        for talk in (first, second):  # until it is killed, it goes on
            talk.say(part(b"y"))
            assert await talk.next()
        await asyncio.sleep(0.5)
        store.serve()
        await asyncio.sleep(0.1)
        cut = [talk for talk in (first, second) if talk.ended]
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


def test_streams_are_routed_to_the_least_busy_instance():
    store = store_with(instances=3)

    async def run():
        talks = [Talk(store, Signer(ACCOUNT)) for _ in range(6)]
        for talk in talks:
            talk.say(part(b"x"))
            assert await talk.next()
        assert in_flight(store) == [2, 2, 2]
        for talk in talks:
            talk.leave()
            await talk.rest()

    asgi.run(run)
