"""The command `scaleproof` and its subcommands, each in a file that loads when it is called.

Imports little: ctrl-C before `main` starts would print a traceback.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` takes two milliseconds to load
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn


def main(arguments: Sequence[str] | None = None, **options: Any) -> NoReturn:
    """Runs the command line and ends the process; see `scaleproof.cli.app.main`.

    Loading takes a moment; ctrl-C then ends the process at once and silently.
    """
    interruptible = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    if interruptible:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _open_outputs()
    from scaleproof.cli import app

    app.main(arguments, interruptible=interruptible, **options)


def _open_outputs() -> None:
    """Opens closed standard streams on the null device: else a file would take their number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, "w" if number else "r"))  # noqa: SIM115, PTH123 - it stays open


__all__ = ["main"]
