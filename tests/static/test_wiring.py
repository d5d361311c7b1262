"""What one module hands to another: inputs and outputs keep their names.

Plan tests call each module by itself: a line in a caller that names the wrong one of two like values is for
these.
"""

import re

import pytest

from tests.static.directories import ROOT, modules, name, read

LEFT_OUT = {
    "root: realtime_monitoring.wake_up_alarm_arn": "a real-time endpoint is never empty",
}
"""Inputs that a caller leaves to their default, and why."""

MARKETPLACE = ("local.marketplace", "the endpoint learns what it serves, not from where")
MODEL = ("local.model_name", "the model that is made here, or an existing one")
FREQUENCY = ("try(var.metrics_config.metric_publish_frequency_in_seconds, 60)", "null is SageMaker's default")
ROLLBACK = "alarms of monitoring are among those that roll back"
OVERRIDDEN = ("container_startup_timeout", "model_data_download_timeout", "provision_timeout")
OWN = "an endpoint's own comes before what both share"
GIVEN = {
    **{
        f"root: {kind}.{name}": (f"coalesce(var.{kind}.{name}, var.{name})", OWN)
        for kind in ("async", "realtime")
        for name in OVERRIDDEN
    },
    **{
        f"root: {kind}.inference_ami_version": (
            f"var.{kind}.inference_ami_version == null ? var.inference_ami_version : var.{kind}.inference_ami_version",
            OWN,
        )
        for kind in ("async", "realtime")
    },
    **{
        f"root: {kind}{suffix}.instance_pools": (f"local.{kind}_pools", OWN)
        for kind in ("async", "realtime")
        for suffix in ("", "_monitoring")
    },
    "root: realtime.deployment": ("local.realtime_deployment", ROLLBACK),
    **{
        f"root: {kind}.prerequisites": (
            "local.create_model ? [module.model[0].endpoints_policy_id] : []",
            "an order and no value",
        )
        for kind in ("async", "realtime")
    },
    "root: realtime.marketplace": MARKETPLACE,
    "root: realtime.model_name": MODEL,
    "root: realtime.name": ("local.realtime_name", "two endpoints, one name"),
    "root: async.deployment": ("local.async_deployment", ROLLBACK),
    "root: async.marketplace": MARKETPLACE,
    "root: async.model_name": MODEL,
    "root: async.name": ("local.async_name", "two endpoints, one name"),
    "root: realtime_monitoring.capacity": ("local.bounds.realtime", "schedules move the bounds"),
    "root: realtime_monitoring.endpoint_name": (
        "local.realtime_name",
        "the endpoint may wait for its alarms",
    ),
    "root: quota.instance_type": ("each.key", "a check per type"),
    "root: quota.instances": (
        "local.quota_needed[each.key]",
        "bounds, schedules and updates of both endpoints",
    ),
    "root: realtime_monitoring.kind": ('"realtime"', "what it watches"),
    "root: realtime_monitoring.metric_publish_frequency_in_seconds": FREQUENCY,
    "modules/realtime: endpoint.async_inference": ("null", "makes an endpoint asynchronous"),
    "root: async_monitoring.capacity": ("local.bounds.async", "schedules move the bounds"),
    "root: async_monitoring.endpoint_name": ("local.async_name", "the endpoint may wait for its alarms"),
    "root: async_monitoring.kind": ('"async"', "what it watches"),
    "root: async_monitoring.metric_publish_frequency_in_seconds": FREQUENCY,
    "root: realtime_monitoring.rollback_on": (
        "var.realtime.deployment.rollback_on",
        "alarms roll its updates back",
    ),
    "root: async_monitoring.rollback_on": (
        "var.async.deployment.rollback_on",
        "alarms roll its updates back",
    ),
}
"""Inputs that are given something else than their namesake, and why."""

OBJECTS = (
    ("async", "async_inference"),
    ("async", "tracking"),
    ("async", "variant"),
    ("realtime", "tracking"),
    ("realtime", "variant"),
)
"""What modules/endpoint is given as one object, by who gives it."""

NOT_OF_A_QUEUE = {"enable_ssm_access", "predefined_metric_type", "routing_strategy"}
"""Members of these that an asynchronous endpoint has no input for."""

COMPOSED = {
    "root: model.log_groups": "the names of both endpoints' groups, which are not made by the role",
    "root: model.access": "what the role may do follows from both endpoints (tests/plan/test_access.py)",
    **{
        f"modules/{kind}: endpoint.{name}": "one object of the inputs of its attributes' names"
        for kind, name in OBJECTS
    },
    **{
        f"modules/{kind}: endpoint.own_policies": "the caller's come after them (tests/apply/test_faults.py)"
        for kind in ("async", "realtime")
    },
}
"""Inputs that are made of several values."""

