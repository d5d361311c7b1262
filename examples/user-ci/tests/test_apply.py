"""What an apply does, on LocalStack; the first run fetches it (about 150 MB, once)."""

from __future__ import annotations

from pathlib import Path

INFRA = Path(__file__).parent.parent / "infra"


def test_a_new_image_rolls_out_without_replacing_an_endpoint(apply, endpoint):
    with apply(INFRA, tfvars="staging.tfvars") as staging:
        endpoint(staging, "speech-staging-realtime").scales_between(1, 2)
        assert staging.plan().empty

        rollout = staging.plan(image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/speech:1.5")
        endpoints = rollout.of_type("awscc_sagemaker_endpoint")
        assert [one.actions for one in endpoints] == [("update",), ("update",)]

        client = staging.connection.client("sagemaker")
        described = client.describe_endpoint(EndpointName="speech-staging-realtime")
        assert described["EndpointStatus"] == "InService"
