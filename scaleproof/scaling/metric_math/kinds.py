"""The data types of metric math, and what stands for them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.series import Window

Points: TypeAlias = dict[int, float]
"""A series within a window, oldest first: every key one of the window's times, every value finite."""

Value: TypeAlias = float | Points | tuple[Points, ...] | str
"""What an expression yields. A scalar that has no value (AVG of nothing, 1/0) is NaN."""


class Kind(Enum):
    """S, TS and TS[] of the guide, and the words that are arguments of some functions.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, data type
    abbreviations.
    """

    SCALAR = "S"
    SERIES = "TS"
    ARRAY = "TS[]"
    TEXT = "a string"
    FILLER = "REPEAT or LINEAR"
    STATISTIC = "AVG, MIN, MAX or SUM"
    ORDER = "ASC or DESC"


WORDS: Mapping[str, Kind] = {
    "REPEAT": Kind.FILLER,
    "LINEAR": Kind.FILLER,
    "AVG": Kind.STATISTIC,
    "MIN": Kind.STATISTIC,
    "MAX": Kind.STATISTIC,
    "SUM": Kind.STATISTIC,
    "ASC": Kind.ORDER,
    "DESC": Kind.ORDER,
}
"""Words that may stand as an argument."""


@dataclass(frozen=True)
class Context:
    """What an expression is evaluated on: values by the id of their query, all within the same window."""

    window: Window
    values: Mapping[str, Value]
    assumptions: MetricMathAssumptions
