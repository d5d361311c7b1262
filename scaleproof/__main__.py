"""`python -m scaleproof`: the same as the command `scaleproof`."""

from scaleproof.cli import main

main()
