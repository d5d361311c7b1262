"""The error of schedule expressions."""

from __future__ import annotations

from scaleproof.errors import ScaleproofError


class ScheduleError(ScaleproofError):
    """An expression or time zone that AWS refuses; says which part, and what is expected."""
