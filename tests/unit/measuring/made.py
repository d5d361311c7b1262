"""A measurement made by hand: 12 held, 13 failed."""

from dataclasses import replace

from scaleproof.measuring.levels import LoadLevel
from scaleproof.measuring.measurement import Answer, measurement
from scaleproof.measuring.objective import parse

LEVEL = LoadLevel(
    concurrency=12,
    seconds=40.0,
    requests=1_204,
    errors={},
    value=0.35,
    low=0.34,
    high=0.36,
    throughput=30.1,
    held=True,
    sure=True,
    generator_lag=0.002,
    late=False,
)
OVER = replace(LEVEL, concurrency=13, value=0.43, low=0.41, high=None, held=False)
OBJECTIVE = parse("latency:p95=0.4")
FOUND = measurement(OBJECTIVE, Answer.FOUND, 12, [OVER, LEVEL], 125.0)
