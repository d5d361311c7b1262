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


def main(arguments: Sequence[str] | None = None, **options: Any) -> NoReturn:
    """Runs the command line and ends the process; see `scaleproof.cli.app.main`.

    Loading takes a second, in which ctrl-C ends the process at once and without a word.
    """
    interruptible = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    if interruptible:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _open_outputs()
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


__all__ = ["main"]
