"""An HTTP/2 connection to the emulator that does what no well-behaved client does."""

import socket
import ssl
import struct
import time
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events

from .signing import Signer

PATIENCE = 20.0


class Raw:
    """One connection; `got` has the body of each stream by its number."""

    def __init__(self, streams, account):
        parts = urlsplit(streams.endpoint_url)
        self.host, self._account = parts.netloc, account
        context = ssl.create_default_context(cafile=streams.ca_bundle)
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection((parts.hostname, parts.port), PATIENCE)
        self.socket = context.wrap_socket(plain, server_hostname=parts.hostname)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.status = {}
        self.got = {}
        self.ended = set()
        self.flush()

    def flush(self):
        """Sends what is to be sent, in one write."""
        self.socket.sendall(self.h2.data_to_send())

    def open(self, endpoint="speech", others=None):
        """Queues the headers of a new stream; `others` replace or join them."""
        signer = Signer(self._account, endpoint, host=self.host)
        number = self.h2.get_next_available_stream_id()
        headers = {name: value for name, value in signer.headers.items() if name != "host"}
        pseudo = {":method": "POST", ":scheme": "https", ":authority": self.host, ":path": f"{signer.path}?"}
        self.h2.send_headers(number, [*(pseudo | headers | dict(others or {})).items()])
        self.got[number] = b""
        return number, signer

    def until(self, done):
        """Reads until `done` says so. Raises AssertionError after a while, EOFError at the end."""
        deadline = time.monotonic() + PATIENCE
        self.flush()
        while not done():
            assert time.monotonic() < deadline, (self.status, self.ended)
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            for event in self.h2.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    self.status[event.stream_id] = dict(event.headers)[":status"]
                elif isinstance(event, h2.events.DataReceived):
                    self.got[event.stream_id] += event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded | h2.events.StreamReset):
                    self.ended.add(event.stream_id)
            self.flush()

    def lose(self):
        """The connection is gone, as if its machine was."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(self.socket)