READ = {
    "root: invoke_policy_json": ("data.aws_iam_policy_document.invoke.json", "made here"),
    "root: operator_policy_json": ("data.aws_iam_policy_document.operator.json", "made here"),
    "root: output model.name": MODEL,
    "modules/async: policy_alarm_arns": (
        'terraform_data.policy_alarms.id == "" ? null : aws_appautoscaling_policy.backlog.alarm_arns',
        "made here",
    ),
    "modules/async: policy_arns": (
        "merge( module.endpoint.policy_arns, { backlog = aws_appautoscaling_policy.backlog.arn }, "
        '{ for policy in aws_appautoscaling_policy.wake_up : "wake_up" => policy.arn }, )',
        "those made here beside those of the endpoint",
    ),
    "modules/async: target_value": ("local.signal.target_value", "made here"),
    "modules/async: wake_up_alarm_arn": ("one(aws_cloudwatch_metric_alarm.wake_up[*].arn)", "made here"),
    "modules/realtime: policy_alarm_arns": (
        'terraform_data.policy_alarms.id == "" ? null : aws_appautoscaling_policy.concurrency.alarm_arns',
        "made here",
    ),
    "modules/realtime: policy_arns": (
        "merge( module.endpoint.policy_arns, { concurrency = aws_appautoscaling_policy.concurrency.arn }, "
        '{ for policy in aws_appautoscaling_policy.guard : "guard" => policy.arn }, )',
        "those made here beside those of the endpoint",
    ),
    "modules/realtime: signal": ("local.monitored_signal", "made here"),
    "modules/realtime: target_value": ("local.target_value", "made here"),
    "modules/realtime: weighted": ("local.weighted", "made here"),
}
"""Outputs that are no namesake of a child's, and why."""

MONITORED = "modules/async: signal"
"""An output that describes what is made there, in many lines: tests/plan/test_monitoring*.py read it."""

ROLLBACK_ON = " rollback_on = optional(list(string), [])"
"""What a deployment has at the root only, where the alarms are that it names."""

OTHERWISE = {
    "instance_pools": "a real-time endpoint needs max_concurrency",
    "scale_out_cooldown": "callers wait in real time",
    "signal": "a queue has one metric to scale on",
}
"""Inputs that two modules declare with different types or defaults, and why."""


def callers():
    """The modules that call others."""
    return [directory for directory in modules() if read(directory).calls]


def squeezed(text):
    """An expression in one line."""
    return " ".join(text.split())


def calls():
    """Every call of a submodule: where, the caller, the call and the module that is called."""
    for directory in callers():
        for call in read(directory).calls.values():
            yield (
                f"{name(directory)}: {call.name}",
                read(directory),
                call,
                read((directory / call.source).resolve()),
            )


def arguments():
    """What each input of each call is given, None where it is left out, and what would be its namesake."""
    found = {}
    for where, caller, call, called in calls():
        for variable in called.variables:
            given = call.block.attributes.get(variable)
            found[f"{where}.{variable}"] = (
                squeezed(given.text) if given else None,
                namesakes(caller, call.name, variable),
            )
    return found


def namesakes(caller, call, variable):
    """`var.NAME`, `var.OBJECT.NAME` where the call is called like the object, or what is watched has it."""
    watched = call.removesuffix("_monitoring")
    if variable in caller.variables:
        return {f"var.{variable}"}
    if watched == call:
        return {f"var.{call}.{variable}"}
    return {f"var.monitoring.{variable}", f"module.{watched}[0].{variable}"}


def outputs():
    """What each output of a caller reads, and what would be its namesake in a module that it calls."""
    found = {}
    for directory in callers():
        module = read(directory)
        for output in module.outputs.values():
            if directory != ROOT:
                namesake = {
                    f"module.endpoint.{output.name}",
                    f"module.endpoint.scalable_target.{output.name.removeprefix('scaling_')}",
                }
                found[f"{name(directory)}: {output.name}"] = squeezed(output.value), namesake
            elif inner := members(output):
                for member, value in inner.items():
                    namesake = {
                        f"module.{output.name}[0].{member}",
                        *one_of(output.name, member),
                        *one_of(f"{output.name}_monitoring", member),
                    }
                    found[f"root: output {output.name}.{member}"] = value, namesake
            else:
                found[f"root: {output.name}"] = squeezed(output.value), one_of("model", output.name)
    return found


def members(output):
    """What each member of an output that is an object reads."""
    return {name: squeezed(value) for name, value in re.findall(r"^\s+(\w+) += (.+)$", output.value, re.M)}


def one_of(child, output):
    """What reads an output of a module that may be left out."""
    empty = "{}" if output == "alarm_arns" else "null"
    return {f"length(module.{child}) == 0 ? {empty} : module.{child}[0].{output}"}


def test_every_input_is_given_its_namesake():
    wrong = {}
    for where, (given, namesake) in arguments().items():
        allowed = {GIVEN[where][0]} if where in GIVEN else {None} if where in LEFT_OUT else namesake
        if given not in allowed and where not in COMPOSED:
            wrong[where] = f"{given}, not {allowed}"
    assert wrong == {}


