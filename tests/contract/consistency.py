"""Makes the attributes of drawn inputs agree with each other, where a rule ties one to another."""

import re
from typing import Any

from tests.contract.values import HIGH_RESOLUTION

Inputs = dict[str, Any]
DATA = ("model_data_source", "model_data_url")
OF_AN_IMAGE = ("additional_model_data_sources", "image", "image_config", "mode", "multi_model_config", *DATA)
OF_A_CREATED_ROLE = ("role_name", "role_path", "role_policy_arns", "role_policy_statements")
NVME = re.compile(r"ml\.(g|p|trn|dl|[cmr]\d\w*d)")


def consistent(module, case):
    """The inputs of a module with what contradicts the rest changed or left out; the argument is used up."""
    if module == ".":
        case.setdefault("instance_pools", [{"instance_type": "ml.m5.2xlarge"}])
    holders = [case, *(case[kind] for kind in ("async", "realtime") if module == "." and kind in case)]
    for holder in holders:
        _pools(holder, several=any("provision_timeout" in one for one in holders))
    if any(NVME.match(pool["instance_type"]) for holder in holders for pool in holder["instance_pools"]):
        case.pop("volume_kms_key_id", None)
    if module == "modules/model":
        case.pop("instance_pools")
        return _model(case)
    if module == "modules/monitoring":
        return _monitoring(case)
    if module == "modules/async":
        _async(case)
    if module == ".":
        return _root(case)
    return _endpoint(case, floor=0 if module == "modules/async" else 1)


def _pools(holder, several):
    """Each type once; `several` where a timeout is given, which is not sent for a single one."""
    pools = holder.get("instance_pools", [])
    holder["instance_pools"] = list({pool["instance_type"]: pool for pool in pools}.values())
    if several and len(holder["instance_pools"]) == 1:
        first = holder["instance_pools"][0]
        other = "ml.m5.xlarge" if first["instance_type"] != "ml.m5.xlarge" else "ml.c5.2xlarge"
        holder["instance_pools"].append({**first, "instance_type": other})


def _root(case):
    _capture(case)
    several_types = any(len(one.get("instance_pools") or ()) > 1 for one in (case, case.get("realtime") or {}))
    if several_types or "async" in case:
        case.get("model", {}).pop("mode", None)
    case["model"] = _root_model(case.get("model", {}))
    model = case["model"]
    marketplace = "model_package_arn" in model
    if "realtime" not in case and "async" not in case:
        case["realtime"] = {"capacity": {"min": 1, "max": 2}}
    for kind, floor in (("realtime", 1), ("async", 0)):
        endpoint = case.get(kind)
        if endpoint is None:
            continue
        endpoint["marketplace"] = marketplace
        if kind == "async":
            _async(endpoint)
        _endpoint(endpoint, floor)
        del endpoint["marketplace"]
        if not endpoint.get("instance_pools", True):
            del endpoint["instance_pools"]
        if deployment := endpoint.get("deployment"):
            _rollback_on(deployment, marketplace or "monitoring" not in case)
    for kind in ("realtime", "async"):
        if "name" in (case.get(kind) or {}):
            case[kind]["name"] = f"{case[kind]['name']}-{kind[0]}"
    if "realtime" in case:
        for pool in [*case["instance_pools"], *case["realtime"].get("instance_pools", [])]:
            pool.setdefault("max_concurrency", 12)
    if monitoring := case.get("monitoring"):
        monitoring.pop("alarms", None)  # their edges are those of modules/monitoring
    return case


def _rollback_on(deployment, without):
    if without:
        deployment.pop("rollback_on", None)
    elif names := deployment.get("rollback_on"):
        deployment["rollback_on"] = sorted(set(names))
        # Ten alarms at most, together with those of monitoring.
        deployment["rollback_alarm_names"] = deployment.get("rollback_alarm_names", [])[:8]


def _root_model(model):
    if "name" in model:
        return {"name": model["name"]}
    if "model_package_arn" in model or "image" not in model:
        model.setdefault("model_package_arn", "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3")
        return _package(model)
    return _image(model)


def _model(case):
    if "model_package_arn" in case:
        return _package(case)
    case.setdefault("image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4")
    return _image(case)


def _package(model):
    if model.get("marketplace") is False:  # the emulator counts every package of another account as one
        del model["marketplace"]
    return {name: value for name, value in _role(model).items() if name not in OF_AN_IMAGE}


def _image(model):
    model.pop("marketplace", None)
    if model.get("mode") == "MultiModel":
        model["model_data_url"] = "s3://acme-models/speech/"
    else:
        model.pop("multi_model_config", None)
    if "model_data_url" in model:
        model.pop("model_data_source", None)
    for place, source in enumerate(model.get("additional_model_data_sources", [])):
        source["channel_name"] = f"channel_{place}"
    model.pop("inference_specification_name", None)
    if config := model.get("image_config"):
        if config["repository_access_mode"] == "Vpc":
            model.setdefault("vpc_config", {"security_group_ids": ["sg-1"], "subnets": ["subnet-1"]})
        else:
            config.pop("repository_auth_config", None)
    return _role(model)


def _role(model):
    if "execution_role" in model:
        for name in OF_A_CREATED_ROLE:
            model.pop(name, None)
    for statement in model.get("role_policy_statements", [])[1:]:
        statement.pop("sid", None)  # each has its own
    return model


def _capture(case):
    if modes := case.get("data_capture", {}).get("modes"):
        case["data_capture"]["modes"] = sorted(set(modes))


