"""The root module: one model, a real-time endpoint, an asynchronous one, or both."""

from __future__ import annotations

import json

from tests.plan.planner import ROOT, SMALLEST, Planner


def test_both_endpoints_share_one_model(planner: Planner) -> None:
    plan = planner(ROOT)
    (model,) = plan.of_type("aws_sagemaker_model")
    served = {
        config.values["production_variants"][0]["model_name"]
        for config in plan.of_type("awscc_sagemaker_endpoint_config")
    }
    assert served == {model.values["name"]}
    names = {endpoint.values["endpoint_name"] for endpoint in plan.of_type("awscc_sagemaker_endpoint")}
    assert names == {"speech-realtime", "speech-async"}


def test_real_time_alone(planner: Planner) -> None:
    plan = planner(ROOT, **{"async": None})
    assert [one.values["endpoint_name"] for one in plan.of_type("awscc_sagemaker_endpoint")] == [
        "speech-realtime"
    ]


def test_asynchronous_alone_needs_no_max_concurrency(planner: Planner) -> None:
    plan = planner(ROOT, realtime=None, instance_pools=[{"instance_type": "ml.g6.2xlarge"}])
    assert [one.values["endpoint_name"] for one in plan.of_type("awscc_sagemaker_endpoint")] == [
        "speech-async"
    ]


def test_existing_model(planner: Planner) -> None:
    plan = planner(ROOT, model={"name": "nova-3"})
    assert plan.of_type("aws_sagemaker_model") == plan.of_type("aws_iam_role") == []
    for config in plan.of_type("awscc_sagemaker_endpoint_config"):
        assert config.values["production_variants"][0]["model_name"] == "nova-3"


def test_endpoints_can_be_named(planner: Planner) -> None:
    realtime = {**SMALLEST[ROOT]["realtime"], "name": "nova-live"}
    plan = planner(ROOT, realtime=realtime, **{"async": None})
    assert [one.values["endpoint_name"] for one in plan.of_type("awscc_sagemaker_endpoint")] == ["nova-live"]


def test_role_reaches_what_the_asynchronous_endpoint_names(planner: Planner) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:done"
    given = {**SMALLEST[ROOT]["async"], "success_topic_arn": topic, "s3_failure_path": "s3://acme-failures/"}
    (policy,) = planner(ROOT, **{"async": given}).of_type("aws_iam_role_policy")
    found = {
        statement["Sid"]: statement["Resource"]
        for statement in json.loads(policy.values["policy"])["Statement"]
    }
    assert sorted(found["WriteResults"]) == [
        "arn:aws:s3:::acme-failures/*",
        "arn:aws:s3:::acme-transcripts/out/*",
    ]
    assert found["ReadObjects"] == "arn:aws:s3:::acme-transcripts/*"
    assert found["NotifyTopics"] == topic


def test_longest_name_fits(planner: Planner) -> None:
    plan = planner(ROOT, name="x" * 45)
    longest = max(
        len(one.values["endpoint_config_name"]) for one in plan.of_type("awscc_sagemaker_endpoint_config")
    )
    assert longest == 63
