"""What both kinds of endpoint share: the configuration and its pools, the endpoint, the scalable target."""

import pytest

from tests.plan.planner import ASYNC, REALTIME, content

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TYPES = ["ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge", "ml.g7.2xlarge", "ml.g7e.2xlarge"]


def variant(plan):
    """The one production variant."""
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    (found,) = config.values["production_variants"]
    return dict(found)


def config_name(plan):
    """The name of the configuration."""
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    return str(config.values["endpoint_config_name"])


def pools(*types):
    """Instance pools of these types."""
    return [{"instance_type": kind, "max_concurrency": 12} for kind in types]


@pytest.mark.inputs(REALTIME, instance_pools=pools(TYPES[0]))
def test_one_type_is_an_instance_type(it):
    found = variant(it)
    assert found["instance_type"] == TYPES[0]
    assert "instance_pools" not in found
    assert "variant_instance_provision_timeout_in_seconds" not in found


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.inputs(REALTIME, lambda count: {"instance_pools": pools(*TYPES[:count])})
def test_several_types_are_pools_in_priority_order(it, count):
    found = variant(it)
    assert "instance_type" not in found
    assert found["instance_pools"] == [
        {"instance_type": kind, "priority": place} for place, kind in enumerate(TYPES[:count], start=1)
    ]
    assert found["variant_instance_provision_timeout_in_seconds"] == 600


@pytest.mark.inputs(
    REALTIME,
    instance_pools=[
        {"instance_type": TYPES[0], "max_concurrency": 12},
        {"instance_type": TYPES[1], "max_concurrency": 12, "model_name_override": "nova-3-g6e"},
    ],
)
def test_a_pool_can_have_a_model_of_its_own(it):
    found = variant(it)
    assert found["model_name"] == "nova-3"
    assert found["instance_pools"][1]["model_name_override"] == "nova-3-g6e"
    assert "model_name_override" not in found["instance_pools"][0]


@pytest.mark.inputs(
    REALTIME,
    instance_pools=[{"instance_type": TYPES[0], "max_concurrency": 12, "model_name_override": "nova-3-g6"}],
)
def test_the_model_of_a_single_pool_is_the_variants(it):
    assert variant(it)["model_name"] == "nova-3-g6"


@pytest.mark.inputs(REALTIME)
def test_metrics_are_sagemakers_choice_unless_asked_for(it):
    (config,) = it.of_type("awscc_sagemaker_endpoint_config")
    assert config.values.get("metrics_config") is None


@pytest.mark.inputs(REALTIME, metrics_config={"metric_publish_frequency_in_seconds": 300})
def test_a_realtime_endpoint_may_publish_its_utilization_rarely(it):
    """API_MetricsConfig: without enhanced metrics the interval is that of the utilization alone."""
    (config,) = it.of_type("awscc_sagemaker_endpoint_config")
    assert config.values["metrics_config"]["metric_publish_frequency_in_seconds"] == 300


@pytest.mark.inputs(REALTIME)
def test_logs_are_kept_for_thirty_days_unless_asked_otherwise(it):
    """SageMaker writes to this group: "Log groups and streams", logging-cloudwatch.html of its guide."""
    (group,) = it.of_type("aws_cloudwatch_log_group")
    assert group.values["name"] == "/aws/sagemaker/Endpoints/speech"
    assert group.values["retention_in_days"] == 30
    assert group.values["kms_key_id"] is None
    assert group.values["skip_destroy"] is False


@pytest.mark.inputs(
    ASYNC,
    log_group={"kms_key_id": KEY, "retention_in_days": 0, "skip_destroy": True},
    tags={"Team": "speech"},
)
def test_logs_may_be_kept_for_ever_under_a_key(it):
    (group,) = it.of_type("aws_cloudwatch_log_group")
    found = {name: group.values[name] for name in ("kms_key_id", "retention_in_days", "skip_destroy", "tags")}
    assert found == {
        "kms_key_id": KEY,
        "retention_in_days": 0,
        "skip_destroy": True,
        "tags": {"Team": "speech"},
    }


@pytest.mark.inputs(REALTIME, log_group={"create": False})
def test_the_log_group_may_be_left_to_sagemaker(it):
    assert it.of_type("aws_cloudwatch_log_group") == []


@pytest.mark.inputs(REALTIME, log_group={"create": False})
def test_the_log_group_is_no_content(it, planner):
    assert content(it) == content(planner(REALTIME))


def test_a_package_of_the_marketplace_on_a_queue_is_warned_of(planner):
    """docs/traps.md, "Marketplace packages on asynchronous endpoints"."""
    (warning,) = planner(ASYNC, marketplace=True).warnings
    assert warning.detail.startswith("Use a real-time endpoint for the model of the endpoint speech")
    assert planner(ASYNC, marketplace=False).warnings == planner(REALTIME, marketplace=True).warnings == ()


def test_volume_size_of_nvme_types_is_warned_of(planner):
    plan = planner(REALTIME, volume_size_in_gb=100)
    assert any("local NVMe storage" in warning.detail for warning in plan.warnings)


@pytest.mark.parametrize(
    "change",
    [
        {"model_name": "nova-4"},
        {"instance_pools": pools(*reversed(TYPES[:2]))},
        {"provision_timeout": 900},
        {"variant_name": "Other"},
        {"inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1"},
        {"metrics_config": {"enable_enhanced_metrics": True}},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.inputs(REALTIME, lambda change: change)
def test_changed_content_is_a_new_configuration(it, planner, change):
    assert content(it) != content(planner(REALTIME))


@pytest.mark.parametrize(
    "change",
    [
        {"capacity": {"min": 2, "max": 9}},
        {"capacity": {"min": 1, "max": 4, "initial": 3}},
        {"tags": {"A": "b"}},
    ],
)
@pytest.mark.inputs(REALTIME, lambda change: change)
def test_bounds_and_tags_are_no_new_configuration(it, planner, change):
    assert content(it) == content(planner(REALTIME))


@pytest.mark.parametrize(("bounds", "count"), [({"min": 2, "max": 4}, 2), ({"min": 1, "max": 4, "initial": 3}, 3)])
@pytest.mark.inputs(REALTIME, lambda bounds: {"capacity": bounds})
def test_initial_count(it, bounds, count):
    assert variant(it)["initial_instance_count"] == count


@pytest.mark.inputs(ASYNC, capacity={"min": 0, "max": 4})
def test_an_endpoint_that_may_be_empty_starts_with_one(it):
    assert variant(it)["initial_instance_count"] == 1


@pytest.mark.inputs(REALTIME, name="x" * 54)
def test_longest_name_fits(it):
    assert len(config_name(it)) == 63


@pytest.mark.inputs(REALTIME, container_startup_timeout=3600, model_data_download_timeout=1800, provision_timeout=900)
def test_pain_19_timeouts_are_too_short(it):
    found = variant(it)
    assert found["container_startup_health_check_timeout_in_seconds"] == 3600
    assert found["model_data_download_timeout_in_seconds"] == 1800
    assert found["variant_instance_provision_timeout_in_seconds"] == 900
