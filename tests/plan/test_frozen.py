"""What the names of models and configurations hang on is frozen.

Another hash of the same inputs means that an upgrade rolls the fleets of everybody who has such inputs. The
changelog says what else is frozen.
"""

import json

import pytest

from tests.plan.planner import ASYNC, MODEL, REALTIME

FULL = {
    MODEL: {
        "enable_network_isolation": True,
        "environment": {"LEVEL": "1"},
        "model_data_url": "s3://acme-models/nova-3.tar.gz",
        "vpc_config": {"security_group_ids": ["sg-1"], "subnets": ["subnet-2", "subnet-1"]},
    },
    REALTIME: {
        "container_startup_timeout": 900,
        "core_dump_config": {"destination_s3_uri": "s3://acme-cores/"},
        "data_capture": {"destination_s3_uri": "s3://acme-capture/", "initial_sampling_percentage": 100},
        "enable_ssm_access": True,
        "inference_ami_version": "al2023-ami-sagemaker-inference-gpu-4-1",
        "metrics_config": {"enable_enhanced_metrics": True},
        "routing_strategy": "RANDOM",
        "variant_name": "blue",
    },
    ASYNC: {
        "error_topic_arn": "arn:aws:sns:us-east-1:123456789012:failed",
        "max_concurrent_invocations_per_instance": 4,
        "s3_failure_path": "s3://acme-transcripts/failed/",
    },
}
HASHES = {
    MODEL: ("5cc62b91", "c340c413"),
    REALTIME: ("3b88b178", "a632b9c6"),
    ASYNC: ("2eb98e3d", "cc79ff9c"),
}
"""Of the smallest inputs and of FULL, by module."""


@pytest.mark.parametrize(("module", "full"), [(module, full) for module in HASHES for full in (False, True)])
def test_the_hash_of_the_content_is_the_same_in_every_release(planner, module, full):
    plan = planner(module, **FULL[module] if full else {})
    [revision] = [at for at in plan.resources if ".terraform_data.revision" in at]
    assert HASHES[module][full] in json.dumps(plan.resource(revision).values["triggers_replace"])
