"""The root module: one model, a real-time endpoint, an asynchronous one, or both."""

from __future__ import annotations

import json

from tests.plan.planner import PAIR, ROOT, SMALLEST, Planner


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


def test_monitoring_watches_each_endpoint(planner: Planner) -> None:
    plan = planner(ROOT, monitoring={})
    names = {dashboard.values["dashboard_name"] for dashboard in plan.of_type("aws_cloudwatch_dashboard")}
    assert names == {"speech-realtime-us-east-1", "speech-async-us-east-1"}
    assert len(plan.of_type("aws_cloudwatch_metric_alarm")) > len(
        planner(ROOT).of_type("aws_cloudwatch_metric_alarm")
    )


def test_monitoring_knows_how_often_the_endpoints_publish(planner: Planner) -> None:
    """What the dashboard takes for a count of instances is a number of samples; unknown at plan."""
    module = planner(ROOT, monitoring={}).raw["configuration"]["root_module"]["module_calls"]["it"]["module"]
    for kind in ("realtime", "async"):
        given = module["module_calls"][f"{kind}_monitoring"]["expressions"]["metric_publish_frequency"]
        assert "var.metrics.publish_frequency" in given["references"]


def test_monitoring_reads_the_weighted_signal(planner: Planner) -> None:
    pools = [{**pool, "max_concurrency": limit} for pool, limit in zip(PAIR, (12, 16), strict=True)]
    plan = planner(ROOT, instance_pools=pools, monitoring={})
    expressions = {
        query["expression"]
        for alarm in plan.of_type("aws_cloudwatch_metric_alarm")
        for query in alarm.values["metric_query"]
        if query["expression"]
    }
    assert any("MAX([concurrency_1/12, concurrency_2/16])" in expression for expression in expressions)