def test_every_output_reads_its_namesake():
    wrong = {}
    for where, (value, namesake) in outputs().items():
        allowed = {READ[where][0]} if where in READ else namesake
        if value not in allowed and where != MONITORED:
            wrong[where] = f"{value}, not {allowed}"
    assert wrong == {}


def declared(variable):
    """A variable as an attribute of an object."""
    type_, default = squeezed(variable.type), variable.default and squeezed(variable.default.text)
    optional = f"optional({type_})" if default == "null" else f"optional({type_}, {default})"
    return f"{variable.name} = {optional if default else type_}"


def test_an_input_is_of_one_type_and_default_wherever_it_is_given():
    """Who calls a submodule gets what the module that calls it would give it."""
    queue, live = (read(ROOT / "modules" / kind).variables for kind in ("async", "realtime"))
    other = {name for name in queue.keys() & live if declared(queue[name]) != declared(live[name])}
    for _, caller, call, called in calls():
        if caller.directory != ROOT:  # the two that were compared, and hand on whole
            continue
        for variable in called.variables.values():
            given = call.block.attributes.get(variable.name)
            match squeezed(given.text).split(".") if given else []:
                case ["var", outer] if outer == variable.name:
                    alike = declared(caller.variables[outer]) == declared(variable)
                case ["var", outer, inner] if inner == variable.name:
                    alike = f" {declared(variable)} " in squeezed(caller.variables[outer].type)
                case ["local", made] if made == f"{call.name}_deployment":
                    given_type = squeezed(caller.variables[call.name].type).replace(ROLLBACK_ON, "")
                    alike = f" {declared(variable)} " in given_type
                case _:
                    alike = True
            other |= set() if alike else {variable.name}
    assert other == set(OTHERWISE)


def test_the_exceptions_are_of_use():
    """One that is gone, or that its rule would allow by now, goes from the list."""
    listed = [*LEFT_OUT, *GIVEN, *COMPOSED, *READ, MONITORED]
    found = arguments() | outputs()
    assert len(set(listed)) == len(listed)
    assert [one for one in listed if one not in found or found[one][0] in found[one][1]] == []


@pytest.mark.parametrize(("kind", "name"), OBJECTS)
def test_the_inner_module_is_given_each_input_under_its_own_name(kind, name):
    given, _ = arguments()[f"modules/{kind}: endpoint.{name}"]
    pairs = re.findall(r"(\w+) = (?:try\()?(?:var\.(?:\w+\.)?(\w+)|null)", given or "")
    assert {one for one, other in pairs if one != other} <= (NOT_OF_A_QUEUE if kind == "async" else set())
    if name != "tracking":  # which is read as an entry of policies is
        text = "".join(path.read_text() for path in (ROOT / "modules/endpoint").glob("*.tf"))
        assert {one for one, _ in pairs} == set(re.findall(rf"\bvar\.{name}\.(\w+)", text))


def test_an_output_of_an_example_reads_its_namesake(example):
    """`endpoint_name` of an example with one endpoint is `realtime.name` of the module."""
    words = {"batch": "async", "live": "realtime"}
    for output in example.outputs.values():
        value = re.sub(r"\.(async|realtime)\.name\b", r".\1.endpoint_name", output.value)
        if value.startswith("module."):
            _, _, thing, member = value.split(".")
            wanted = output.name
            for word, meaning in words.items():
                wanted = wanted.replace(f"{word}_", f"{meaning}_")
            assert wanted in (member, f"{thing}_{member}"), output.location
        else:
            assert all(word in value for word in output.name.split("_")), output.location


@pytest.mark.parametrize("kind", ["realtime", "async"])
def test_an_endpoint_is_one_object_of_what_its_module_and_its_monitoring_tell(kind):
    told = read(ROOT / "modules" / kind).outputs.keys() - {"signal", "weighted"}  # for monitoring
    output = read(ROOT).outputs[kind]
    assert members(output).keys() == told | {"alarm_arns", "dashboard_name"}
    assert list(members(output)) == re.findall(r"^- `(\w+)`: ", output.description, re.M)


def test_both_endpoints_have_the_same_members():
    live, queue = (read(ROOT / "modules" / kind).outputs.keys() for kind in ("realtime", "async"))
    assert queue ^ live == {"wake_up_alarm_arn", "weighted"}


@pytest.mark.parametrize("kind", ["endpoint", "realtime", "async"])
def test_policy_arns_has_every_policy_that_is_made(kind):
    """Whoever looks for a policy by name finds it, however it came about."""
    module = read(ROOT / "modules" / kind)
    made = {address for address in module.resources if address.startswith("aws_appautoscaling_policy.")}
    made |= {f"module.{call}.policy_arns" for call in module.calls}
    named = re.findall(r"(?:aws_appautoscaling_policy|module)(?:\.[a-z_]+)+", module.outputs["policy_arns"].value)
    assert {name.removesuffix(".arn") for name in named} == made
    assert len(made) >= 2
