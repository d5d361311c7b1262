"""The HTTP/2 server of streams, beside LocalStack in the same process: it shares the state of the engine.

hypercorn serves it, with TLS on the loopback interface. Its certificate is from an authority made for this
run.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from scaleproof.emulator import Json

ADDRESS = "127.0.0.1"
MAX_STREAMS = 1_000
"""Streams of one connection, as many as the library of priorities takes."""


def start(application: Callable[..., Awaitable[None]], directory: Path, port: int) -> Json:
    """Serves `application` from now on, on `port` or on a free one; files go to `directory`.

    Returns where, and the file of the authority that the certificate is from: see `localstack.control.Streams`.
    """
    listening = _listen(port)
    url = f"https://{ADDRESS}:{listening.getsockname()[1]}"
    authority, bundle, key = trustme.CA(), directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(bundle)
    authority.issue_cert(ADDRESS, "localhost").private_key_and_cert_chain_pem.write_to_path(key)
    key.chmod(0o600)
    config = _config(listening.detach(), key)
    threading.Thread(target=_run, args=(application, config), name="streams", daemon=True).start()
    return {"endpoint_url": url, "ca_bundle": str(bundle)}


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((ADDRESS, port))
    except OSError:
        listening.bind((ADDRESS, 0))
    listening.listen()
    return listening


def _config(descriptor: int, key: Path) -> Config:
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.certfile = config.keyfile = str(key)
    config.alpn_protocols = ["h2"]
    config.include_server_header = False
    config.h2_max_concurrent_streams = MAX_STREAMS
    config.keep_alive_max_requests = 2**31
    # With a bound, one stream that is full would stop the reading of all others of its connection: what waits
    # is bounded by the application.
    config.max_app_queue_size = 0
    return config


def _run(application: Callable[..., Awaitable[None]], config: Config) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    served: Any = application
    asyncio.run(serve(served, config, shutdown_trigger=forever, mode="asgi"))
