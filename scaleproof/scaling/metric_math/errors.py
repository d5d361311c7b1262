"""What is wrong with an expression or with a set of queries."""

from __future__ import annotations

from scaleproof.errors import ScaleproofError


class MetricMathError(ScaleproofError):
    """An expression that CloudWatch refuses, or one that cannot be evaluated here; names the culprit."""
