"""`scaleproof doctor`: found, used, missing."""

import pytest

from scaleproof.localstack import environment
from scaleproof.localstack.start import free_port
from scaleproof.terraform import executable


def findings(ran):
    return {finding["part"]: finding for finding in ran.document["findings"]}


def test_everything_is_there(run):
    shown = run("doctor")
    assert [line.split()[:2] for line in shown.out.splitlines() if line.startswith("ok")] == [
        ["ok", part] for part in ("Python", "Terraform", "Providers", "LocalStack", "Cache")
    ]
    machine = run("doctor", "--json")
    assert machine.document["ok"] is True
    found = findings(machine)
    assert found["Terraform"]["description"] == str(executable.find())
    assert found["LocalStack"]["advice"] == f"Its environment is built: {environment.describe().directory}"


def test_an_environment_that_is_not_built_yet_is_no_fault(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "empty"))
    found = findings(run("doctor", "--json"))["LocalStack"]
    assert found["ok"] is True
    assert "is built on first use" in found["advice"]


@pytest.mark.parametrize(
    ("variables", "part", "reason", "advice"),
    [
        ({"TERRAFORM": "nonsense"}, "Terraform", "TERRAFORM names 'nonsense'", "Correct or unset TERRAFORM."),
        ({"SCALEPROOF_PROVIDERS": "real"}, "Providers", "SCALEPROOF_PROVIDERS is 'real'", "or unset it."),
        ({"SCALEPROOF_CACHE": "/proc/here"}, "Cache", "cannot be created", "Name another one in SCALEPROOF_CACHE."),
        (
            {"LOCALSTACK_HOST": "http://127.0.0.1:4566"},
            "LocalStack",
            "LOCALSTACK_HOST is not the address of a LocalStack",
            "LOCALSTACK_HOST as 127.0.0.1:4566",
        ),
        ({"LOCALSTACK_HOST": "127.0.0.1:x"}, "LocalStack", "is not the address of a LocalStack", "LOCALSTACK_HOST"),
    ],
)
def test_what_is_missing_ends_with_1_and_says_how_to_get_it(variables, part, reason, advice, run, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = run("doctor", "--json", code=1)
    found = findings(shown)[part]
    assert (shown.document["ok"], found["ok"]) == (False, False)
    assert reason in found["description"]
    assert advice in found["advice"]
    assert "MISSING" in run("doctor", code=1).out


def test_a_named_localstack_that_is_not_there(run, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    assert "No LocalStack answers" in run("doctor", code=1).out
