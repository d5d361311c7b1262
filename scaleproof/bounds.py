"""Limits on the numbers and dates in files and answers that others wrote.

Whatever a stranger sends costs no more than the largest true thing of its kind.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

MOST_DAYS = 455
"""Of a recording, a capture or traffic: CloudWatch keeps nothing longer.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"""
SPAN = MOST_DAYS * 86_400.0
"""Seconds of MOST_DAYS."""
MOST_POLICIES, MOST_SCHEDULES = 50, 200
"""That AWS allows a scalable target.

Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html"""
MOST_INSTANCES = 10_000
"""Of a variant. AWS documents no limit but quotas, and no default quota of an instance type comes near."""
LARGEST = 1_000_000
"""Of requests in flight on an instance, as the module has it, and of USD an hour."""
SMALLEST = 1e-6
"""Of what is above 0: seconds of an assumption, requests in flight on an instance, a target, USD an hour. What is
divided by less overflows."""
LARGEST_SEED = 2**53
"""Every output has the seed, and JSON's readers keep no more digits."""
YEARS = range(1971, 2100)
LATEST = datetime(YEARS.stop, 1, 1, tzinfo=UTC).timestamp()
"""Epoch seconds."""


def instant(text: str, zone: tzinfo | None = None) -> datetime:
    """The moment that an ISO 8601 text names, in UTC. `zone`: of a text that has none.

    Raises ValueError that completes "'...' is not": what was expected.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time in ISO 8601") from None
    if moment.year not in YEARS:
        raise ValueError(f"between the years {YEARS[0]} and {YEARS[-1]}")
    if moment.tzinfo is None and zone is None:
        raise ValueError("a time with a time zone")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
