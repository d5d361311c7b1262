"""Bidirectional streams over HTTP/2: with AWS's own client, Deepgram's, and one that behaves badly."""

import socket
import ssl
from urllib.parse import urlsplit

import pytest

from scaleproof.localstack import control
from tests.unit.waiting import until

from .clients.environments import run
from .conftest import in_flight
from .raw import Raw
from .signing import part

PATIENCE = 20.0


@pytest.fixture
def streams(connection):
    """Where streams are served."""
    return control.streams(connection)


@pytest.fixture
def raw(streams, account, endpoint):
    """A connection, for an endpoint that is in service."""
    return Raw(streams, account)


def test_data_after_a_refusal_ends_no_other_stream(raw):
    kept, signer = raw.open()
    raw.until(lambda: kept in raw.status)
    refused, other = raw.open("nobody")
    raw.until(lambda: refused in raw.ended)
    assert raw.status[refused] == "400"
    for _ in range(3):
        raw.h2.send_data(refused, other.event(part(bytes(1_000))))
        raw.flush()
    raw.h2.end_stream(refused)
    raw.h2.send_data(kept, signer.event(part(b"still here")))
    raw.until(lambda: b"still here" in raw.got[kept])


def test_headers_and_data_in_one_write(raw):
    first, signer = raw.open()
    raw.h2.send_data(first, signer.event(part(b"at once")))
    refused, other = raw.open("nobody")
    raw.h2.send_data(refused, other.event(part(b"at once")))
    raw.until(lambda: b"at once" in raw.got[first] and refused in raw.ended)
    assert (raw.status[first], raw.status[refused]) == ("200", "400")


def test_150_streams_on_one_connection(raw, connection):
    opened = [raw.open() for _ in range(150)]
    for number, signer in opened:
        raw.h2.send_data(number, signer.event(part(f"stream {number}.".encode())))
    raw.until(lambda: all(f"stream {number}.".encode() in raw.got[number] for number, _ in opened))
    assert in_flight(connection) == 150
    for number, signer in opened:
        raw.h2.send_data(number, signer.event(b""))
        raw.h2.send_data(number, b"", end_stream=True)
    raw.until(lambda: len(raw.ended) == 150)
    assert in_flight(connection) == 0


def test_more_than_the_windows_hold_at_once(raw):
    number, signer = raw.open()
    data = b"".join(signer.event(part(bytes(400_000))) for _ in range(2)) + signer.event(b"")
    sent = 0
    while sent < len(data):
        raw.until(lambda: raw.h2.local_flow_control_window(number) > 0)
        size = min(raw.h2.local_flow_control_window(number), raw.h2.max_outbound_frame_size, len(data) - sent)
        raw.h2.send_data(number, data[sent : sent + size])
        sent += size
    raw.until(lambda: number in raw.ended)
    assert len(raw.got[number]) > 800_000


@pytest.mark.parametrize("how", ["reset", "lost", "goaway"])
def test_a_stream_that_breaks_is_counted_no_more(raw, connection, how):
    number, signer = raw.open()
    raw.h2.send_data(number, signer.event(part(b"x")))
    raw.until(lambda: raw.got[number])
    assert in_flight(connection) == 1
    if how == "reset":
        raw.h2.reset_stream(number)
    elif how == "goaway":
        raw.h2.close_connection()
    raw.flush()
    if how == "lost":
        raw.lose()
    until(lambda: not in_flight(connection))


def test_the_certificate_is_of_this_run(streams):
    parts = urlsplit(streams.endpoint_url)
    address = (parts.hostname, parts.port)
    assert address[0] == "127.0.0.1"
    with (
        socket.create_connection(address) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1"),
    ):
        pass
    trusting = ssl.create_default_context(cafile=streams.ca_bundle)
    with socket.create_connection(address) as plain, trusting.wrap_socket(plain, server_hostname="localhost") as secure:
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_aws_own_client(streams, account, endpoint, connection):
    parts = [f"part {number}" for number in range(20)]
    found = run("aws", streams, account, endpoint=endpoint, parts=parts, pause=0.01, streams=10)
    assert len(found) == 10
    for one in found:
        assert one == {"variant": "AllTraffic", "parts": parts, "error": None, "message": None}
    until(lambda: not in_flight(connection))


@pytest.mark.parametrize(
    ("behaviour", "asked", "parts", "error", "message"),
    [
        ({}, {"endpoint": "other"}, [], "InputValidationError", "Endpoint other of account {account} not found."),
        ({"upgrade": False}, {}, [], "ModelError", ""),
        ({}, {"parts": ["x", '{"fail": 500}'], "hold": PATIENCE}, ["x"], "ModelStreamError", "(500)"),
        ({"stream_seconds": 1.0}, {"hold": PATIENCE}, ["x"], "ModelStreamError", "1 seconds"),
    ],
    ids=["an unknown endpoint", "a refused upgrade", "a model that fails", "a stream that lasts too long"],
)
def test_what_aws_own_client_makes_of_errors(
    streams, account, endpoint, connection, behaviour, asked, parts, error, message
):
    control.behave(connection, **behaviour)
    (ended,) = run("aws", streams, account, **{"endpoint": endpoint, "parts": ["x"], **asked})
    assert (ended["parts"] or [], ended["error"]) == (parts, error)
    assert message.format(account=account) in ended["message"]
    until(lambda: not in_flight(connection))


def test_deepgrams_client(streams, account, endpoint, connection):
    (found,) = run("deepgram", streams, account, endpoint=endpoint, parts=50)
    assert (found["messages"], found["same"], found["errors"]) == (50, True, [])
    until(lambda: not in_flight(connection))


def test_deepgrams_client_repeats_what_the_container_refuses(streams, account, endpoint, connection):
    control.behave(connection, upgrade=False)
    (found,) = run("deepgram", streams, account, endpoint=endpoint, parts=1)
    assert found["messages"] == 0
    assert "the upgrade was refused" in found["errors"][0]
    assert found["seconds"] > 1
    until(lambda: not in_flight(connection))
