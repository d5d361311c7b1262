"""Reads and writes frames of application/vnd.amazon.eventstream, and the events of a stream.

Source: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html (encoding of events).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

from botocore.eventstream import EventStreamBuffer, ParserError

from scaleproof.emulator import without_none

CONTENT_TYPE = "application/vnd.amazon.eventstream"
PAYLOAD_TYPE = "application/octet-stream"
"""The content type of every part, text or not."""
_STRING = 7  # the type of a header's value


class BrokenFrameError(Exception):
    """The bytes are not a frame, or the frame has other contents than it must; the text says why."""


class Message(NamedTuple):
    """A frame; a header is a string, bytes, or a time in milliseconds."""

    headers: dict[str, Any]
    payload: bytes


@dataclass(frozen=True)
class Part:
    """A PayloadPart: the bytes, and the members that came with it."""

    body: bytes
    data_type: str | None = None
    completion_state: str | None = None

    @property
    def is_text(self) -> bool:
        """Whether a container gets it as text."""
        return self.data_type == "UTF8"

    def encode(self) -> bytes:
        """The frame of a response event."""
        kind = {":message-type": "event", ":event-type": "PayloadPart"}
        members = {"DataType": self.data_type, "CompletionState": self.completion_state}
        return encode(kind | without_none(members) | {":content-type": PAYLOAD_TYPE}, self.body)


@dataclass(frozen=True)
class Failure:
    """The error that ends an open stream. `kind`: a modelled exception, or the code of one that is not."""

    kind: str
    message: str
    code: str | None = None
    """ErrorCode of a ModelStreamError."""

    def encode(self) -> bytes:
        """The frame of the event."""
        if self.kind not in ("ModelStreamError", "InternalStreamFailure"):
            # An exception that the client does not know would break it; an error needs no model.
            return encode({":message-type": "error", ":error-code": self.kind, ":error-message": self.message}, b"")
        body = {"Message": self.message} | ({"ErrorCode": self.code} if self.code else {})
        headers = {":message-type": "exception", ":exception-type": self.kind}
        return encode(headers | {":content-type": "application/json"}, json.dumps(body).encode())


STOPPED = Failure("ModelStreamError", "The container was stopped while the stream was open.", "StreamBroken")
"""The error of a stream whose instance is gone."""


def part_of(frame: bytes) -> Part:
    """The part in a frame that a client has signed. Raises BrokenFrameError."""
    headers, payload = _whole(frame)
    if headers.get(":message-type") != "event" or headers.get(":event-type") != "PayloadPart":
        raise BrokenFrameError("A request event must be a PayloadPart.")
    members = {name: headers.get(name) for name in ("DataType", "CompletionState")}
    for name, allowed in (("DataType", ("UTF8", "BINARY")), ("CompletionState", ("PARTIAL", "COMPLETE"))):
        if members[name] not in (None, *allowed):
            raise BrokenFrameError(f"{name} must be one of {', '.join(allowed)}.")
    return Part(payload, members["DataType"], members["CompletionState"])


def _whole(frame: bytes) -> Message:
    frames = Frames()
    messages = list(frames.add(frame))
    if len(messages) != 1 or not frames.complete:
        raise BrokenFrameError("A signed event must hold one whole event.")
    return messages[0]


class Frames:
    """The frames in bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._buffer = EventStreamBuffer()
        self._unread = 0

    def add(self, data: bytes) -> Iterator[Message]:
        """The frames that are complete with `data`. Raises BrokenFrameError."""
        self._buffer.add_data(data)
        self._unread += len(data)
        while True:
            try:
                message: Any = self._buffer.next()  # the types of botocore's stubs are wrong
            except StopIteration:
                return
            except (ParserError, ValueError, KeyError, struct.error) as error:
                raise BrokenFrameError(f"A frame is broken: {error}") from None
            self._unread -= message.prelude.total_length
            yield Message(message.headers, bytes(message.payload))

    @property
    def complete(self) -> bool:
        """Whether no part of a frame is left over."""
        return self._unread == 0


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame; botocore has no encoder of its own."""
    block = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    head = prelude + struct.pack("!I", crc32(prelude)) + block + payload
    return head + struct.pack("!I", crc32(head))


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack("!B", len(name)) + name + struct.pack("!BH", _STRING, len(value)) + value
