"""The environment variables for Terraform, and the kind of providers."""

import os
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.terraform.environment import variables
from scaleproof.terraform.parts import provider_kind

NAMES = """
ARM_CLIENT_SECRET CONSUL_HTTP_TOKEN GIT_ASKPASS GIT_CONFIG_GLOBAL GOOGLE_APPLICATION_CREDENTIALS KUBECONFIG NETRC
PGPASSWORD SSH_AUTH_SOCK TF_ENCRYPTION VAULT_TOKEN XDG_CONFIG_HOME
"""
THEIRS = NAMES.split()
FOR_THE_REGISTRY = ("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "TF_CLI_CONFIG_FILE", "TF_TOKEN_example_com")


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
    found = variables(None, "{}")
    assert [name for name in found if name.startswith("AWS_")] == ["AWS_EC2_METADATA_DISABLED"]
    for others in (variables(None, None), variables(None, "{}", allow_network=True)):
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & others.keys()
        assert others["AWS_ACCESS_KEY_ID"] == "none"
        assert others["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert not {"TF_CLI_ARGS_plan", "TF_DATA_DIR", "TF_LOG", "TF_WORKSPACE"} & found.keys()
    assert found["TF_VAR_region"] == "eu-west-1"
    assert (found["CHECKPOINT_DISABLE"], found["TF_REATTACH_PROVIDERS"]) == ("1", "{}")


@pytest.fixture
def everything(monkeypatch):
    """A user with settings for everything that Terraform may read."""
    for name in (*THEIRS, *FOR_THE_REGISTRY):
        monkeypatch.setenv(name, "mine")


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("reattach", ["{}", None])
def test_nothing_for_backends_and_getters_is_passed_on(reattach):
    """The home directory has nothing of the user's, who alone can enter it."""
    found = variables(None, reattach)
    assert [name for name in (*THEIRS, *FOR_THE_REGISTRY) if found.get(name) == "mine"] == []
    home, settings = Path(found["HOME"]), Path(found["TF_CLI_CONFIG_FILE"])
    # OpenTofu makes .terraform.d in its home directory, which all commands of this process share.
    assert {path.name for path in home.iterdir()} <= {".terraform.d"}
    assert home.stat().st_mode & 0o777 == 0o700
    assert settings.read_text() == ""
    assert variables(None, reattach)["HOME"] == found["HOME"]


@pytest.mark.parametrize("reattach", ["{}", None])
def test_addresses_and_programs_lead_nowhere(reattach):
    """But those of this machine, and of the LocalStack that the user names."""
    found = variables(Connection("http://127.0.0.1:4566", "111122223333"), reattach)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        assert found[name] == "http://127.0.0.1:0"
    assert found["NO_PROXY"] == found["no_proxy"] == "127.0.0.1,::1"
    assert list(Path(found["PATH"]).iterdir()) == []
    assert found["GIT_ALLOW_PROTOCOL"] == "file"


def test_a_localstack_elsewhere_is_reached(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localstack:4566")
    found = variables(Connection("http://localstack:4566", "111122223333"), None)
    assert found["NO_PROXY"] == "127.0.0.1,::1,localstack"


@pytest.mark.usefixtures("everything")
def test_with_network_access_all_settings_but_those_for_aws_are_passed_on():
    found = variables(None, "{}", allow_network=True)
    assert {*THEIRS, *FOR_THE_REGISTRY} - found.keys() == set()
    assert found["HOME"] == os.environ["HOME"]
    assert found["AWS_ACCESS_KEY_ID"] == "none"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "TF_WORKSPACE"} & found.keys()


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


def test_a_variable_that_is_not_utf8(monkeypatch):
    monkeypatch.setenv("TF_VAR_label", os.fsdecode(b"caf\xe9"))
    with pytest.raises(ScaleproofError, match="The value of TF_VAR_label is not UTF-8"):
        variables(None, None)


@pytest.mark.parametrize(("value", "kind"), [("", "stand-in"), ("stand-in", "stand-in"), ("registry", "registry")])
def test_the_kind_of_providers(value, kind, monkeypatch):
    """Another value is an error, see tests/unit/cli/test_environment.py."""
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", value)
    assert provider_kind() == kind
