"""Where LocalStack listens: its web server takes the port of GATEWAY_LISTEN, and every interface."""

from __future__ import annotations

from functools import partial

from localstack import config
from twisted.internet import endpoints


def install() -> None:
    """Has it listen at the host of GATEWAY_LISTEN only. To be called before it starts."""
    (listen,) = config.GATEWAY_LISTEN
    endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface=listen.host)
