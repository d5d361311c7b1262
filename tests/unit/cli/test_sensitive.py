"""What Terraform marks as sensitive is in no output of a command, and in no file that others can read."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.endpoints import EndpointError, from_file, from_plan
from scaleproof.endpoints.render import rows
from scaleproof.endpoints.terraform import ALARM, CONFIG, POLICY, TARGET, recorded
from scaleproof.endpoints.terraform import ENDPOINT as ENDPOINT_TYPE
from scaleproof.pytest_plugin import fixtures, inventories
from scaleproof.terraform import executable
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State

from .conftest import ENDPOINT, IMAGE

CANARY = "canary7f3a"
OTHER = "canary9b1c"
GIVEN = (*IMAGE, "--var", f"label={CANARY}")
METRIC, TYPE = "SageMakerVariantConcurrentRequestsPerModelHighResolution", "TargetTrackingScaling"
SCOPE = {
    "service_namespace": "sagemaker",
    "resource_id": "endpoint/a/variant/v",
    "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
}
TRAFFIC = ("--traffic", "diurnal:peak=20,days=0.1")
MORE = """
variable "label" {
  type      = string
  sensitive = true
}

variable "least" {
  type      = number
  default   = 1
  sensitive = true
}

output "token" {
  value     = "token of ${var.label}"
  sensitive = true
}

resource "aws_appautoscaling_scheduled_action" "this" {
  name               = "${var.label}-morning"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  schedule           = "cron(30 7 ? * MON-FRI *)"

  scalable_target_action {
    min_capacity = 2
  }
}
"""


def written(directory, **changes):
    """The smallest root, whose endpoint has a name that nobody is to see."""
    text = (ENDPOINT / "main.tf").read_text()
    changes |= {
        '= "speech"\n  endpoint_config_name': '= "${var.label}-speech"\n  endpoint_config_name',
        "image = var.image": "image       = var.image\n    environment = { TOKEN = var.label }",
        "this.endpoint_name\n}": "this.endpoint_name\n  sensitive = true\n}",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    directory.mkdir()
    (directory / "main.tf").write_text(text + MORE)
    return directory


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "root")


@pytest.fixture
def clean(run):
    """Runs a command that prints neither value."""

    def call(*words, **ends):
        shown = run(*words, **ends)
        assert CANARY not in shown.out + shown.err
        assert OTHER not in shown.out + shown.err
        return shown

    return call


@pytest.fixture
def small_root(tmp_path):
    """A root with this text."""

    def make(text):
        (tmp_path / "small").mkdir()
        (tmp_path / "small" / "main.tf").write_text(text)
        return tmp_path / "small"

    return make


def with_it(directory):
    """The files that have the value, sources and environments apart."""
    for folder, names, files in os.walk(directory):
        names[:] = [name for name in names if not (Path(folder) / name).is_symlink()]
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink() and any(word.encode() in path.read_bytes() for word in (CANARY, OTHER)):
                yield path


def test_a_plan_shows_that_there_is_something(root, clean, tmp_path):
    shown = clean("plan", root, *GIVEN)
    assert "(sensitive value)" in shown.out
    (endpoint,) = clean("plan", root, *GIVEN, "--json").document["endpoints"]
    assert (endpoint["name"], endpoint["min"], endpoint["max"]) == ("(sensitive value)", 1, 4)
    (schedule,) = endpoint["schedules"]
    assert (schedule["name"], schedule["schedule"]) == ("(sensitive value)", "cron(30 7 ? * MON-FRI *)")
    assert list(with_it(tmp_path)) == []


def test_a_sensitive_number(tmp_path, clean):
    root = written(tmp_path / "number", **{"min_capacity       = 1": "min_capacity       = var.least"})
    assert "(sensitive value) to 4" in clean("plan", root, *GIVEN).out
    refused = clean("simulate", root, *GIVEN, *TRAFFIC, code=2)
    assert "or sensitive: aws_appautoscaling_target.this: MinCapacity" in refused.err


def test_a_study_and_its_report(root, clean, tmp_path, monkeypatch):
    page = tmp_path / "report.html"
    monkeypatch.setenv("TF_VAR_label", CANARY)  # the page has the command line as it is
    shown = clean("simulate", root, *IMAGE, *TRAFFIC, "--report", page)
    assert "(sensitive value)" in shown.out
    clean("simulate", root, *GIVEN, *TRAFFIC, "--no-advice", "--json")
    assert list(with_it(tmp_path)) == []


EPHEMERAL = """
variable "label" {
  type      = string
  default   = "us-east-1"
  ephemeral = true
  sensitive = true
}

