"""`python -m scaleproof`: the same as the command `scaleproof`."""

import sys

# Python would look for modules in the current directory first, which may be somebody else's root.
if not sys.flags.safe_path:
    del sys.path[0]

from scaleproof.cli import main

main()
