"""`scaleproof doctor`: found, used, missing."""

import json

import pytest

from scaleproof.localstack import environment
from scaleproof.localstack.start import free_port
from scaleproof.terraform import executable


def findings(text):
    return {finding["part"]: finding for finding in json.loads(text)["findings"]}


def test_everything_is_there(run):
    shown = run("doctor")
    assert shown.code == 0
    assert [line.split()[:2] for line in shown.out.splitlines() if line.startswith("ok")] == [
        ["ok", part] for part in ("Python", "Terraform", "Providers", "LocalStack", "Cache")
    ]
    machine = run("doctor", "--json")
    assert machine.code == 0
    assert json.loads(machine.out)["ok"] is True
    assert findings(machine.out)["Terraform"]["description"] == str(executable.find())


def test_an_environment_that_is_not_built_yet_is_no_fault(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "empty"))
    found = findings(run("doctor", "--json").out)["LocalStack"]
    assert found["ok"] is True
    assert "is built on first use" in str(found["advice"])


def test_a_built_one_says_where(run):
    built = environment.describe()
    assert (
        findings(run("doctor", "--json").out)["LocalStack"]["advice"] == f"Its environment is built: {built.directory}"
    )


@pytest.mark.parametrize(
    ("variables", "part", "reason", "advice"),
    [
        ({"TERRAFORM": "nonsense"}, "Terraform", "TERRAFORM names 'nonsense'", "Correct or unset TERRAFORM."),
        ({"SCALEPROOF_PROVIDERS": "real"}, "Providers", "SCALEPROOF_PROVIDERS is 'real'", "or unset it."),
        ({"SCALEPROOF_CACHE": "/proc/here"}, "Cache", "cannot be created", "Name another one in SCALEPROOF_CACHE."),
        ({"LOCALSTACK_HOST": "127.0.0.1:x"}, "LocalStack", "is not the address of a LocalStack", "LOCALSTACK_HOST"),
    ],
)
def test_what_is_missing_ends_with_1_and_says_how_to_get_it(variables, part, reason, advice, run, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = run("doctor", "--json")
    assert shown.code == 1
    assert json.loads(shown.out)["ok"] is False
    found = findings(shown.out)[part]
    assert found["ok"] is False
    assert reason in str(found["description"])
    assert advice in str(found["advice"])
    assert run("doctor").out.count("MISSING") >= 1


def test_a_named_localstack_that_is_not_there(run, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    shown = run("doctor")
    assert shown.code == 1
    assert "No LocalStack answers" in shown.out
