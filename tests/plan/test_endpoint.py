"""What both kinds of endpoint share: the configuration and its pools, the endpoint, the scalable target."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import ASYNC, ENDPOINT, REALTIME, ROOT, Planner

TYPES = ["ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge", "ml.g7.2xlarge", "ml.g7e.2xlarge"]


def variant(plan: Plan) -> dict[str, Any]:
    """The one production variant."""
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    (found,) = config.values["production_variants"]
    return dict(found)


def config_name(plan: Plan) -> str:
    """The name of the configuration."""
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    return str(config.values["endpoint_config_name"])


def content(plan: Plan) -> str:
    """What the name of the configuration hangs on, beside the time."""
    return str(plan.resource("module.it.terraform_data.revision").values["triggers_replace"])


def pools(*types: str) -> list[dict[str, Any]]:
    """Instance pools of these types."""
    return [{"instance_type": kind} for kind in types]


def test_one_type_is_an_instance_type(planner: Planner) -> None:
    found = variant(planner(ENDPOINT, instance_pools=pools(TYPES[0])))
    assert found["instance_type"] == TYPES[0]
    assert "instance_pools" not in found
    assert "variant_instance_provision_timeout_in_seconds" not in found


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_several_types_are_pools_in_priority_order(planner: Planner, count: int) -> None:
    found = variant(planner(ENDPOINT, instance_pools=pools(*TYPES[:count])))
    assert "instance_type" not in found
    assert found["instance_pools"] == [
        {"instance_type": kind, "priority": place} for place, kind in enumerate(TYPES[:count], start=1)
    ]
    assert found["variant_instance_provision_timeout_in_seconds"] == 600


def test_a_pool_can_have_a_model_of_its_own(planner: Planner) -> None:
    compiled = [{"instance_type": TYPES[0]}, {"instance_type": TYPES[1], "model_name": "nova-3-g6e"}]
    found = variant(planner(ENDPOINT, instance_pools=compiled))
    assert found["model_name"] == "nova-3"
    assert found["instance_pools"][1]["model_name_override"] == "nova-3-g6e"
    assert "model_name_override" not in found["instance_pools"][0]


def test_the_model_of_a_single_pool_is_the_variants(planner: Planner) -> None:
    alone = [{"instance_type": TYPES[0], "model_name": "nova-3-g6"}]
    assert variant(planner(ENDPOINT, instance_pools=alone))["model_name"] == "nova-3-g6"


def test_timeouts_ami_and_volume_are_inputs(planner: Planner) -> None:
    found = variant(
        planner(
            ENDPOINT,
            instance_pools=pools("ml.m5.large", "ml.m6i.large"),
            provision_timeout=3600,
            container_startup_timeout=900,
            model_download_timeout=1800,
            inference_ami_version="al2023-ami-sagemaker-inference-gpu-4-1",
            volume_size_gb=100,
        )
    )
    assert found["variant_instance_provision_timeout_in_seconds"] == 3600
    assert found["container_startup_health_check_timeout_in_seconds"] == 900
    assert found["model_data_download_timeout_in_seconds"] == 1800
    assert found["inference_ami_version"] == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert found["volume_size_in_gb"] == 100


def test_volume_key_is_taken_where_volumes_are(planner: Planner) -> None:
    plan = planner(ENDPOINT, instance_pools=pools("ml.m5.large"), volume_kms_key_id="alias/volumes")
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    assert config.values["kms_key_id"] == "alias/volumes"


def test_metrics_are_sagemakers_choice_unless_asked_for(planner: Planner) -> None:
    (config,) = planner(ENDPOINT).of_type("awscc_sagemaker_endpoint_config")
    assert config.values.get("metrics_config") is None


@pytest.mark.parametrize("module", [ENDPOINT, REALTIME, ASYNC, ROOT])
def test_enhanced_metrics_reach_every_configuration(planner: Planner, module: str) -> None:
    plan = planner(module, metrics={"enhanced": True, "publish_frequency": 10})
    configs = plan.of_type("awscc_sagemaker_endpoint_config")
    assert len(configs) == (2 if module == ROOT else 1)
    for config in configs:
        found = config.values["metrics_config"]
        assert found["enable_enhanced_metrics"] is True
        assert found["metric_publish_frequency_in_seconds"] == 10
        assert found.get("enable_detailed_observability") is None  # on, unless told otherwise


def test_detailed_observability_can_be_turned_off(planner: Planner) -> None:
    plan = planner(ENDPOINT, metrics={"detailed_observability": False})
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    assert config.values["metrics_config"] == {
        "enable_detailed_observability": False,
        "enable_enhanced_metrics": False,
        "metric_publish_frequency_in_seconds": 60,
    }


def test_a_realtime_endpoint_may_publish_its_utilization_rarely(planner: Planner) -> None:
    """API_MetricsConfig: without enhanced metrics the interval is that of the utilization alone."""
    plan = planner(REALTIME, metrics={"publish_frequency": 300})
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    assert config.values["metrics_config"]["metric_publish_frequency_in_seconds"] == 300


def test_volume_size_of_nvme_types_is_warned_of(planner: Planner) -> None:
    plan = planner(ENDPOINT, volume_size_gb=100)
    assert any("local NVMe storage" in warning.detail for warning in plan.warnings)


def test_the_live_count_is_retained(planner: Planner) -> None:
    (endpoint,) = planner(ENDPOINT).of_type("awscc_sagemaker_endpoint")
    assert endpoint.values["retain_all_variant_properties"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"model_name": "nova-4"},
        {"instance_pools": pools(*reversed(TYPES[:2]))},
        {"provision_timeout": 900},
        {"variant_name": "Other"},
        {"inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1"},
        {"metrics": {"enhanced": True}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_content_is_a_new_configuration(planner: Planner, change: dict[str, Any]) -> None:
    assert content(planner(ENDPOINT, **change)) != content(planner(ENDPOINT))


@pytest.mark.parametrize(
    "change",
    [
        {"capacity": {"min": 2, "max": 9}},
        {"capacity": {"min": 1, "max": 4, "initial": 3}},
        {"tags": {"A": "b"}},
    ],
)
def test_bounds_and_tags_are_no_new_configuration(planner: Planner, change: dict[str, Any]) -> None:
    assert content(planner(ENDPOINT, **change)) == content(planner(ENDPOINT))


@pytest.mark.parametrize(
    ("module", "bounds", "count"),
    [
        (ENDPOINT, {"min": 2, "max": 4}, 2),
        (ENDPOINT, {"min": 1, "max": 4, "initial": 3}, 3),
        (ASYNC, {"min": 0, "max": 4}, 1),
    ],
)
def test_initial_count(planner: Planner, module: str, bounds: dict[str, int], count: int) -> None:
    assert variant(planner(module, capacity=bounds))["initial_instance_count"] == count


def test_default_tags_of_the_aws_provider_reach_awscc(planner: Planner) -> None:
    plan = planner(ENDPOINT, tags={"Service": "speech"})
    for kind in ("awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config"):
        (found,) = plan.of_type(kind)
        assert found.values["tags"] == [
            {"key": "Service", "value": "speech"},
            {"key": "Team", "value": "speech"},
        ]
    (target,) = plan.of_type("aws_appautoscaling_target")
    assert target.values["tags_all"] == {"Service": "speech", "Team": "speech"}


def test_scaling_can_be_suspended(planner: Planner) -> None:
    (target,) = planner(REALTIME, suspended={"in": True}).of_type("aws_appautoscaling_target")
    assert target.values["suspended_state"] == [
        {
            "dynamic_scaling_in_suspended": True,
            "dynamic_scaling_out_suspended": False,
            "scheduled_scaling_suspended": False,
        }
    ]


def test_longest_name_fits(planner: Planner) -> None:
    plan = planner(ENDPOINT, name="x" * 54)
    assert len(config_name(plan)) == 63
