"""The tags of PutMetricAlarm and PutCompositeAlarm, which LocalStack drops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider
from localstack.utils.aws import arns
from localstack.utils.patch import patch


def install() -> None:
    """To be called before the first request."""
    patch(CloudwatchProvider.put_metric_alarm)(_put)
    patch(CloudwatchProvider.put_composite_alarm)(_put)


def _put(put: Callable[..., None], provider: CloudwatchProvider, context: Any, request: Any) -> None:
    """Keeps the tags of a new alarm.

    Those of an existing one are ignored: API_PutMetricAlarm and API_PutCompositeAlarm of the CloudWatch API
    reference, Tags. A deleted alarm takes its tags along.
    """
    store = provider.get_store(context.account_id, context.region)
    arn = arns.cloudwatch_alarm_arn(
        request["AlarmName"], account_id=context.account_id, region_name=context.region
    )
    new = arn not in store.alarms
    put(provider, context, {name: value for name, value in request.items() if name != "Tags"})
    if new:
        store.TAGS.del_resource(arn)
        store.TAGS.tag_resource(arn, request.get("Tags"))
