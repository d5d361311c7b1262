"""The environment variables for Terraform, and the kind of providers."""

import os

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.terraform.environment import variables
from scaleproof.terraform.parts import provider_kind


@pytest.fixture(autouse=True)
def personal(monkeypatch, tmp_path):
    """The variables of a user who works with AWS and Terraform."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "TF_CLI_ARGS_plan": "-refresh=false",
        "TF_DATA_DIR": "elsewhere",
        "TF_LOG": "TRACE",
        "TF_VAR_region": "eu-west-1",
        "TF_WORKSPACE": "production",
        "SCALEPROOF_CACHE": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)


def test_the_users_account_is_not_passed_on():
    for found in (variables(None, None), variables(None, "{}")):
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & found.keys()
        assert found["AWS_ACCESS_KEY_ID"] == "none"
        assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
        assert not {"TF_CLI_ARGS_plan", "TF_DATA_DIR", "TF_LOG", "TF_WORKSPACE"} & found.keys()


def test_other_settings_are():
    found = variables(None, "{}")
    assert (found["TF_VAR_region"], found["HOME"]) == ("eu-west-1", os.environ["HOME"])
    assert (found["CHECKPOINT_DISABLE"], found["TF_REATTACH_PROVIDERS"]) == ("1", "{}")


def test_the_users_cache_of_providers_wins(monkeypatch, tmp_path):
    assert variables(None, None)["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "plugins")
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", "/mine")
    assert variables(None, None)["TF_PLUGIN_CACHE_DIR"] == "/mine"


def test_all_tests_of_a_run_have_the_same_variables():
    """Otherwise each would start its own Terraform."""
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert "PYTEST_CURRENT_TEST" not in variables(None, "{}")


def test_a_connection_directs_every_provider_to_it():
    found = variables(Connection("http://127.0.0.1:4566", "111122223333", "eu-west-1"), None)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_REGION"]) == ("111122223333", "eu-west-1")
    assert "TF_REATTACH_PROVIDERS" not in found


def test_the_users_gogc_wins(monkeypatch):
    monkeypatch.delenv("GOGC", raising=False)
    assert variables(None, None)["GOGC"] == "400"
    monkeypatch.setenv("GOGC", "50")
    assert variables(None, None)["GOGC"] == "50"


@pytest.mark.parametrize(("value", "kind"), [("", "stand-in"), ("stand-in", "stand-in"), ("registry", "registry")])
def test_the_kind_of_providers(value, kind, monkeypatch):
    """Another value is an error, see tests/unit/cli/test_environment.py."""
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", value)
    assert provider_kind() == kind
