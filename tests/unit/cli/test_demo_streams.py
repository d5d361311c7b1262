"""The part of `scaleproof demo` with live streams."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.cli import demo_streams, stream_client
from scaleproof.errors import FailedError
from scaleproof.localstack import control
from scaleproof.localstack.connection import Connection
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget

POOLS = (Pool("ml.g6.2xlarge", 1, 12),)


def endpoint(high: int = 4, kind: Kind = Kind.REALTIME) -> Endpoint:
    return Endpoint("speech", "AllTraffic", kind, POOLS, 2, ScalableTarget(1, high))


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two instances are in service, and nobody has a Python for AWS's client."""

    def nowhere() -> Any:
        raise FailedError("AWS's client needs Python 3.12.", advice="Name a running LocalStack.")

    monkeypatch.setattr(demo_streams, "_instances", lambda *_: 2)
    monkeypatch.setattr(stream_client, "environment", nowhere)


def shown(found: Endpoint) -> object:
    connection: Any = None
    return demo_streams.stream_through(connection, [found], str, quiet=False)


def test_without_a_python_for_the_client_it_says_so_and_goes_on(two: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(endpoint()) is None
    assert capsys.readouterr().err == "NO STREAMS ARE SHOWN: AWS's client needs Python 3.12.\n"


@pytest.mark.parametrize("found", [endpoint(high=3), endpoint(kind=Kind.ASYNC)])
def test_where_nothing_can_scale_out_nothing_is_said(
    two: None, capsys: pytest.CaptureFixture[str], found: Endpoint
) -> None:
    assert shown(found) is None
    assert capsys.readouterr() == ("", "")


def test_a_stream_that_breaks_off_is_an_error(connection: Connection) -> None:
    try:
        client = stream_client.environment()
    except FailedError as error:
        pytest.skip(f"STREAMS ARE NOT TESTED WITH AWS'S CLIENT: {error.message}")
    served = control.streams(connection)
    with (
        pytest.raises(FailedError, match=r"2 of 2 streams broke off: .*nobody"),
        stream_client.opened(client, served, connection.account, "nobody", 2),
    ):
        pass
