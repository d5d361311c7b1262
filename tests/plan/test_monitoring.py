"""Alarms of an endpoint: what its kind publishes, by the right units, and none that could never be raised."""

from itertools import zip_longest

import pytest
from botocore.session import get_session

from tests.plan.monitored import (
    BOTH,
    ENDPOINTS,
    FILES,
    OFF_FOR_FILES,
    REALTIME,
    UNEQUAL,
    VARIANT,
    WEIGHTED,
    alarms,
    inputs_of,
    one_metric,
    series,
    switched,
    watching,
)
from tests.plan.planner import COMPUTED, MONITORING
from tests.plan.published_metrics import PER_SECOND, problem

GPUS = {
    1: ("g4dn.16xlarge", "g5.16xlarge", "g6.16xlarge", "g6e.16xlarge", "g7e.8xlarge", "p3.2xlarge"),
    2: ("g7.12xlarge", "g7e.12xlarge"),
    4: (
        *("g4dn.12xlarge", "g5.12xlarge", "g5.24xlarge", "g6.12xlarge", "g6.24xlarge", "g6e.12xlarge"),
        *("g6e.24xlarge", "g7.24xlarge", "g7e.24xlarge", "p3.8xlarge", "p6e-gb200.36xlarge"),
    ),
    8: (
        "p2.8xlarge",
        *("g5.48xlarge", "g6.48xlarge", "g6e.48xlarge", "g7.48xlarge", "g7e.48xlarge", "p3.16xlarge"),
        *("p4d.24xlarge", "p4de.24xlarge", "p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge"),
        *("p6-b200.48xlarge", "p6-b300.48xlarge"),
    ),
    16: ("p2.16xlarge",),
}
"""Types by their number of GPUs (Amazon EC2 instance types, Accelerated computing)."""


def mixed_gpus():
    """All of them, four at a time beside one of another number: each then has an alarm of its own."""
    rows = zip_longest(*([(f"ml.{kind}", gpus) for kind in kinds] for gpus, kinds in GPUS.items()))
    every = [one for row in rows for one in row if one]
    for start in range(0, len(every), 4):
        yield dict([*every[start : start + 4], ("ml.g6.2xlarge", 1)])


SILENT = {"requests-arrive", "signal-missing", "silent-signal"}
BY_TYPE = {"concurrency-ml.g6.2xlarge", "concurrency-ml.g6e.2xlarge"}
MADE = {
    "realtime": REALTIME,
    "realtime on one type": REALTIME,
    "realtime on unequal types": REALTIME - {"concurrency"} | BY_TYPE | SILENT,
    "realtime on processors": REALTIME - {"gpu-utilization"},
    "queue": FILES,
    "queue on one type": FILES,
    "queue that is never empty": FILES - {"wake-up-overdue"},
}


def single(namespace):
    """A signal of one metric."""
    metric = {"namespace": namespace, "metric_name": "Load", "dimensions": {"EndpointName": "speech"}}
    return {"id": "signal", "metric_stat": {"metric": metric, "stat": "Average"}}


def switched_off():
    """For some endpoints, which alarms are off: no two in the same plans, and each in one."""
    for endpoint in ("realtime", "realtime on unequal types", "queue"):
        halves = {"requests_arrive", "signal_missing"}  # of silent_signal
        names = sorted({name.split("-ml.")[0].replace("-", "_") for name in MADE[endpoint]} - halves)
        for bit in range(len(names).bit_length()):
            yield endpoint, [name for place, name in enumerate(names, 1) if place >> bit & 1]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_each_kind_has_its_alarms(it, endpoint):
    assert set(alarms(it)) == MADE[endpoint]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_every_alarm_reads_what_the_endpoint_publishes(it, endpoint):
    traffic, inputs = ENDPOINTS[endpoint]
    pooled = len(inputs.get("instance_pools", UNEQUAL)) > 1
    for name, alarm in alarms(it).items():
        read = list(series(alarm))
        assert read or name == "silent-signal"
        assert [found for seen in read if (found := problem(seen, traffic, pooled))] == []
        assert all(seen.dimensions["EndpointName"] == "speech" for seen in read)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_only_an_alarm_on_silence_is_raised_without_data(it, endpoint):
    """An endpoint without requests publishes little, and must not wake anybody."""
    for name, alarm in alarms(it).items():
        if name != "silent-signal":
            missing = "breaching" if name == "signal-missing" else "notBreaching"
            assert alarm.values["treat_missing_data"] == missing, name


