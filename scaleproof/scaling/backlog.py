"""The metrics of an asynchronous endpoint's queue.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

from scaleproof.scaling.assumptions import DEFAULT, AutoscalingAssumptions


def metrics(
    backlog: int, instances: int, assumptions: AutoscalingAssumptions = DEFAULT.autoscaling
) -> dict[str, float]:
    """The data points by metric name; one without a value is left out.

    `backlog`: requests that are queued or being processed, `instances` those in service [monitor].
    """
    per_instance: float | None = None
    if instances:
        per_instance = backlog / instances
    elif assumptions.backlog_per_instance_at_zero == "backlog":
        per_instance = float(backlog)
    found = {
        "ApproximateBacklogSize": float(backlog),
        "HasBacklogWithoutCapacity": float(backlog > 0 and not instances),
    }
    if per_instance is not None:
        found["ApproximateBacklogSizePerInstance"] = per_instance
    return found