provider "aws" {
  region = var.label
}

resource "aws_sns_topic" "this" {
  name = "a-topic"
}
"""


@pytest.fixture
def ephemeral_root(small_root):
    release = ".".join(executable.find().version.split(".")[:2])
    if release in ("1.9", "1.10"):
        pytest.skip(f"Not every program of release {release} has ephemeral variables")
    return small_root(EPHEMERAL)


@pytest.mark.usefixtures("stays")
def test_an_ephemeral_value_is_given_to_the_apply_as_well(ephemeral_root, clean):
    clean("apply", ephemeral_root, "--var", "label=eu-west-1")
    assert (ephemeral_root / "scaleproof.tfstate").exists()
    clean("destroy", ephemeral_root, "--var", "label=eu-west-1")


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize("value", ["left out", "0.12345678901234567890123456789"])
def test_an_ephemeral_value_may_stand_beside_others(value, ephemeral_root, tmp_path, clean):
    """Terraform refuses a default that a plan did not name, and a number that is not to the digit the planned one."""
    with (ephemeral_root / "main.tf").open("a") as main:
        main.write('variable "other" {\n  type    = number\n  default = 1\n}\n')
    values = tmp_path / "other.tfvars"
    values.write_text("" if value == "left out" else f"other = {value}\n")
    clean("apply", ephemeral_root, "--var-file", values)
    clean("destroy", ephemeral_root, "--var-file", values)


@pytest.mark.usefixtures("stays")
def test_what_is_applied(root, clean, tmp_path):
    """Only the state has it: it has to."""
    state = root / "scaleproof.tfstate"
    old = os.umask(0o022)
    try:
        assert "(sensitive value)" in clean("apply", root, *GIVEN).out
        assert state.stat().st_mode & 0o777 == 0o600
        state.chmod(0o644)
        applied = clean("apply", root, *GIVEN, "--json").document
    finally:
        os.umask(old)
    assert applied["outputs"] == {"endpoint_name": "(sensitive value)", "token": "(sensitive value)"}
    assert [endpoint["name"] for endpoint in applied["endpoints"]] == ["(sensitive value)"]
    found = list(with_it(tmp_path))
    assert state in found
    assert {path.name: path.stat().st_mode & 0o777 for path in found if path.stat().st_mode & 0o077} == {}
    cache = tmp_path / "cache of mine"
    made = [*cache.glob("*.json"), *cache.glob("*.lock"), *cache.rglob("*.log")]
    assert len(made) > 1
    assert {path.name for path in made if path.stat().st_mode & 0o077} == set()
    assert (cache / "logs").stat().st_mode & 0o777 == 0o700

    clean("destroy", root, *GIVEN)


USERS = """
variable "users" {
  type      = map(object({ name = optional(string) }))
  sensitive = true
}

