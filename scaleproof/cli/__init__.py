"""The command `scaleproof`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Any, NoReturn


def main(arguments: Sequence[str] | None = None, **options: Any) -> NoReturn:
    """Runs the command line and ends the process; see `scaleproof.cli.app.main`.

    Loading takes a second, in which ctrl-C is to be no traceback either.
    """
    gc.disable()  # while nothing is made that is not kept
    try:
        from scaleproof.cli import app
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
    gc.freeze()
    gc.enable()
    app.main(arguments, **options)


__all__ = ["main"]
