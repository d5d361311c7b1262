"""Sends audio as the examples of deepgram-sagemaker do, in an environment of its own; see environments.py.

    python -I deepgram.py < REQUEST

REQUEST is a JSON object: `url`, `ca`, `account`, `endpoint`; `parts`: how many pieces of audio to send.
Prints one JSON object: how many messages came back, whether they were the audio, and what ended it.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from deepgram import AsyncDeepgramClient
from deepgram.core.events import EventType
from deepgram_sagemaker import SageMakerConfig, SageMakerTransportFactory, transport

sys.path.append(str(Path(__file__).parents[4]))
from scaleproof.measuring.load.streams import Transport

REQUEST = json.load(sys.stdin)
CHUNK = bytes(range(256)) * 2


class Here(transport.AsyncSageMakerRuntimeHTTP2Config):
    """Deepgram's transport has no setting for the address."""

    @classmethod
    async def resolve(cls, **settings):
        return await super().resolve(**settings | {"endpoint_uri": REQUEST["url"]})


transport.AsyncSageMakerRuntimeHTTP2Config = Here
transport.AWSCRTHTTPClient = lambda: Transport(REQUEST["ca"])


async def main():
    os.environ.update(AWS_ACCESS_KEY_ID=REQUEST["account"], AWS_SECRET_ACCESS_KEY="test")
    settings = SageMakerConfig(endpoint_name=REQUEST["endpoint"], region="us-east-1")
    client = AsyncDeepgramClient(api_key="unused", transport_factory=SageMakerTransportFactory(config=settings))
    came = []
    errors = []
    began = time.monotonic()
    try:
        async with client.listen.v1.connect(model="nova-3", interim_results="true") as connection:
            connection.on(EventType.MESSAGE, came.append)
            connection.on(EventType.ERROR, lambda error: errors.append(str(error)))
            listening = asyncio.create_task(connection.start_listening())
            for _ in range(REQUEST["parts"]):
                await connection.send_media(CHUNK)
                await asyncio.sleep(0.01)
            await connection.send_close_stream()
            await asyncio.wait_for(listening, 30)
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
    same = all(isinstance(chunk, bytes) and chunk == CHUNK for chunk in came)
    seconds = time.monotonic() - began
    print(json.dumps({"messages": len(came), "same": same, "errors": errors, "seconds": seconds}), flush=True)


asyncio.run(asyncio.wait_for(main(), 60))
os._exit(0)  # the threads of the transport do not end by themselves