@pytest.mark.parametrize(
    ("endpoint", "name", "statistic", "period", "periods", "threshold"),
    [
        ("realtime", "errors-5xx-count", "Sum", 300, 2, 5),
        ("realtime", "first-chunk-latency", "p99", 60, 3, 5_000_000),
        ("realtime", "concurrency", "Maximum", 60, 3, 10.8),
        ("realtime", "gpu-utilization", "Average", 300, 3, 95),
        ("realtime", "model-latency", "p99", 60, 3, 30_000_000),
        ("queue", "oldest-request-age", "Maximum", 60, 3, 1800),
        ("queue", "invocation-failures", "Sum", 300, 1, 5),
        ("queue", "request-download-failures", "Sum", 300, 1, 1),
        ("queue", "response-upload-failures", "Sum", 300, 1, 1),
        ("queue", "expired-requests", "Sum", 300, 1, 1),
        ("queue", "wake-up-overdue", "Average", 60, 30, 1),
    ],
)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_defaults(it, endpoint, name, statistic, period, periods, threshold):
    values = alarms(it)[name].values
    assert (values["statistic"] or values["extended_statistic"]) == statistic
    assert values["period"] == period
    assert values["evaluation_periods"] == values["datapoints_to_alarm"] == periods
    assert values["threshold"] == pytest.approx(threshold)
    assert values["comparison_operator"] == "GreaterThanOrEqualToThreshold"


@pytest.mark.parametrize(
    ("endpoint", "alarm", "threshold", "expected"),
    [
        ("realtime", "concurrency", 0.8, 9.6),
        ("realtime", "errors_5xx", 0.2, 0.2),
        ("realtime", "errors_5xx_count", 20, 20),
        ("realtime", "first_chunk_latency", 0.4, 400_000),
        ("realtime", "gpu_utilization", 70, 70),
        ("realtime", "mid_stream_errors", 0.9, 0.9),
        ("realtime", "scale_out_stalled", 11, 11),
        ("realtime", "stuck_at_max", 11, 11),
        ("realtime", "model_latency", 1.5, 1_500_000),
        ("realtime on unequal types", "silent_signal", 1, None),
        ("queue", "expired_requests", 3, 3),
        ("queue", "invocation_failures", 9, 9),
        ("queue", "oldest_request_age", 600, 600),
        ("queue", "request_download_failures", 2, 2),
        ("queue", "response_upload_failures", 2, 2),
    ],
)
@pytest.mark.inputs(
    MONITORING,
    lambda endpoint, alarm, threshold: {**inputs_of(endpoint), "alarms": {alarm: {"threshold": threshold}}},
)
def test_every_threshold_is_an_input(it, endpoint, alarm, threshold, expected):
    found = alarms(it)
    if expected is None:
        assert found["requests-arrive"].values["threshold"] == threshold
    else:
        assert found[alarm.replace("_", "-")].values["threshold"] == pytest.approx(expected)


@pytest.mark.parametrize(("endpoint", "off"), list(switched_off()))
@pytest.mark.inputs(
    MONITORING,
    lambda endpoint, off: {
        **inputs_of(endpoint),
        "alarms": {name: {"enabled": False} for name in off},
    },
)
def test_every_alarm_has_a_switch(it, endpoint, off):
    gone = {name for name in MADE[endpoint] if name.split("-ml.")[0].replace("-", "_") in off}
    gone |= SILENT if "silent_signal" in off else set()
    assert set(alarms(it)) == MADE[endpoint] - gone


