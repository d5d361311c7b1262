"""A finding made by hand: 12 held, 13 failed."""

from __future__ import annotations

import math
from dataclasses import replace

from scaleproof.measuring.finding import Answer, Estimate, Finding, Judged
from scaleproof.measuring.objective import parse

LEVEL = Judged(
    concurrency=12,
    seconds=40.0,
    replies=1_204,
    errors={},
    estimate=Estimate(0.35, 0.34, 0.36),
    throughput=30.1,
    held=True,
    sure=True,
    late=False,
    generator_lag=0.002,
)
OVER = replace(LEVEL, concurrency=13, estimate=Estimate(0.43, 0.41, math.inf), held=False)
FOUND = Finding(parse("latency:p95=0.4"), Answer.FOUND, 12, 12, 12, (LEVEL, OVER), 125.0)
