"""Commands that AWS is named to: they say which account they call, and never take a LocalStack for it."""

import json
import re
from pathlib import Path

import pytest

import scaleproof
from scaleproof import emulator
from scaleproof.cli import clouds
from scaleproof.cli.clouds import Where
from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import belongs_to_aws
from scaleproof.service_models import session

from .conftest import ENDPOINT, HERE, IMAGE

COMMANDS = {
    "simulate": ("--traffic", "constant:level=1"),
    "audit": ("speech",),
    "record": ("speech", "--output", "new.csv"),
    "measure": ("speech", "--objective", "latency:p95=1", "--body", "body.json"),
}


SERVICES = {
    name
    for file in Path(scaleproof.__file__).parent.rglob("*.py")
    for name in re.findall(r'(?<!connection\.)\bclients?\("([a-z-]+)"', file.read_text(encoding="utf-8"))
    if not file.is_relative_to(Path(emulator.__file__).parent)  # that is LocalStack
}


@pytest.mark.parametrize("service", sorted(SERVICES))
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_{}"])
def test_where_aws_is_named_no_variable_leads_to_a_localstack(service, variable, monkeypatch):
    name = session().get_service_model(service).service_id.upper().replace(" ", "_")
    monkeypatch.setenv(variable.format(name), HERE)
    client = clouds.named(Where("aws:us-east-1", "")).client(service)
    assert belongs_to_aws(client.meta.endpoint_url)


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_profile_is_taken_as_the_aws_cli_takes_it(command, run, monkeypatch, tmp_path):
    (tmp_path / "body.json").write_text("{}")
    words = (command, *COMMANDS[command], "--live", "aws")
    run(*words, code=2, says="scaleproof: No AWS region is set. Use --live aws:REGION, or set AWS_REGION.")
    says = "The AWS account is not known: Unable to locate credentials. Check AWS_PROFILE"
    for name, value in {"PROFILE": "away", "REGION": "eu-west-1", "DEFAULT_REGION": "eu-west-1"}.items():
        with monkeypatch.context() as named:
            named.setenv(f"AWS_{name}", value)
            run(*words, code=3, says=says)


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("region", ["us_east_1", "us-east-1 ", "us-east-1,", "nowhere"])
def test_a_region_that_cannot_be_is_named(region):
    with pytest.raises(ScaleproofError, match=f"AWS has no region '{region}'. Use a region such as us-east-1."):
        clouds.named(Where(f"aws:{region}", ""))


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(("words", "region"), [("aws:eu-west-1", "eu-west-1"), ("aws", "eu-north-1")])
def test_prices_are_those_of_the_profile_and_never_of_a_localstack(words, region, run, monkeypatch):
    command = ("simulate", ENDPOINT, *IMAGE, "--traffic", "constant:level=5,days=0.05", "--price")
    run(*command, "aws", code=2, says="No AWS region is set. Use --price aws:REGION, or set AWS_REGION.")
    monkeypatch.setenv("AWS_PROFILE", "away")
    ended = run(*command, words, code=3)
    assert f"Reading the prices of region {region} from AWS's Price List." in ended.err
    assert "AWS's Price List cannot be read: Unable to locate credentials. Allow pricing" in ended.err


@pytest.mark.usefixtures("profiles")
def test_no_profile_leads_to_a_localstack(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "here")
    client = clouds.named(Where("aws", "")).client("sagemaker")
    assert client.meta.endpoint_url == "https://api.sagemaker.eu-west-1.amazonaws.com"


@pytest.mark.usefixtures("profiles")
def test_a_region_is_taken_as_the_aws_cli_takes_it(monkeypatch):
    """https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html: AWS_REGION overrides
    AWS_DEFAULT_REGION and the profile's region."""
    monkeypatch.setenv("AWS_PROFILE", "away")
    where = Where("aws", "")
    assert clouds.named(where).region == "eu-north-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    assert clouds.named(where).region == "eu-south-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert clouds.named(where).region == "eu-west-3"
    assert clouds.named(Where("aws:us-east-2", "")).region == "us-east-2"


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_profile_is_refused_with_those_that_there_are(command, run, monkeypatch, tmp_path):
    (tmp_path / "body.json").write_text("{}")
    monkeypatch.setenv("AWS_PROFILE", "gone")
    says = "The config profile (gone) could not be found. Known profiles: here, away."
    run(command, *COMMANDS[command], "--live", "aws:us-east-1", code=2, says=says)


def gives(tmp_path, **credentials):
    """The profile away has a program that prints these credentials."""
    given = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", **credentials}
    (tmp_path / "given.json").write_text(json.dumps(given))
    (tmp_path / "config").write_text("[profile away]\nregion = eu-north-1\ncredential_process = cat given.json\n")


SAID = (
    "cannot be read: the {} has a blank, a line end or an odd character, or is no text. Correct its credential_process"
)


@pytest.mark.usefixtures("profiles")
def test_credentials_that_have_expired_are_one_line(run, monkeypatch, tmp_path, caplog):
    gives(tmp_path, Expiration="2020-01-01T00:00:00Z")
    monkeypatch.setenv("AWS_PROFILE", "away")
    says = "account is not known: Credentials were refreshed, but the refreshed credentials are still expired."
    run("audit", "speech", "--live", "aws", code=3, says=says)
    assert caplog.text == ""


@pytest.mark.usefixtures("profiles")
def test_settings_that_cannot_be_read_are_named(run, tmp_path):
    (tmp_path / "config").write_text("[profile here")
    says = f"AWS's configuration files cannot be read: Unable to parse config file: {tmp_path / 'config'}"
    run("audit", "speech", "--live", "aws", code=2, says=says)
