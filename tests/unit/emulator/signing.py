"""Signs a stream as a client does: the request that opens it, and each event after it.

Own code but for the signature of the request, so that what the emulator computes is checked by another hand.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from datetime import UTC, datetime
from zlib import crc32

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"
EVENTS = "STREAMING-AWS4-HMAC-SHA256-EVENTS"
EVENT_STREAM = "application/vnd.amazon.eventstream"


def frame(headers: dict[str, str | bytes | datetime], payload: bytes = b"") -> bytes:
    """A frame of an event stream."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    prelude += struct.pack("!I", crc32(prelude))
    return prelude + block + payload + struct.pack("!I", crc32(prelude + block + payload))


def _header(name: str, value: str | bytes | datetime) -> bytes:
    start = struct.pack("!B", len(name)) + name.encode()
    if isinstance(value, datetime):
        return start + struct.pack("!Bq", 8, int(value.timestamp() * 1000))
    kind, data = (7, value.encode()) if isinstance(value, str) else (6, value)
    return start + struct.pack("!BH", kind, len(data)) + data


def part(body: bytes, **members: str) -> bytes:
    """A PayloadPart of a request, not signed."""
    headers: dict[str, str | bytes | datetime] = {":message-type": "event", ":event-type": "PayloadPart"}
    return frame({**headers, **members, ":content-type": "application/octet-stream"}, body)


class Signer:
    """The request of one stream, and the chain of its events."""

    def __init__(
        self,
        account: str,
        endpoint: str = "speech",
        *,
        host: str = "127.0.0.1:8443",
        service: str = "sagemaker",
        secret: str = "test",
        content: str = EVENTS,
        **headers: str,
    ) -> None:
        self.path = f"/endpoints/{endpoint}/invocations-bidirectional-stream"
        self._secret, self._service = secret, service
        auth = SigV4Auth(Credentials(account, secret), service, REGION)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"content-type": EVENT_STREAM, "host": host, **named, "x-amz-content-sha256": content}
        # The real clients end the path with a bare "?".
        request = AWSRequest("POST", f"https://{host}{self.path}?", given)
        auth.add_auth(request)
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.seed = self._prior = self.headers["authorization"].rpartition("=")[2]

    def event(self, inner: bytes, prior: str | None = None) -> bytes:
        """A signed frame around an event; b"" is the event that closes the stream."""
        now = datetime.now(UTC)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{REGION}/{self._service}/aws4_request"
        hashes = [hashlib.sha256(text).hexdigest() for text in (_header(":date", now), inner)]
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", stamp, scope, prior or self._prior, *hashes])
        key = f"AWS4{self._secret}".encode()
        for word in (stamp[:8], REGION, self._service, "aws4_request", text):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        self._prior = key.hex()
        return frame({":date": now, ":chunk-signature": key}, inner)
