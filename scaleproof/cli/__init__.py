"""The command `scaleproof`.

Imports nothing here that has to be loaded first: before `main` has begun, ctrl-C is a traceback.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` takes two milliseconds to load
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

FILES = 128
"""Open files that a command has room for, at least: a plan needs 24 of them, LocalStack some more."""


def main(arguments: Sequence[str] | None = None, **options: Any) -> NoReturn:
    """Runs the command line and ends the process; see `scaleproof.cli.app.main`.

    Loading takes a second, in which ctrl-C ends the process at once and without a word.
    """
    interruptible = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    if interruptible:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _open_outputs()
    _require_files()
    gc.disable()  # while nothing is made that is not kept
    from scaleproof.cli import app

    gc.freeze()
    gc.enable()
    app.main(arguments, interruptible=interruptible, **options)


def _open_outputs() -> None:
    """Puts nothing in the place of a standard stream that is closed: a file would take its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, "w" if number else "r"))  # noqa: SIM115, PTH123 - it stays open


def _require_files() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < FILES:
        if 0 <= hard < FILES:
            sys.stderr.write(
                f"scaleproof: A process may open {hard} files here, and {FILES} are needed. "
                "Raise the limit, as with: ulimit -n 1024\n"
            )
            sys.exit(1)
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))


__all__ = ["main"]
