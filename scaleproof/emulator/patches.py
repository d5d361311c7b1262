"""All patches of Python, LocalStack and its libraries, with the releases they are for and when they can go.

They run only in LocalStack's own environment. `before_localstack` runs before LocalStack is imported, so the
functions import LocalStack.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any


def before_localstack() -> None:
    """Call it before LocalStack is imported."""
    if sys.version_info < (3, 12):
        uuid.uuid5 = uuid5


def install() -> None:
    """Call it before LocalStack starts."""
    for patch in (
        _listen_on_one_host,
        _keep_objects_apart,
        _keep_tags_of_alarms,
        _read_metrics_of_these_dimensions,
        _leave_alarms_of_policies,
        _change_keys_of_log_groups,
        _keep_tags_of_log_groups,
        _take_what_clients_of_streams_do,
    ):
        patch()


def uuid5(namespace: uuid.UUID, name: str | bytes) -> uuid.UUID:
    """The uuid5 of Python 3.12, which accepts bytes as a name.

    For Python 3.11: LocalStack's kms.CreateKey names key material by its bytes. It can go with Python 3.11.
    Source: https://docs.python.org/3/library/uuid.html#uuid.uuid5
    """
    text = name.encode() if isinstance(name, str) else name
    digest = hashlib.sha1(namespace.bytes + text, usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)


def _listen_on_one_host() -> None:
    """LocalStack listens at the host of GATEWAY_LISTEN only.

    For LocalStack 4.13 to 2026.3 with localstack-twisted 25.5, whose web server listens on every interface.
    It can go when a LocalStack with GATEWAY_LISTEN=127.0.0.1 does not answer at another address.
    """
    from localstack import config
    from twisted.internet import endpoints

    (listen,) = config.GATEWAY_LISTEN
    endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface=listen.host)


def _keep_objects_apart() -> None:
    """S3 keeps its objects in the directory of this LocalStack.

    For LocalStack 4.13 to 2026.3, which use one directory below /tmp for all LocalStacks of a machine. It can
    go when the directory follows TMPDIR or FILESYSTEM_ROOT.
    """
    from localstack.services.s3 import provider

    provider.DEFAULT_S3_TMP_DIR = str(Path(tempfile.gettempdir()) / "s3")


def _keep_tags_of_alarms() -> None:
    """PutMetricAlarm and PutCompositeAlarm keep the tags of a new alarm.

    For LocalStack 4.13 and 4.14, which drop all of them and keep those of a deleted alarm, and for 2026.3,
    which takes the tags in an update as well. It can go when LocalStack ignores those.
    Source: API_PutMetricAlarm and API_PutCompositeAlarm of the CloudWatch API reference, Tags.
    """
    from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider
    from localstack.utils.aws import arns
    from localstack.utils.patch import patch

    def put_alarm(put: Callable[..., None], provider: CloudwatchProvider, context: Any, request: Any) -> None:
        arn = arns.cloudwatch_alarm_arn(request["AlarmName"], account_id=context.account_id, region_name=context.region)
        new = arn not in provider.get_store(context.account_id, context.region).alarms
        put(provider, context, {name: value for name, value in request.items() if name != "Tags"})
        if new:
            left = provider.list_tags_for_resource(context, arn).get("Tags") or []
            provider.untag_resource(context, arn, [tag["Key"] for tag in left])
            provider.tag_resource(context, arn, request.get("Tags") or [])

    patch(CloudwatchProvider.put_metric_alarm)(put_alarm)
    patch(CloudwatchProvider.put_composite_alarm)(put_alarm)


def _read_metrics_of_these_dimensions() -> None:
    """GetMetricData gives data points of the dimensions that are asked for, and quickly.

    For LocalStack 4.13 to 2026.3, which match dimensions by a pattern, so that data of other metrics is mixed
    in (see `emulator.cloudwatch`), and query the whole table once for each period. It can go when
    `tests/unit/emulator/test_patches.py` passes without it.
    """
    from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase
    from localstack.utils.patch import patch

    from scaleproof.emulator.cloudwatch import STATISTICS, read
    from scaleproof.scaling.metrics import MetricStat, Window

    def get_stat(
        get: Callable[..., Any],
        database: CloudwatchDatabase,
        account_id: str,
        region: str,
        query: Any,
        start_time: Any,
        end_time: Any,
        scan_by: str | None,
    ) -> Any:
        stat = query["MetricStat"]
        metric, period, unit = stat["Metric"], stat["Period"], stat.get("Unit")
        if stat["Stat"] not in STATISTICS or unit == "NULL_VALUE":
            return get(database, account_id, region, query, start_time, end_time, scan_by)
        start, end = map(database._convert_timestamp_to_unix, (start_time, end_time))
        dimensions = sorted((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", ()))
        points = read(
            Path(database.METRICS_DB),
            account_id,
            region,
            MetricStat(metric["Namespace"], metric["MetricName"], tuple(dimensions), stat["Stat"], period, unit),
            Window(start, start + -(-(end - start) // period) * period, period),
        )
        times = sorted(points, reverse=scan_by != "TimestampAscending")
        return {"timestamps": times, "values": [points[time] for time in times]}

    patch(CloudwatchDatabase.get_metric_data_stat)(get_stat)


def _leave_alarms_of_policies() -> None:
    """LocalStack does not evaluate the alarms that `engine.clock` evaluates.

    For LocalStack 4.13 to 2026.3, which have no metric math and act only when the state changes. It can go
    when LocalStack evaluates alarms as CloudWatch does.
    """
    from localstack.services.cloudwatch.alarm_scheduler import AlarmScheduler
    from localstack.services.cloudwatch.models import cloudwatch_stores
    from localstack.utils.patch import patch

    from scaleproof.emulator.cloudwatch import invoking

    def schedule_others(schedule: Callable[..., None], scheduler: AlarmScheduler, alarm_arn: str) -> None:
        _, _, _, region, account, _, _ = alarm_arn.split(":", 6)
        entry = cloudwatch_stores[account][region].alarms.get(alarm_arn)
        if entry is not None and invoking(entry.alarm):
            scheduler.delete_scheduler_for_alarm(alarm_arn)
        else:
            schedule(scheduler, alarm_arn)

    patch(AlarmScheduler.schedule_metric_alarm)(schedule_others)


def _change_keys_of_log_groups() -> None:
    """AssociateKmsKey and DisassociateKmsKey change the key of a log group.

    For LocalStack 4.13 to 2026.3, which take a key at the creation of a log group only. It can go when
    LocalStack has both operations.
    Source: API_AssociateKmsKey and API_DisassociateKmsKey of the CloudWatch Logs API reference.
    """
    from localstack.aws.api import handler
    from localstack.aws.api.logs import ResourceNotFoundException
    from localstack.services.logs.models import get_moto_logs_backend
    from localstack.services.logs.provider import LogsProvider

    def set_key(context: Any, request: Any) -> None:
        groups = get_moto_logs_backend(context.account_id, context.region).groups
        if request["logGroupName"] not in groups:
            raise ResourceNotFoundException("The specified log group does not exist.")
        groups[request["logGroupName"]].kms_key_id = request.get("kmsKeyId")

    # LocalStack finds the function of an operation by its name.
    def associate_kms_key(_: LogsProvider, context: Any, request: Any) -> None:
        set_key(context, request)

    def disassociate_kms_key(_: LogsProvider, context: Any, request: Any) -> None:
        set_key(context, request)

    LogsProvider.associate_kms_key = handler("AssociateKmsKey", expand=False)(associate_kms_key)
    LogsProvider.disassociate_kms_key = handler("DisassociateKmsKey", expand=False)(disassociate_kms_key)


def _keep_tags_of_log_groups() -> None:
    """A log group has the tags that it is created with and those that it is given later, and no others.

    For LocalStack 4.13 to 2026.3, which drop the tags of a log group that was created without any, and give a
    new log group those of a deleted one of its name. It can go when LocalStack does neither.
    """
    from localstack.services.logs.models import logs_stores
    from localstack.services.logs.provider import LogsProvider
    from localstack.utils.aws import arns
    from localstack.utils.patch import patch

    def create_log_group(
        create: Callable[..., None],
        provider: LogsProvider,
        context: Any,
        log_group_name: str,
        tags: dict[str, str] | None = None,
        **others: Any,
    ) -> None:
        create(provider, context, log_group_name=log_group_name, tags=tags, **others)
        arn = arns.log_group_arn(log_group_name, account_id=context.account_id, region_name=context.region)
        logs_stores[context.account_id][context.region].TAGS[arn] = dict(tags or {})

    patch(LogsProvider.create_log_group)(create_log_group)


def _take_what_clients_of_streams_do() -> None:
    """hypercorn drops data for a stream that it has answered already, and ends all streams with a GOAWAY.

    For hypercorn 0.18 with h2 4.3: such data ends the whole connection with a KeyError, and after a GOAWAY
    the application learns that its streams are over when the client closes the socket. It can go when
    `tests/unit/emulator/test_streams_http2.py` passes without it.
    """
    from h2.events import ConnectionTerminated, DataReceived
    from h2.exceptions import ProtocolError
    from hypercorn.events import Closed
    from hypercorn.protocol.h2 import H2Protocol
    from localstack.utils.patch import patch

    async def handle_events(handle: Callable[..., Any], protocol: Any, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, ConnectionTerminated):
                await protocol.handle(Closed())
            if not isinstance(event, DataReceived) or event.stream_id in protocol.streams:
                await handle(protocol, [event])
                continue
            with suppress(ProtocolError):  # the stream is closed on both sides
                protocol.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        await protocol._flush()

    patch(H2Protocol._handle_events)(handle_events)
