"""The HTTP/2 transport of AWS's client, with its own certificate authority; Python 3.12 or newer."""

from __future__ import annotations

import copy

from awscrt import io
from smithy_http.aio.crt import AWSCRTHTTPClient


class Transport(AWSCRTHTTPClient):
    """One connection to a server, which lasts from stream to stream.

    The original loses its authority and its connections when the client's configuration is copied.
    """

    def __init__(self, ca: str = "") -> None:
        """`ca`: the file of an authority, instead of the system's."""
        super().__init__()
        if ca:
            options = io.TlsContextOptions()
            options.override_default_trust_store_from_path(None, ca)
            self._tls_ctx = io.ClientTlsContext(options)

    def another(self) -> Transport:
        """One with a connection of its own. To read the authorities again would take 60 ms."""
        transport = copy.copy(self)
        transport._connections = {}
        return transport

    def __deepcopy__(self, memo: object) -> Transport:
        """Returns this transport, because the client copies its configuration at each call."""
        return self
