"""Scaling activities in the API's form, as the scaling model records them."""

from __future__ import annotations

from datetime import UTC, datetime

from scaleproof.emulator.engine.state import Json, Store, Target, new_id
from scaleproof.scaling.autoscaling import Activity

KEPT = 1_000
"""Activities of one account and region that are remembered."""


def record(store: Store, target: Target, activity: Activity) -> None:
    """Adds an activity, or brings the row up to date that an earlier state of it has."""
    row = target.recorded.get(activity.id)
    if row is None:
        row = {"ActivityId": new_id()}
        target.recorded[activity.id] = row
        store.activities.append(row)
        del store.activities[:-KEPT]
    row |= _row(target, activity)
    if activity.end is not None:
        del target.recorded[activity.id]


def described(rows: list[Json], with_not_scaled: bool) -> list[Json]:
    """Those that a caller sees, the last first; reasons for not scaling only if he asks for them.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
    """
    return [row for row in reversed(rows) if with_not_scaled or "NotScaledReasons" not in row]


def _row(target: Target, activity: Activity) -> Json:
    row: Json = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": target.resource_id,
        "ScalableDimension": target.dimension,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": datetime.fromtimestamp(activity.start, UTC),
        "StatusCode": str(activity.status),
    }
    if activity.message:
        row["StatusMessage"] = activity.message
    if activity.end is not None:
        row["EndTime"] = datetime.fromtimestamp(activity.end, UTC)
    if activity.not_scaled:
        row["NotScaledReasons"] = [
            {
                name: value
                for name, value in (
                    ("Code", str(reason.code)),
                    ("MaxCapacity", reason.max),
                    ("MinCapacity", reason.min),
                    ("CurrentCapacity", reason.current),
                )
                if value is not None
            }
            for reason in activity.not_scaled
        ]
    return row