def _endpoint(case, floor):
    _capture(case)
    if len(case.get("instance_pools") or ()) != 1:  # a reservation holds one type; without pools both share
        case.pop("capacity_reservation_config", None)
    capacity = case["capacity"]
    capacity["min"] = max(capacity["min"], floor)
    capacity["max"] = max(capacity["max"], capacity["min"])
    if "initial" in capacity:
        capacity["initial"] = min(max(capacity["initial"], capacity["min"], 1), capacity["max"])
    if deployment := case.get("deployment"):
        _deployment(deployment)
        if case.get("marketplace"):
            del case["deployment"]
    for schedule in case.get("schedules", {}).values():
        _schedule(schedule)
    case["policies"] = {name: _policy(name, policy) for name, policy in case.get("policies", {}).items()}
    if signal := case.get("signal"):
        _signal(signal)
    return case


def _deployment(deployment):
    strategy = deployment.setdefault("strategy", "ALL_AT_ONCE")
    if "rollback_step" in deployment:
        strategy = deployment["strategy"] = "ROLLING"
    elif "step" in deployment and strategy == "ALL_AT_ONCE":
        strategy = deployment["strategy"] = "CANARY"
    if strategy == "ALL_AT_ONCE":
        deployment.pop("step", None)
    else:
        deployment["step"] = {"type": "CAPACITY_PERCENT", "value": 50}
    if strategy == "ROLLING":
        deployment.pop("termination_wait", None)
    else:
        deployment.pop("rollback_step", None)
    if "maximum_execution_timeout" in deployment:
        deployment["maximum_execution_timeout"] = 28800
    if names := deployment.get("rollback_alarm_names"):
        deployment["rollback_alarm_names"] = sorted(set(names))


def _schedule(schedule):
    schedule["min"] = schedule.get("min", 1)
    schedule["max"] = max(schedule.get("max", 4), schedule["min"])
    if schedule["schedule"].startswith("rate"):
        schedule.pop("timezone", None)
    if "start_time" in schedule and "end_time" in schedule:
        schedule["start_time"], schedule["end_time"] = "2027-01-01T00:00:00Z", "2028-06-01T12:00:00Z"


def _policy(name, policy):
    if "step" in policy:
        return {"step": _step_policy(policy["step"])}
    tracking = policy.get("target_tracking") or {"target_value": 5}
    tracking.pop("predefined_metric_type", None)
    # Each policy its own metric: AWS refuses two on one.
    tracking["custom_metric"] = _custom_metric(tracking.get("custom_metric", {}), f"Metric{name[:1]}")
    return {"target_tracking": tracking}


def _custom_metric(metric, name):
    """Metric math where a name is not said and queries are, else a metric with the name."""
    if metric.get("metrics") and "metric_name" not in metric:
        return {"metrics": _queries(metric["metrics"], name)}
    return {**{key: value for key, value in metric.items() if key != "metrics"}, "metric_name": name}


def _queries(queries, name):
    """Metrics, and at the end an expression over them, which is tracked."""
    for place, query in enumerate(queries, start=1):
        query["id"] = f"m{place}"
        query["return_data"] = place == len(queries)
        if place == len(queries) > 1:
            query.pop("metric_stat", None)
            query["expression"] = " + ".join(f"m{other}" for other in range(1, place))
        else:
            query.pop("expression", None)
            stat = query.setdefault("metric_stat", {"metric": {"dimensions": {"Queue": "a"}}, "stat": "Sum"})
            stat["metric"]["metric_name"] = f"{name}{place}"
    return queries


def _step_policy(policy):
    alarm = policy["alarm"]
    if "extended_statistic" in alarm:
        alarm.pop("statistic", None)
    if "datapoints_to_alarm" in alarm:
        alarm["datapoints_to_alarm"] = min(alarm["datapoints_to_alarm"], alarm.get("evaluation_periods", 2))
    if "min_adjustment_magnitude" in policy:
        policy["adjustment_type"] = "PercentChangeInCapacity"
    if policy.get("adjustment_type") == "ExactCapacity":
        for step in policy["steps"]:
            step["adjustment"] = abs(step["adjustment"])
    for index, step in enumerate(policy["steps"]):
        step["lower_bound"], step["upper_bound"] = index * 10, (index + 1) * 10
    policy["steps"][-1].pop("upper_bound")
    return policy


def _signal(signal):
    if "custom_metric" in signal:
        signal.pop("predefined_metric_type", None)
        signal["custom_metric"] = _custom_metric(signal["custom_metric"], "Load")
    if signal.get("predefined_metric_type", HIGH_RESOLUTION) != HIGH_RESOLUTION or "custom_metric" in signal:
        signal.setdefault("target_value", 5)


def _async(case):
    _topics(case)
    if wake_up := case.get("wake_up"):
        wake_up.pop("instances", None)


def _topics(case):
    if topics := case.get("include_inference_response_in"):
        case["include_inference_response_in"] = sorted(set(topics))
        for topic in topics:
            name = f"{topic.split('_')[0].lower()}_topic_arn"
            case.setdefault(name, "arn:aws:sns:us-east-1:123456789012:done")


def _monitoring(case):
    case["capacity"]["max"] = max(case["capacity"]["max"], case["capacity"]["min"], 1)
    signal = case["signal"]
    if metrics := signal.get("metrics"):
        _queries(metrics, "Load")
        if case["kind"] == "async":
            case["wake_up_alarm_arn"] = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:high"
    alarms = case.get("alarms", {})
    if "concurrency" in alarms:
        alarms["concurrency"].pop("threshold", None)
    for name in ("errors_5xx", "gpu_utilization", "mid_stream_errors"):
        alarms.get(name, {}).pop("threshold", None)
    if names := case.get("rollback_on"):
        case["rollback_on"] = sorted(set(names))
        for name in names:
            alarms.get(name, {}).pop("enabled", None)
    return case
