"""`scaleproof plan`, `apply` and `destroy` on the examples; `up` and `down`."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from unittest.mock import Mock

import pytest

from scaleproof.cli import configurations
from scaleproof.cli.output import endpoint_blocks
from scaleproof.endpoints.render import EndpointRow
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.start import ACCOUNT, free_port

from .conftest import ENDPOINT, EXAMPLES, IMAGE, ON_PATH, URI, copy_module

REALTIME = EXAMPLES / "realtime"


@pytest.fixture
def copy(tmp_path):
    """The real-time example in a checkout whose path has a space."""
    repository = tmp_path / "my checkout"
    shutil.copytree(REALTIME, repository / "examples" / "realtime")
    copy_module(repository)
    return repository / "examples" / "realtime"


@pytest.fixture
def root(tmp_path):
    """A root of one's own, in a path with a space."""
    return Path(shutil.copytree(ENDPOINT, tmp_path / "my checkout" / "endpoint"))


def test_a_plan_needs_no_cloud_and_writes_nothing(copy, run, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    before = sorted(copy.rglob("*"))
    shown = run("plan", copy, *IMAGE)
    assert "stand-ins for the providers aws and awscc, no cloud" in shown.err
    assert "SageMakerVariantConcurrentRequestsPerModelHighResolution" in shown.out
    assert "0 to update, 0 to replace, 0 to destroy." in shown.out
    assert sorted(copy.rglob("*")) == before


def test_changes_are_counted_by_what_happens_to_a_resource():
    acts = [("create",), ("update",), ("update",), ("delete",), ("delete", "create"), ("create", "delete")]
    plan = Mock(changes=[Mock(actions=actions) for actions in acts])
    assert configurations._changes(plan) == {"create": 1, "update": 2, "replace": 2, "destroy": 1}
    none = {"create": 0, "update": 0, "replace": 0, "destroy": 0}
    assert configurations._changes(Mock(changes=[])) == none


@pytest.mark.parametrize(
    ("most", "suspended", "words"),
    [
        (5, "", "0 to 5"),
        (5, "scaling in, scaling out", "0 to 5, suspended: scaling in, scaling out"),
        (None, "", "not scaled"),
    ],
)
def test_what_is_suspended_stands_beside_the_bounds(most, suspended, words):
    row = EndpointRow("speech", "Live", "async", "planned", [], 1, 0, most, suspended, [], [], [])
    _pools, policies = endpoint_blocks([row])
    assert [line.cells for line in policies.rows] == [["speech", words, "none", "", "", ""]]


@pytest.mark.parametrize("name", ["arn", "id"])
def test_the_account_of_a_state_is_read_from_its_resources(name):
    values = {name: f"arn:aws:sagemaker:us-east-1:{'1' * 12}:endpoint-config/speech"}
    opened = Mock(state=lambda: Mock(resources={"awscc_sagemaker_endpoint_config.this": Mock(values=values)}))
    with pytest.raises(ScaleproofError, match=f"are in the account {'1' * 12}, not in {ACCOUNT}"):
        configurations._check_account(opened, ACCOUNT)
    configurations._check_account(opened, "1" * 12)


def test_a_plan_for_machines(run):
    plan = run("plan", EXAMPLES / "complete", *IMAGE, "--json").document
    assert plan["changes"]["create"] > 10
    assert plan["parts"]["cloud"] == "no cloud"
    queued, live = plan["endpoints"]
    assert (queued["kind"], queued["min"], queued["max"]) == ("async", 0, 5)
    assert [policy["type"] for policy in queued["policies"]] == ["TargetTrackingScaling", "StepScaling"]
    assert queued["policies"][0]["scales_on"] == "ApproximateBacklogSizePerInstance"
    watched = [alarm["watches"] for alarm in queued["alarms"]]
    assert watched.count("HasBacklogWithoutCapacity") == 2  # it wakes the endpoint, and tells if it does not
    assert "InvocationFailures" in watched
    assert (live["kind"], live["min"], live["max"]) == ("realtime", 2, 20)
    assert [pool["instance_type"] for pool in live["pools"]] == ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
    assert live["policies"][0]["scales_on"].startswith("MAX([")


SOURCE = "github.com/acme/speech"


@pytest.fixture
def remote(tmp_path):
    """A root that calls a module from elsewhere, beside a copy of that module."""
    for name, text in {
        "root/main.tf": f'module "speech" {{\n  source = "{SOURCE}?ref=v1"\n}}\n',
        "copy/main.tf": 'resource "terraform_data" "it" {}\n',
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path / "root"


@pytest.mark.parametrize("command", ["plan", "apply", "simulate", "compare"])
def test_a_module_that_cannot_be_fetched_is_said_by_every_command(remote, run, command, monkeypatch):
    """With Terraform's own place, the option that helps, and before a LocalStack is started."""
    monkeypatch.chdir(remote.parent)
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    traffic = ["--traffic", "constant:level=1"] if command in ("simulate", "compare") else []
    shown = run(command, remote, *traffic, code=2, says="Terraform could not initialize")
    assert 'module "speech" (main.tf:1) source code from "git::https://github.com/acme/speech.git' in shown.err
    assert f"--source {SOURCE}=DIR" in shown.err
    assert "Starting LocalStack" not in shown.err


def test_a_copy_of_a_module_takes_the_place_of_its_source(remote, run, monkeypatch):
    monkeypatch.chdir(remote.parent)
    assert "Plan: 1 to create" in run("plan", remote, "--source", f"{SOURCE}=copy").out
    run("plan", remote, "--source", f"{SOURCE}=nowhere", code=2, says="nowhere has no module")


def test_variables_from_a_file(run, tmp_path):
    file = tmp_path / "my values.tfvars"
    file.write_text(f'region = "us-east-1"\nimage = "{URI}"\nname = "a"\n')
    planned = run("plan", REALTIME, "--var-file", file, "--var", "name=b", "--json").document
    assert [endpoint["name"] for endpoint in planned["endpoints"]] == ["b-realtime"]


def test_up_apply_destroy_and_down(root, run, stays):
    """Commands find the one that stays; what was applied to it is picked up, and destroyed."""
    exported = run("up")
    assert f"export AWS_ENDPOINT_URL={stays.endpoint_url}\n" in exported.out
    streams = control.streams(stays.connection())
    assert f"export AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2={streams.endpoint_url}\n" in exported.out
    assert f"export SCALEPROOF_CA_BUNDLE='{streams.ca_bundle}'\n" in exported.out
    assert Path(streams.ca_bundle).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert all(line.startswith("export ") for line in exported.out.splitlines())
    assert "It needs no credentials: every user of this machine can use it." in exported.err
    assert run("up", "--json").document["pid"] == stays.pid
    assert stays.endpoint_url in run("doctor").out

    (root / "own.tf").write_text('variable "own" {\n  type = object({ minimum = optional(number) })\n}\n')
    own = ("--var", "own={ minimun = 1 }")
    files = sorted(path.name for path in root.iterdir())
    applied = run("apply", root, *IMAGE, *own)
    assert "warning: Terraform drops own.minimun of the root" in applied.err
    assert "InService" in applied.out
    assert "AlarmHigh" in applied.out
    assert (root / "scaleproof.tfstate").exists()

    changed = run("apply", root, *IMAGE, *own, "--json").document
    (warning,) = changed["warnings"]
    assert "Did you mean minimum?" in warning
    (endpoint,) = changed["endpoints"]
    assert endpoint["name"] == changed["outputs"]["endpoint_name"]
    assert [pool["instances"] for pool in endpoint["pools"]] == [1, 0]

    for command in ("apply", "destroy"):
        wrong = run(command, root, *IMAGE, *own, "--account", "1" * 12, code=2)
        assert (
            f"scaleproof.tfstate are in the account {ACCOUNT}, not in {'1' * 12}. Add --account {ACCOUNT}." in wrong.err
        )

    # As it is printed, quotes and all.
    line = applied.out.partition("Destroy with: ")[2]
    assert line.startswith("scaleproof destroy '"), line
    made = json.loads((root / "scaleproof.tfstate").read_text())["resources"]
    managed = sum(len(entry["instances"]) for entry in made if entry["mode"] == "managed")
    destroyed = subprocess.run(line, shell=True, env=os.environ | ON_PATH, capture_output=True, text=True)
    assert destroyed.returncode == 0, destroyed.stderr
    assert destroyed.stdout == f"Destroyed {managed} resources; none is left.\n"
    assert sorted(path.name for path in root.iterdir()) == files
    assert stays.connection().client("sagemaker").list_endpoints()["Endpoints"] == []
    run("destroy", root, *IMAGE, code=2, says="so nothing was applied from there")

    ended = run("down")
    assert f"The LocalStack at {stays.endpoint_url} has ended.\n" in ended.err
    # A shell that evaluates what both print is as it was.
    shell = ["sh", "-c", f'before=$(export); {exported.out}\n{ended.out}\n[ "$before" = "$(export)" ]']
    assert ended.out.startswith("unset ")
    assert subprocess.run(shell, env={"PATH": os.defpath}).returncode == 0
    nothing = run("down")
    assert (nothing.out, nothing.err) == ("", "No LocalStack was running.\n")
    assert run("down", "--json").document == {"stopped": None, "unset": []}


def test_applied_without_one_it_ends_with_the_command(root, run):
    files = sorted(root.iterdir())
    applied = run("apply", root, *IMAGE)
    assert "started for this run" in applied.err
    assert "gone with its LocalStack" in applied.out
    assert sorted(root.iterdir()) == files


def test_nothing_stands_that_could_be_destroyed(root, run):
    state = root / "scaleproof.tfstate"
    state.write_text("{}")
    run("destroy", root, *IMAGE, code=2, says="There is no LocalStack")
    assert state.exists()
