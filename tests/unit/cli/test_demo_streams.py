"""The part of `scaleproof demo` with live streams."""

import re
import time

import pytest

from scaleproof.cli import demo_streams
from scaleproof.errors import FailedError
from scaleproof.localstack import control


def test_without_a_python_for_the_client_it_says_so_and_goes_on(monkeypatch, capsys):
    def nowhere():
        raise FailedError("AWS's client needs Python 3.12.", advice="Name a running LocalStack.")

    monkeypatch.setattr(demo_streams, "environment", nowhere)
    assert demo_streams.stream_through(None, None) is None
    assert capsys.readouterr().err == "NO STREAMS ARE SHOWN: AWS's client needs Python 3.12.\n"


def test_one_instance_is_told_as_one():
    told = demo_streams.Streamed("speech", 8, 1, 2, 50.0, 900.0).sentence
    assert "AWS's client: 1 instance became 2 (50 s)." in told
    assert "Closed the streams: 1 instance again (15 min)." in told


def test_a_stream_that_breaks_off_is_an_error(connection):
    try:
        client = demo_streams.environment()
    except FailedError as error:
        pytest.skip(f"STREAMS ARE NOT TESTED WITH AWS'S CLIENT: {error.message}")
    served = control.streams(connection)
    said = ""
    for seconds in (2, 10, 30):  # until the client has noticed
        if not said:
            try:
                with demo_streams.opened(client, served, connection.account, "nobody", 2):
                    time.sleep(seconds)
            except FailedError as error:
                said = str(error)
    assert re.fullmatch(r"[12] of 2 streams broke off: \w+\.", said)
