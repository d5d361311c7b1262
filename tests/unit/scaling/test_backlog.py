"""The metrics of an asynchronous endpoint's queue.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

import pytest

from scaleproof.scaling.metrics import queue_metrics


@pytest.mark.parametrize(
    ("waiting", "instances", "without_capacity", "per_instance"),
    [(0, 0, 0, None), (1, 0, 1, None), (9, 0, 1, None), (0, 2, 0, 0.0), (1, 1, 0, 1.0), (9, 2, 0, 4.5)],
)
def test_requests_wait_without_capacity_where_one_waits_and_no_instance_runs(
    waiting: int, instances: int, without_capacity: int, per_instance: float | None
) -> None:
    found = queue_metrics(waiting, instances)
    assert found["ApproximateBacklogSize"] == waiting
    assert found["HasBacklogWithoutCapacity"] == without_capacity
    assert found.get("ApproximateBacklogSizePerInstance") == per_instance