@pytest.mark.parametrize(
    ("endpoint", "others"),
    [
        ("realtime", FILES - BOTH),
        (
            "queue",
            REALTIME - BOTH - OFF_FOR_FILES,
        ),
    ],
)
@pytest.mark.inputs(
    MONITORING, lambda endpoint, others: {**inputs_of(endpoint), "alarms": switched(others, enabled=True)}
)
def test_alarms_of_the_other_kind_are_passed_over(it, endpoint, others):
    """One set of alarms serves both endpoints of a model."""
    assert set(alarms(it)) == MADE[endpoint]


@watching("realtime", alarms=switched(REALTIME, enabled=False))
def test_all_can_be_off(it):
    assert alarms(it) == {}


@watching(
    "realtime",
    alarms={"first_chunk_latency": {"threshold": 2}, "model_latency": {"threshold": 2}},
)
def test_units_of_time_are_those_of_the_metric(it):
    found = alarms(it)
    for name in ("first-chunk-latency", "model-latency"):
        values = found[name].values
        assert values["threshold"] == 2 * PER_SECOND[values["metric_name"]]


@watching("realtime on unequal types")
def test_types_that_sustain_different_loads_have_their_own_limits(it):
    found = alarms(it)
    read = {name: (found[name].values["dimensions"], found[name].values["threshold"]) for name in BY_TYPE}
    assert read == {
        f"concurrency-{pool['instance_type']}": (
            {**VARIANT, "InstanceType": pool["instance_type"]},
            pytest.approx(0.9 * pool["max_concurrency"]),
        )
        for pool in UNEQUAL
    }


@watching(
    "realtime",
    instance_pools=[{**pool, "max_concurrency": limit} for pool, limit in zip(UNEQUAL, (28.8, COMPUTED), strict=True)],
)
def test_a_rounding_error_is_no_difference(it):
    assert not BY_TYPE & alarms(it).keys()


@pytest.mark.parametrize(("target", "share"), [(6, 0.9), (9, 0.9), (11.4, 0.95), (12, 1)])
@pytest.mark.inputs(MONITORING, lambda target: {"signal": {"target": target}})
def test_the_alarm_on_concurrency_stays_over_the_target(it, target, share):
    assert alarms(it)["concurrency"].values["threshold"] == pytest.approx(share * 12)


@watching("realtime", signal={"target": 10.8}, alarms={"concurrency": {"threshold": 0.9}})
def test_or_at_the_target(it):
    """10.8 / 12 is 0.9 and a bit in Terraform."""
    assert alarms(it)["concurrency"].values["threshold"] == pytest.approx(10.8)


@pytest.mark.parametrize(("statistic", "threshold"), [("Maximum", 12), ("Sum", 10.8)])
@pytest.mark.inputs(
    MONITORING,
    lambda statistic: {
        "signal": one_metric("ConcurrentRequestsPerModel", statistic, 12),
    },
)
def test_a_sum_of_concurrency_is_no_share_of_an_instance(it, statistic, threshold):
    assert alarms(it)["concurrency"].values["threshold"] == pytest.approx(threshold)


@watching("realtime", instance_pools=[{"instance_type": "ml.g6.2xlarge"}])
def test_without_max_concurrency_there_is_no_limit(it):
    assert "concurrency" not in alarms(it)


