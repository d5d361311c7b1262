"""A server on this machine that gives one answer, byte for byte, whatever it is asked."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def served(answer: Callable[[], Iterable[bytes]], *, pause: float = 0.0, reset: bool = False) -> Iterator[str]:
    """The URL of a server that sends the parts of an answer, with a pause after each, and hangs up.

    `reset`: it breaks the connection instead.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:

        def give(client: socket.socket) -> None:
            with client:
                try:
                    client.recv(65536)
                    for part in answer():
                        client.sendall(part)
                        time.sleep(pause)
                    if reset:
                        time.sleep(0.1)  # what was sent is read first
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    else:
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(65536):  # to close with something unread would break the connection
                            pass
                except OSError:
                    pass  # nobody reads it any more

        def accept() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return  # the test is over
                threading.Thread(target=give, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