module "m" {
  source = "./m"
  users  = { canary9b1c = { nmae = 1 } }
}
"""


def test_keys_of_what_terraform_drops(tmp_path, clean):
    root = tmp_path / "users"
    (root / "m").mkdir(parents=True)
    (root / "main.tf").write_text(USERS)
    (root / "m" / "main.tf").write_text(USERS.partition("\nmodule")[0])
    shown = clean("plan", root, "--var", f"users={{{CANARY}={{nmae=1}}}}")
    assert "Terraform drops an attribute of users of the root" in shown.out + shown.err
    assert "Terraform drops an attribute of users of module.m (main.tf:9)" in shown.out + shown.err


def test_numbers_that_an_api_tells():
    """An API knows no marks: the state does."""

    def item(kind, sensitive, **values):
        found = {"address": f"{kind}.{values.get('name', 'it')}", "type": kind, "mode": "managed"}
        return {**found, "values": values, "sensitive_values": sensitive}

    block = "target_tracking_scaling_policy_configuration"
    tracking = {"target_value": 7.5, "predefined_metric_specification": [{"predefined_metric_type": METRIC}]}
    variant = {"variant_name": "v", "instance_type": "ml.g6.2xlarge", "initial_instance_count": 3}
    marks = {"production_variants": [{"initial_instance_count": True}]}
    watched = {"namespace": "AWS/SageMaker", "metric_name": "CPUUtilization", "statistic": "Average"}
    condition = {"comparison_operator": "GreaterThanThreshold", "threshold": 7.5, "evaluation_periods": 1}
    alarm = {**watched, **condition, "period": 60, "dimensions": {"EndpointName": "a"}}
    standing = [
        item(CONFIG, marks, endpoint_config_name="c", production_variants=[variant]),
        item(ENDPOINT_TYPE, {}, endpoint_name="a", endpoint_config_name="c"),
        item(TARGET, {"min_capacity": True}, min_capacity=2, max_capacity=4, **SCOPE),
        *(
            item(POLICY, {block: [{"target_value": name == "one"}]}, name=name, policy_type=TYPE, **SCOPE,
                 **{block: [tracking]})
            for name in ("one", "two")
        ),
        item(ALARM, {"threshold": True}, alarm_name="hot", **alarm),
    ]  # fmt: skip
    state = State({"values": {"root_module": {"resources": standing}}})
    ((_, (documents,)),) = recorded(state)
    (found,) = rows([replace(documents, count=3)])  # as the API would count
    assert (found.initial, found.min, found.max) == ("(sensitive value)", "(sensitive value)", 4)
    assert [policy.target for policy in found.policies] == ["(sensitive value)", 7.5]
    assert [(alarm.name, alarm.condition) for alarm in found.alarms] == [
        ("one: AlarmHigh", "(sensitive value)"),
        ("one: AlarmLow", "(sensitive value)"),
        ("two: AlarmHigh", "> 7.5 in 3 of 3 x 10 s"),
        ("two: AlarmLow", "< 6.75 in 90 of 90 x 10 s"),
        ("hot", "(sensitive value)"),
    ]


def test_plans_and_tests_of_them(root, plan, tmp_path):
    planned = plan(root, region="us-east-1", image="x/y:1", label=CANARY)
    assert planned.resource("awscc_sagemaker_endpoint.this").values["endpoint_name"] == f"{CANARY}-speech"
    for one in (planned, planned.resource("aws_sagemaker_model.this"), planned.resources):
        assert CANARY not in repr(one)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(planned.raw))
    (endpoint,) = from_file(file)
    assert endpoint.name == "(sensitive value)"
    expected = fixtures.endpoint(planned)
    with pytest.raises(AssertionError, match=r"^\(sensitive value\) scales between"):
        expected.scales_between(1, 3)
    wrong = {
        "values": {"aws_sagemaker_model.this": {"primary_container": [{"environment": {"TOKEN": "x"}}]}},
        "outputs": {"token": "x"},
        "endpoints": {"(sensitive value)": {"max": 3}},
    }
    found = inventories.compare(wrong, planned).differences
    assert len(found) == 3
    assert CANARY not in "\n".join(found)
    filled = inventories.compare(dict.fromkeys(inventories.SECTIONS), planned).rebuilt
    assert CANARY not in json.dumps(filled)


def test_a_plan_that_somebody_made_elsewhere():
    """Marks of a block hold for all that is in it."""
    endpoint = {"endpoint_name": "a", "endpoint_config_name": "b"}
    config = {"endpoint_config_name": "b", "production_variants": [{"variant_name": CANARY}]}
    items = [
        {"address": f"{kind}.it", "type": kind, "change": {"actions": ["create"], "after": after, **marks}}
        for kind, after, marks in (
            (ENDPOINT_TYPE, endpoint, {"after_sensitive": {"endpoint_config_name": True}}),
            (CONFIG, config, {"after_sensitive": {"production_variants": True}}),
        )
    ]
    with pytest.raises(EndpointError, match=r"or sensitive: .*ProductionVariants"):
        from_plan(Plan({"resource_changes": items}))
