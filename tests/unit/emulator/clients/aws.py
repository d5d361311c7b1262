"""Opens streams with AWS's own client, in an environment of its own; see environments.py.

    python -I aws.py < REQUEST

REQUEST is a JSON object on one line: `url`, `ca`, `account`, `endpoint`; `streams`: how many to open at a
time; `parts`: texts that each sends; `pause`: seconds between two of them; `hold`: seconds to stay open
afterwards, null for as long as the input is open; `path` and `query` for the container. Prints one JSON
object per stream: what came back, and what ended it.
"""

import asyncio
import json
import os
import sys
import threading
from pathlib import Path

from aws_sdk_sagemaker_runtime_http2.client import AsyncSageMakerRuntimeHTTP2Client
from aws_sdk_sagemaker_runtime_http2.config import AsyncSageMakerRuntimeHTTP2Config
from aws_sdk_sagemaker_runtime_http2.models import (
    InvokeEndpointWithBidirectionalStreamInput,
    RequestPayloadPart,
    RequestStreamEventPayloadPart,
)

sys.path.append(str(Path(__file__).parents[4]))
from scaleproof.measuring.load.streams import Transport

PATIENCE = 120.0


async def stream(request, over):
    """Opens one stream. `over` is set at the end of the input."""
    config = await AsyncSageMakerRuntimeHTTP2Config.resolve(
        endpoint_uri=request["url"], region="us-east-1", transport=Transport(request["ca"]), max_attempts=1
    )
    client = AsyncSageMakerRuntimeHTTP2Client(config)
    outcome = {"variant": None, "parts": [], "error": None, "message": None}
    try:
        opened = await client.invoke_endpoint_with_bidirectional_stream(
            InvokeEndpointWithBidirectionalStreamInput(
                endpoint_name=request["endpoint"],
                target_variant=request.get("variant"),
                model_invocation_path=request.get("path"),
                model_query_string=request.get("query"),
            )
        )
        output, received = await opened.await_output()
        outcome["variant"] = output.invoked_production_variant

        async def send():
            for text in request.get("parts", []):
                part = RequestPayloadPart(bytes_=text.encode(), data_type="UTF8")
                await opened.input_stream.send(RequestStreamEventPayloadPart(value=part))
                await asyncio.sleep(request.get("pause", 0))
            hold = request.get("hold", 0)
            await (over.wait() if hold is None else asyncio.sleep(hold))
            await opened.input_stream.close()

        sending = asyncio.create_task(send())
        while (event := await received.receive()) is not None:
            outcome["parts"].append(event.value.bytes_.decode())
        sending.cancel()
    except Exception as error:
        outcome |= {"error": type(error).__name__, "message": str(error)}
    return outcome


async def main():
    """Opens all streams of the request, and prints how each ended."""
    request = json.loads(sys.stdin.readline())
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def wait():
        sys.stdin.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=wait, daemon=True).start()
    os.environ.update(AWS_ACCESS_KEY_ID=request["account"], AWS_SECRET_ACCESS_KEY="test")
    count = request.get("streams", 1)
    streams = (stream(request, over) for _ in range(count))
    for outcome in await asyncio.wait_for(asyncio.gather(*streams), PATIENCE):
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)  # the threads of the transport do not end by themselves