@pytest.mark.parametrize(
    ("types", "thresholds"),
    [
        *(
            (list(gpus), {f"gpu-utilization-{kind}": 95 * count for kind, count in gpus.items()})
            for gpus in mixed_gpus()
        ),
        (["ml.g6.2xlarge", "ml.g5.16xlarge"], {"gpu-utilization": 95}),
        (["ml.g7e.12xlarge", "ml.g7.12xlarge"], {"gpu-utilization": 190}),
        (
            ["ml.g6.12xlarge", "ml.g7.12xlarge", "ml.g5.48xlarge"],
            {
                "gpu-utilization-ml.g6.12xlarge": 380,
                "gpu-utilization-ml.g7.12xlarge": 190,
                "gpu-utilization-ml.g5.48xlarge": 760,
            },
        ),
        (["ml.p5.4xlarge", "ml.c7i.4xlarge"], {"gpu-utilization-ml.p5.4xlarge": 95}),
        (["ml.inf2.xlarge"], {}),
    ],
)
@pytest.mark.inputs(
    MONITORING,
    lambda types: {"instance_pools": [{"instance_type": kind, "max_concurrency": 12} for kind in types]},
)
def test_gpu_threshold_is_for_all_gpus_of_an_instance(it, types, thresholds):
    gpu = {name: alarm.values["threshold"] for name, alarm in alarms(it).items() if name.startswith("gpu")}
    assert gpu == thresholds


def test_each_family_with_gpus_that_botocore_knows_is_in_the_table():
    kinds = get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType").enum
    listed = {kind.split(".")[0] for kinds in GPUS.values() for kind in kinds}
    assert listed == {family for _, family, _ in (kind.split(".") for kind in kinds) if family[0] in "gp"}


@watching("realtime", instance_pools=[{"instance_type": "ml.g9.24xlarge", "max_concurrency": 12, "gpus": 6}])
def test_gpus_of_a_type_of_tomorrow_are_an_input(it):
    assert alarms(it)["gpu-utilization"].values["threshold"] == 570


@watching(
    "realtime",
    endpoint_name="x" * 63,
    instance_pools=[
        {"instance_type": "ml.p6-b200.48xlarge", "max_concurrency": 80},
        {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    ],
    signal=WEIGHTED,
)
def test_names_carry_the_endpoints_and_fit(it):
    for name, alarm in alarms(it).items():
        assert name.startswith("x" * 63 + "-")
        assert len(name) <= 255
        assert len(alarm.values["alarm_description"]) <= 1024


def rolling_back(plan):
    """The names for the endpoint's deployment."""
    return plan.raw["output_changes"]["it"]["after"]["rollback_alarm_names"]


@pytest.mark.parametrize(
    ("endpoint", "chosen", "names"),
    [
        ("realtime", [], []),
        ("realtime", ["model_latency", "errors_5xx"], ["errors-5xx", "model-latency"]),
        (
            "realtime on unequal types",
            ["mid_stream_errors", "concurrency"],
            [*sorted(BY_TYPE), "mid-stream-errors"],
        ),
        ("queue", ["invocation_failures", "stuck_at_max"], ["invocation-failures", "stuck-at-max"]),
    ],
)
@pytest.mark.inputs(MONITORING, lambda endpoint, chosen, names: {**inputs_of(endpoint), "rollback_on": chosen})
def test_an_update_is_rolled_back_by_the_short_names_of_alarms(it, endpoint, chosen, names):
    assert rolling_back(it) == [f"speech-{name}" for name in names]
    assert set(names) <= set(alarms(it))


@watching("realtime", alarms={"silent_signal": {"enabled": True}})
def test_a_plain_signal_is_watched_for_silence_on_demand(it):
    assert set(alarms(it)) == REALTIME | SILENT


@pytest.mark.parametrize("namespace", ["Acme/Streams", "AWS/SageMaker", "/aws/sagemaker/Endpoints"])
@pytest.mark.inputs(
    MONITORING, lambda namespace: {**inputs_of("realtime"), "signal": {"target": 5, "metrics": [single(namespace)]}}
)
def test_a_signal_of_ones_own_is_watched_for_silence(it, namespace):
    """If its publisher stops, nothing scales. AWS's namespaces may lack the name."""
    assert set(alarms(it)) >= SILENT


@watching("queue", alarms={"notification_failures": {"enabled": True}})
def test_notifications_are_watched_on_demand(it):
    """Only an endpoint with topics can fail to notify."""
    found = alarms(it)
    assert found["notification-failures"].values["metric_name"] == "NotificationFailures"
