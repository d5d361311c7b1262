"""A stream as a client sends it: the request that opens it, and each event after it.

The signatures have the form, and no more: the emulator verifies none. The tests of real clients sign.
"""

import struct
from datetime import UTC, datetime
from zlib import crc32

REGION = "us-east-1"
EVENT_STREAM = "application/vnd.amazon.eventstream"


def frame(headers, payload=b""):
    """A frame of an event stream."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    prelude += struct.pack("!I", crc32(prelude))
    return prelude + block + payload + struct.pack("!I", crc32(prelude + block + payload))


def _header(name, value):
    start = struct.pack("!B", len(name)) + name.encode()
    if isinstance(value, datetime):
        return start + struct.pack("!Bq", 8, int(value.timestamp() * 1000))
    kind, data = (7, value.encode()) if isinstance(value, str) else (6, value)
    return start + struct.pack("!BH", kind, len(data)) + data


def part(body, **members):
    """A PayloadPart of a request, not signed."""
    headers = {":message-type": "event", ":event-type": "PayloadPart"}
    return frame({**headers, **members, ":content-type": "application/octet-stream"}, body)


class Signer:
    """The request of one stream, and its events."""

    def __init__(self, account, endpoint="speech", *, host="127.0.0.1:8443", **headers):
        self.path = f"/endpoints/{endpoint}/invocations-bidirectional-stream"
        scope = f"{account}/20261129/{REGION}/sagemaker/aws4_request"
        self.headers = {
            "content-type": EVENT_STREAM,
            "host": host,
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }

    def event(self, inner):
        """A signed frame around an event; b"" is the event that closes the stream."""
        return frame({":date": datetime.now(UTC), ":chunk-signature": bytes(32)}, inner)
