"""Bidirectional streams that are refused, or end with an error because of what was sent."""

import time

import pytest

from scaleproof.emulator.api.streams import Streams

from . import asgi
from .asgi import ACCOUNT, Talk, behave, in_flight, store_with, talking
from .signing import Signer, frame, part


def signed(**changes):
    return Signer(ACCOUNT, **changes)


def without(name, **others):
    signer = signed()
    del signer.headers[name]
    signer.headers |= others
    return signer


REFUSED = {
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
        "MissingAuthenticationTokenException",
        "Missing",
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
def test_what_is_refused(case):
    signer, changes, status, kind, text = REFUSED[case]
    store = store_with()

    async def run():
        talk = Talk(store, signer, **changes)
        talk.send(b"whatever")  # AWS's client may send before it has the headers
        found = await talk.refused()
        assert found[:2] == (status, kind)
        assert text in found[2]["Message"]

    asgi.run(run)
    assert sum(in_flight(store)) == 0


def test_a_websocket_is_refused():
    sent = []

    async def run():
        async def send(message):
            sent.append(message)

        headers = [(b"host", b"127.0.0.1:8443")]
        scope = {"type": "websocket", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}
        await Streams(lambda *_: None, lambda: None)(scope, None, send)

    asgi.run(run)
    assert sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize("status", ["Creating", "Failed", "Deleting"])
def test_an_endpoint_that_is_not_in_service(status):
    store = store_with(status=status)
    store.endpoints["speech"].busy_until = time.time() + 60

    async def test(talk):
        assert (await talk.refused())[:2] == (400, "InputValidationError")

    talking(test, store)


def test_an_asynchronous_endpoint():
    async def test(talk):
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
def test_a_container_that_does_not_accept(members, original, text):
    behave(ACCOUNT, **members)

    async def test(talk):
        status, kind, body = await talk.refused()
        assert time.monotonic() == pytest.approx(0.25)
        assert (status, kind) == (424, "ModelError")
        assert body["OriginalStatusCode"] == original
        assert text in body["OriginalMessage"]
        assert body["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/speech")

    talking(test)


def test_a_container_that_accepts_late_but_in_time():
    behave(ACCOUNT, upgrade=0.1)

    async def test(talk):
        talk.say(part(b"hello"))
        event = await talk.next()
        assert time.monotonic() == pytest.approx(0.1)
        assert event
        assert event.payload == b"hello"
        talk.leave()
        await talk.rest()

    talking(test)


def broken(signer):
    """By what is wrong: what is sent, and the kind of the event that tells of it."""
    whole = signer.event(part(b"hello"))
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    prelude = bytes([whole[0] ^ 1]) + whole[1:]
    return {
        "checksum": (flipped, "InputValidationError"),
        "prelude": (prelude, "InputValidationError"),
        "another event": (
            signer.event(frame({":message-type": "event", ":event-type": "Other"})),
            "InputValidationError",
        ),
    }


@pytest.mark.parametrize("case", ["checksum", "prelude", "another event"])
def test_broken_frames(case):
    async def test(talk):
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
def test_events_that_are_no_part(inner):
    async def test(talk):
        talk.say(inner)
        (event,) = await talk.rest()
        assert event.kind == "InputValidationError"

    talking(test)


def test_a_stream_that_ends_within_a_frame():
    async def test(talk):
        talk.send(talk.signer.event(part(b"hello"))[:-1], last=True)
        (event,) = await talk.rest()
        assert event.kind == "InputValidationError"
        assert "within a frame" in event.headers[":error-message"]

    talking(test)
