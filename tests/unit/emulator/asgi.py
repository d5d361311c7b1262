"""A stream of the emulator without a server: what it is sent and what it answers, in one process."""

import asyncio
import json

from botocore.eventstream import EventStreamBuffer

from scaleproof.emulator.api.streams import Streams
from scaleproof.emulator.engine import container
from scaleproof.emulator.engine.state import Endpoint, Fleet, Resource, Variant
from tests.unit import event_loop

from .conftest import ACCOUNT, G6, LEAST, new_store
from .signing import Signer

PATIENCE = 10.0


def store_with(instances=1, status="InService", **members):
    """An account whose endpoint `speech` has so many instances; `members`: of its configuration."""
    store = new_store()
    listed = {"VariantName": "AllTraffic", "InstanceType": G6, "RoutingConfig": LEAST}
    config = Resource({"ProductionVariants": [listed], **members}, "speech-1", "arn", store.now())
    fleet = Fleet(config, {"AllTraffic": Variant(listed, 1.0, instances, {G6: instances})}, config)
    store.endpoints["speech"] = Endpoint("speech", "arn", store.now(), store.now(), fleet, status)
    return store


def behave(account, **members):
    """Makes the containers of an account behave so."""
    container.describe_account(account, members)


def in_flight(store):
    """Requests in flight by instance."""
    return [load.in_flight for load in store.serving.loads()]


def shown(headers, payload):
    """What came back: the bytes of a part, or the kind, the code and the message of an error."""
    if headers[":message-type"] == "event":
        return payload
    if headers[":message-type"] == "error":
        return f"{headers[':error-code']}: {headers[':error-message']}"
    body = json.loads(payload)
    return f"{headers[':exception-type']} {body.get('ErrorCode', '-')}: {body['Message']}"


class Talk:
    """One request to the application."""

    def __init__(self, store, signer=None, **changes):
        """`changes`: of the ASGI scope."""
        self.store = store
        self.signer = signer or Signer(ACCOUNT)
        self._sent = asyncio.Queue()
        self.start = {}
        self.events = asyncio.Queue()
        self.headers = []
        self.body = b""
        self.ended = False
        self._frames = EventStreamBuffer()
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": self.signer.path,
            "headers": [(name.encode(), value.encode()) for name, value in self.signer.headers.items()],
            **changes,
        }
        application = Streams(lambda *_: store, lambda: None)
        self.task = asyncio.ensure_future(application(self.scope, self._sent.get, self._take))

    async def _take(self, message):
        assert not self.ended, "something was sent after the end"
        if message["type"] == "http.response.start":
            assert not self.start, "headers were sent twice"
            self.start = message
            return
        assert self.start, "a body was sent before the headers"
        if self.start["status"] == 200:
            self._frames.add_data(message["body"])
            for event in self._frames:
                self.headers.append(event.headers)
                self.events.put_nowait(shown(event.headers, bytes(event.payload)))
        else:
            self.body += message["body"]
        if not message.get("more_body"):
            self.ended = True
            self.events.put_nowait(None)

    def send(self, data, *, last=False):
        """The client sends bytes."""
        self._sent.put_nowait({"type": "http.request", "body": data, "more_body": not last})

    def say(self, inner):
        """The client sends a signed event."""
        self.send(self.signer.event(inner))

    def close(self):
        """The client closes the stream as AWS's does: a signed event of nothing, then the end."""
        self.say(b"")
        self.send(b"", last=True)

    def leave(self):
        """The client is gone."""
        self._sent.put_nowait({"type": "http.disconnect"})

    async def opened(self):
        """The headers, once they are there."""
        while not self.start:
            await asyncio.sleep(0.01)
        return {name.decode(): value.decode() for name, value in self.start["headers"]}

    async def next(self):
        """The next event, None at the end."""
        return await asyncio.wait_for(self.events.get(), PATIENCE)

    async def rest(self):
        """All events until the end, and the end of the application."""
        events = []
        while (event := await self.next()) is not None:
            events.append(event)
        await asyncio.wait_for(self.task, PATIENCE)
        return events

    async def refused(self):
        """Status, x-amzn-errortype and body of an answer that ends at once."""
        await asyncio.wait_for(self.task, PATIENCE)
        assert self.ended
        headers = await self.opened()
        assert headers["content-type"] == "application/json"
        assert headers["content-length"] == str(len(self.body))
        return self.start["status"], headers["x-amzn-errortype"], json.loads(self.body)


def run(talk):
    """Runs what a test does in an event loop of its own, whose clock does not wait."""
    event_loop.run(asyncio.wait_for(talk(), PATIENCE * 2))


def talking(test, store=None, signer=None, **scope):
    """Runs a test with a stream; nothing may be in flight afterwards."""
    store = store or store_with()

    async def opened():
        await test(Talk(store, signer, **scope))

    run(opened)
    assert sum(in_flight(store)) == 0
    return store
