"""The one exception that reaches a user."""

from scaleproof.texts import printable


class ScaleproofError(Exception):
    """A failure whose cause the user can remove.

    `message` says what was wrong and what was expected; `advice` says what to change.
    Commands print both as one line and end with exit code 1.
    """

    def __init__(self, message: str, *, advice: str = "") -> None:
        """`advice` may be left out where the message says it all."""
        self.message = printable(message)
        self.advice = printable(advice)
        super().__init__(f"{self.message} {self.advice}".strip())
