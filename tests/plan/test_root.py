"""The root module: one model, a real-time endpoint, an asynchronous one, or both."""

import json
import re

import pytest

from tests.plan.batches import alone
from tests.plan.planner import IMAGE, PAIR, REPOSITORY, ROOT, SMALLEST, configuration
from tools.terraform_module import Module

KINDS = {"realtime": "concurrency", "async": "backlog"}
"""The policies that scale each kind."""
INVOCATIONS = {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance", "target_value": 500}
UNEQUAL = [{**pool, "max_concurrency": limit} for pool, limit in zip(PAIR, (12, 16), strict=True)]


@pytest.mark.inputs(ROOT)
def test_both_endpoints_share_one_model(it):
    (model,) = it.of_type("aws_sagemaker_model")
    served = {
        config.values["production_variants"][0]["model_name"]
        for config in it.of_type("awscc_sagemaker_endpoint_config")
    }
    assert served == {model.values["name"]}
    names = {endpoint.values["endpoint_name"] for endpoint in it.of_type("awscc_sagemaker_endpoint")}
    assert names == {"speech-realtime", "speech-async"}


@pytest.mark.inputs(ROOT, **{"async": None})
def test_real_time_alone(it):
    assert [one.values["endpoint_name"] for one in it.of_type("awscc_sagemaker_endpoint")] == ["speech-realtime"]


@pytest.mark.inputs(ROOT, realtime=None, instance_pools=[{"instance_type": "ml.g6.2xlarge"}])
def test_asynchronous_alone_needs_no_max_concurrency(it):
    assert [one.values["endpoint_name"] for one in it.of_type("awscc_sagemaker_endpoint")] == ["speech-async"]


@pytest.mark.inputs(ROOT, model={"name": "nova-3"})
def test_existing_model(it):
    assert it.of_type("aws_sagemaker_model") == it.of_type("aws_iam_role") == []
    for config in it.of_type("awscc_sagemaker_endpoint_config"):
        assert config.values["production_variants"][0]["model_name"] == "nova-3"


BOUNDARY = "arn:aws:iam::123456789012:policy/speech-boundary"
LATER = "terraform_data.later.output"
"""Known after apply."""
SERVED = {
    "name": {"name": f"${{{LATER}}}"},
    "image": {"image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/${{{LATER}}}:1.4"},
    "model_package_arn": {"model_package_arn": f'${{format("%s", {LATER})}}'},
    "marketplace": {"model_package_arn": f"${{{LATER}}}", "marketplace": False},
}
OF_THE_ROLE = {
    "role_policy_arns": {"reads": f"arn:aws:iam::123456789012:policy/${{{LATER}}}"},
    "role_policy_statements": [{"actions": ["s3:GetObject"], "resources": [f"${{{LATER}}}"]}],
    "role_path": f"/${{{LATER}}}/",
}
SECRET = {
    "one": {"TOKEN": '${sensitive("secret")}'},
    "all": '${sensitive({ TOKEN = "secret" })}',
    "another": {"TOKEN": '${sensitive("another")}'},
}
MODELS = {
    **SERVED,
    **{name: {"image": IMAGE, "permissions_boundary": BOUNDARY, name: later} for name, later in OF_THE_ROLE.items()},
    **{name: {"image": IMAGE, "environment": environment} for name, environment in SECRET.items()},
}
"""Values for `model`, in Terraform's words."""


@pytest.fixture(scope="module")
def planned(plan, tmp_path_factory):
    """The plans of the root module with each of MODELS, in a root that outputs what it tells."""
    directory = tmp_path_factory.mktemp("root")
    root = configuration(ROOT, directory)
    root["module"]["it"] |= {"for_each": MODELS, "model": "${each.value}"}
    root["resource"] = {"terraform_data": {"later": {"input": "nova-3"}}}
    outputs = Module.read(REPOSITORY).outputs
    root["output"] = {name: {"value": f"${{{{ for key, it in module.it : key => it.{name} }}}}"} for name in outputs}
    (directory / "main.tf.json").write_text(json.dumps(root))
    whole = plan(directory, **{name: value for name, value in SMALLEST[ROOT].items() if name != "model"})
    return {name: alone(whole, name) for name in MODELS}


@pytest.mark.parametrize("served", SERVED)
def test_what_is_served_may_be_unknown_until_apply(planned, served):
    it = planned[served]
    assert len(it.of_type("aws_sagemaker_model")) == len(it.of_type("aws_iam_role")) == (served != "name")
    configs = it.of_type("awscc_sagemaker_endpoint_config")
    assert [config.unknown["endpoint_config_name"] for config in configs] == [True, True]


@pytest.mark.parametrize("later", OF_THE_ROLE)
def test_what_the_role_gets_may_be_unknown_until_apply(planned, later):
    it = planned[later]
    assert len(it.of_type("aws_iam_role_policy_attachment")) == (later == "role_policy_arns")
    (model,) = it.of_type("aws_sagemaker_model")
    assert re.fullmatch("speech-[0-9a-f]{8}", model.values["name"])


@pytest.mark.parametrize("secret", ["one", "all"])
def test_a_sensitive_environment_hides_no_output(planned, secret):
    it = planned[secret]
    assert re.fullmatch("speech-[0-9a-f]{8}", it.outputs["model"]["name"])
    assert not any(change["after_sensitive"] for change in it.raw["output_changes"].values())
    (model,) = it.of_type("aws_sagemaker_model")
    assert model.values["primary_container"][0]["environment"] == {"TOKEN": "secret"}
    here, there = (
        plan_.resource("module.it.module.model[0].terraform_data.revision").values["triggers_replace"]
        for plan_ in (it, planned["another"])
    )
    assert here != there


OWN = {
    "realtime": {
        "container_startup_timeout": 400,
        "inference_ami_version": "al2023-ami-sagemaker-inference-gpu-4-1",
        "instance_pools": UNEQUAL,
        "model_data_download_timeout": 800,
        "provision_timeout": 450,
    },
    "async": {
        "container_startup_timeout": 1200,
        "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1",
        "instance_pools": [
            {"instance_type": "ml.g5.2xlarge", "max_concurrency": 6},
            {"instance_type": "ml.g5.4xlarge", "max_concurrency": 3},
        ],
        "model_data_download_timeout": 1800,
        "provision_timeout": 3600,
    },
}
"""What the endpoints have of their own: the live one on g6, the other on g5."""
READ_AS = {
    "container_startup_timeout": "container_startup_health_check_timeout_in_seconds",
    "inference_ami_version": "inference_ami_version",
    "model_data_download_timeout": "model_data_download_timeout_in_seconds",
    "provision_timeout": "variant_instance_provision_timeout_in_seconds",
}


def brought(*kinds):
    """Inputs of which these kinds bring what is theirs."""
    return {kind: {**SMALLEST[ROOT][kind], **(OWN[kind] if kind in kinds else {})} for kind in KINDS}


def variants(plan):
    """The variant of each kind."""
    return {
        kind: config.values["production_variants"][0]
        for config in plan.of_type("awscc_sagemaker_endpoint_config")
        for kind in KINDS
        if f".{kind}[0]." in config.address
    }


def types(variant):
    return [pool["instance_type"] for pool in variant["instance_pools"]]


@pytest.mark.inputs(ROOT, instance_pools=None, monitoring={}, **brought(*KINDS))
def test_each_endpoint_may_bring_pools_and_timeouts_of_its_own(it):
    for kind, found in variants(it).items():
        assert types(found) == [pool["instance_type"] for pool in OWN[kind]["instance_pools"]]
        assert {name: found[attribute] for name, attribute in READ_AS.items()} == {
            name: OWN[kind][name] for name in READ_AS
        }


@pytest.mark.inputs(ROOT, instance_pools=None, monitoring={}, **brought(*KINDS))
def test_what_watches_and_scales_reads_the_endpoints_own_pools(it):
    """The alarms by type, and the target of the weakest pool."""
    names = {alarm.values["alarm_name"] for alarm in it.of_type("aws_cloudwatch_metric_alarm")}
    assert {name for name in names if "-concurrency-ml." in name} == {
        f"speech-realtime-concurrency-{pool['instance_type']}" for pool in UNEQUAL
    }
    tracking = it.resource("module.it.module.async[0].aws_appautoscaling_policy.backlog").values
    assert tracking["target_tracking_scaling_policy_configuration"][0]["target_value"] == 5 * 3 / 6


@pytest.mark.inputs(ROOT, container_startup_timeout=500, **brought("async"))
def test_what_one_endpoint_brings_the_other_takes_from_both(it):
    found = variants(it)
    assert types(found["realtime"]) == [pool["instance_type"] for pool in PAIR]
    assert types(found["async"]) == [pool["instance_type"] for pool in OWN["async"]["instance_pools"]]
    assert {kind: one[READ_AS["container_startup_timeout"]] for kind, one in found.items()} == {
        "realtime": 500,
        "async": 1200,
    }


@pytest.mark.inputs(ROOT)
def test_each_endpoint_is_one_object(it):
    for kind in KINDS:
        assert (
            it.outputs["it"][kind].items()
            >= {
                "alarm_arns": {},
                "dashboard_name": None,
                "log_group_name": f"/aws/sagemaker/Endpoints/speech-{kind}",
                "name": f"speech-{kind}",
                "scaling_resource_id": f"endpoint/speech-{kind}/variant/AllTraffic",
                "variant_name": "AllTraffic",
            }.items()
        )


@pytest.mark.inputs(ROOT, monitoring={}, log_group={"create": False})
def test_the_object_of_an_endpoint_has_what_watches_it(it):
    (change,) = it.raw["output_changes"].values()
    for kind in KINDS:
        found = change["after"][kind]
        assert found["dashboard_name"] == f"speech-{kind}-us-east-1"
        assert found["log_group_name"] is None
        assert {"scale_out_stalled", "stuck_at_max"} <= change["after_unknown"][kind]["alarm_arns"].keys()


@pytest.mark.inputs(ROOT, realtime=None, model={"name": "nova-3"})
def test_outputs_are_null_without_what_they_describe(it):
    found = it.outputs["it"]
    assert found["realtime"] is found["execution_role"] is None
    assert found["model"] == {"arn": None, "name": "nova-3"}


def test_a_sensitive_limit_hides_the_target_and_nothing_else(plan, tmp_path):
    root = configuration(ROOT, tmp_path)
    root["module"]["it"] |= {"instance_pools": [{**PAIR[0], "max_concurrency": "${sensitive(9)}"}]}
    members = {"realtime": ("name", "target_value"), "async": ("name",), "model": ("name",)}
    root["output"] = {
        f"{name}_{member}": {"value": f"${{nonsensitive(issensitive(module.it.{name}.{member}))}}"}
        for name in members
        for member in members[name]
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(root))
    shared = {name: value for name, value in SMALLEST[ROOT].items() if name != "instance_pools"}
    found = plan(tmp_path, **shared).outputs
    assert {name for name, hidden in found.items() if hidden} == {"realtime_target_value"}
    assert len(found) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("provision_timeout", f"${{length({LATER}) + 594}}"),
        ("inference_ami_version", f"${{{LATER}}}"),
        ("instance_pools", [{**pool, "max_concurrency": "${sensitive(9)}"} for pool in UNEQUAL]),
    ],
    ids=["unknown-timeout", "unknown-version", "sensitive-pools"],
)
def test_what_an_endpoint_brings_may_be_unknown_or_sensitive(plan, tmp_path, name, value):
    root = configuration(ROOT, tmp_path)
    root["module"]["it"]["realtime"] = {**brought(*KINDS)["realtime"], name: value}
    root["resource"] = {"terraform_data": {"later": {"input": "nova-3"}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(root))
    shared = {name: SMALLEST[ROOT][name] for name in ("name", "model")}
    it = plan(tmp_path, **shared, **{"async": brought(*KINDS)["async"]})
    assert types(variants(it)["realtime"]) == [pool["instance_type"] for pool in UNEQUAL]
    # One value that is sensitive makes nothing around it so: what scales and alarms by type needs the types.
    kept = "module.it.module.realtime[0].module.endpoint.terraform_data.instance_pools"
    (change,) = [one["change"] for one in it.raw["resource_changes"] if one["address"] == kept]
    assert change["after_sensitive"].get("input") is not True


QUEUE = {"metric_name": "Depth", "namespace": "Acme", "dimensions": {"Queue": f"${{{LATER}}}"}}
MATH = [{"id": "depth", "metric_stat": {"metric": QUEUE, "stat": "Sum"}, "return_data": False}]
OTHER = {"metric_name": "Depth", "namespace": f"${{{LATER}}}"}
SCALES_ON = {
    "one": (QUEUE, OTHER),
    "math": ({"metrics": [*MATH, {"id": "half", "expression": "depth / 2"}]}, {**OTHER, "statistic": "Sum"}),
}
"""Metrics of a resource of the same configuration, for a policy and for the signal."""


@pytest.mark.parametrize("metrics", SCALES_ON)
def test_what_scaling_follows_may_be_unknown_until_apply(plan, tmp_path, metrics):
    """What is planned depends on the policies and the signal, and not on what is in them."""
    root = configuration(ROOT, tmp_path)
    policy, signal = ({"custom_metric": metric, "target_value": 5} for metric in SCALES_ON[metrics])
    scaling = {"policies": {"it": {"target_tracking": policy}}, "signal": signal}
    root["module"]["it"] |= {kind: {**SMALLEST[ROOT][kind], **scaling} for kind in KINDS}
    root["resource"] = {"terraform_data": {"later": {"input": "nova-3"}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(root))
    shared = {name: value for name, value in SMALLEST[ROOT].items() if name not in KINDS}
    it = plan(tmp_path, **shared, monitoring={})
    names = {policy.values["name"] for policy in it.of_type("aws_appautoscaling_policy")}
    assert {"speech-realtime-it", "speech-async-it"} <= names
    watched = {alarm.values["alarm_name"] for alarm in it.of_type("aws_cloudwatch_metric_alarm")}
    assert {"speech-realtime-scale-out-stalled", "speech-async-scale-out-stalled"} <= watched


@pytest.mark.parametrize("unknown", ["capacity", "schedules"])
def test_the_largest_count_may_be_unknown_until_apply(plan, tmp_path, unknown):
    """Which alarms there are depends on the smallest count alone."""
    root = configuration(ROOT, tmp_path)
    counts = {"min": 0, "max": f"${{{LATER}}}"}
    scaling = (
        {"capacity": counts} if unknown == "capacity" else {"schedules": {"day": {**counts, "schedule": "rate(1 day)"}}}
    )
    root["module"]["it"]["async"] = {**SMALLEST[ROOT]["async"], **scaling}
    root["resource"] = {"terraform_data": {"later": {"input": 4}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(root))
    shared = {name: value for name, value in SMALLEST[ROOT].items() if name != "async"}
    watched = {
        alarm.values["alarm_name"]
        for alarm in plan(tmp_path, **shared, monitoring={}).of_type("aws_cloudwatch_metric_alarm")
    }
    assert {"speech-async-stuck-at-max", "speech-async-wake-up-overdue"} <= watched


@pytest.mark.inputs(ROOT, name="x" * 45)
def test_longest_name_fits(it):
    longest = max(len(one.values["endpoint_config_name"]) for one in it.of_type("awscc_sagemaker_endpoint_config"))
    assert longest == 63


@pytest.mark.inputs(ROOT, instance_pools=UNEQUAL, monitoring={})
def test_pain_14_a_custom_metric_is_silent(it):
    """Monitoring reads the weighted signal, and an alarm tells of its silence."""
    expressions = {
        query["expression"]
        for alarm in it.of_type("aws_cloudwatch_metric_alarm")
        for query in alarm.values["metric_query"]
        if query["expression"]
    }
    assert any("MAX([concurrency_1/12, concurrency_2/16])" in expression for expression in expressions)
    names = {alarm.values["alarm_name"] for alarm in it.of_type("aws_cloudwatch_composite_alarm")}
    assert names == {"speech-realtime-silent-signal"}


@pytest.mark.parametrize(
    ("inputs", "warned"),
    [
        ({"instance_pools": UNEQUAL}, True),
        ({"instance_pools": [{**pool, "max_concurrency": 12} for pool in UNEQUAL]}, False),
        ({"instance_pools": UNEQUAL, "monitoring": {}}, False),
        ({"instance_pools": UNEQUAL, "monitoring": {"alarms": {"silent_signal": {"enabled": False}}}}, True),
        (
            {"instance_pools": UNEQUAL, "realtime": {**SMALLEST[ROOT]["realtime"], "signal": INVOCATIONS}},
            False,
        ),
    ],
    ids=["without monitoring", "equal pools", "with the alarm", "alarm off", "another signal"],
)
def test_a_weighted_signal_without_its_alarm_is_a_warning(planner, inputs, warned):
    """Nothing of AWS's documents says that the metric by type has data."""
    warnings = [one.detail for one in planner(ROOT, **inputs).warnings]
    assert len(warnings) == int(warned)
    assert all("monitoring = {}" in detail and "endpoint speech-realtime" in detail for detail in warnings)


def own_signals(statistic, dimensions):
    """Inputs of which each kind scales on a metric of the user's own."""
    metric = {"namespace": "Acme", "statistic": statistic, "dimensions": dimensions}
    signals = {kind: {"custom_metric": {**metric, "metric_name": kind}, "target_value": 5} for kind in KINDS}
    kinds = {kind: {**SMALLEST[ROOT][kind], "signal": signal} for kind, signal in signals.items()}
    return {"monitoring": {"dashboard": False}, **kinds}


@pytest.mark.parametrize(
    ("statistic", "dimensions"),
    [
        ("Average", {"Site": "Berlin"}),
        ("Maximum", None),
        ("Minimum", None),
        ("SampleCount", {"Site": "Bonn"}),
        ("Sum", None),
    ],
)
@pytest.mark.inputs(ROOT, own_signals)
def test_monitoring_reads_what_scaling_follows(it, statistic, dimensions):
    policies = {one.values["name"]: one.values for one in it.of_type("aws_appautoscaling_policy")}
    alarms = {one.values["alarm_name"]: one.values for one in it.of_type("aws_cloudwatch_metric_alarm")}
    for kind, name in KINDS.items():
        (tracking,) = policies[f"speech-{kind}-{name}"]["target_tracking_scaling_policy_configuration"]
        (followed,) = tracking["customized_metric_specification"]
        (query,) = alarms[f"speech-{kind}-scale-out-stalled"]["metric_query"]
        (read,) = query["metric"]
        assert followed["statistic"] == read["stat"] == statistic
        assert read["dimensions"] == {one["name"]: one["value"] for one in followed["dimensions"]}
        assert dimensions in (None, read["dimensions"])
        for attribute in ("namespace", "metric_name"):
            assert read[attribute] == followed[attribute]
